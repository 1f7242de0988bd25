"""Files that `model.save` of 0.1.0 wrote half way, on TensorFlow."""

import numpy as np
import pytest

from tests.compatibility import fresh, training
from tests.compatibility.models import SIX


@pytest.mark.parametrize("name", SIX)
def test_a_file_gives_the_same_and_trains_on(name):
    path = training.FIXTURES / "files.npz"
    expected, _ = training.read(path, f"{name}/")
    now = fresh.results_of(fresh.from_a_file, name)
    halfway = expected["outputs_halfway"]
    np.testing.assert_allclose(now["outputs_halfway"], halfway, rtol=1e-5, atol=1e-5)
    if training.BACKEND == "tensorflow":
        training.assert_same(now, path, f"{name}/")
        return
    # Noise and masks are another backend's own.
    assert now.keys() == expected.keys()
    assert all(np.isfinite(values).all() for values in now.values())
    assert (now["outputs"] != now["outputs_halfway"]).any()
