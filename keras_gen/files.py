"""Writing files so that an interruption never leaves half of one."""

import contextlib
import errno
import os
import pathlib
import shutil
import tempfile
import threading


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

    Raises:
        OSError: If it can't be written, on a full disk, say. It names `path`.

    Example:
    >>> folder = tempfile.mkdtemp()
    >>> with written_aside(f"{folder}/a.txt") as aside:
    ...     _ = aside.write_text("whole")
    >>> os.listdir(folder)
    ['a.txt']
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, aside = tempfile.mkstemp(
            prefix=f".{path.name}.", suffix="".join(path.suffixes), dir=path.parent
        )
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    os.close(handle)
    aside = pathlib.Path(aside)
    try:
        with naming(path, aside):
            yield aside
            aside.chmod(0o666 & ~_umask())
            flush(aside)
            os.replace(aside, path)
            flush(path.parent)
    finally:
        aside.unlink(missing_ok=True)


@contextlib.contextmanager
def naming(path, aside=None):
    """Context in which a system's error that names no file, or one that was made aside, names another.

    A disk that is full says so when something is written, where Python no longer knows into what.

    Args:
        path: String or path, the file to name.
        aside: Path of a file that stands for it, or None.

    Example:

    >>> with naming("a.txt"):
    ...     raise OSError(errno.ENOSPC, "No space left on device")
    Traceback (most recent call last):
    OSError: [Errno 28] No space left on device: 'a.txt'
    """
    try:
        yield
    except OSError as error:
        unnamed = error.filename is None or str(error.filename) == str(aside)
        if error.errno is None or not unnamed:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextlib.contextmanager
def folder_written_aside(path):
    """Gives an empty folder beside the wanted one; on success it is renamed into place: see `written_aside`.

    Args:
        path: String or path of the folder, whose own folder is made if there is none. What lies in it is
            let go, all at once.

    Yields:
        `pathlib.Path` of the folder to write to. If the body raises, it is removed, and what `path` held
        before stays.

    Example:
    >>> folder = tempfile.mkdtemp()
    >>> with folder_written_aside(f"{folder}/a") as aside:
    ...     _ = (aside / "b.txt").write_text("whole")
    >>> os.listdir(folder), os.listdir(f"{folder}/a")
    (['a'], ['b.txt'])
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    aside = scratch / "new"
    try:
        aside.mkdir()
        yield aside
        for each in (*aside.rglob("*"), aside):
            flush(each)
        old = scratch / "old"
        try:
            if path.exists():
                path.rename(old)
            aside.rename(path)
        except BaseException:
            if old.exists() and not path.exists():
                old.rename(path)
            raise
        flush(path.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def remove_strays(folder, *names):
    """Removes what killed processes had begun to write aside.

    Args:
        folder: `pathlib.Path`. It may be missing.
        *names: Strings, of the files and folders that were wanted there; patterns as of `glob`.

    Returns:
        Integer, how many there were.
    """
    strays = {stray for name in names for stray in folder.glob(f".{name}.*")}
    for stray in strays:
        if stray.is_dir():
            shutil.rmtree(stray, ignore_errors=True)
        else:
            stray.unlink(missing_ok=True)
    return len(strays)


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


_umask_lock = threading.Lock()


def _umask():
    with _umask_lock:  # Of two at once the second would put back what the first had set.
        mask = os.umask(0o077)  # What others write meanwhile is no wider than it was to be.
        os.umask(mask)
    return mask
