"""What holds for all six and is no matter of one backend's training: modes, and names in files."""

import functools
import json
import pathlib

import h5py
import keras
import pytest

from tests.cases import CASES, compiled

WEIGHT_PATHS = pathlib.Path(__file__).with_name("weight_paths.json")


@pytest.mark.parametrize("name", ["gan", "wgan_gp", "conditional_gan", "pix2pix"])
def test_layers_run_in_training_mode_in_every_phase_and_only_there(name, monkeypatch):
    modes = []
    for layer_class in (keras.layers.BatchNormalization, keras.layers.Dropout):

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
