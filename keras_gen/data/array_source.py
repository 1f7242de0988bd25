"""Arrays in memory as a source of images."""

import warnings

import numpy as np

from keras_gen.data.lazy import tf


class ArraySource:
    """Images that are in memory already.

    Args:
        columns: Tuple of arrays `(n, height, width, channels)` or `(n, height, width)`: uint8, or
            floats in [-1, 1].
        labels: Optional integer array `(n,)`.
        names: Tuple of strings, what to call the columns in an error.
    """

    name = "arrays"
    indexed = True
    splits = ("train",)

    def __init__(self, columns, labels=None, names=("source",), value_range=None):
        self.columns = tuple(
            _check_images(array, name) for array, name in zip(columns, names, strict=True)
        )
        self.count = len(self.columns[0])
        self.shapes = tuple(array.shape[1:] for array in self.columns)
        counts, dtypes = ({f(a) for a in self.columns} for f in (len, lambda a: a.dtype.name))
        if len(counts) > 1 or len(dtypes) > 1:
            raise ValueError(
                f"{' and '.join(f'`{name}`' for name in names)} must be equally many images of one "
                f"dtype. Received: shapes {[a.shape for a in self.columns]}, dtypes {dtypes}"
            )
        self.dtype = self.columns[0].dtype.name
        self.labels = None if labels is None else _check_labels(labels, self.count)
        self.class_names = None
        if self.labels is not None:
            self.class_names = tuple(str(k) for k in range(int(self.labels.max()) + 1))

    def entries(self):
        """The indices of the images."""
        return tf.data.Dataset.range(self.count)

    def decode(self, index):
        """The images of an index, and the label."""
        label = -1 if self.labels is None else tf.gather(self.labels, index)
        return tuple(tf.gather(array, index) for array in self.columns), label


def _check_images(array, name):
    array = np.asarray(array)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or not array.size:
        raise ValueError(
            f"`{name}` must be images of shape (n, height, width, channels), n > 0. Received: an "
            f"array of shape {array.shape}"
        )
    if array.dtype == np.uint8:
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(
            f"`{name}` must be uint8 in 0..255 or floats in [-1, 1]. Received: dtype={array.dtype}"
        )
    low, high = array.min(), array.max()
    if not (low >= -1 and high <= 1):  # NaN compares false.
        raise ValueError(
            f"`{name}` must be finite and in [-1, 1] where it is of floats (or uint8 in 0..255). "
            f"Received: values from {low} to {high}"
        )
    if low >= 0 < high:
        warnings.warn(
            f"`{name}` has no value below 0. Images are taken to be in [-1, 1]: scale those in "
            "[0, 1] by `2 * x - 1`.",
            stacklevel=2,
        )
    return array.astype("float32")


def _check_labels(labels, count):
    labels = np.asarray(labels)
    if labels.shape not in {(count,), (count, 1)} or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"`labels` must be {count} integers, one an image. Received: shape={labels.shape}, "
            f"dtype={labels.dtype}"
        )
    if labels.min() < 0:
        raise ValueError(f"`labels` must not be negative. Received: {labels.min()}")
    return labels.reshape(-1).astype("int32")
