"""What holds for all families and is no matter of one backend's training: modes, bytes, names in files."""

import functools
import json

import h5py
import keras
import numpy as np
import pytest

from keras_gen.layers import BatchNormalization
from tests import families
from tests.cases import UNTRACED, compiled
from tests.distribution import cases as smooth
from tests.families import CASES, FAMILIES, families_that


@pytest.mark.parametrize("file", ["case.py", "weight_paths.json"])
def test_every_family_of_the_package_has_its_tests_in_a_folder(file):
    missing = [
        str(families.folder_of(family) / file)
        for family in FAMILIES
        if family in families.missing(file)
    ]
    assert not missing, f"Every line of keras_gen.models.FAMILIES needs its file: write {missing}"


@pytest.mark.parametrize("name", families_that(lambda case: case.batch_normalised))
def test_layers_run_in_training_mode_in_every_phase_and_only_there(name, monkeypatch):
    modes = []
    for layer_class in (BatchNormalization, keras.layers.Dropout):

        def spy(self, *args, call=layer_class.call, **kwargs):
            modes.append((type(self).__name__, bool(kwargs.get("training")) and self.trainable))
            return call(self, *args, **kwargs)

        monkeypatch.setattr(layer_class, "call", functools.wraps(layer_class.call)(spy))
    case = CASES[name]
    model = compiled(case, keras.optimizers.SGD, **UNTRACED)
    modes.clear()
    model.fit(case.data(4), batch_size=4, verbose=0)
    # The average is no part of training: it is only called by `generate`.
    assert {mode for _, mode in modes} == {True}
    assert "BatchNormalization" in {layer for layer, _ in modes}
    modes.clear()
    model.evaluate(case.data(4), verbose=0)
    assert modes and {mode for _, mode in modes} == {False}


@pytest.mark.parametrize("name", families.OWN_CASES)
def test_weight_paths_in_files_stay_as_they_are(name, tmp_path):
    """Zoo files depend on them: change the list only together with a way to load older files."""
    CASES[name].build().save_weights(tmp_path / "model.weights.h5")
    paths = {}
    with h5py.File(tmp_path / "model.weights.h5") as file:
        file.visititems(
            lambda path, node: (
                paths.update({path: list(node.shape)}) if isinstance(node, h5py.Dataset) else None
            )
        )
    expected = families.folder_of(name) / "weight_paths.json"
    assert paths == json.loads(expected.read_text())


@pytest.mark.slow
@pytest.mark.one_backend
@pytest.mark.parametrize("name", families_that(lambda case: case.takes_images))
def test_images_of_bytes_train_as_floats_do(name):
    """Uint8 images of 0 to 255 are scaled in the step."""
    floats = smooth.data(name, 8)
    coded = keras.tree.map_structure(
        lambda x: np.rint((x + 1) * 127.5).astype("uint8") if x.dtype == "float32" else x, floats
    )
    floats = keras.tree.map_structure(
        lambda x: x.astype("float32") / 127.5 - 1.0 if x.dtype == "uint8" else x, coded
    )
    weights, scores = [], []
    # Bytes come to a traced step, as in a training, and floats to one that Python runs.
    for x, untraced in ((floats, True), (coded, False)):
        # Without BatchNormalization, which would magnify the rounding of small maps.
        model = smooth.build(name)
        optimizers = CASES[name].compile_arguments(lambda: smooth.optimizer(name))
        model.compile(**optimizers, run_eagerly=untraced)
        before = model.get_weights()
        model.fit(x, batch_size=4, shuffle=False, verbose=0)
        weights.append(model.get_weights())
        # Evaluation takes its images as training does.
        scores.append(model.evaluate(x, batch_size=4, verbose=0, return_dict=True))
    assert max(np.abs(a - b).max() for a, b in zip(before, weights[1], strict=True)) > 1e-3
    assert max(np.abs(a - b).max() for a, b in zip(*weights, strict=True)) < 1e-5
    assert scores[1] == pytest.approx(scores[0], rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", families_that(lambda case: case.takes_images and case.methods))
def test_methods_that_take_images_take_bytes(name):
    case = CASES[name]
    model = compiled(case)
    coded = np.random.default_rng(0).integers(0, 256, case.first(4).shape, "uint8")
    floats = coded.astype("float32") / 127.5 - 1.0
    for method, arguments in case.methods.items():
        outputs = [getattr(model, method)(x, **arguments) for x in (floats, coded)]
        np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-4)
