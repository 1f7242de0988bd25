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
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
