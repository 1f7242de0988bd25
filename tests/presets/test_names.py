"""A config is read by the registered names of its classes, wherever they stand in the package today."""

import importlib
import json
import pathlib
import re
import sys

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.presets import configs, files
from keras_gen.presets.finding import model_name
from tests import cases

FIXTURES = pathlib.Path(__file__).parent / "fixtures"
OLD_CONFIGS = sorted(FIXTURES.glob("*_0_1_0.json"))


def nodes_of_ours(value):
    if isinstance(value, list):
        for child in value:
            yield from nodes_of_ours(child)
    elif isinstance(value, dict):
        if str(value.get("registered_name")).startswith("keras_gen>"):
            yield value
        for child in value.values():
            yield from nodes_of_ours(child)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (".", "digits"),
        ("..", "runs"),
        ("model.keras", "model"),
        ("../digits/model.keras", "digits"),
        ("/runs/\u732b", "model"),
        ("/runs/_a", "a"),
        ("kaggle://me/animals/keras/cats", "cats"),
        ("kaggle://me/animals/keras/cats/12", "cats"),
        ("/runs/two words.keras", "two-words"),
        ("/runs/" + 150 * "x", 100 * "x"),
    ],
)
def test_models_have_names_that_they_can_be_served_by(path, name, tmp_path, monkeypatch):
    (tmp_path / "runs" / "digits").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "runs" / "digits")
    assert model_name(path) == name
    from keras_gen.serving.app import NAME

    assert re.fullmatch(NAME, name)


def test_a_preset_of_0_1_0_gives_what_it_gave():
    model = keras_gen.from_preset(FIXTURES / "gan_0_1_0")
    with np.load(FIXTURES / "gan_0_1_0_outputs.npz") as kept:
        images = model.generate(latents=kept["latents"])
        np.testing.assert_allclose(images, kept["images"], atol=1e-5)


@pytest.mark.parametrize("path", OLD_CONFIGS, ids=lambda path: path.stem)
def test_a_config_of_0_1_0_makes_its_model(path):
    config = json.loads(path.read_text())
    modules = {node["module"] for node in nodes_of_ours(config)}
    assert any(module.startswith("keras_gen.") for module in modules)
    configs.check_config(config, path)
    model = keras.saving.deserialize_keras_object(config)
    built = getattr(cases, f"build_{path.stem.removesuffix('_0_1_0')}")()
    assert type(model) is type(built)
    assert [w.shape for w in model.weights] == [w.shape for w in built.weights]


def test_there_are_old_configs_of_all_models_of_0_1_0():
    assert len(OLD_CONFIGS) == 5 and (FIXTURES / "gan_0_1_0").is_dir()


@pytest.mark.parametrize("module", ["keras_gen.once.upon_a_time", "subprocess", "", None])
def test_paths_of_our_classes_say_nothing(preset, rewrite, module):
    before = keras_gen.from_preset(preset).get_weights()

    def move(config):
        for node in nodes_of_ours(config):
            node["module"] = module

    rewrite(preset, move)
    after = keras_gen.from_preset(preset).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_our_paths_are_not_written(preset):
    config = json.loads((preset / files.CONFIG).read_text())
    assert {node["module"] for node in nodes_of_ours(config)} == {"keras_gen"}
    assert {layer["module"] for layer in config["config"]["generator"]["config"]["layers"]} <= {
        "keras.layers",
        "keras_gen",
    }


@pytest.mark.parametrize(
    "layers",
    [
        [keras.layers.LSTM(3, return_sequences=True), keras.layers.GRU(2)],
        [keras.layers.Bidirectional(keras.layers.SimpleRNN(2))],
        [keras.layers.RNN([keras.layers.LSTMCell(2), keras.layers.GRUCell(3)])],
        [keras.layers.TimeDistributed(keras.layers.Dense(2)), keras.layers.Masking()],
        [keras.layers.Reshape((5, 4, 1)), keras.layers.ConvLSTM1D(2, 2)],
        [keras.layers.UpSampling1D(2), keras.layers.Conv1DTranspose(2, 3)],
        [keras.layers.RandomTranslation(0.1, 0.1)],
    ],
    ids=lambda layers: layers[0].name,
)
def test_layers_of_sequences_are_kept(tmp_path, layers):
    shape = (8, 8, 1) if layers[0].name.startswith("random") else (5, 4)
    model = keras.Sequential([keras.Input(shape), *layers])
    keras_gen.save_to_preset(model, tmp_path / "preset")
    inputs = np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")
    loaded = keras_gen.from_preset(tmp_path / "preset")
    np.testing.assert_allclose(
        loaded.predict_on_batch(inputs), model.predict_on_batch(inputs), atol=1e-6
    )


FOREIGN = """
import keras

@keras.saving.register_keras_serializable(package="{package}")
class Doubling(keras.layers.Layer):
    def call(self, x):
        return 2 * x
"""


@pytest.fixture
def foreign_package(tmp_path, monkeypatch):
    """Makes a module on the path that registers a layer; it is a family's if it has an entry point."""

    def make(package, family):
        (tmp_path / f"{package}.py").write_text(FOREIGN.format(package=package))
        monkeypatch.syspath_prepend(tmp_path)
        if family:
            info = tmp_path / f"{package}-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
            )
            entry = f"[keras_gen.families]\n{package} = {package}:Recipe\n"
            (info / "entry_points.txt").write_text(entry)
            importlib.invalidate_caches()
        return {
            "class_name": "Sequential",
            "module": "keras",
            "registered_name": "Sequential",
            "config": {
                "name": "foreign",
                "layers": [
                    {
                        "class_name": "InputLayer",
                        "module": "keras.layers",
                        "registered_name": None,
                        "config": {"batch_shape": [None, 2], "dtype": "float32", "name": "input"},
                    },
                    {
                        "class_name": "Doubling",
                        "module": "somewhere.in.it",
                        "registered_name": f"{package}>Doubling",
                        "config": {"name": "doubling"},
                    },
                ],
            },
        }

    yield make
    for name in [name for name in keras.saving.get_custom_objects() if name.endswith(">Doubling")]:
        del keras.saving.get_custom_objects()[name]
        sys.modules.pop(name.split(">")[0], None)


def test_classes_of_a_family_s_package_are_found_by_its_entry_point(foreign_package):
    config = foreign_package("kept_family_of_others", family=True)
    assert configs.trusted_packages()["kept_family_of_others"] == ["kept_family_of_others"]
    assert "kept_family_of_others" not in sys.modules  # Asking imports nothing.
    configs.check_config(config, "config.json")
    model = keras.saving.deserialize_keras_object(config)
    np.testing.assert_array_equal(model(np.ones((1, 2), "float32")), [[2.0, 2.0]])


def test_classes_of_any_other_package_are_refused_and_not_imported(foreign_package):
    config = foreign_package("kept_of_nobody", family=False)
    with pytest.raises(ValueError, match=r"config\.json names 'kept_of_nobody>Doubling'"):
        configs.check_config(config, "config.json")
    assert "kept_of_nobody" not in sys.modules
    import kept_of_nobody  # Imported by the user, it is still none of those that a file may name.

    with pytest.raises(ValueError, match=r"config\.json names 'kept_of_nobody>Doubling'"):
        configs.check_config(config, "config.json")
    configs.check_config(config, "config.json", {"Doubling": kept_of_nobody.Doubling})


def test_a_class_of_one_s_own_lets_no_other_class_by(foreign_package):
    config = foreign_package("kept_in_disguise", family=False)
    import kept_in_disguise  # noqa: F401

    class Doubling(keras.layers.Layer):
        pass

    with pytest.raises(ValueError, match=r"config\.json names 'kept_in_disguise>Doubling'"):
        configs.check_config(config, "config.json", {"Doubling": Doubling})
