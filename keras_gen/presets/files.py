"""A preset's files: which they are, and whether they are what `metadata.json` says."""

import hashlib
import json
import pathlib

import h5py

CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
METADATA = "metadata.json"


def describe_file(path):
    """Dict of a file's `sha256`, in hexadecimal, and `size` in bytes."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": digest, "size": pathlib.Path(path).stat().st_size}


def read_json(path):
    """Parses a JSON file; a `ValueError` names the file if it is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON file: {error}") from error


def to_json(content):
    """The text of a preset's JSON file; NaN and infinity are refused, which JSON does not have."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def check_files(folder, wanted):
    """Compares files with the sizes and SHA-256 that `metadata.json` gives for them.

    Args:
        folder: `pathlib.Path`.
        wanted: Iterable of file names that there must be; all others listed are checked too where
            they are present.

    Returns:
        The metadata, a dict.

    Raises:
        FileNotFoundError: If the folder or a wanted file is not there.
        ValueError: If a file is not what the metadata says, or the metadata name a file outside
            the folder.
    """
    if not (folder / METADATA).is_file():
        raise FileNotFoundError(
            f"A preset must be a folder with {METADATA}, {CONFIG} and {WEIGHTS}. Received: {folder}, "
            f"which has no {METADATA}"
        )
    metadata = read_json(folder / METADATA)
    files = metadata.get("files") if isinstance(metadata, dict) else None
    if not isinstance(files, dict) or not {*wanted} <= files.keys():
        raise ValueError(
            f"{folder / METADATA} must list, under files, the sha256 and size of {', '.join(wanted)}. "
            f"Received: files={files!r}"
        )
    for name, expected in files.items():
        if name in ("", ".", "..") or "/" in name or "\\" in name or ":" in name:
            raise ValueError(
                f"{folder / METADATA} must name files of its own folder. Received: {name!r}"
            )
        path = folder / name
        if not path.is_file():
            if name not in wanted:
                continue
            raise FileNotFoundError(f"The preset's file {path} is missing.")
        found = describe_file(path)
        if found != expected:
            raise ValueError(
                f"{path} is not the file that its metadata describe, so it was not loaded: download or "
                f"save the preset again. Expected: {expected}. Received: {found}"
            )
    return metadata


def array_shapes(path):
    """Looks through a weights file, and refuses one that reaches outside itself by links or storage.

    Args:
        path: `pathlib.Path` of an HDF5 file; none of its arrays is read.

    Returns:
        Dict from the names of all arrays in it to their shapes.

    Raises:
        ValueError: If it is no HDF5 file, or holds anything but plain arrays.
    """
    try:
        with h5py.File(path, "r") as file:
            return dict(_walk(file, path))
    except (OSError, RecursionError) as error:  # the latter: a group that holds itself
        raise ValueError(f"{path} is no HDF5 file that can be read: {error}") from error


def _walk(group, path):
    for name in group:
        link = group.get(name, getlink=True)
        item = group[name] if isinstance(link, h5py.HardLink) else None
        if isinstance(item, h5py.Group):
            yield from _walk(item, path)
        elif item is None or item.external or item.is_virtual or item.dtype.hasobject:
            raise ValueError(
                f"{path} must hold its weights as plain arrays. Received: {group.name}/{name}, which "
                "points elsewhere or holds objects, so nothing was loaded"
            )
        else:
            yield item.name, item.shape
