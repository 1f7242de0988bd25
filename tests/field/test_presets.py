"""Files of strangers: each is refused in one line that names it, at once and before it takes memory."""

import json
import resource
import time
import zipfile
import zlib

import h5py
import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.presets import files, kept_with, open_model
from tests.cases import CASES, build_gan, compiled, images, latents

WEIGHTS = files.WEIGHTS


@pytest.fixture
def preset(tmp_path):
    build_gan().save_to_preset(tmp_path / "preset")
    return tmp_path / "preset"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A `.keras` file of a trained model."""
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model = compiled(CASES["gan"])
    model.fit(images(4), batch_size=4, verbose=0)
    model.save(path)
    return path


@pytest.fixture
def file(saved, tmp_path):
    """A copy of it that a test may break."""
    path = tmp_path / "model.keras"
    path.write_bytes(saved.read_bytes())
    return path


def change(path, changes, compression=zipfile.ZIP_STORED):
    """Packs a `.keras` file again, with parts made of the old ones, or left out where they give None."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name in {**parts, **changes}:
            old = parts.get(name)
            new = changes[name](old) if name in changes else old
            if new is not None:
                archive.writestr(name, new)


def change_config(path, changed):
    """Changes the config of a preset or `.keras` file, and what vouches for it."""

    def rewritten(text):
        config = json.loads(text)
        return json.dumps(changed(config) or config)

    if path.is_file():
        change(path, {files.CONFIG: rewritten})
        return
    (path / files.CONFIG).write_text(rewritten((path / files.CONFIG).read_text()))
    sign(path, files.CONFIG)


def sign(preset, name):
    metadata = json.loads((preset / files.METADATA).read_text())
    metadata["files"][name] = files.describe_file(preset / name)
    (preset / files.METADATA).write_text(json.dumps(metadata))


def change_weights(path, changed, tmp_path):
    """Changes the weights of a preset or `.keras` file, and what vouches for them."""
    scratch = path / WEIGHTS if path.is_dir() else tmp_path / "weights.h5"
    if path.is_file():
        with zipfile.ZipFile(path) as archive:
            scratch.write_bytes(archive.read(WEIGHTS))
    with h5py.File(scratch, "r+") as opened:
        names = []
        opened.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
        changed(opened, next(name for name in names if opened[name].ndim == 2))
    if path.is_file():
        change(path, {WEIGHTS: lambda _: scratch.read_bytes()})
        return
    sign(path, WEIGHTS)


def refuse(path, match, **options):
    """Checks that a file is refused in one line, soon, and without memory."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises((ValueError, OSError), match=match) as refused:
        open_model(path, **options)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)
    assert len(str(refused.value)) < 1000
    assert time.process_time() - start < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kB


def test_what_is_sound_is_opened(preset, file, tmp_path):
    model, whole = open_model(file), keras.saving.load_model(file)
    for one, other in zip(model.optimizer.variables, whole.optimizer.variables, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (one, other)))
    np.testing.assert_array_equal(
        model.generate(latents=latents()), whole.generate(latents=latents())
    )
    assert not open_model(file, compile=False).compiled
    assert type(open_model(str(preset))) is keras_gen.GAN
    (tmp_path / files.METADATA).unlink(missing_ok=True)
    (tmp_path / "settings.json").write_text('{"model": "gan", "epochs": 3}')
    np.testing.assert_array_equal(
        open_model(tmp_path).generate(latents=latents()), model.generate(latents=latents())
    )
    assert kept_with(tmp_path)["settings"] == kept_with(file)["settings"]
    assert kept_with(file) == {"metadata": {}, "settings": {"model": "gan", "epochs": 3}}
    assert kept_with(preset)["metadata"]["class_name"] == "GAN"


def test_what_is_not_there_is_said_with_the_name_that_is_near(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"keras-gen presets.*Did you mean 'gan_digits'\?"):
        open_model("gan_digit")
    with pytest.raises(FileNotFoundError, match=r"folder with a model\.keras"):
        open_model(tmp_path)
    with pytest.raises(ValueError, match=r"`path` must be a string or a path.*path=3"):
        open_model(3)


# JSON


@pytest.mark.parametrize("depth", [150, 100_000])
def test_json_of_great_depth(preset, file, depth):
    nested = ('{"a":' * depth + "1" + "}" * depth).encode()
    (preset / files.METADATA).write_bytes(nested)
    refuse(preset, "must not be nested more than 100 deep")
    change(file, {files.CONFIG: lambda _: nested})
    refuse(file, "must not be nested more than 100 deep")


def test_json_of_great_size(preset, file):
    (preset / files.METADATA).write_bytes(b" " * 17 * 2**20)
    refuse(preset, r"metadata\.json must have at most \d+ bytes")
    change(file, {files.CONFIG: lambda _: b" " * 17 * 2**20})
    refuse(file, r"must not unpack to more than \d+ bytes of config\.json")


def test_json_of_very_many_values(preset, file):
    many = b"[" + b"[]," * 300_000 + b"[]]"
    (preset / files.METADATA).write_bytes(many)
    refuse(preset, "must hold at most 200000 values")
    change(file, {files.CONFIG: lambda _: many})
    refuse(file, "must hold at most 200000 values")


# What a config asks for


def first_dense(config):
    layers = config["config"]["generator"]["config"]["layers"]
    return next(layer for layer in layers if layer["class_name"] == "Dense")


@pytest.mark.parametrize("units", [10**9, 10**7])
def test_more_weights_than_the_file_holds(preset, file, units):
    def enlarge(config):
        first_dense(config)["config"]["units"] = units

    change_config(preset, enlarge)
    change_config(file, enlarge)
    for path in (preset, file):
        refuse(path, r"could not be made into a model: its layers ask for weights of \d+ numbers")
    with pytest.raises(
        ValueError, match=r"config\.json could not be made into a model: its layers"
    ):
        keras_gen.from_preset(preset, load_weights=False)
    metadata = json.loads((preset / files.METADATA).read_text())
    del metadata["files"][WEIGHTS]
    (preset / WEIGHTS).unlink()
    for count in (10**12, "many", -1):
        (preset / files.METADATA).write_text(json.dumps({**metadata, "parameter_count": count}))
        with pytest.raises(ValueError, match=r"metadata\.json must give as parameter_count"):
            keras_gen.from_preset(preset, load_weights=False)


def test_a_network_over_very_many_steps(tmp_path):
    model = keras.Sequential(
        [keras.Input((5, 2)), keras.layers.TimeDistributed(keras.layers.Dense(1))]
    )
    keras_gen.save_to_preset(model, tmp_path / "steps")
    path = tmp_path / "steps"
    change_config(path, lambda c: json.loads(json.dumps(c).replace("5,", "50000000,")))
    refuse(path, "runs over 50000000 steps")


# What a `.keras` file names

CODE = {
    "lambda": lambda: keras.saving.serialize_keras_object(keras.layers.Lambda(lambda x: x)),
    "function by its path": lambda: {
        "module": "os",
        "class_name": "function",
        "config": "system",
        "registered_name": "system",
    },
    "torch module": lambda: {
        "module": "keras.layers",
        "class_name": "TorchModuleWrapper",
        "config": {"name": "pickle", "module": "gASVAAAA"},
        "registered_name": None,
    },
}


@pytest.mark.parametrize("kind", CODE)
def test_code_in_a_keras_file(file, monkeypatch, kind):
    def insert(config):
        layer = first_dense(config)
        nodes = layer["inbound_nodes"]
        layer.clear()
        layer.update(CODE[kind](), name="dense", inbound_nodes=nodes)

    change_config(file, insert)
    refuse(file, "could not be made into a model", trust=True)  # Keras's own safe mode.

    def load(*args, **kwargs):
        raise AssertionError("Keras was given the file.")

    monkeypatch.setattr(keras.saving, "load_model", load)
    refuse(file, "which is none of the classes that")


def test_code_in_place_of_an_optimizer(file):
    def insert(config):
        config["compile_config"]["generator_optimizer"] = CODE["function by its path"]()

    change_config(file, insert)
    refuse(file, "names 'system' of module 'os'")


@keras.saving.register_keras_serializable("tests_of_presets")
class Tripled(keras.layers.Layer):
    def call(self, x):
        return 3 * x


def test_classes_of_one_s_own_are_passed_or_trusted(tmp_path):
    path = tmp_path / "own.keras"
    keras.Sequential([keras.Input((2,)), Tripled()]).save(path)
    refuse(path, r"names 'tests_of_presets>Tripled'.*custom_objects")
    x = np.ones((1, 2), "float32")
    for options in ({"custom_objects": {"Tripled": Tripled}}, {"trust": True}):
        np.testing.assert_array_equal(open_model(path, **options).predict_on_batch(x), 3 * x)


def test_models_of_keras_are_opened_with_what_they_were_compiled_with(tmp_path):
    path = tmp_path / "plain.keras"
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    metrics = [keras.metrics.AUC(), "mae", keras.metrics.mean_squared_error]
    model.compile(keras.optimizers.Adam(schedule), keras.losses.MeanSquaredError(), metrics=metrics)
    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    model.save(path)
    loaded = open_model(path)
    assert loaded.evaluate(np.ones((4, 2)), np.ones((4, 1)), verbose=0) == model.evaluate(
        np.ones((4, 2)), np.ones((4, 1)), verbose=0
    )


# Weights


def not_a_number(opened, name):
    opened[name][0, 0] = np.nan


def words(opened, name):
    shape = opened[name].shape
    del opened[name]
    opened.create_dataset(name, shape, "S4")


def integers(opened, name):
    values = opened[name][()]
    del opened[name]
    opened[name] = values.astype("int32")


def hard_links(opened, name):
    group = opened
    for level in range(32):
        below = group.create_group(f"level{level}")
        group["again"] = below
        group = below


def loop(opened, name):
    opened.create_group("a")["b"] = opened["/"]


def external_storage(opened, name):
    shape = opened[name].shape
    del opened[name]
    storage = [("/etc/hostname", 0, 4 * int(np.prod(shape)))]
    opened.create_dataset(name, shape, "float32", external=storage)


def external_link(opened, name):
    del opened[name]
    opened[name] = h5py.ExternalLink("/etc/hostname", "/")


def huge_chunk(opened, name):
    shape = opened[name].shape
    del opened[name]
    options = {"maxshape": (None, None), "chunks": (2**15, 2**15 - 1)}
    opened.create_dataset(name, shape, "float32", **options)


def huge_array(opened, name):
    del opened[name]
    opened.create_dataset(name, (2**20, 2**20), "float32", chunks=(1, 2**18))


def bursting_chunk(opened, name):
    shape = opened[name].shape
    del opened[name]
    array = opened.create_dataset(name, shape, "float32", chunks=shape, compression="gzip")
    array.id.write_direct_chunk((0, 0), zlib.compress(bytes(10**8), 1))


TRAPS = {
    words: "and type",
    hard_links: "which stands at two places",
    loop: "which stands at two places",
    external_storage: "points elsewhere",
    external_link: "points elsewhere",
    huge_chunk: "in chunks of",
    huge_array: "arrays must take at most",
    bursting_chunk: "whose chunk",
}


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_weights_that_are_traps(preset, file, tmp_path, trap):
    for path in (preset, file):
        change_weights(path, trap, tmp_path)
        refuse(path, f"plain arrays of numbers, so nothing was loaded.*{TRAPS[trap]}")


@pytest.mark.parametrize(
    ("change", "match"),
    [(not_a_number, "all must be finite"), (integers, "parameter_count|does not fit")],
    ids=["not finite", "integers"],
)
def test_weights_of_a_preset_that_are_no_finite_floats(preset, tmp_path, change, match):
    change_weights(preset, change, tmp_path)
    refuse(preset, match)


def test_optimizers_that_were_renamed_are_not_left_out_in_silence(file, tmp_path):
    def rename(opened, name):
        opened.move("optimizer", "optimist")

    change_weights(file, rename, tmp_path)
    refuse(file, "could not be made into a model")


# Archives


@pytest.mark.parametrize("name", [files.CONFIG, WEIGHTS, files.METADATA])
def test_bombs(file, name):
    change(file, {name: lambda _: bytes(10**8)}, zipfile.ZIP_DEFLATED)
    refuse(file, r"must not unpack to more than \d+ bytes")


@pytest.mark.parametrize("name", ["../evil.py", "assets/words.txt", "model.weights.npz"])
def test_further_parts(file, name):
    change(file, {name: lambda _: b"words"})
    refuse(file, "each once and nothing else")


def test_parts_twice_or_missing(file):
    change(file, {WEIGHTS: lambda _: None})
    refuse(file, "each once and nothing else")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr(WEIGHTS, b"")
        archive.writestr(files.CONFIG, b"{}")
    refuse(file, "each once and nothing else")


def test_damage(file):
    content = file.read_bytes()
    flipped = bytearray(content)
    flipped[content.index(b'"class_name"') + 3] ^= 1
    for broken in (b"", content[:-10], content[1000:], b"GIF89a", bytes(flipped)):
        file.write_bytes(broken)
        refuse(file, "is no .keras file that can be read")


def test_files_of_another_kind(tmp_path):
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as opened:
        opened["a"] = 1
    refuse(path, r"must be a \.keras file")
