"""Trainings that are killed at a system call, or find the disk full, and go on as if they had not.

`python -m tests.reliability kills [--backend tensorflow|jax|torch] [--count 60] [--full 12] [--errors 12]
[--seed 0]`. A tiny `keras-gen train` is traced (`strace`) for its calls on files of its output folder, and
one that is resumed, too. Then trainings are killed at such a call, resumed, killed again, and after five
kills run to their end; the calls are drawn so that each kind of call on each file comes before any comes
twice. After each kill the first command is typed again as well, which says that there is a training, or
begins it anew where there is no checkpoint. The end is compared with that of the training that nobody
killed: weights, optimizers, averages, seeds, history and files, to the last bit on TensorFlow and to 1e-6
elsewhere. `full` trainings more have a disk of their own that fills up (`mount`: this needs root), `errors`
have one call fail for want of space: each must end with one line that names a file, and go on once there is
room.
"""

import argparse
import itertools
import pathlib
import shutil
import signal
import subprocess
import tempfile

import numpy as np

from tests.reliability import _trainings

_KILLS = 5  # of one training
# The calls that may find no space.
_TAKE_SPACE = ("openat", "write", "pwrite64", "ftruncate", "fsync", "mkdir", "rename", "link")


def run(arguments):
    parser = argparse.ArgumentParser("python -m tests.reliability kills", description=__doc__)
    parser.add_argument("--backend", default="tensorflow", choices=["tensorflow", "jax", "torch"])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--full", type=int, default=12)
    parser.add_argument("--errors", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        with _trainings.Trainings(options.backend, scratch) as trainings:
            return min(1, _Part(trainings, scratch, options).run())


class _Part:
    def __init__(self, trainings, scratch, options):
        self.trainings = trainings
        self.options = options
        self.folder = scratch / "run"
        self.disk = scratch / "disk"
        self.random = np.random.default_rng(options.seed)
        self.tolerance = 0.0 if options.backend == "tensorflow" else 1e-6
        self.killed = self.elsewhere = self.ends = self.wrong = 0

    def run(self):
        """Runs all of it, and gives how often something was wrong."""
        code, said, trace = self.trainings.run(self.folder, traced=True)
        if code:
            raise RuntimeError(f"The training without kills failed: {said}")
        self.whole = _trainings.result_of(self.folder)
        calls = _trainings.calls_in(trace, self.folder)
        self.listings = [calls, self._calls_of_resuming(calls)]
        for name, listing in zip(("a training", "one that is resumed"), self.listings, strict=True):
            kinds = len({(call, file) for call, _, file in listing})
            print(f"{name}: {len(listing)} calls on the folder, {kinds} kinds", flush=True)
        self.drawn = [_endlessly(self.random, listing) for listing in self.listings]
        while self.killed < self.options.count:
            self._chain()
        print(
            f"killed: {self.killed}, elsewhere: {self.elsewhere}, ends: {self.ends}, wrong: ",
            end="",
        )
        print(self.wrong, flush=True)
        failing = [call for call in calls if call[0] in _TAKE_SPACE]
        drawn = itertools.islice(_endlessly(self.random, failing), self.options.errors)
        failed = sum(self._fail(*call) for call in drawn)
        print(f"errors: {failed} of {self.options.errors}, wrong: {self.wrong}", flush=True)
        full = self._fill_disks() if self.options.full else 0
        print(f"full disks: {full} of {self.options.full}, wrong in all: {self.wrong}")
        return self.wrong

    def _calls_of_resuming(self, calls):
        """The calls of a training that is resumed after about half of its checkpoints."""
        saves = [c for c in calls if c[0] == "rename" and c[2] == "/.model.keras.*.keras"]
        call, number, _ = saves[len(saves) // 2]
        self._clear()
        self.trainings.run(self.folder, inject=f"{call}:signal=KILL:when={number}")
        code, said, trace = self.trainings.run(self.folder, "--resume", traced=True)
        self._compare("the training that is listed", self.folder, code, said)
        return _trainings.calls_in(trace, self.folder)

    def _chain(self):
        """Kills a training, and again as it goes on, and compares its end."""
        self._clear()
        story, more = [], []
        while len(story) < _KILLS and self.killed < self.options.count:
            call, number, file = next(self.drawn[bool(more)])
            story.append(f"{' '.join(more)} {call} {number} {file}".strip())
            code, said, trace = self.trainings.run(
                self.folder, *more, inject=f"{call}:signal=KILL:when={number}"
            )
            if code != -signal.SIGKILL:
                story[-1] += ", which it did not come to"
                break
            last = _trainings.calls_in(trace, self.folder)[-1:]
            if last and last[0][:2] == (call, number):
                self.killed += 1
                story[-1] = story[-1].replace(file, last[0][2])
            else:
                self.elsewhere += 1
                story[-1] += ", elsewhere"
            more = self._go_on(story)
        else:
            code, said, _ = self.trainings.run(self.folder, *more)
        self.ends += 1
        print(f"{self.killed}: {'; '.join(story)}", flush=True)
        self._compare("after these", self.folder, code, said)

    def _go_on(self, story):
        """What is to be typed next, after it was seen that nothing else is taken."""
        if any(self.folder.glob("model.*keras")):
            wanted, other = ["--resume"], []
        elif (self.folder / "settings.json").exists():
            return ["--resume"] if self.random.random() < 0.5 else []
        else:
            wanted, other = [], ["--resume"]
        code, said, _ = self.trainings.run(self.folder, *other)
        if code != 2 or not _is_one_line(said) or (not other and "--resume" not in said):
            self._complain(f"{'; '.join(story)}; {other} typed", f"exit code {code}: {said}")
        return wanted

    def _compare(self, where, folder, code, said):
        if code != 0 or "Traceback" in said:
            self._complain(where, f"exit code {code}: {said}")
            return
        different = _trainings.difference(self.whole, _trainings.result_of(folder), self.tolerance)
        if different:
            self._complain(where, different)

    def _complain(self, where, what):
        self.wrong += 1
        print(f"WRONG: {where}: {what[-1500:]}", flush=True)

    def _clear(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    # Full disks

    def _fail(self, call, number, file):
        """Has a call fail for want of space, and goes on; whether it failed there."""
        where = f"no space at {call} {number}, {file}"
        self._clear()
        code, said, trace = self.trainings.run(
            self.folder, inject=f"{call}:error=ENOSPC:when={number}"
        )
        if not any("INJECTED" in line and str(self.folder) in line for line in trace):
            print(f"{where}: it did not fail there", flush=True)
            return False
        self._check_refusal(where, self.folder, code, said)
        print(f"{where}: exit code {code}, {said.strip()[-300:]}", flush=True)
        return True

    def _fill_disks(self):
        """Trainings on disks of so many pages that they fill up somewhere; gives how many did."""
        self.disk.mkdir()
        space = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        most = 2 * space // 4096
        done = 0
        for pages in np.linspace(2, most, self.options.full).astype(int).tolist():
            size = f"size={4 * pages}k"
            mount = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.disk)]
            if subprocess.run(mount, check=False).returncode:
                print("No disk can be mounted here.")
                return done
            try:
                done += self._fill(pages)
            finally:
                subprocess.run(["umount", str(self.disk)], check=True)
        return done

    def _fill(self, pages):
        where, folder = f"disk of {4 * pages} kB", self.disk / "run"
        code, said, _ = self.trainings.run(folder)
        if code == 0:
            print(f"{where}: had room for all", flush=True)
            return False
        remount = ["mount", "-o", "remount,size=64m", str(self.disk)]
        subprocess.run(remount, check=True)
        self._check_refusal(where, folder, code, said)
        print(f"{where}: exit code {code}, {said.strip()[-300:]}", flush=True)
        return True

    def _check_refusal(self, where, folder, code, said):
        """One line that names the file, or the training went on all the same; then it can be resumed."""
        if code == 0:
            self._compare(f"{where}, which it survived", folder, code, said)
            return
        if not _is_one_line(said) or _trainings.name_in(said.replace("'", '"'), folder) is None:
            self._complain(where, f"exit code {code}: {said}")
        resumes = (folder / "settings.json").exists()
        code, said, _ = self.trainings.run(folder, *["--resume"] * resumes)
        self._compare(f"{where}, {'resumed' if resumes else 'typed again'}", folder, code, said)


def _endlessly(random, calls):
    """The calls in a random order, each kind of call on each file before any comes twice."""
    while True:
        kinds = {}
        for number in random.permutation(len(calls)):
            call = calls[number]
            kinds.setdefault((call[0], call[2]), []).append(call)
        while kinds:
            for kind in list(kinds):
                yield kinds[kind].pop()
                if not kinds[kind]:
                    del kinds[kind]


def _is_one_line(said):
    lines = said.strip().splitlines()
    return len(lines) == 1 and lines[0].startswith("keras-gen: ")
