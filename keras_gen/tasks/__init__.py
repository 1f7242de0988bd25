"""What models are for: the outside asks the task, never a model's class."""

from keras_gen.tasks.encoding import Encodes
from keras_gen.tasks.filling import Fills
from keras_gen.tasks.from_latents import FromLatents, GeneratesFromLatents
from keras_gen.tasks.generating import Generates
from keras_gen.tasks.mixing import Mixes
from keras_gen.tasks.task import Task
from keras_gen.tasks.translating import Direction, Translates

__all__ = [
    "Direction",
    "Encodes",
    "Fills",
    "FromLatents",
    "Generates",
    "GeneratesFromLatents",
    "Mixes",
    "Task",
    "Translates",
]
