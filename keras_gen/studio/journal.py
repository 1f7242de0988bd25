"""A file of JSON lines that is only ever added to."""

from __future__ import annotations

import json
import os
import pathlib
import threading
import warnings
from typing import Any

from keras_gen.files import flush, naming
from keras_gen.types import PathLike


class Journal:
    """Lines of JSON, each on the disk before `append` returns; several threads and processes may add to one.

    A process that is killed leaves at most one line broken, the last. It is left out and said, and the next
    line begins after it.

    Args:
        path: String or path of the file, which is made by the first line.

    Example:

    >>> import tempfile
    >>> journal = Journal(f"{tempfile.mkdtemp()}/lines.jsonl")
    >>> journal.append({"a": 1})
    >>> journal.read()
    [{'a': 1}]
    """

    def __init__(self, path: PathLike) -> None:
        self.path = pathlib.Path(path)
        self._lock = threading.Lock()
        self._seen: tuple[int, list[dict[str, Any]]] = (0, [])
        self._said: set[int] = set()

    def append(self, entry: dict[str, Any]) -> None:
        """Writes a line, and waits until it is on the disk.

        Args:
            entry: Dict, ready for JSON.

        Raises:
            OSError: If it can't be written.
        """
        line = json.dumps(entry).encode() + b"\n"
        with self._lock, naming(self.path):
            new = not self.path.exists()
            with open(self.path, "ab+") as file:
                if file.seek(0, os.SEEK_END):
                    file.seek(-1, os.SEEK_END)
                    line = line if file.read(1) == b"\n" else b"\n" + line
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            if new:
                flush(self.path.parent)

    def read(self) -> list[dict[str, Any]]:
        """The lines, in order: dicts. Broken ones are left out with a warning; the file is read if it grew."""
        with self._lock:
            size = self.path.stat().st_size if self.path.exists() else 0
            if size != self._seen[0]:
                data = self.path.read_bytes()
                self._seen = len(data), self._parsed(data)
            return list(self._seen[1])

    def _parsed(self, data):
        entries = []
        for number, line in enumerate(data.split(b"\n"), 1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
            except ValueError:
                entry = None
            if isinstance(entry, dict):
                entries.append(entry)
            elif number not in self._said:
                self._said.add(number)
                warnings.warn(
                    f"Line {number} of {self.path.name} is broken, as a process that was killed leaves it: it "
                    "is left out.",
                    stacklevel=3,
                )
        return entries
