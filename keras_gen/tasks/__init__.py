"""What models are for: the outside asks the task, never a model's class."""

from keras_gen.tasks.encoding import Encodes
from keras_gen.tasks.generating import FromLatents, Generates, GeneratesFromLatents
from keras_gen.tasks.translating import Direction, Translates

__all__ = [
    "Direction",
    "Encodes",
    "FromLatents",
    "Generates",
    "GeneratesFromLatents",
    "Translates",
]
