"""From what a user calls a data set to a source: arrays, a folder, or a TFDS name."""

import os
import pathlib

from keras_gen.data.array_source import ArraySource
from keras_gen.data.folder_source import FolderSource
from keras_gen.data.folders import known_splits, split_folder
from keras_gen.data.preparing import OWN_BUILDERS, is_dataset_name
from keras_gen.data.tfds_source import TFDSSource

# What the images of a folder or of an array are called.
IMAGE = "image"


def is_folder(source):
    """Whether a source means a folder; a string that names a data set does not.

    Raises:
        FileNotFoundError: If the source is written as a path, and there is no such folder.
    """
    if not isinstance(source, (str, os.PathLike)):
        return False
    text = os.fspath(source)
    if text in OWN_BUILDERS:
        return False
    exists = pathlib.Path(text).expanduser().is_dir()
    if isinstance(source, os.PathLike) or text.startswith((".", "~", os.sep)):
        if not exists:
            raise FileNotFoundError(f"`source` must be a folder that exists. Received: {text!r}")
        return True
    return exists and not is_dataset_name(text)


def open_source(
    source,
    columns=(None,),
    *,
    split="train",
    labels=False,
    data_dir=None,
    strict=False,
    channels=(None,),
    value_range=(None,),
):
    """The source of one set of images.

    Args:
        source: TFDS name, folder, array, or tuple of an array and its labels.
        columns: Tuple, the image features wanted; None is the default one.
        split: String.
        labels: Boolean, whether labels are wanted.
        data_dir: Path of TFDS's folder.
        strict: Boolean, whether unreadable files are refused.
        channels: Tuple, the channels wanted of each column, or None.
        value_range: Tuple, of each column the stored values to be black and white, or None.
    """
    if is_folder(source):
        _only_image(columns, source)
        folder = split_folder(source, split)
        return FolderSource(
            (folder,) * len(columns),
            labels=labels,
            strict=strict,
            channels=channels,
            value_range=value_range,
            splits=known_splits(source),
        )
    if isinstance(source, str):
        return TFDSSource(source, columns, split, labels, data_dir, value_range=value_range)
    _only_image(columns, "arrays")
    only_train(split)
    images, classes = source if isinstance(source, tuple) else (source, None)
    if labels and classes is None:
        raise ValueError(
            "`labels=True` needs `source=(images, labels)` where the images are an array. "
            "Received: no labels"
        )
    if isinstance(images, str):
        raise ValueError(
            "`source` must be one data set, folder or array, or (images, labels). "
            f"Received: source={source!r}"
        )
    names = ("source",) if len(columns) == 1 else columns
    try:
        return ArraySource((images,) * len(columns), classes, names, value_range)
    except ValueError:
        if labels or classes is None:
            raise
    return ArraySource((images,) * len(columns), None, names, value_range)


def only_train(split):
    """Refuse a split of arrays, which have none."""
    if split != "train":
        raise ValueError(f"`split` must be 'train' for arrays. Received: split={split!r}")


def _only_image(columns, source):
    for column in columns:
        if column not in (None, IMAGE):
            raise ValueError(
                f"The images of {os.fspath(source)!r} are called 'image'. Received: {column!r}"
            )
