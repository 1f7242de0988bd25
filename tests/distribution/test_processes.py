"""Two real processes train together by `keras-gen train`; one that is killed comes back and they finish."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import keras
import pytest

from keras_gen.app.opening import load
from tests.distribution.cases import free_ports

BACKEND = keras.backend.backend()
STRATEGY = {"tensorflow": "multiworker"}.get(BACKEND, "data-parallel")
EPOCHS = 8
DEADLINE = 240  # seconds, of each wait
TRAIN = [
    *(sys.executable, "-m", "keras_gen", "train", "vae", "--dataset", "digits"),
    *("--base-filters", "2", "--latent-dim", "2", "--batch-size", "700"),
    *("--epochs", str(EPOCHS), "--strategy", STRATEGY),
]


def environments():
    """What tells each of two processes on this machine of the other."""
    first, second = free_ports(2)
    if BACKEND == "tensorflow":
        cluster = {"worker": [f"127.0.0.1:{port}" for port in (first, second)]}
        tasks = [{"type": "worker", "index": index} for index in range(2)]
        return [{"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})} for task in tasks]
    if BACKEND == "jax":
        together = {
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"127.0.0.1:{first}",
            "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
        }
        return [{**together, "KERAS_DISTRIBUTION_PROCESS_ID": str(index)} for index in range(2)]
    together = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(first)}
    return [{**together, "RANK": str(index)} for index in range(2)]


class Workers:
    """Two processes, each of them started again when it fails: the shell's `until ...; do :; done`."""

    def __init__(self, folder):
        self.folder = folder
        self.environments = environments()
        self.outputs = [folder / "chief", folder / "other"]
        self.starts = [0, 0]
        self.processes = [None, None]
        for index in range(2):
            self.start(index)

    def start(self, index):
        self.starts[index] += 1
        with open(self.folder / f"log_{index}_{self.starts[index]}.txt", "w") as log:
            self.processes[index] = subprocess.Popen(
                [*TRAIN, "--output", str(self.outputs[index]), "--resume"],
                env={**os.environ, **self.environments[index]},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until(self, reached):
        """Keeps the processes running until `reached()` is true."""
        end = time.monotonic() + DEADLINE
        while not reached():
            assert time.monotonic() < end and sum(self.starts) < 12, self.logs()
            for index, process in enumerate(self.processes):
                if process.poll() not in (None, 0):
                    self.start(index)
            time.sleep(0.05)

    def finished(self):
        return all(process.poll() == 0 for process in self.processes)

    def end(self):
        for process in self.processes:
            if process is not None:
                process.kill()
                process.wait()

    def logs(self):
        return "\n\n".join(
            f"{path.name}\n{path.read_text()[-2000:]}"
            for path in sorted(self.folder.glob("log_*.txt"))
        )


def epochs_of(output):
    """The numbers of the epochs in the history, in order."""
    if not (output / "history.csv").exists():
        return []
    with open(output / "history.csv", newline="") as file:
        return [int(row["epoch"]) for row in csv.DictReader(file)]


@pytest.mark.slow
def test_two_processes_train_and_one_that_is_killed_comes_back(tmp_path):
    workers = Workers(tmp_path)
    chief, other = workers.outputs
    try:
        workers.wait_until(lambda: len(epochs_of(chief)) > 1)
        assert workers.starts == [1, 1], workers.logs()
        assert not other.exists()  # Only the chief writes.
        workers.outputs[1] = chief  # Now they share a folder, as they must to resume.
        workers.processes[1].send_signal(signal.SIGKILL)
        assert len(epochs_of(chief)) < EPOCHS  # in mid-training
        workers.wait_until(workers.finished)
    finally:
        workers.end()
    assert workers.starts[1] > 1
    assert epochs_of(chief) == list(range(EPOCHS))
    names = {path.name for path in chief.iterdir()}
    files = {"model.keras", "samples.png", "history.csv", "settings.json", "samples"}
    assert names == files | {"model.previous.keras", "data.json", "interpolation.gif"}
    model = load(str(chief))
    assert int(model.optimizer.iterations) == EPOCHS * 2
