"""Folders of pictures: which files, which splits, which classes."""

import os
import pathlib
import re
import warnings

import numpy as np

from keras_gen.modalities.images.files import SUFFIXES, find_pictures

# Subfolders of these names are splits, where no folder of another name with pictures is beside them.
SPLITS = ("train", "test", "validation", "val", "valid", "dev", "eval")


def matching_files(folders, strict=False):
    """Rows of files, one of each folder, sorted by name.

    Returns:
        Pair of the rows and of a `collections.Counter` of the suffixes of files that are no pictures.
    """
    listings, others = {}, {}
    for folder in folders:
        if folder not in listings:
            listings[folder], others[folder] = list_pictures(folder)
    first, *rest = (listings[folder] for folder in folders)
    common = [stem for stem in first if all(stem in other for other in rest)]
    alone = sorted({stem for listing in listings.values() for stem in listing} - set(common))
    if not common or (alone and strict):
        raise ValueError(
            "`source` must be folders with files of the same names. Received: "
            f"{[os.fspath(f) for f in folders]}, where {len(alone)} files have no counterpart, "
            f"{alone[:5]} for instance"
        )
    if alone:
        warnings.warn(
            f"Skipped {len(alone)} files without a counterpart of the same name in "
            f"{[os.fspath(f) for f in folders]}: {', '.join(alone[:5])}",
            stacklevel=2,
        )
    rows = [tuple(listings[folder][stem] for folder in folders) for stem in common]
    return rows, sum(others.values(), start=type(others[folders[0]])())


def list_pictures(folder):
    """Map from path without suffix, relative to the folder, to the file; and the other files' suffixes.

    Hidden files are left out, linked folders followed.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If there is no picture in it.
    """
    root = pathlib.Path(folder).expanduser()
    if not root.is_dir():
        raise FileNotFoundError(f"`source` must be a folder that exists. Received: {folder!r}")
    files, others = find_pictures(root)
    pictures = {}
    for file in files:
        stem = file.relative_to(root).with_suffix("").as_posix()
        # Two files that differ in their suffix only are two pictures.
        pictures[stem if stem not in pictures else file.relative_to(root).as_posix()] = file
    if not pictures:
        raise ValueError(
            f"`source` must be a folder with pictures ({', '.join(SUFFIXES)}), in it or below. "
            f"Received: {os.fspath(folder)!r}, which has none"
        )
    return pictures, others


def split_folder(folder, split):
    """The subfolder named after the split; the folder itself where `"train"` has none.

    A subfolder `train` beside others with pictures that are no splits by their names is a class like
    them, and a warning says so.

    Raises:
        ValueError: If there is no folder for another split than `"train"`.
    """
    folder = pathlib.Path(folder).expanduser()
    if split == "train":
        classes = _classes_beside_train(folder)
        if not classes:
            return folder / split if (folder / split).is_dir() else folder
        warnings.warn(
            f"The folder 'train' in {folder} is taken for a class, since {_some(classes)} beside it "
            f"{'is none' if len(classes) == 1 else 'are none'} of the splits {', '.join(SPLITS)}. "
            f"For a split, give {os.fspath(folder / 'train')!r} as the source.",
            stacklevel=2,
        )
        return folder
    if (folder / split).is_dir():
        return folder / split
    if folder.is_dir():
        raise ValueError(
            f"`split` must be 'train' or the name of a subfolder of {folder}. "
            f"Received: split={split!r}"
        )
    return folder


def _classes_beside_train(root):
    """Names of folders with pictures, beside one named `train`, that name no split."""
    if not (root / "train").is_dir():
        return []
    beside = (f for f in root.iterdir() if f.is_dir() and not f.name.startswith("."))
    others = (f for f in beside if f.name.lower() not in SPLITS)
    return sorted((f.name for f in others if find_pictures(f)[0]), key=natural_order)


def _some(names):
    return ", ".join(map(repr, names[:3])) + (" and others" if len(names) > 3 else "")


def known_splits(folder):
    """The splits that a folder has as subfolders; `"train"`, the folder itself, where it has none."""
    root = pathlib.Path(folder).expanduser()
    if _classes_beside_train(root):
        return ("train",)
    return tuple(name for name in SPLITS if (root / name).is_dir()) or ("train",)


def class_labels(rows, folder):
    """Names of the classes, which are subfolders, and the number of each row's.

    Raises:
        ValueError: If a file lies outside of them.
    """
    root = pathlib.Path(folder).expanduser()
    parts = [row[0].relative_to(root).parts for row in rows]
    if any(len(part) < 2 for part in parts):
        raise ValueError(
            "`labels=True` needs a folder with one subfolder a class, and no picture outside them. "
            f"Received: {os.fspath(folder)!r}"
        )
    names = sorted({part[0] for part in parts}, key=natural_order)
    numbers = {name: number for number, name in enumerate(names)}
    return tuple(names), np.array([numbers[part[0]] for part in parts], "int32")


def natural_order(name):
    """What to sort names by, so that numbers in them count as numbers: `"2"` before `"10"`."""
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part), part) if part.isdecimal() else (1, part) for part in parts], name
