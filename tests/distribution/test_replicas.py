"""Two replicas take the steps that one would with the whole batch."""

import fcntl
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from tests.__main__ import environment_of_comparisons
from tests.distribution.cases import NORMALISED, free_ports
from tests.families import CASES

BACKEND = keras.backend.backend()


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What `tests.distribution.replicas` wrote, one dict for each process.

    It runs once, whichever of pytest's own workers comes first.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    files = [folder / f"replicas_{rank}.json" for rank in range(2 if BACKEND == "torch" else 1)]
    with open(folder / "replicas.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all(file.exists() for file in files):
            run_replicas(files)
    return [json.loads(file.read_text()) for file in files]


def run_replicas(files):
    """Runs one process for each file that is to be written."""
    # JAX's two CPU devices meet in every step's collectives: each needs a thread of the same pool, which
    # has one a core, and steps sent ahead can hold them all.
    environments = [{"NPROC": "8", "JAX_CPU_ENABLE_ASYNC_DISPATCH": "false"}]
    if len(files) > 1:
        (port,) = free_ports(1)
        together = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        environments = [{**together, "RANK": str(rank)} for rank in range(2)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.distribution.replicas", str(file)],
            env={**environment_of_comparisons(), **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for file, environment in zip(files, environments, strict=True)
    ]
    try:
        for process in processes:
            _, errors = process.communicate(timeout=500)
            assert process.returncode == 0, errors[-3000:]
    finally:
        for process in processes:
            process.kill()


def furthest(first, second):
    return max(np.abs(np.subtract(a, b)).max() for a, b in zip(first, second, strict=True))


@pytest.mark.slow
def test_there_are_two(results):
    assert [result["replicas"] for result in results] == [2] * len(results)
    assert [result["process"] for result in results] == list(range(len(results)))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_two_replicas_end_where_one_does_with_the_whole_batch(name, results):
    for result in results:
        assert furthest(result[name]["before"], result[name]["one"]) > 5e-3  # it did move
        assert furthest(result[name]["one"], result[name]["two"]) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", NORMALISED)
def test_batch_normalisation_trains_on_two_replicas(name, results):
    """Each replica has statistics of its own on TensorFlow and PyTorch, so that numbers differ."""
    for result in results:
        normalised = result["normalised"][name]
        assert normalised["shapes"] == normalised["shapes_before"]
        assert normalised["finite"] and normalised["moved"]


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "tensorflow", reason="Keras synchronises on TensorFlow alone")
def test_synchronised_statistics_are_those_of_the_whole_batch(results):
    (result,) = results
    apart, together = result["batch"], result["synchronized_batch"]
    assert furthest(apart["one"], apart["two"]) > 1e-3
    assert furthest(together["one"], together["two"]) < 1e-5


@pytest.mark.slow
def test_replicas_draw_different_noise(results):
    # On JAX the replicas share out one draw for the whole batch.
    draws = [draw for result in results for draw in result["draws"]]
    assert len(draws) == 2
    assert np.abs(np.subtract(*draws)).max() > 0.1


@pytest.mark.slow
def test_an_augmentation_adapts_by_the_images_of_all_replicas(results):
    for result in results:
        assert result["adaptive"]["one"][0] > 0.0
        assert result["adaptive"]["two"] == pytest.approx(result["adaptive"]["one"], rel=1e-5)


@pytest.mark.slow
@pytest.mark.skipif(BACKEND == "torch", reason="each process has batches of its own")
def test_a_last_batch_of_one_example_is_left_out(results):
    (result,) = results
    for found in result["uneven"].values():
        assert found["steps"] == 2 and found["finite"]
        assert len(found["warnings"]) == 2  # of fit, and of evaluate
        assert not found["others"]
