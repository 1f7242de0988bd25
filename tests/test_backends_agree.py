"""The three backends against one another. It starts them itself, and so runs on TensorFlow alone."""

import contextlib
import subprocess
import sys

import numpy as np
import pytest

from tests.__main__ import environment_of_comparisons
from tests.models.three_steps import BACKENDS, CASES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@contextlib.contextmanager
def started(backend, folder):
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.models.three_steps", str(folder)],
        env={**environment_of_comparisons(), "KERAS_BACKEND": backend},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which every backend has trained every model, and has loaded the others' files."""
    folder = tmp_path_factory.mktemp("three_steps")
    with contextlib.ExitStack() as stack:
        processes = []
        for backend in BACKENDS:  # one at a time, so that they don't crowd a small machine
            process = stack.enter_context(started(backend, folder))
            assert process.stdout.readline() == "trained\n", f"{backend} failed"
            processes.append(process)
        for process in processes:
            process.communicate("go on\n")
            assert process.returncode == 0
    return folder


def results(folder, name):
    with np.load(folder / f"{name}.npz") as arrays:
        return dict(arrays)


@pytest.mark.parametrize("backend", BACKENDS[1:])
@pytest.mark.parametrize("model", CASES)
def test_three_steps_agree(folder, model, backend):
    ours, theirs = results(folder, backend), results(folder, "tensorflow")
    assert ours.keys() == theirs.keys()
    keys = [key for key in ours if key.startswith(f"{model}/")]
    assert any("/log/" in key for key in keys)
    assert sum("/weight/" in key for key in keys) >= 6
    for key in keys:
        error = np.abs(ours[key] - theirs[key]).max()
        scale = max(1.0, np.abs(theirs[key]).max())
        assert error <= 1e-5 * scale, f"{key}: {error} at a scale of {scale}"


@pytest.mark.parametrize("author", BACKENDS)
@pytest.mark.parametrize("model", CASES)
def test_a_file_generates_the_same_images_on_every_other_backend(folder, model, author):
    original = results(folder, author)[f"{model}/images"]
    assert original.std() > 1e-3  # not all the same
    for backend in set(BACKENDS) - {author}:
        loaded = results(folder, f"{backend}_loaded")[f"{model}/{author}"]
        np.testing.assert_allclose(loaded, original, rtol=0, atol=1e-4)
