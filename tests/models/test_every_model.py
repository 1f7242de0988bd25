"""What holds for all six and is no matter of one backend's training: modes, and names in files."""

import functools
import json
import pathlib

import h5py
import keras
import numpy as np
import pytest

from keras_gen.layers import BatchNormalization
from tests.cases import CASES, compiled
from tests.distribution import cases as smooth

WEIGHT_PATHS = pathlib.Path(__file__).with_name("weight_paths.json")


@pytest.mark.parametrize("name", ["gan", "wgan_gp", "conditional_gan", "pix2pix"])
def test_layers_run_in_training_mode_in_every_phase_and_only_there(name, monkeypatch):
    modes = []
    for layer_class in (BatchNormalization, keras.layers.Dropout):

        def spy(self, *args, call=layer_class.call, **kwargs):
            modes.append((type(self).__name__, bool(kwargs.get("training")) and self.trainable))
            return call(self, *args, **kwargs)

        monkeypatch.setattr(layer_class, "call", functools.wraps(layer_class.call)(spy))
    case = CASES[name]
    model = compiled(case)
    modes.clear()
    model.fit(case.data(4), batch_size=4, verbose=0)
    # The average is no part of training: it is only called by `generate`.
    assert {mode for _, mode in modes} == {True}
    assert "BatchNormalization" in {layer for layer, _ in modes}
    modes.clear()
    model.evaluate(case.data(4), verbose=0)
    assert modes and {mode for _, mode in modes} == {False}


@pytest.mark.parametrize("name", CASES)
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
    assert paths == json.loads(WEIGHT_PATHS.read_text())[name]


@pytest.mark.parametrize("name", CASES)
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
    for x in (floats, coded):
        # Without BatchNormalization, which would magnify the rounding of small maps.
        model = smooth.build(name)
        model.compile(**CASES[name].compile_arguments(lambda: smooth.optimizer(name)))
        before = model.get_weights()
        model.fit(x, batch_size=4, shuffle=False, verbose=0)
        weights.append(model.get_weights())
        if name in ("vae", "pix2pix"):  # Evaluation takes its images as training does.
            scores.append(model.evaluate(x, batch_size=4, verbose=0, return_dict=True))
    assert max(np.abs(a - b).max() for a, b in zip(before, weights[1], strict=True)) > 1e-3
    assert max(np.abs(a - b).max() for a, b in zip(*weights, strict=True)) < 1e-5
    if scores:
        assert scores[1] == pytest.approx(scores[0], rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "channels", "methods"),
    [
        ("pix2pix", 1, ["translate", "predict"]),
        ("cycle_gan", 3, ["translate", "predict"]),
        ("vae", 1, ["reconstruct", "reconstruction_errors", "anomaly_scores", "predict"]),
    ],
)
def test_methods_that_take_images_take_bytes(name, channels, methods):
    model = compiled(CASES[name])
    coded = np.random.default_rng(0).integers(0, 256, (4, 8, 8, channels), "uint8")
    floats = coded.astype("float32") / 127.5 - 1.0
    for method in methods:
        outputs = [getattr(model, method)(x) for x in (floats, coded)]
        np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-4)
    if name == "vae":
        bounds = [model.importance_weighted_bound(x, num_samples=2) for x in (floats, coded)]
        np.testing.assert_allclose(*bounds, rtol=1e-4)
