"""Mutated presets and `.keras` files: each is refused in one line, or loads as it was saved.

`python -m tests.reliability files [--count 500] [--seed 0] [--keep FOLDER]`. Each is opened in a child
process. A file may take ten seconds of the processor (a process that has not ended in a minute is killed)
and 1 GB of memory beyond what the process held before.
"""

import argparse
import collections
import json
import os
import pathlib
import selectors
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

from tests.reliability import _mutations

MOST_SECONDS = 10
MOST_BYTES = 10**9
_HANGING_SECONDS = 60
_START_SECONDS = 120
_BATCH = 50
GOOD = ("refused", "equal", "as signed")


def run(arguments):
    parser = argparse.ArgumentParser("python -m tests.reliability files", description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--keep", type=pathlib.Path, help="Folder for the files that are found wrong."
    )
    options = parser.parse_args(arguments)
    outcomes, worst = collections.Counter(), {"seconds": 0.0, "bytes": 0}
    wrong = []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        originals = _mutations.save_originals(scratch / "originals")
        for first in range(0, options.count, _BATCH):
            folder = scratch / "batch"
            numbers = range(first, min(first + _BATCH, options.count))
            tasks = [_mutate(originals, folder, options.seed, number) for number in numbers]
            for task, result in zip(tasks, _open_all(tasks, originals, scratch), strict=True):
                outcome = _judge(task, result)
                outcomes[task["kind"], outcome] += 1
                worst = {name: max(value, result[name]) for name, value in worst.items()}
                if outcome not in GOOD:
                    wrong.append((task, result, outcome))
                    print(f"{outcome}: {task['number']} {task['name']}: {result['said'][:500]}")
                    if options.keep:
                        _keep(task, options.keep)
            shutil.rmtree(folder)
            print(f"{numbers[-1] + 1} of {options.count}", flush=True)
    for kind in ("preset", "keras"):
        counts = {outcome: n for (k, outcome), n in sorted(outcomes.items()) if k == kind}
        print(f"{kind}: {sum(counts.values())} files: {counts}")
    print(f"worst: {worst['seconds']:.1f} s, {worst['bytes'] / 1e6:.0f} MB; wrong: {len(wrong)}")
    return min(len(wrong), 1)


def _mutate(originals, folder, seed, number):
    """One mutated file, told by its seed and number."""
    random = np.random.default_rng((seed, number))
    kind = ("preset", "keras")[number % 2]
    target = folder / str(number) / originals[kind].name
    target.parent.mkdir(parents=True)
    if kind == "preset":
        shutil.copytree(originals[kind], target)
    else:
        shutil.copy(originals[kind], target)
    name, signed = _mutations.mutate(random, kind, target)
    return {"number": number, "kind": kind, "path": str(target), "name": name, "signed": signed}


def _keep(task, folder):
    shutil.copytree(pathlib.Path(task["path"]).parent, folder / str(task["number"]))


def _judge(task, result):
    """The outcome, one of `GOOD` or what is wrong."""
    outcome = result["outcome"]
    if result["seconds"] > MOST_SECONDS:
        return "too slow"
    if result["bytes"] > MOST_BYTES:
        return "too much memory"
    if outcome == "other":
        # Whoever may sign a file may change a rate in it: it loads as what it says it is.
        return "as signed" if task["signed"] else "silent difference"
    if outcome == "refused" and ("\n" in result["said"] or task["path"] not in result["said"]):
        return "refused without a name, or in many lines"
    return outcome


def _open_all(tasks, originals, scratch):
    """The results of opening files, from as many child processes as it takes."""
    results = []
    while len(results) < len(tasks):
        results += _open_some(tasks[len(results) :], originals, scratch)
    return results


def _open_some(tasks, originals, scratch):
    """The results up to the first file that ended the process, or that did not end in time."""
    plan = scratch / "plan.json"
    paths = {kind: str(path) for kind, path in originals.items()}
    plan.write_text(json.dumps({"originals": paths, "tasks": tasks}))
    log = scratch / "child.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.reliability._opening", str(plan)],
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        ) as child,
    ):
        results, lines = [], _lines(child.stdout)
        wait = _START_SECONDS
        while len(results) < len(tasks):
            start = time.monotonic()
            line = lines(wait)
            if line is None or line == "":
                child.kill()
                said = log.read_text(errors="replace")[-500:] if line == "" else "no end in time"
                if wait == _START_SECONDS:
                    raise RuntimeError(
                        f"The child did not start: {log.read_text(errors='replace')}"
                    )
                seconds = time.monotonic() - start
                results.append(
                    {"outcome": "process ended", "said": said, "seconds": seconds, "bytes": 0}
                )
                return results
            if wait == _START_SECONDS:
                wait = _HANGING_SECONDS
            else:
                results.append(json.loads(line))
    return results


def _lines(stream):
    """Function that waits for the next line: `""` at the end of the stream, None after the time."""
    selector, buffer = selectors.DefaultSelector(), b""
    selector.register(stream, selectors.EVENT_READ)

    def next_line(seconds):
        nonlocal buffer
        end = time.monotonic() + seconds
        while b"\n" not in buffer:
            if not selector.select(max(0.0, end - time.monotonic())):
                return None
            more = os.read(stream.fileno(), 65536)
            if not more:
                return ""
            buffer += more
        line, _, buffer = buffer.partition(b"\n")
        return line.decode()

    return next_line
