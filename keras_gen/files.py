"""Writing files so that an interruption never leaves half of one."""

import contextlib
import os
import pathlib
import tempfile


@contextlib.contextmanager
def written_aside(path):
    """Gives a path beside the wanted one; on success it is renamed into place.

    Args:
        path: String or path of the file to write. Its folder is made if there is none.

    Yields:
        `pathlib.Path` of the same suffix to write to. If the body raises, the file is removed and
        what `path` held before stays. Else the disk has the whole of it before it takes the name, so
        that this holds when the machine stops, too.

    Example:
    >>> folder = tempfile.mkdtemp()
    >>> with written_aside(f"{folder}/a.txt") as aside:
    ...     _ = aside.write_text("whole")
    >>> os.listdir(folder)
    ['a.txt']
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(
        prefix=f".{path.name}.", suffix="".join(path.suffixes), dir=path.parent
    )
    os.close(handle)
    aside = pathlib.Path(aside)
    try:
        yield aside
        aside.chmod(0o666 & ~_umask())
        _to_disk(aside, os.O_RDWR)
        os.replace(aside, path)
        if os.name != "nt":  # Windows opens no folders.
            _to_disk(path.parent, os.O_RDONLY)
    finally:
        aside.unlink(missing_ok=True)


def _to_disk(path, flags):
    """Waits until the disk has what the system holds of a file or a folder."""
    handle = os.open(path, flags)
    try:
        with contextlib.suppress(OSError):  # Some file systems know no such thing.
            os.fsync(handle)
    finally:
        os.close(handle)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
