"""Data pipelines: images and clips in [-1, 1], rows of tables, as `tf.data.Dataset`s for `fit` on any backend.

TensorFlow, TensorFlow Datasets and Pillow are imported when a pipeline is first made.
"""

from keras_gen.data import transforms
from keras_gen.data.clips import clips, open_clips
from keras_gen.data.describe import Description, describe
from keras_gen.data.images import images, open_images
from keras_gen.data.mixed_tables import OpenedMixedTable, open_mixed_table
from keras_gen.data.opened import Opened
from keras_gen.data.opened_clips import OpenedClips
from keras_gen.data.paired import open_paired, paired
from keras_gen.data.partly_labelled import open_partly_labelled, partly_labelled
from keras_gen.data.super_resolution import open_super_resolution, super_resolution
from keras_gen.data.tables import OpenedTable, open_table, table
from keras_gen.data.unpaired import open_unpaired, unpaired

__all__ = [
    "Description",
    "Opened",
    "OpenedClips",
    "OpenedMixedTable",
    "OpenedTable",
    "clips",
    "describe",
    "images",
    "open_clips",
    "open_images",
    "open_mixed_table",
    "open_paired",
    "open_partly_labelled",
    "open_super_resolution",
    "open_table",
    "open_unpaired",
    "paired",
    "partly_labelled",
    "super_resolution",
    "table",
    "transforms",
    "unpaired",
]
