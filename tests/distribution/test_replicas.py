"""Two replicas take the steps that one would with the whole batch."""

import json
import os
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.distribution.cases import BUILDERS

BACKEND = keras.backend.backend()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What `tests.distribution.replicas` wrote, one dict for each process."""
    folder = tmp_path_factory.mktemp("replicas")
    environments = [{}]
    if BACKEND == "torch":
        together = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
        environments = [{**together, "RANK": str(rank)} for rank in range(2)]
    files = [folder / f"{rank}.json" for rank in range(len(environments))]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.distribution.replicas", str(file)],
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for file, environment in zip(files, environments, strict=True)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=500)
        assert process.returncode == 0, errors[-3000:]
    return [json.loads(file.read_text()) for file in files]


def furthest(first, second):
    return max(np.abs(np.subtract(a, b)).max() for a, b in zip(first, second, strict=True))


@pytest.mark.slow
def test_there_are_two(results):
    assert [result["replicas"] for result in results] == [2] * len(results)
    assert [result["process"] for result in results] == list(range(len(results)))


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILDERS)
def test_two_replicas_end_where_one_does_with_the_whole_batch(name, results):
    for result in results:
        assert furthest(result[name]["before"], result[name]["one"]) > 5e-3  # it did move
        assert furthest(result[name]["one"], result[name]["two"]) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILDERS)
def test_batch_normalisation_trains_on_two_replicas(name, results):
    """Each replica has statistics of its own on TensorFlow and PyTorch, so that numbers differ."""
    for result in results:
        normalised = result["normalised"][name]
        assert normalised["shapes"] == normalised["shapes_before"]
        assert normalised["finite"] and normalised["moved"]


@pytest.mark.slow
def test_replicas_draw_different_noise(results):
    # On JAX the replicas share out one draw for the whole batch.
    draws = [draw for result in results for draw in result["draws"]]
    assert len(draws) == 2
    assert np.abs(np.subtract(*draws)).max() > 0.1
