"""From what a user calls a data set to a source: arrays, a folder, or a TFDS name."""

import os
import pathlib

from keras_gen.checks import did_you_mean
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
    # A name ends in no slash: so a shell completes folders.
    if isinstance(source, os.PathLike) or text.startswith((".", "~", os.sep)) or text.endswith("/"):
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
    classes=None,
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
        classes: Sequence of names or numbers of the classes whose examples are meant, or None for all.
    """
    if classes is not None:
        own = {"data_dir": data_dir, "strict": strict, "channels": channels}
        opened = open_source(
            source, columns, split=split, labels=True, value_range=value_range, **own
        )
        opened.keep_classes(class_numbers(classes, opened.class_names, opened.name))
        return opened
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


def class_numbers(classes, class_names, name):
    """The numbers of some classes, in the order they are given.

    Args:
        classes: Sequence of names or numbers, or a string with commas between them.
        class_names: Tuple of strings, all there are.
        name: String, what the source is called.

    Returns:
        List of integers.

    Raises:
        ValueError: If there are none, one is named twice, or there is no such class.
    """
    given = classes.split(",") if isinstance(classes, str) else list(classes)
    found = []
    for one in given:
        text = str(one).strip()
        if text in class_names:
            found.append(class_names.index(text))
        elif text.isdecimal() and int(text) < len(class_names):
            found.append(int(text))
        else:
            raise ValueError(
                f"`classes` must be some of {list(class_names)}, those of {name}, or their numbers."
                f"{did_you_mean(text, class_names)} Received: {text!r}"
            )
    if not found or len(set(found)) < len(found):
        raise ValueError(
            f"`classes` must be one class or more, each once. Received: classes={classes!r}"
        )
    return found


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
