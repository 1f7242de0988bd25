"""Arrays in memory as a source of images."""

import warnings

import numpy as np

from keras_gen.data.lazy import tf
from keras_gen.data.subsets import chosen_labels
from keras_gen.modalities.images.range import byte_table, stretched


class ArraySource:
    """Images that are in memory already.

    Args:
        columns: Tuple of arrays `(n, height, width, channels)` or `(n, height, width)`: uint8, or
            floats in [-1, 1]; with a range, of any real numbers.
        labels: Optional integer array `(n,)`.
        names: Tuple of strings, what to call the columns in an error.
        value_range: Tuple, of each column the values that are to be -1 and 1, or None.
    """

    name = "arrays"
    indexed = True
    splits = ("train",)

    def __init__(self, columns, labels=None, names=("source",), value_range=(None, None)):
        self.columns = tuple(
            _in_range(_as_images(array, name), name, own)
            for array, name, own in zip(columns, names, value_range, strict=False)
        )
        self.count = self.listed = len(self.columns[0])
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

    def keep_classes(self, numbers):
        """Leaves the examples of these classes alone, whose numbers are then their places here."""
        keep, self.labels = chosen_labels(self.labels, numbers)
        self.columns = tuple(array[keep] for array in self.columns)
        self.count = self.listed = len(self.labels)
        self.class_names = tuple(self.class_names[number] for number in numbers)

    def settle(self, keep_pictures=True):
        """All images are good ones."""
        return np.ones(self.count, bool)

    def all_labels(self):
        """The labels of all examples, in order: an int32 array `(n,)`."""
        return self.labels

    def entries(self):
        """The indices of the images."""
        return tf.data.Dataset.range(self.count)

    def decode(self, index, size=None, resize=None, keep=False):
        """The images of an index, and the label."""
        label = -1 if self.labels is None else tf.gather(self.labels, index)
        return tuple(tf.gather(array, index) for array in self.columns), label


def _as_images(array, name):
    array = np.asarray(array)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or not array.size:
        raise ValueError(
            f"`{name}` must be images of shape (n, height, width, channels), n > 0. Received: an "
            f"array of shape {array.shape}"
        )
    return array


def _in_range(array, name, value_range):
    """The images as uint8, or as float32 in [-1, 1]."""
    if value_range is not None:
        return _stretched(array, name, value_range)
    if array.dtype == np.uint8:
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(
            f"`{name}` must be uint8 in 0..255 or floats in [-1, 1], or "
            "`value_range=(low, high)` must say which values are to be black and white. "
            f"Received: dtype={array.dtype}"
        )
    low, high = array.min(), array.max()
    if not (low >= -1 and high <= 1):  # NaN compares false.
        raise ValueError(
            f"`{name}` must be finite and in [-1, 1] where it is of floats (or uint8 in 0..255), or "
            "`value_range=(low, high)` must say which values are to be black and white. "
            f"Received: values from {low} to {high}"
        )
    if low >= 0 < high:
        warnings.warn(
            f"`{name}` has no value below 0. Images are taken to be in [-1, 1]: scale those in "
            "[0, 1] by `2 * x - 1`, or say `value_range=(0, 1)`.",
            stacklevel=2,
        )
    return array.astype("float32")


def _stretched(array, name, value_range):
    """Images whose values are those of a range: uint8 ones stay so, others become floats."""
    if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool) or np.iscomplexobj(array):
        raise ValueError(f"`{name}` must be of real numbers. Received: dtype={array.dtype}")
    if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
        raise ValueError(f"`{name}` must be finite. Received: values that are not")
    if array.dtype == np.uint8:
        return byte_table(value_range)[array]
    return np.stack([2.0 * stretched(image, value_range) - 1.0 for image in array])


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
