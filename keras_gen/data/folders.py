"""Folders of pictures: which files, which splits, which classes."""

import os
import pathlib
import re
import warnings
from unicodedata import normalize

import numpy as np

from keras_gen.modalities.images.files import SUFFIXES, find_pictures, holds_pictures, is_picture

# Subfolders of these names are splits.
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
        path = file.relative_to(root)
        # Systems write accents in one character or two.
        stem, name = (normalize("NFC", p.as_posix()) for p in (path.with_suffix(""), path))
        # Two files that differ in their suffix only are two pictures.
        pictures[stem if stem not in pictures else name] = file
    if not pictures:
        raise ValueError(
            f"`source` must be a folder with pictures ({', '.join(SUFFIXES)}), in it or below. "
            f"Received: {os.fspath(folder)!r}, which has none"
        )
    return pictures, others


def split_folder(folder, split):
    """The subfolder named after the split; the folder itself where `"train"` has none.

    A subfolder `train` is a class where others with pictures lie beside it, none of which is a split by
    its name. What is taken for what is said in a warning, unless nothing but splits lies there.

    Raises:
        ValueError: If there is no folder for another split than `"train"`.
    """
    folder = pathlib.Path(folder).expanduser()
    if not (folder / split).is_dir():
        if split != "train" and folder.is_dir():
            raise ValueError(
                f"`split` must be 'train' or the name of a subfolder of {folder}. "
                f"Received: split={split!r}"
            )
        parts = [f for f in folder.iterdir() if _names_a_split(f.name)] if folder.is_dir() else []
        held = sorted(part.name for part in parts if part.is_dir() and holds_pictures(part))
        if held:
            warnings.warn(
                f"{folder} has no folder 'train', so that all of it is used, {', '.join(map(repr, held))} "
                "among it. Move what is to be trained on into 'train'.",
                stacklevel=2,
            )
        return folder
    if split != "train":
        return folder / split
    _, others = _beside_train(folder)
    if not others:
        return folder / split
    named = ", ".join(map(repr, others[:3])) + (" and others" if len(others) > 3 else "")
    if _train_is_a_class(folder):
        warnings.warn(
            f"The folder 'train' in {folder} is taken for a class, like {named} beside it, since none "
            f"of them is a split ({', '.join(SPLITS)}). For the split, give "
            f"{os.fspath(folder / 'train')!r} as the source.",
            stacklevel=2,
        )
        return folder
    warnings.warn(
        f"Of {folder} the split 'train' is used, and not {named} beside it. To use them, give them "
        "as the source, or move the pictures into 'train'.",
        stacklevel=2,
    )
    return folder / split


def _beside_train(root):
    """The splits beside a folder `train`, and what else there is with pictures."""
    folders = [f for f in root.iterdir() if f.is_dir() and not f.name.startswith(".")]
    splits = [f.name for f in folders if _names_a_split(f.name) and f.name != "train"]
    others = [f.name for f in folders if not _names_a_split(f.name) and holds_pictures(f)]
    loose = [f.name for f in root.iterdir() if f.is_file() and is_picture(f)]
    return splits, sorted(others, key=natural_order) + sorted(loose, key=natural_order)


def _names_a_split(name):
    """Whether it is one of `SPLITS`, or that of a domain, such as `testB`."""
    return name.lower() in SPLITS or (name[:-1] in SPLITS and name[-1:] in ("A", "B"))


def _train_is_a_class(root):
    splits, others = _beside_train(root)
    return not splits and any((root / name).is_dir() for name in others)


def known_splits(folder):
    """The splits that a folder has as subfolders; `"train"`, the folder itself, where it has none."""
    root = pathlib.Path(folder).expanduser()
    if (root / "train").is_dir() and _train_is_a_class(root):
        return ("train",)
    return tuple(name for name in SPLITS if (root / name).is_dir()) or ("train",)


def held_out(splits):
    """The split that nothing was learnt from: `"test"`, else beside `"train"` another usual one, else None.

    >>> held_out(("train", "val")), held_out(("train", "test", "val")), held_out(("valid",))
    ('val', 'test', None)
    """
    usual = SPLITS[1:] if "train" in splits else ("test",)
    return next((name for name in usual if name in splits), None)


def classes_beside(folder, splits):
    """The classes of the split `train` that lies beside a folder, one of the splits; none of `train` itself."""
    root = pathlib.Path(folder).expanduser()
    train = root.parent / "train"
    if root.name not in splits or root.name == "train" or not train.is_dir():
        return ()
    names = [f.name for f in train.iterdir() if f.is_dir() and not f.name.startswith(".")]
    return tuple(sorted(filter(lambda n: holds_pictures(train / n), names), key=natural_order))


def class_labels(rows, folder, known=()):
    """Names of the classes, which are subfolders, and the number of each row's.

    Args:
        rows: List of tuples of files, the first of which tells.
        folder: Path of the folder that they lie below.
        known: Tuple of the names of classes that come first, in this order, whether they have files or not.

    Raises:
        ValueError: If a file lies outside of them.
    """
    root = pathlib.Path(folder).expanduser()
    parts = [row[0].relative_to(root).parts for row in rows]
    if any(len(part) < 2 for part in parts):
        raise ValueError(
            "Labels (`labels=True`) need a folder with one subfolder a class, and no picture outside them. "
            f"Received: {os.fspath(folder)!r}"
        )
    names = [*known, *sorted({part[0] for part in parts} - {*known}, key=natural_order)]
    numbers = {name: number for number, name in enumerate(names)}
    return tuple(names), np.array([numbers[part[0]] for part in parts], "int32")


def natural_order(name):
    """What to sort names by, so that numbers in them count as numbers: `"2"` before `"10"`."""
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part), part) if part.isdecimal() else (1, part) for part in parts], name
