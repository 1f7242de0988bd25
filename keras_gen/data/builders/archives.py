"""Archives that lie in TFDS's manual folder."""

import pathlib
import tarfile


def manual_archive(folder, name, how):
    """The path of an archive.

    Args:
        folder: Path of the manual folder.
        name: String, the file's name.
        how: String, a sentence on how to get it.

    Returns:
        `pathlib.Path`.

    Raises:
        FileNotFoundError: If it is not there.
    """
    path = pathlib.Path(folder) / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing. {how}")
    return path


def read_archive(path, wanted=lambda name: True):
    """The files of a `.tgz`, those whose names are wanted: a dict from their names to bytes."""
    with tarfile.open(path) as archive:
        return {
            member.name: archive.extractfile(member).read()
            for member in archive
            if member.isfile() and wanted(member.name)
        }
