"""Where a pipeline's fitted images wait: in memory where they fit, else on disk."""

import math

import numpy as np

from keras_gen.data.array_source import ArraySource
from keras_gen.data.fitting import fit
from keras_gen.data.lazy import tf

# A source whose fitted images take more bytes than this is read from disk in every pass.
MEMORY_BUDGET = 2 * 1024**3


def make_store(source, size, channels, cache):
    """Choose the store of a source by the bytes that its fitted images take.

    Args:
        source: An `ArraySource`, `FolderSource` or `TFDSSource`.
        size: Tuple, height and width to hold the images at.
        channels: Tuple, the number of channels of each column.
        cache: Boolean, whether they may be held in memory.
    """
    itemsize = np.dtype(source.dtype).itemsize
    in_bytes = source.count * math.prod(size) * sum(channels) * itemsize
    if cache and in_bytes <= MEMORY_BUDGET:
        return MemoryStore(source, size, channels)
    return DiskStore(source, size, channels)


class DiskStore:
    """Reads, decodes and fits images one by one, in parallel, whenever they are wanted."""

    def __init__(self, source, size, channels):
        self.source = source
        self.count = source.count
        self.shuffle_buffer = source.shuffle_buffer
        self._entries = source.entries()
        self._size, self._channels = size, channels

    def entries(self):
        """Examples as the source has them: indices, or encoded records."""
        return self._entries

    def load_one(self, entry):
        """An entry's fitted images and label."""
        images, label = self.source.decode(entry)
        fitted = tuple(
            fit(image, self._size, depth)
            for image, depth in zip(images, self._channels, strict=True)
        )
        return fitted, tf.cast(label, tf.int32)

    def load_batch(self, batch):
        """Nothing is left to do for a batch of loaded images."""
        return batch


class MemoryStore:
    """Holds all the fitted images, and gathers whole batches of them."""

    def __init__(self, source, size, channels):
        *columns, labels = _read_all(source, size, channels)
        self.count = self.shuffle_buffer = len(labels)
        self._columns = tuple(tf.constant(column) for column in columns)
        self._labels = tf.constant(labels)
        self._entries = tf.data.Dataset.range(self.count)

    def entries(self):
        """Indices."""
        return self._entries

    def load_one(self, entry):
        """An index stays one until there is a batch of them."""
        return entry

    def load_batch(self, indices):
        """Images and labels of a batch of indices."""
        images = tuple(tf.gather(column, indices) for column in self._columns)
        return images, tf.gather(self._labels, indices)


def _read_all(source, size, channels):
    """Fitted images of each column, and labels, as arrays."""
    wanted = tuple((*size, depth) for depth in channels)
    if isinstance(source, ArraySource) and source.shapes == wanted:
        labels = source.labels
        return *source.columns, np.full(source.count, -1, "int32") if labels is None else labels
    disk = DiskStore(source, size, channels)
    arrays = [np.empty((source.count, *shape), source.dtype) for shape in wanted]
    arrays.append(np.empty(source.count, "int32"))
    examples = disk.entries().map(disk.load_one, num_parallel_calls=tf.data.AUTOTUNE)
    start = 0
    for images, labels in examples.batch(256).prefetch(2).as_numpy_iterator():
        for array, values in zip(arrays, (*images, labels), strict=True):
            array[start : start + len(labels)] = values
        start += len(labels)
    return arrays
