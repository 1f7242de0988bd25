"""One process a folder."""

import contextlib
import os
import pathlib

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
    import msvcrt

_FAR = 1 << 20  # where Windows locks a byte, so that the text before it can be read


@contextlib.contextmanager
def locked(path, argument="output", doing="training"):
    """Holds a lock file; the system frees it when the process ends, however it ends.

    Args:
        path: Path of the file. It holds the process's number, and is removed at the end.
        argument: String, what the caller calls the folder.
        doing: String, what is done in it.

    Raises:
        ValueError: If another process holds it.
    """
    path = pathlib.Path(path)
    made = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _lock(handle):
                owner = os.read(handle, 100).decode(errors="replace").strip() or "another process"
                raise ValueError(
                    f"`{argument}` must be a folder that nobody else is writing to. Received: "
                    f"{path.parent}, in which {owner} is {doing}. Wait for it, or choose another folder."
                )
            # Whoever held it before may have removed the file that this one waited for.
            if path.exists() and os.path.samestat(os.stat(path), os.fstat(handle)):
                break
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
    try:
        with contextlib.suppress(OSError):  # On a full disk: the number is for people.
            os.ftruncate(handle, 0)
            os.write(handle, f"process {os.getpid()}\n".encode())
        yield
    finally:
        if os.name != "nt":  # Windows removes no file that is open.
            path.unlink(missing_ok=True)
        os.close(handle)
        if os.name == "nt":
            path.unlink(missing_ok=True)
        if made:
            with contextlib.suppress(OSError):  # Something was written into it.
                path.parent.rmdir()


def _lock(handle):
    """Whether the lock was free, or the file system knows of no locks."""
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            os.lseek(handle, _FAR, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
    except (BlockingIOError, PermissionError):
        os.lseek(handle, 0, os.SEEK_SET)
        return False
    except OSError:
        pass
    return True
