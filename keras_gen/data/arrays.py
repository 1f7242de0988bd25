"""Arrays of any shape as a data set that is opened once."""

import os
import pathlib

import numpy as np

from keras_gen.data.lazy import tf


def open_arrays(source, spec, split="train", labels=False):
    """Opens arrays of one kind of data.

    Args:
        source: Array `(n, *spec.shape)`, a tuple of one and integer labels, or the path of a `.npy` file.
        spec: What an example is, a `keras_gen.modalities.Arrays`.
        split: String; arrays are all `"train"`.
        labels: Boolean, whether an element is `(examples, labels)`.

    Returns:
        `OpenedArrays`.

    Raises:
        ValueError: If the source holds something else, or the split is another.
        FileNotFoundError: If there is no such file.

    Example:

    >>> from keras_gen.modalities import Arrays
    >>> points = open_arrays(np.zeros((5, 2), "float32"), Arrays((2,)))
    >>> points.count, points.own_shapes, [len(b) for b in points.batches(batch_size=3)]
    (5, ((2,),), [3, 2])
    """
    name = "arrays"
    values, classes = source if isinstance(source, tuple) else (source, None)
    if isinstance(values, str | os.PathLike):
        name = os.fspath(values)
        values = _read(pathlib.Path(values).expanduser(), spec)
    if split != "train":
        raise ValueError(f"`split` must be 'train' for arrays. Received: split={split!r}")
    if labels and classes is None:
        raise ValueError(
            "`dataset` must be (examples, labels) for a model of classes. Received: no labels"
        )
    values = np.asarray(values)
    spec.check("`dataset`", values, whole=True)
    return OpenedArrays(name, values, np.asarray(classes, "int32") if labels else None)


class OpenedArrays:
    """Arrays in memory that tell what they hold and make pipelines. Made by `open_arrays`."""

    split = "train"
    splits = ("train",)
    class_names = None

    def __init__(self, name, values, labels=None):
        self.name = name
        self.count = len(values)
        self.shapes = self.own_shapes = (values.shape[1:],)
        self._parts = values if labels is None else (values, labels)

    def at_split(self, split):
        """This, which is the one split there is.

        Raises:
            ValueError: If another is asked for.
        """
        if split != "train":
            raise ValueError(f"`split` must be one of ['train']. Received: split={split!r}")
        return self

    def batches(self, image_size=None, batch_size=128, *, shuffle=False, drop_remainder=False):
        """Makes a `tf.data.Dataset` of batches in the arrays' order. No size is to be chosen."""
        examples = tf.data.Dataset.from_tensor_slices(self._parts)
        if shuffle:
            examples = examples.shuffle(self.count, seed=0)
        return examples.batch(batch_size, drop_remainder=drop_remainder)


def _read(path, spec):
    if not path.exists():
        raise FileNotFoundError(f"`dataset` must be a file that exists. Received: {path}")
    if path.suffix != ".npy":
        raise ValueError(
            f"`dataset` must be an array, or a .npy file of one, for a model of {spec.noun}. "
            f"Received: dataset={str(path)!r}"
        )
    return np.load(path, allow_pickle=False)
