"""Which files of a folder are pictures, and what to say of those that are not."""

import collections
import os
import pathlib

from keras_gen.modalities.images.decode import ARRAYS, DARK

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ARRAYS)
# What systems leave behind in folders, and at the roots of disks.
_LITTER = ("thumbs.db", "desktop.ini")
_LITTER_FOLDERS = ("lost+found", "$recycle.bin", "system volume information")


def is_picture(file):
    """Whether a path is a picture's by its name."""
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".")


def find_pictures(folder):
    """The picture files of a folder and of those below it, links to folders included.

    Args:
        folder: `pathlib.Path` of a folder. What is hidden, or in a hidden folder, is left out.

    Returns:
        Pair of the list of files, sorted by name, and a `collections.Counter` of the others' suffixes.
    """
    pictures, others = [], collections.Counter()
    for file in _files(folder):
        if not file.is_file():
            others["link to what is not there"] += 1
        elif is_picture(file):
            pictures.append(file)
        else:
            others[file.suffix.lower() or "no suffix"] += 1
    return sorted(pictures), others


def holds_pictures(folder):
    """Whether there is a picture file in a folder or below it."""
    return any(is_picture(file) and file.is_file() for file in _files(folder))


def _files(folder):
    """Files that are not hidden, and links that lead nowhere."""
    for where, folders, names in os.walk(folder, onerror=_refuse, followlinks=True):
        # A link to a folder that it lies in, by links or without, would never end.
        within = pathlib.Path(os.path.relpath(where, folder))
        on_the_way = [pathlib.Path(folder), *(folder / part for part in [*within.parents, within])]
        above = set()
        for here in map(os.path.realpath, on_the_way):
            above |= {here, *map(str, pathlib.Path(here).parents)}
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and name.lower() not in _LITTER_FOLDERS
            and not (
                os.path.islink(os.path.join(where, name))
                and os.path.realpath(os.path.join(where, name)) in above
            )
        ]
        for name in names:
            file = pathlib.Path(where, name)
            hidden = name.startswith(".") or name.lower() in _LITTER
            if not hidden and (file.is_file() or (file.is_symlink() and not file.exists())):
                yield file


def _refuse(error):
    raise error


def say_left_out(others):
    """A sentence on files that are no pictures by their suffixes, or none where there are none."""
    if not others:
        return ""
    counts = ", ".join(f"{count} {suffix}" for suffix, count in sorted(others.items()))
    count = sum(others.values())
    words = "1 file that is no picture" if count == 1 else f"{count} files that are no pictures"
    return f"Left out {words}: {counts}."


def say_skipped(errors, total):
    """A sentence on pictures that could not be read, or none where there are none.

    Args:
        errors: List of pairs of a file and what was raised.
        total: Integer, how many pictures there are.
    """
    if not errors:
        return ""
    return f"Skipped {len(errors)} of {total} pictures as unreadable: {name_errors(errors)}."


def name_errors(errors):
    """Each file with what was raised, of pairs of them; beyond a hundred, how many more there are."""
    named = [f"{file} ({error})" for file, error in errors[:100]]
    return ", ".join(named + ([f"and {len(errors) - 100} more"] if len(errors) > 100 else []))


def say_guesses(decoded, total, say_composited=True):
    """Sentences on what was guessed of pictures, with the way to say otherwise.

    Args:
        decoded: Iterable of `Decoded`, whose pixels don't matter.
        total: Integer, how many pictures there are.
        say_composited: Boolean, whether to speak of transparency.
    """
    decoded = list(decoded)
    composited = sum(one.composited for one in decoded)
    if composited and say_composited:
        yield (
            f"Laid {composited} of {total} pictures on white, which are transparent in part: "
            "`channels=4` keeps the fourth channel."
        )
    for bits, bound in DARK.items():
        largest = max(
            (one.largest for one in decoded if one.bits == bits and one.largest is not None),
            default=0,
        )
        if 0 < largest < bound:
            yield (
                f"Pictures of {bits} bits come out all but black, since no value is above "
                f"{largest} of {2**bits - 1}: `value_range=(0, {largest})` spreads them."
            )
