"""Every metric on the three backends. It starts them itself, and so runs on TensorFlow alone."""

import json
import subprocess
import sys

import pytest

from tests.__main__ import environment_of_comparisons

pytestmark = pytest.mark.slow


def scores_on(backend):
    result = subprocess.run(
        [sys.executable, "-m", "tests.metrics.scores_on_a_backend"],
        env={**environment_of_comparisons(), "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def on_tensorflow():
    return scores_on("tensorflow")


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_scores_agree(on_tensorflow, backend):
    ours, theirs = scores_on(backend), on_tensorflow
    assert ours.pop("backend") == backend
    theirs = {name: value for name, value in theirs.items() if name != "backend"}
    assert len(theirs) == 14
    assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-7)
