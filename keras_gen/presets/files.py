"""A preset's files: which they are, and whether they are what `metadata.json` says."""

import hashlib
import json
import pathlib
import re

CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
METADATA = "metadata.json"

# The largest config of the zoo has 240 kB, 9,000 values and a depth of 16. JSON of 16 MB may take 500 MB
# when it is parsed, and Keras seconds for a list of 200,000.
MOST_JSON_BYTES = 16 * 2**20
MOST_JSON_VALUES = 200_000
MOST_JSON_DEPTH = 100
_TOO_DEEP = f"{{}} must not be nested more than {MOST_JSON_DEPTH} deep"
_TOO_MANY = f"{{}} must hold at most {MOST_JSON_VALUES} values. Received: some {{}}"
_FILE_NAME = re.compile(r"[\w .()+-]{1,200}")


def describe_file(path):
    """Dict of a file's `sha256`, in hexadecimal, and `size` in bytes."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": digest, "size": pathlib.Path(path).stat().st_size}


def read_json(path):
    """Parses a JSON file.

    Args:
        path: `pathlib.Path`.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is none, too large, or nested too deep; the error names the file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}")
    if path.stat().st_size > MOST_JSON_BYTES:
        raise ValueError(
            f"{path} must have at most {MOST_JSON_BYTES} bytes. Received: {path.stat().st_size}"
        )
    return parse_json(path.read_bytes(), path)


def parse_json(text, source):
    """Parses JSON of no more depth and values than a config has.

    Args:
        text: Bytes.
        source: String or path, the file's name for the error.

    Raises:
        ValueError: If it is no JSON, nested too deep, or of too many values.
    """
    signs = sum(map(text.count, (b",", b"[", b"{")))  # Each value but the first comes after one.
    if signs > 2 * MOST_JSON_VALUES:  # Texts hold a few, too.
        raise ValueError(_TOO_MANY.format(source, signs))
    try:
        content = json.loads(text.decode("utf-8"))
    except RecursionError:
        raise ValueError(_TOO_DEEP.format(source)) from None
    except ValueError as error:
        raise ValueError(f"{source} is no JSON file: {error}") from error
    level, count = [content], 1
    for _ in range(MOST_JSON_DEPTH):
        nested = [value for value in level if isinstance(value, dict | list)]
        if not nested:
            return content
        count += sum(map(len, nested))
        if count > MOST_JSON_VALUES:
            raise ValueError(_TOO_MANY.format(source, count))
        level = [
            child
            for value in nested
            for child in (value.values() if isinstance(value, dict) else value)
        ]
    raise ValueError(_TOO_DEEP.format(source))


def read_object(path):
    """Parses a JSON file that must hold an object; as `read_json` else."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold a JSON object. Received: {str(content)[:80]}")
    return content


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
    metadata = read_object(folder / METADATA)
    files = metadata.get("files")
    if not isinstance(files, dict) or not {*wanted} <= files.keys():
        raise ValueError(
            f"{folder / METADATA} must list, under files, the sha256 and size of {', '.join(wanted)}. "
            f"Received: files={str(files)[:200]}"
        )
    for name, expected in files.items():
        if not _FILE_NAME.fullmatch(name) or name in (".", ".."):
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
                f"save the preset again. Expected: {str(expected)[:200]}. Received: {found}"
            )
    return metadata
