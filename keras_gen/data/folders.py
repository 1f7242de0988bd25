"""Folders of pictures: which files, which splits, which classes."""

import os
import pathlib
import re
import warnings

import numpy as np

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
# Subfolders of these names are splits where nothing else lies beside them.
SPLITS = ("train", "test", "validation", "val", "valid", "dev", "eval")


def matching_files(folders, strict=False):
    """Rows of files, one of each folder, sorted by name."""
    listings = [list_pictures(folder) for folder in folders]
    common = [stem for stem in listings[0] if all(stem in other for other in listings[1:])]
    alone = sorted({stem for listing in listings for stem in listing} - set(common))
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
    return [tuple(listing[stem] for listing in listings) for stem in common]


def list_pictures(folder):
    """Map from path without suffix, relative to the folder, to the file; hidden files are left out.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If there is no picture in it.
    """
    root = pathlib.Path(folder).expanduser()
    if not root.is_dir():
        raise FileNotFoundError(f"`source` must be a folder that exists. Received: {folder!r}")
    files = (f for f in sorted(root.rglob("*")) if f.suffix.lower() in SUFFIXES and f.is_file())
    shown = (f for f in files if not any(p.startswith(".") for p in f.relative_to(root).parts))
    pictures = {}
    for file in shown:
        stem = file.relative_to(root).with_suffix("").as_posix()
        # Two files that differ in their suffix only are two pictures.
        pictures[stem if stem not in pictures else file.relative_to(root).as_posix()] = file
    if not pictures:
        raise ValueError(
            f"`source` must be a folder with pictures ({', '.join(SUFFIXES)}), in it or below. "
            f"Received: {os.fspath(folder)!r}, which has none"
        )
    return pictures


def split_folder(folder, split):
    """The subfolder named after the split; the folder itself where `"train"` has none.

    Raises:
        ValueError: If there is no folder for another split than `"train"`.
    """
    folder = pathlib.Path(folder).expanduser()
    if (folder / split).is_dir():
        return folder / split
    if split != "train" and folder.is_dir():
        raise ValueError(
            f"`split` must be 'train' or the name of a subfolder of {folder}. "
            f"Received: split={split!r}"
        )
    return folder


def known_splits(folder):
    """The splits that a folder has as subfolders; `"train"`, the folder itself, where it has none."""
    root = pathlib.Path(folder).expanduser()
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
    return tuple(names), np.array([names.index(part[0]) for part in parts], "int32")


def natural_order(name):
    """What to sort names by, so that numbers in them count as numbers: `"2"` before `"10"`."""
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part), part) if part.isdigit() else (1, part) for part in parts], name
