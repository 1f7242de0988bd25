"""Files that `model.save` of 0.1.0 wrote half way, on TensorFlow."""

import keras
import numpy as np
import pytest

from tests.compatibility import training
from tests.compatibility.models import SIX


@pytest.mark.parametrize("name", SIX)
def test_a_file_gives_the_same_and_trains_on(name):
    case, path = SIX[name], training.FIXTURES / "files.npz"
    expected, _ = training.read(path, f"{name}/")
    model = keras.saving.load_model(training.FIXTURES / "files" / f"{name}.keras")
    outputs = case.outputs(model)
    np.testing.assert_allclose(outputs, expected["outputs_halfway"], rtol=1e-5, atol=1e-5)
    assert int(model.optimizer.iterations) == 4
    end = training.second_half(model, case)
    if training.BACKEND == "tensorflow":
        training.assert_same({"outputs_halfway": outputs, **end}, path, f"{name}/")
        return
    # Noise and masks are another backend's own.
    assert end.keys() == expected.keys() - {"outputs_halfway"}
    assert all(np.isfinite(values).all() for values in end.values())
    assert (end["outputs"] != outputs).any()
