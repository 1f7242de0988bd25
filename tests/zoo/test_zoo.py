"""Every preset that comes with the package: its files, its card, and what it makes."""

import pathlib
import subprocess
import sys
import zlib

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen import pictures, presets
from keras_gen.presets import files

ZOO = presets.zoo_folder()
PRESETS = keras_gen.list_presets()
MEGABYTES = 98  # of a wheel: PyPI takes files of 100


def test_the_zoo_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "gan_digits" in keras_gen.list_presets()
    assert keras_gen.list_presets().keys() == PRESETS.keys()


def test_the_wheel_is_one_that_pypi_takes():
    package = pathlib.Path(keras_gen.__file__).parent
    paths = {path for folder in (package, ZOO) for path in folder.rglob("*") if path.is_file()}
    packed = (zlib.compress(path.read_bytes()) for path in paths if path.suffix != ".pyc")
    assert sum(len(data) for data in packed) < MEGABYTES * 1e6


@pytest.mark.parametrize("name", PRESETS)
def test_files_are_those_that_were_measured(name):
    listed = PRESETS[name]["files"]
    files.check_files(ZOO / name, tuple(listed))
    present = {path.name for path in (ZOO / name).iterdir()}
    assert present == {*listed, files.METADATA, "README.md"}
    if not name.startswith("classifier"):
        samples = "samples.csv" if name in TABLES else "samples.png"
        assert {samples, "history.csv", "golden.npz"} <= present


@pytest.fixture(scope="module")
def preset(request):
    """A preset's name and model, which tests of it share: they change nothing."""
    return request.param, keras_gen.from_preset(request.param)


def of(names):
    return pytest.mark.parametrize("preset", names, indirect=True)


@of(PRESETS)
def test_golden_outputs_are_reproduced(preset):
    """What was computed once, on one backend, comes out of every backend."""
    name, model = preset
    with np.load(ZOO / name / "golden.npz") as golden:
        expected = golden["outputs"]
        inputs = {part: values for part, values in golden.items() if part != "outputs"}
    if name.startswith("classifier"):
        outputs = model.predict_on_batch(inputs["images"] / np.float32(127.5) - 1.0)
    else:
        outputs = model.golden_outputs(inputs)
    assert expected.std() > 0.1
    np.testing.assert_allclose(outputs, expected, atol=1e-3)


def has_latents(name):
    with np.load(ZOO / name / "golden.npz") as golden:
        return "latents" in golden


LATENT = [name for name in PRESETS if has_latents(name)]
TABLES = [name for name in PRESETS if name.startswith("tabular")]


@of(LATENT)
def test_golden_inputs_are_made_again(preset):
    name, model = preset
    inputs = model.golden_inputs(**PRESETS[name]["evaluation"])
    with np.load(ZOO / name / "golden.npz") as golden:
        assert set(golden) == {*inputs, "outputs"}
        for part, values in inputs.items():
            np.testing.assert_array_equal(values, golden[part])


# Where rounding turns one draw, all after it in that image are others.
PIXEL_BY_PIXEL = [
    name for name, metadata in PRESETS.items() if metadata["class_name"] == "PixelCNN"
]


@pytest.mark.slow
@of([name for name in [*LATENT, *PIXEL_BY_PIXEL] if name not in TABLES])
def test_the_picture_of_samples_is_the_model_s_preview(preset, tmp_path):
    """Of images that are drawn pixel by pixel, all but two of a hundred."""
    name, model = preset
    samples, columns = model.preview(seed=0)  # Whatever the training's, as the cards say.
    path = model.gives.show(samples, tmp_path / "samples", columns, least=512)
    shown, kept = (pictures.read_picture(p).astype(int) for p in (path, ZOO / name / "samples.png"))
    others = (np.abs(shown - kept) > 2).mean()
    assert others <= (0.02 if name in PIXEL_BY_PIXEL else 0.0)


@of(TABLES)
def test_the_rows_are_the_model_s_preview(preset, tmp_path):
    """Rounding may tip a draw from one value to the next: one field of a hundred, no more."""
    name, model = preset
    rows, columns = model.preview(seed=PRESETS[name]["training"]["settings"]["seed"])
    path = model.gives.show(rows, tmp_path / "samples", columns, least=512)
    made, kept = (
        p.read_text(encoding="utf-8").split("\n") for p in (path, ZOO / name / "samples.csv")
    )
    assert made[0] == kept[0] and len(made) == len(kept) == 66
    pairs = zip(",".join(made).split(","), ",".join(kept).split(","), strict=True)
    assert np.mean([alike(*pair) for pair in pairs]) >= 0.99


def alike(first, second):
    numbers = first.isdigit() and second.isdigit()
    return first == second or (numbers and abs(int(first) - int(second)) <= 1e-3 * int(second))


@pytest.mark.one_backend
@of(TABLES)
def test_rows_meet_conditions(preset):
    _, model = preset
    column = model.columns[-1]
    rows = model.generate(40, seed=0, conditions={column.name: column.values[0]})
    assert set(rows[column.name]) == {column.values[0]} and len(rows) == 40
    assert list(rows) == [column.name for column in model.columns]


@pytest.mark.parametrize("name", PRESETS)
def test_the_class_is_the_one_that_is_listed(name):
    model = keras_gen.from_preset(name, load_weights=False)
    assert type(model).__name__ == PRESETS[name]["class_name"]
    assert model.count_params() == PRESETS[name]["parameter_count"]


@pytest.mark.one_backend
def test_cards_and_table_say_what_the_metadata_say():
    root = pathlib.Path(keras_gen.__file__).parents[1]
    check = [sys.executable, root / "zoo" / "tools" / "write_cards.py", "--check"]
    result = subprocess.run(check, capture_output=True, text=True, cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr[-2000:]


def array(weight):
    return keras.ops.convert_to_numpy(weight)


def test_fine_tuning_moves_the_weights_and_loses_nothing(tmp_path):
    model = keras_gen.GAN.from_preset("gan_fashion_mnist")
    before = {w.path: array(w) for w in model.trainable_weights}
    model.compile()
    height, width, channels = model.image_shape
    images = np.tanh(np.random.default_rng(0).normal(size=(16, height, width, channels)))
    model.fit(images.astype("float32"), batch_size=8, verbose=0)
    moved = [w for w in model.trainable_weights if (array(w) != before[w.path]).any()]
    assert len(moved) == len({*before})
    model.save(tmp_path / "tuned.keras")
    model.save_to_preset(tmp_path / "tuned")
    again = keras_gen.GAN.from_preset(tmp_path / "tuned")
    np.testing.assert_array_equal(again.generate(4, seed=0), model.generate(4, seed=0))
