"""Where a pipeline's fitted images wait: in memory where they fit, else on disk."""

import functools
import math

import numpy as np

from keras_gen.data.array_source import ArraySource
from keras_gen.data.fitting import fit
from keras_gen.data.lazy import tf
from keras_gen.data.orders import in_batches, permuted_indices, shuffled_records

# A source whose fitted images take more bytes than this is read from disk in every pass.
MEMORY_BUDGET = 2 * 1024**3
# Encoded records, not pixels, wait in the buffer; TFDS has shuffled them on disk already.
SHUFFLE_BUFFER = 16_384


def make_store(source, size, channels, resize, cache):
    """Choose the store of a source by the bytes that its fitted images take.

    Args:
        source: An `ArraySource`, `FolderSource` or `TFDSSource`.
        size: Tuple, height and width to hold the images at.
        channels: Tuple, the number of channels of each column.
        resize: Tuple, how each column is resized.
        cache: Boolean, whether they may be held in memory.
    """
    itemsize = np.dtype(source.dtype).itemsize
    in_bytes = source.listed * math.prod(size) * sum(channels) * itemsize
    if cache and in_bytes <= MEMORY_BUDGET:
        return MemoryStore(source, size, channels, resize)
    return DiskStore(source, size, channels, resize)


def load_all(source, size, channels, resize):
    """A dataset of all the fitted images and labels of a source, in its order."""
    load_one = functools.partial(
        load_fitted, source, size=size, channels=channels, resize=resize, keep=True
    )
    return source.entries().map(load_one, num_parallel_calls=tf.data.AUTOTUNE)


def load_fitted(source, entry, size, channels, resize, keep):
    """An entry's fitted images and label."""
    images, label = source.decode(entry, size, resize, keep)
    fitted = tuple(
        fit(image, size, depth, how)
        for image, depth, how in zip(images, channels, resize, strict=True)
    )
    return fitted, tf.cast(label, tf.int32)


class DiskStore:
    """Reads, decodes and fits images one by one, in parallel, whenever they are wanted."""

    held_bytes = 0

    def __init__(self, source, size, channels, resize):
        source.settle(keep_pictures=False)
        self.count = source.count
        self._source = source
        self._entries = source.entries()  # Made here: in a traced function TFDS can't.
        self._load_one = functools.partial(
            load_fitted, source, size=size, channels=channels, resize=resize, keep=False
        )

    def batches(self, length, settings, key, first_step=0):
        """A pass of batches of images and labels, from a step on."""
        if self._source.indexed:
            order = permuted_indices(self.count, length, settings.shuffle, key)
            entries = tf.data.Dataset.from_tensor_slices(order)
        else:
            buffer = SHUFFLE_BUFFER if settings.shuffle else 1
            entries = shuffled_records(self._entries, self.count, length, buffer, key)
        rows = settings.rows
        if settings.shard != (0, 1):  # What others decode is left out before it is decoded.
            entries = entries.take(settings.steps(length) * settings.batch_size)
            entries = entries.enumerate().filter(
                lambda place, _: tf.logical_and(
                    place % settings.batch_size >= rows.start,
                    place % settings.batch_size < rows.stop,
                )
            )
            entries = entries.map(lambda _, entry: entry)
        entries = entries.skip(first_step * (rows.stop - rows.start))
        examples = entries.map(self._load_one, num_parallel_calls=tf.data.AUTOTUNE)
        return examples.batch(rows.stop - rows.start, drop_remainder=settings.drop_remainder)

    def gather(self, batch):
        """The batch: it is loaded already."""
        return batch


class MemoryStore:
    """Holds all the fitted images, and gathers whole batches of them."""

    def __init__(self, source, size, channels, resize):
        *columns, labels = _read_all(source, size, channels, resize)
        self.count = source.count
        self.held_bytes = sum(column.nbytes for column in columns)
        self._columns = tuple(tf.constant(column) for column in columns)
        self._labels = tf.constant(labels)

    def batches(self, length, settings, key, first_step=0):
        """A pass of batches of indices, from a step on."""
        order = permuted_indices(self.count, length, settings.shuffle, key)
        return in_batches(order, length, settings).skip(first_step)

    def gather(self, indices):
        """Images and labels of a batch of indices."""
        images = tuple(tf.gather(column, indices) for column in self._columns)
        return images, tf.gather(self._labels, indices)


def _read_all(source, size, channels, resize):
    """Fitted images of each column, and labels, as arrays."""
    wanted = tuple((*size, depth) for depth in channels)
    if isinstance(source, ArraySource) and source.shapes == wanted:
        labels = source.labels
        return *source.columns, np.full(source.count, -1, "int32") if labels is None else labels
    arrays = [np.empty((source.listed, *shape), source.dtype) for shape in wanted]
    arrays.append(np.empty(source.listed, "int32"))
    start = 0
    examples = load_all(source, size, channels, resize)
    for images, labels in examples.batch(256).prefetch(2).as_numpy_iterator():
        for array, values in zip(arrays, (*images, labels), strict=True):
            array[start : start + len(labels)] = values
        start += len(labels)
    stays = source.settle()
    return arrays if stays.all() else [array[stays] for array in arrays]
