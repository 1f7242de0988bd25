"""Data pipelines: any images to batches in [-1, 1], as `tf.data.Dataset`s for `fit` on any backend.

TensorFlow, TensorFlow Datasets and Pillow are imported when a pipeline is first made.
"""

from keras_gen.data import transforms
from keras_gen.data.describe import Description, describe
from keras_gen.data.images import images
from keras_gen.data.paired import paired
from keras_gen.data.unpaired import unpaired

__all__ = ["Description", "describe", "images", "paired", "transforms", "unpaired"]
