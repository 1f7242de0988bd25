"""What is loaded, and what is refused before it is."""

import json
import pickle

import h5py
import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.presets import files
from keras_gen.presets.catalogue import RETIRED
from tests.cases import build_gan, build_vae, latents


def test_a_preset_is_a_folder_a_string_or_a_name(preset):
    by_path, by_string = keras_gen.from_preset(preset), keras_gen.from_preset(str(preset))
    np.testing.assert_array_equal(
        by_path.generate(latents=latents()), by_string.generate(latents=latents())
    )
    assert isinstance(keras_gen.from_preset("classifier_digits"), keras.Model)


def test_a_folder_comes_before_a_preset_of_its_name(preset, monkeypatch):
    preset.rename(preset.parent / "gan_digits")
    monkeypatch.chdir(preset.parent)
    assert keras_gen.from_preset("gan_digits").latent_dim == 3


def test_the_class_of_from_preset_is_the_class_that_comes(preset):
    assert type(keras_gen.engine.GenerativeModel.from_preset(preset)) is keras_gen.GAN
    with pytest.raises(ValueError, match=r"must be one of a VAE.*a GAN"):
        keras_gen.VAE.from_preset(preset)


@pytest.mark.parametrize("wrong", [None, 3, b"gan_digits"])
def test_what_is_no_name_is_refused(wrong):
    with pytest.raises(ValueError, match=r"`preset` must be the name.*preset="):
        keras_gen.from_preset(wrong)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(FileNotFoundError, match=r"classifier_digits.*preset='nothing like it'$"):
        keras_gen.from_preset("nothing like it")


def test_a_misspelt_name_is_answered_with_the_near_one():
    with pytest.raises(FileNotFoundError, match=r"Did you mean 'gan_digits'\?$"):
        keras_gen.from_preset("gan_digit")


@pytest.mark.parametrize("name", RETIRED)
def test_a_retired_name_is_answered_with_its_successor(name):
    successor = RETIRED[name]
    assert successor in keras_gen.list_presets() and name not in keras_gen.list_presets()
    with pytest.raises(FileNotFoundError, match=f"{name}', which was retired: '{successor}' took"):
        keras_gen.from_preset(name)
    with pytest.raises(FileNotFoundError, match=f"retired: '{successor}' took its place$"):
        keras_gen.presets.open_model(name)


@pytest.mark.parametrize("name", [files.CONFIG, files.WEIGHTS])
def test_one_flipped_byte_is_refused_by_name(preset, name):
    content = bytearray((preset / name).read_bytes())
    content[len(content) // 2] ^= 1
    (preset / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} is not the file"):
        keras_gen.from_preset(preset)


@pytest.mark.parametrize("name", [files.CONFIG, files.WEIGHTS])
def test_a_truncated_file_is_refused_by_name(preset, name):
    (preset / name).write_bytes((preset / name).read_bytes()[:-10])
    with pytest.raises(ValueError, match=f"{name} is not the file"):
        keras_gen.from_preset(preset)


@pytest.mark.parametrize("name", [files.CONFIG, files.WEIGHTS, files.METADATA])
def test_a_missing_file_is_refused_by_name(preset, name):
    (preset / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        keras_gen.from_preset(preset)


def test_weights_need_not_be_there_where_none_are_loaded(preset):
    (preset / files.WEIGHTS).unlink()
    assert keras_gen.from_preset(preset, load_weights=False).latent_dim == 3


def test_files_without_checksums_are_refused(preset, rewrite):
    rewrite(preset, lambda metadata: metadata["files"].pop(files.WEIGHTS) and None, files.METADATA)
    with pytest.raises(ValueError, match=f"sha256 and size of.*{files.WEIGHTS}"):
        keras_gen.from_preset(preset)


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname", "..", "a\\b", "c:d"])
def test_files_outside_the_folder_are_refused(preset, rewrite, name):
    def point_outside(metadata):
        metadata["files"][name] = {"sha256": "0" * 64, "size": 0}

    rewrite(preset, point_outside, files.METADATA)
    with pytest.raises(ValueError, match="files of its own folder"):
        keras_gen.from_preset(preset)


def first_layer(config):
    return config["config"]["generator"]["config"]["layers"][1]


def lambda_layer():
    return keras.saving.serialize_keras_object(keras.layers.Lambda(lambda x: x))


MALICIOUS = {
    "lambda layer": lambda_layer(),
    "lambda layer, old format": {"class_name": "Lambda", "config": lambda_layer()["config"]},
    "function": {"class_name": "function", "module": "builtins", "config": "exec"},
    "module": {"class_name": "Popen", "module": "subprocess", "config": {"args": ["true"]}},
    "keras utility": {
        "class_name": "function",
        "module": "keras.utils",
        "registered_name": "get_file",
        "config": {},
    },
    "private keras": {"class_name": "Dense", "module": "keras.src.layers.core.dense", "config": {}},
    "layer that reads files": {
        "class_name": "StringLookup",
        "module": "keras.layers",
        "registered_name": None,
        "config": {"vocabulary": "/etc/hostname"},
    },
    "disguised": {
        "class_name": "Popen",
        "module": "subprocess",
        "registered_name": "keras_gen>GAN",
        "config": {},
    },
    "unknown name of ours": {
        "class_name": "Popen",
        "module": "keras_gen",
        "registered_name": "keras_gen>Popen",
        "config": {},
    },
    "name that is not the class's": {
        "class_name": "VAE",
        "module": "keras_gen",
        "registered_name": "keras_gen>GAN",
        "config": {},
    },
    "code under a name of ours": {
        "class_name": "__lambda__",
        "module": "keras_gen",
        "registered_name": "keras_gen>GAN",
        "config": {"value": "code"},
    },
    "function under a name of ours": {
        "class_name": "function",
        "module": "os",
        "registered_name": "keras_gen>GAN",
        "config": "system",
    },
    "class of ours without its package": {
        "class_name": "GAN",
        "module": "keras_gen.models.gan",
        "registered_name": None,
        "config": {},
    },
    "torch module": {
        "class_name": "TorchModuleWrapper",
        "module": "keras.layers",
        "registered_name": None,
        "config": {"module": "cGlja2xl"},
    },
    "saved model": {
        "class_name": "TFSMLayer",
        "module": "keras.layers",
        "registered_name": None,
        "config": {"filepath": "/tmp/model"},
    },
    "code in a wrapper": {
        "class_name": "TimeDistributed",
        "module": "keras.layers",
        "registered_name": None,
        "config": {"layer": lambda_layer()},
    },
    "code in a cell": {
        "class_name": "RNN",
        "module": "keras.layers",
        "registered_name": None,
        "config": {"cell": {"module": "os", "class_name": "system", "config": {}}},
    },
    "optimizer, which no preset has": {
        "class_name": "Adam",
        "module": "keras.optimizers",
        "registered_name": None,
        "config": {},
    },
    "module alone": {"module": "subprocess", "config": {}},
    "class that is no string": {"class_name": ["Dense"], "module": "keras.layers", "config": {}},
}


@pytest.mark.parametrize("malice", MALICIOUS, ids=str)
@pytest.mark.parametrize("place", ["layer", "initializer", "argument"])
def test_malicious_configs_are_refused_before_keras_sees_them(
    preset, rewrite, monkeypatch, malice, place
):
    def insert(config):
        layer = first_layer(config)
        if place == "layer":
            layer.clear()
            layer.update(MALICIOUS[malice])
        elif place == "initializer":
            layer["config"]["kernel_initializer"] = MALICIOUS[malice]
        else:
            layer["inbound_nodes"][0]["kwargs"]["mask"] = [MALICIOUS[malice]]

    def deserialize(*args, **kwargs):
        raise AssertionError("Keras was given the config.")

    rewrite(preset, insert)
    monkeypatch.setattr(keras.saving, "deserialize_keras_object", deserialize)
    with pytest.raises(ValueError, match=r"config\.json names.*nothing of it was loaded"):
        keras_gen.from_preset(preset)


@pytest.mark.parametrize("content", [[], "model", {"config": {}}, {"layers": []}])
def test_a_config_that_is_no_model_is_refused(preset, rewrite, content):
    rewrite(preset, lambda _: content or [1])
    with pytest.raises(ValueError, match=r"config\.json must hold the config of one model"):
        keras_gen.from_preset(preset)


def sign(preset):
    """Makes the metadata agree with the weights as they are now."""
    metadata = json.loads((preset / files.METADATA).read_text())
    metadata["files"][files.WEIGHTS] = files.describe_file(preset / files.WEIGHTS)
    (preset / files.METADATA).write_text(json.dumps(metadata))


class Exploit:
    def __reduce__(self):
        return pytest.fail, ("A pickle was loaded.",)


def test_a_pickle_in_place_of_the_weights_is_refused(preset):
    (preset / files.WEIGHTS).write_bytes(pickle.dumps(Exploit()))
    sign(preset)
    with pytest.raises(ValueError, match=f"{files.WEIGHTS} is no HDF5 file"):
        keras_gen.from_preset(preset)


def test_a_config_that_is_no_json_is_refused(preset):
    (preset / files.CONFIG).write_bytes(pickle.dumps(Exploit()))
    metadata = json.loads((preset / files.METADATA).read_text())
    metadata["files"][files.CONFIG] = files.describe_file(preset / files.CONFIG)
    (preset / files.METADATA).write_text(json.dumps(metadata))
    with pytest.raises(ValueError, match=f"{files.CONFIG} is no JSON file"):
        keras_gen.from_preset(preset)


def first_array(file):
    names = []
    file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
    return names[0]


@pytest.mark.parametrize("kind", ["external link", "soft link", "external storage", "objects"])
def test_weights_that_point_elsewhere_are_refused(preset, tmp_path, kind):
    elsewhere = tmp_path / "secret.h5"
    elsewhere.write_bytes((preset / files.WEIGHTS).read_bytes())
    with h5py.File(preset / files.WEIGHTS, "r+") as file:
        name = first_array(file)
        shape, dtype = file[name].shape, file[name].dtype
        del file[name]
        if kind == "external link":
            file[name] = h5py.ExternalLink(str(elsewhere), name)
        elif kind == "soft link":
            file[name] = h5py.SoftLink("/elsewhere")
        elif kind == "external storage":
            size = int(np.prod(shape)) * dtype.itemsize
            file.create_dataset(name, shape, dtype, external=[(str(elsewhere), 0, size)])
        else:
            file.create_dataset(name, shape, h5py.string_dtype())
    sign(preset)
    with pytest.raises(ValueError, match="points elsewhere or holds objects"):
        keras_gen.from_preset(preset)


def test_weights_of_another_model_are_refused(preset, tmp_path, rewrite):
    count = build_vae().save_to_preset(tmp_path / "vae")["parameter_count"]
    (preset / files.WEIGHTS).write_bytes((tmp_path / "vae" / files.WEIGHTS).read_bytes())
    sign(preset)
    with pytest.raises(
        ValueError, match=r"must give as parameter_count how many numbers .*h5 holds"
    ):
        keras_gen.from_preset(preset)
    rewrite(preset, lambda metadata: metadata.update(parameter_count=count), files.METADATA)
    with pytest.raises(ValueError, match=r"h5 does not fit .*config\.json.*Expected: .* of shape"):
        keras_gen.from_preset(preset)


class Shift(keras.layers.Layer):
    """A layer of the user's own."""

    def call(self, x):
        return x + 1.0


def test_layers_of_one_s_own_must_be_named(tmp_path):
    model = build_gan()
    shifted = keras.Model(model.generator.inputs, Shift()(model.generator.outputs[0]))
    model = keras_gen.GAN(shifted, model.discriminator, latent_dim=3)
    with pytest.raises(ValueError, match=r"names.*Shift.*custom_objects"):
        model.save_to_preset(tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
    model.save_to_preset(tmp_path / "mine", custom_objects={"Shift": Shift})
    with pytest.raises(ValueError, match=r"names.*Shift.*custom_objects"):
        keras_gen.from_preset(tmp_path / "mine")
    loaded = keras_gen.GAN.from_preset(tmp_path / "mine", custom_objects={"Shift": Shift})
    np.testing.assert_array_equal(
        loaded.generate(latents=latents()), model.generate(latents=latents())
    )
