"""Writing files so that an interruption never leaves half of one."""

import contextlib
import errno
import os
import pathlib
import tempfile


@contextlib.contextmanager
def written_aside(path):
    """Gives a path beside the wanted one; on success it is renamed into place.

    The file is on the disk before it takes the place of the old one, and its folder after that, so that
    neither a killed process nor a power cut leaves half a file.

    Args:
        path: String or path of the file to write. Its folder is made if there is none.

    Yields:
        `pathlib.Path` of the same suffix to write to. If the body raises, the file is removed and
        what `path` held before stays.

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
        flush(aside)
        os.replace(aside, path)
        flush(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def flush(path):
    """Waits until a file, or the names in a folder, are on the disk.

    Args:
        path: String or path of a file or folder. Windows can't do it for folders, and is let off.
    """
    if os.name == "nt" and os.path.isdir(path):
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems have no such thing for folders.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP) or not os.path.isdir(path):
            raise
    finally:
        os.close(handle)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
