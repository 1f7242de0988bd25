"""Users' presets that 0.1.0 wrote, on TensorFlow."""

import shutil

import keras
import numpy as np
import pytest

import keras_gen
from tests.compatibility import training
from tests.compatibility.models import JUDGEMENTS, PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_gives_the_same(name, tmp_path):
    shutil.unpack_archive(training.FIXTURES / "presets" / f"{name}.zip", tmp_path)
    case = PRESETS[name]
    expected, _ = training.read(training.FIXTURES / "presets.npz", f"{name}/")
    model = keras_gen.presets.from_preset(tmp_path)
    assert expected.keys() == {"outputs", "judgements"}
    np.testing.assert_allclose(case.outputs(model), expected["outputs"], rtol=1e-5, atol=1e-5)
    judgements = JUDGEMENTS[name](model)
    np.testing.assert_allclose(judgements, expected["judgements"], rtol=1e-5, atol=1e-5)
    keras.utils.set_random_seed(0)
    made = case.build()
    assert type(model) is type(made)
    assert [w.shape for w in model.weights] == [w.shape for w in made.weights]
    fresh = keras_gen.presets.from_preset(tmp_path, load_weights=False)
    assert np.abs(case.outputs(fresh) - expected["outputs"]).max() > 1e-3
