"""Tiny trainings in forks of one process, traced or not, and what their folders hold at the end."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile

import h5py
import numpy as np

COMMAND = (
    *("train", "gan", "--dataset", "digits", "--epochs", "3", "--batch-size", "384"),
    *("--base-filters", "2", "--latent-dim", "4", "--save-every", "0", "--jit", "off"),
    *("--verbose", "none"),
)
# What a program does to files. Those that a machine has not are left out by the question mark.
CALLS = (
    *("open", "openat", "creat", "write", "pwrite64", "writev", "ftruncate", "fallocate", "fsync"),
    *("fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"),
    *("mkdir", "mkdirat", "rmdir", "chmod", "fchmodat", "flock"),
)
_TRACED = ("-y", "-s", "0", "-e", "trace=" + ",".join(f"?{call}" for call in CALLS))


class Trainings:
    """Runs `keras-gen` in forks of one process that has imported everything.

    Args:
        backend: String, of Keras.
        scratch: `pathlib.Path` of a folder for the logs.
    """

    def __init__(self, backend, scratch):
        self._log = scratch / "log.txt"
        self._trace = scratch / "trace.txt"
        single = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability._starting"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={
                **os.environ,
                **dict.fromkeys(single, "1"),
                "KERAS_BACKEND": backend,
                "TF_CPP_MIN_LOG_LEVEL": "3",
            },
        )
        self._answer()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._server.stdin.close()
        self._server.wait()

    def run(self, output, *more, inject=None, traced=False):
        """Runs the command into a folder.

        Args:
            output: Path of the folder.
            *more: Further arguments.
            inject: String, what `strace` is to do to which call, or None.
            traced: Boolean, whether the calls are listed.

        Returns:
            Triple of the exit code, negative where a signal ended it; what it printed; and the lines of
            the trace, of the main thread.
        """
        task = {"arguments": [*COMMAND, "--output", str(output), *more], "log": str(self._log)}
        self._trace.unlink(missing_ok=True)
        if inject or traced:
            wanted = ["-e", f"inject={inject}"] if inject else []
            task |= {"strace": [*_TRACED, *wanted], "trace": str(self._trace)}
        self._server.stdin.write(json.dumps(task) + "\n")
        self._server.stdin.flush()
        answer = self._answer()
        trace = self._trace.read_text(errors="replace") if self._trace.exists() else ""
        return answer["code"], self._log.read_text(errors="replace"), trace.splitlines()

    def _answer(self):
        line = self._server.stdout.readline()
        if not line:
            raise RuntimeError("The process that starts the trainings has ended.")
        return json.loads(line)


def calls_in(trace, folder):
    """The calls on files of a folder: triples of the call, its number among its like, and its file.

    Of a file with a name of its own, made for the moment, it is the name without that part.
    """
    counts, found = {}, []
    for line in trace:
        match = re.match(r"(\w+)\((.*)", line)
        if match is None:
            continue
        call, rest = match.groups()
        counts[call] = counts.get(call, 0) + 1
        file = name_in(rest, folder)
        if file is not None:
            found.append((call, counts[call], file))
    return found


def name_in(text, folder):
    """The file of a folder that a text names first, from the folder on, or None."""
    match = re.search(re.escape(str(folder)) + r"(/[^\">\s]*)?(?=[\">\s]|$)", text)
    if match is None:
        return None
    return re.sub(r"(\.\w+)\.[a-z0-9_]{8}(?=\.)", r"\1.*", match[1] or "/")


def result_of(folder):
    """What a training left: a dict of its arrays, and one of all else but the seconds that it took."""
    arrays, rest = {}, {}
    with zipfile.ZipFile(folder / "model.keras") as archive:
        config = re.sub(r'"shared_object_id": \d+', "", archive.read("config.json").decode())
        rest["config"] = config  # Without what is a process's own.
        rest["progress"] = {**json.loads(archive.comment)["keras_gen_progress"], "seconds": None}
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            file.visititems(
                lambda name, item: (
                    arrays.update({name: item[()]}) if hasattr(item, "dtype") else None
                )
            )
    with open(folder / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        for name, value in row.items():
            if "seconds" not in name and value != "NA":
                arrays[f"history, row {number}, {name}"] = np.float64(value)
    for name in ("settings.json", "data.json"):
        rest[name] = json.loads((folder / name).read_text())
    rest["files"] = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    return arrays, rest


def difference(one, other, tolerance):
    """What two results differ in, a sentence, or an empty string."""
    (arrays, rest), (others, other_rest) = one, other
    different = _first_difference(rest, other_rest, "")
    if different:
        return different
    if arrays.keys() != others.keys():
        return f"other arrays: {arrays.keys() ^ others.keys()}"
    for name, array in arrays.items():
        if not np.allclose(array, others[name], rtol=0.0, atol=tolerance, equal_nan=True):
            return f"{name} by {np.abs(array - others[name]).max():g}"
    return ""


def _first_difference(one, other, where):
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        inner = (_first_difference(one[key], other[key], f"{where}/{key}") for key in one)
        return next(filter(None, inner), "")
    return "" if one == other else f"{where}: {one!r} and {other!r}"
