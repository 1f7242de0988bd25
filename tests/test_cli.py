"""The command line, run in this process; what a user types and reads."""

import csv
import json
import sys

import keras
import numpy as np
import pytest
from PIL import Image

import keras_gen
from keras_gen import cli, presets
from keras_gen import pictures as pictures_module
from keras_gen.app import training, watching
from keras_gen.app.opening import reading_of
from keras_gen.distribution import STRATEGIES, Devices, start
from keras_gen.recipes import find_family
from tests.cases import CASES, build_gan

TINY = ["--base-filters", "4", "--batch-size", "16", "--epochs", "1"]


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs a command in an empty folder; returns its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["keras-gen", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        output = capsys.readouterr()
        return stop.value.code or 0, output.out, output.err

    return run


@pytest.fixture
def pictures(tmp_path):
    """A folder of 40 PNG files, 8 x 8, grey."""
    random = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(40):
        values = random.integers(0, 256, (8, 8), dtype="uint8")
        Image.fromarray(values).save(folder / f"{number:02d}.png")
    return folder


def history(folder):
    with open(folder / "history.csv", newline="") as file:
        return list(csv.DictReader(file))


def interrupt_second_epoch(clock, epoch, logs=None):
    clock._start = 0.0
    if epoch == 1:
        raise KeyboardInterrupt


def test_train_leaves_everything_and_resumes_exactly(run, pictures, tmp_path, monkeypatch):
    train = ["train", "gan", "--dataset", pictures, *TINY]
    code, out, err = run(*train, "--output", "straight", "--epochs", "3")
    assert code == 0, err
    assert "Wrote straight/model.keras" in out
    names = {path.name for path in (tmp_path / "straight").iterdir()}
    files = {"model.keras", "samples.png", "history.csv", "settings.json", "samples"}
    assert names == files | {"model.previous.keras", "data.json", "interpolation.gif"}
    with Image.open(tmp_path / "straight" / "interpolation.gif") as film:
        assert film.n_frames > 20
    settings = json.loads((tmp_path / "straight" / "settings.json").read_text())
    assert settings["epochs"] == 3 and settings["base_filters"] == 4 and settings["seed"] == 0

    with monkeypatch.context() as patch:
        patch.setattr(watching.Clock, "on_epoch_begin", interrupt_second_epoch)
        assert run(*train, "--output", "parts", "--epochs", "3")[0] == 130
    assert run("train", "gan", "--dataset", pictures, "--output", "parts", "--resume")[0] == 0
    straight, parts = (
        keras.saving.load_model(tmp_path / name / "model.keras") for name in ("straight", "parts")
    )
    assert int(parts.optimizer.iterations) == int(straight.optimizer.iterations) == 6
    for a, b in zip(straight.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)
    first, second = history(tmp_path / "straight"), history(tmp_path / "parts")
    assert [row["epoch"] for row in second] == ["0", "1", "2"]
    for a, b in zip(first, second, strict=True):
        assert float(a["generator_loss"]) == pytest.approx(float(b["generator_loss"]), rel=1e-6)
    assert all(float(row["seconds"]) > 0 for row in first)

    wider = run(*train, "--output", "parts", "--resume", "--base-filters", "8")
    assert wider[0] == 2 and "`--base-filters` can't change" in wider[2]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="XLA by option is TensorFlow's")
def test_precision_and_execution_take_effect(run, pictures, tmp_path, monkeypatch):
    ran = []
    fit = keras_gen.VAE.fit

    def spy(self, *args, **kwargs):
        ran.append((self.jit_compile, self.steps_per_execution))
        return fit(self, *args, **kwargs)

    monkeypatch.setattr(keras_gen.VAE, "fit", spy)
    train = ["train", "vae", "--dataset", pictures, *TINY[:4], "--output", "run"]
    options = ["--precision", "mixed_bfloat16", "--jit", "on", "--steps-per-execution", "2"]
    code, _, err = run(*train, "--epochs", "1", *options)
    assert code == 0, err
    assert keras.config.dtype_policy().name == "float32"
    # Precision is the training's own and stays; how steps are run may change.
    code, _, err = run(*train, "--epochs", "2", "--resume", "--jit", "off")
    assert code == 0, err
    assert ran == [(True, 2), (False, 1)]
    model = keras.saving.load_model(tmp_path / "run" / "model.keras")
    assert int(model.optimizer.iterations) == 4
    for network in (model.encoder, model.decoder):
        assert network.get_layer("hidden").dtype_policy.name == "mixed_bfloat16"
        assert all(weight.dtype == "float32" for weight in network.weights)
    settings = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert settings["precision"] == "mixed_bfloat16"
    assert not {"strategy", "jit", "jit_compile", "steps_per_execution"} & set(settings)
    code, _, err = run(*train, "--epochs", "3", "--resume", "--precision", "float32")
    assert code == 2 and "`--precision` can't change" in err


def test_strategy_auto_on_one_device_trains_as_fit_does(run, pictures, tmp_path):
    assert start("auto") == Devices()
    train = ["train", "vae", "--dataset", pictures, *TINY, "--strategy", "auto", "--output", "run"]
    assert run(*train)[0] == 0
    recipe = find_family("vae").load()(
        dataset=str(pictures), base_filters=4, batch_size=16, epochs=1
    )
    keras.utils.set_random_seed(0)
    opened = recipe.open()
    model = recipe.build(opened, 2)
    model.fit(recipe.batches(opened), epochs=1, verbose=0)
    trained = keras.saving.load_model(tmp_path / "run" / "model.keras")
    for a, b in zip(trained.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's strategies")
def test_a_strategy_without_what_it_needs_is_named(run, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    train = ["train", "vae", "--dataset", "digits", "--strategy"]
    code, _, err = run(*train, "multiworker")
    assert code == 2 and "`--strategy multiworker` needs TF_CONFIG" in err
    assert "Received: TF_CONFIG=None" in err


def test_a_folder_with_a_training_is_not_written_over(run, pictures, tmp_path):
    train = ["train", "vae", "--dataset", pictures, *TINY, "--output", "run"]
    assert run(*train)[0] == 0
    before = (tmp_path / "run" / "model.keras").read_bytes()
    code, _, err = run(*train)
    assert code == 2 and "already holds a training" in err
    assert (tmp_path / "run" / "model.keras").read_bytes() == before


def test_generate_grid_and_separate_files(run, pictures, tmp_path):
    assert run("train", "gan", "--dataset", pictures, *TINY, "--output", "run")[0] == 0
    assert run("generate", "run", "-n", "6", "--seed", "1", "--output", "grid.png")[0] == 0
    with Image.open(tmp_path / "grid.png") as grid:
        assert grid.size[0] >= 256
    generate = ["generate", "run/model.keras", "-n", "12", "--seed", "1", "--separate"]
    assert run(*generate, "--output", "files")[0] == 0
    files = sorted((tmp_path / "files").iterdir())
    assert [path.name for path in files] == [f"{number:02d}.png" for number in range(12)]
    model = keras.saving.load_model(tmp_path / "run" / "model.keras")
    with Image.open(files[3]) as image:
        expected = np.rint((model.generate(12, seed=1)[3, ..., 0] + 1) * 127.5)
        assert np.abs(np.asarray(image, dtype=float) - expected).max() <= 1


@pytest.mark.parametrize("model", ["wgan_gp", "conditional_gan"])
def test_trains_the_other_models_of_latents(run, model):
    options = ["--batch-size", "500"] if model == "wgan_gp" else ["--batch-size", "250"]
    train = [
        "train",
        model,
        "--dataset",
        "digits",
        "--base-filters",
        "4",
        "--epochs",
        "1",
        *options,
    ]
    code, _, err = run(*train, "--output", "run")
    assert code == 0, err
    if model == "conditional_gan":
        assert run("generate", "run", "-n", "3", "--per-class", "--output", "rows.png")[0] == 0


@pytest.mark.parametrize(
    ("n", "labels", "columns"), [(6, [0, 0, 1, 1, 2, 2], 2), (4, [0, 0, 1, 2], None)]
)
def test_a_conditional_gan_s_images_are_its_classes_in_order(
    run, tmp_path, monkeypatch, n, labels, columns
):
    CASES["conditional_gan"].build().save(tmp_path / "model.keras")
    asked = {}
    generate, image_grid = keras_gen.ConditionalGAN.generate, pictures_module.image_grid
    monkeypatch.setattr(
        keras_gen.ConditionalGAN,
        "generate",
        lambda self, **options: asked.update(options) or generate(self, **options),
    )
    monkeypatch.setattr(
        pictures_module,
        "image_grid",
        lambda images, columns: asked.update(columns=columns) or image_grid(images, columns),
    )
    code, _, err = run("generate", "model.keras", "-n", n, "--seed", "0")
    assert code == 0, err
    assert list(asked["labels"]) == labels and asked["columns"] == columns
    assert run("generate", "model.keras", "--labels", "2,0", "-n", 4)[0] == 0
    assert list(asked["labels"]) == [2, 2, 0, 0] and asked["columns"] == 2


def test_classes_named_by_numbers_are_meant_by_their_names(run, tmp_path, monkeypatch):
    model = CASES["conditional_gan"].build()
    model.set_classes(3, ["3", "8", "1"])
    model.save(tmp_path / "model.keras")
    asked = []
    generate = keras_gen.ConditionalGAN.generate
    monkeypatch.setattr(
        keras_gen.ConditionalGAN,
        "generate",
        lambda self, **options: asked.append(options["labels"]) or generate(self, **options),
    )
    for labels in ("8,1", "2,0"):
        assert run("generate", "model.keras", "--labels", labels, "-n", 2)[0] == 0
    assert asked == [[1, 2], [2, 0]]


def test_classes_and_options_that_a_model_has_not_are_refused(run, tmp_path):
    CASES["conditional_gan"].build().save(tmp_path / "model.keras")
    for wrong, message in (
        (["--labels", "9"], "`--labels` must be a list of integers in [0, 3)"),
        (["--labels", "2", "--per-class"], "Give `--labels` or `--per-class`"),
        (["--labels", "0,1,2", "-n", 2], "must be at least 3, one of each of `--labels`"),
        (
            ["--option", "truncation=0.7"],
            "`--option` must be NAME=VALUE, and NAME one of batch_size.",
        ),
        (["--option", "batch_size"], "Received: --option batch_size for a ConditionalGAN"),
    ):
        code, _, err = run("generate", "model.keras", *wrong)
        assert code == 2 and message in err


def test_what_generate_takes_beside_is_said_by_options(run, tmp_path):
    model = CASES["style_gan2"].build()
    model.save(tmp_path / "model.keras")
    given = ["generate", "model.keras", "-n", 4, "--seed", 0, "--separate", "--output", "made"]
    assert run(*given, "--option", "truncation=0", "--option", "batch_size=3")[0] == 0
    made = [np.asarray(Image.open(path)) for path in sorted((tmp_path / "made").iterdir())]
    expected = pictures_module.to_uint8(model.generate(4, seed=0, truncation=0.0))
    np.testing.assert_array_equal(np.stack(made), expected.reshape(np.shape(made)))
    code, _, err = run(*given, "--option", "truncation=2")
    assert code == 2 and "`truncation` must be a number in [0, 1]" in err
    moving = ["generate", "model.keras", "--output", "a.gif"]
    assert run(*moving, "-n", 2, "--option", "truncation=0.5")[0] == 0
    code, _, err = run(*moving, "--option", "steps=3")
    assert code == 2 and "NAME one of batch_size, truncation" in err


def test_translate_keeps_names_and_sizes_of_any_pictures(run, pictures, tmp_path):
    train = ["train", "pix2pix", "--dataset", pictures, "--input", "edges", *TINY]
    code, _, err = run(*train, "--output", "run")
    assert code == 0, err
    mixed = tmp_path / "mixed"
    (mixed / "deeper").mkdir(parents=True)
    Image.new("RGB", (20, 12), "red").save(mixed / "a.jpg")
    Image.new("L", (9, 30), 7).save(mixed / "b.png")
    Image.new("RGBA", (16, 16), (0, 0, 255, 100)).save(mixed / "deeper" / "c.png")
    Image.new("P", (5, 5)).save(mixed / "a.png")
    (mixed / "notes.txt").write_text("not a picture")
    with pytest.warns(UserWarning, match=r"Left out 1 file that is no picture: 1 \.txt"):
        code, out, err = run("translate", "run", mixed, "--output", "out")
    assert code == 0, err
    assert "Wrote 4 pictures" in out
    code, _, err = run("translate", "run", mixed, "--output", mixed)
    assert (code, "`--output` must be another folder than that of the pictures" in err) == (2, True)
    with pytest.warns(
        UserWarning, match="Left out 1 file"
    ):  # A folder above theirs is another one.
        assert run("translate", "run", mixed, "--output", tmp_path)[:2] == (
            0,
            out.replace("out", str(tmp_path)),
        )
    assert (tmp_path / "deeper" / "c.png").is_file()
    sizes = {}
    for path in (tmp_path / "out").rglob("*.png"):
        with Image.open(path) as image:
            sizes[str(path.relative_to(tmp_path / "out"))] = image.size
    assert sizes == {
        "a.png": (5, 5),
        "a.jpg.png": (20, 12),
        "b.png": (9, 30),
        "deeper/c.png": (16, 16),
    } or sizes == {
        "a.png": (20, 12),
        "a.png.png": (5, 5),
        "b.png": (9, 30),
        "deeper/c.png": (16, 16),
    }


def test_pictures_are_read_as_in_training(run, tmp_path):
    model = CASES["pix2pix"].build()
    (tmp_path / "run").mkdir()
    for path in (tmp_path / "run", tmp_path):
        model.save(path / "model.keras")
    settings = {"model": "pix2pix", "value_range": "0,200,0,255", "resize": "nearest,bicubic"}
    (tmp_path / "run" / "settings.json").write_text(json.dumps(settings))
    Image.fromarray(2 * np.arange(100, dtype="uint8").reshape(10, 10)).save(tmp_path / "a.png")
    said = ["--value-range", "0,200", "--resize", "nearest,bicubic"]
    made = {}
    for name, path, options in (
        ("as", "run", []),
        ("told", "model.keras", said),
        ("not", "model.keras", []),
    ):
        code, out, err = run("translate", path, "a.png", *options, "--output", name)
        assert code == 0, err
        assert (f"Read as in training: {' '.join(said)}." in out) == (name == "as")
        made[name] = np.asarray(Image.open(tmp_path / name / "a.png")).tolist()
    assert made["as"] == made["told"] != made["not"]
    assert reading_of("run", "ba") == {"value_range": "0,255", "resize": "bicubic,nearest"}
    assert reading_of("run/model.keras", "ab") == {
        "value_range": "0,200",
        "resize": "nearest,bicubic",
    }


def test_super_resolution_enlarges_pictures_of_any_size(run, tmp_path):
    keras_gen.SuperResolution(
        keras_gen.networks.edsr_generator((None, None, 3), 2, 2, 1, seed=0)
    ).save(tmp_path / "model.keras")
    (tmp_path / "mixed" / "deeper").mkdir(parents=True)
    Image.new("RGB", (7, 5), "red").save(tmp_path / "mixed" / "a.jpg")
    Image.new("L", (3, 9), 100).save(tmp_path / "mixed" / "deeper" / "b.png")
    code, out, err = run("translate", "model.keras", "mixed", "--output", "out")
    assert code == 0, err
    assert "Wrote 2 pictures" in out
    with Image.open(tmp_path / "out" / "a.png") as red:
        assert red.size == (14, 10)
        assert np.abs(np.asarray(red, "int") - [254, 0, 0]).max() <= 8
    with Image.open(tmp_path / "out" / "deeper" / "b.png") as grey:
        assert grey.size == (6, 18) and grey.mode == "RGB"


def test_translate_at_own_size_needs_networks_of_convolutions(run, tmp_path):
    shape = (8, 8, 3)
    discriminator = keras_gen.networks.patch_discriminator(shape, shape, base_filters=2)
    Image.new("RGB", (13, 10), "red").save(tmp_path / "a.png")
    generators = {
        "convolutions": keras_gen.networks.resnet_generator(shape, 3, 2, 1, seed=0),
        "dense": keras.Sequential(
            [
                keras.Input(shape),
                keras.layers.Flatten(),
                keras.layers.Dense(192),
                keras.layers.Reshape(shape),
            ]
        ),
    }
    for name, generator in generators.items():
        keras_gen.Pix2Pix(generator, discriminator).save(tmp_path / f"{name}.keras")
    translate = ["a.png", "--own-size", "--output", "out"]
    code, _, err = run("translate", "convolutions.keras", *translate)
    assert code == 0, err
    with Image.open(tmp_path / "a.png") as given, Image.open(tmp_path / "out" / "a.png") as made:
        assert made.size == given.size
        pixels = np.asarray(given, "float32")[None] / 127.5 - 1.0
    # Mirrored to a multiple of 8 and translated whole.
    mirrored = np.pad(pixels, ((0, 0), (3, 3), (1, 2), (0, 0)), mode="reflect")
    network = keras_gen.networks.resnet_generator((16, 16, 3), 3, 2, 1)
    network.set_weights(generators["convolutions"].get_weights())
    expected = keras.ops.convert_to_numpy(network(mirrored))[0, 3:-3, 1:-2]
    with Image.open(tmp_path / "out" / "a.png") as made:
        np.testing.assert_allclose(np.asarray(made) / 127.5 - 1.0, expected, atol=0.006)
    code, _, err = run("translate", "dense.keras", *translate)
    assert (code, "`--own-size` is for networks that are convolutional" in err) == (2, True)


def test_evaluate_prints_a_table_and_writes_json(run, tmp_path):
    model = build_gan()
    model.compile()
    model.save(tmp_path / "model.keras")
    evaluate = ["evaluate", ".", "--dataset", "digits", "-n", "40", "--seed", "2"]
    code, out, err = run(*evaluate, "--json", "scores/gan.json")
    assert code == 0, err
    assert "FID (digits classifier features)" in out and "floor" in out
    assert "40 generated against 40 real" in out and "Wrote scores/gan.json" in out
    report = json.loads((tmp_path / "scores" / "gan.json").read_text())
    assert f"{report['scores']['FID (digits classifier features)']:.4g}" in out
    code, out, err = run(*evaluate, "--json", "-", "--features", "classifier_digits")
    assert code == 0, err
    assert json.loads(out).keys() == report.keys()
    assert json.loads(out)["scores"] == pytest.approx(report["scores"], rel=1e-4)


def test_evaluate_a_translator(run, tmp_path):
    CASES["pix2pix"].build().save(tmp_path / "model.keras")
    evaluate = ["evaluate", "model.keras", "--dataset", "digits", "-n", "20"]
    code, out, err = run(*evaluate, "--input", "edges", "--target", "image")
    assert code == 0, err
    assert "psnr" in out and "20 images of each kind" in out


def test_presets_by_name(run, tmp_path):
    code, out, _ = run("presets")
    assert code == 0 and "gan_digits" in out
    code, out, _ = run("presets", "gan_digits")
    assert code == 0 and "Limits" in out and "keras-gen train gan --dataset digits" in out
    code, _, err = run("generate", "gan_digits", "-n", "4", "--seed", "0", "--output", "grid.png")
    assert code == 0, err
    assert (tmp_path / "grid.png").exists()


def test_a_file_of_one_s_own_comes_before_a_preset_of_its_name(run, tmp_path):
    (tmp_path / "gan_digits").mkdir()
    code, _, err = run("generate", "gan_digits")
    assert code == 2 and "`model` must be a .keras file" in err


def test_a_preset_is_evaluated_on_what_its_card_was_measured_on(run):
    code, out, err = run("evaluate", "gan_digits", "--json", "-")
    assert code == 0, err
    report = json.loads(out)
    card = presets.list_presets()["gan_digits"]["report"]
    assert report["counts"] == card["counts"]
    for name, score in card["scores"].items():
        assert report["scores"][name] == pytest.approx(score, rel=1e-2, abs=1e-2)


@pytest.mark.slow
def test_export(run, tmp_path):
    code, out, _ = run("export", "gan_digits", "digits.onnx")
    assert (code, out) == (0, "Wrote digits.onnx\n")
    import onnxruntime

    latents = np.zeros((2, 64), "float32")
    (images,) = onnxruntime.InferenceSession("digits.onnx").run(None, {"latents": latents})
    gan = keras_gen.from_preset("gan_digits")
    np.testing.assert_allclose(images, gan.generate(latents=latents), atol=1e-4)
    code, out, err = run("export", "vae_digits", "vae.onnx", "--method", "translate")
    assert (code, out) == (2, "")
    assert err.startswith(
        "keras-gen: `--method` must be one of 'generate', 'reconstruct', 'encode'."
    )


class Doubled(keras.layers.Layer):
    def call(self, x):
        return 2 * x


def test_a_file_with_classes_of_one_s_own_is_loaded_with_trust_alone(run, tmp_path):
    with keras.saving.CustomObjectScope({"Doubled": Doubled}):
        keras.saving.get_custom_objects()["Doubled"] = Doubled
        try:
            generator = keras.Sequential(
                [
                    keras.Input((3,)),
                    Doubled(),
                    keras.layers.Dense(64),
                    keras.layers.Reshape((8, 8, 1)),
                ]
            )
            gan = keras_gen.GAN(generator, keras_gen.networks.dcgan_discriminator((8, 8, 1), 4), 3)
            gan.compile()
            gan.save(tmp_path / "own.keras")
            code, _, err = run("generate", "own.keras", "-n", 4)
            assert code == 2 and "Doubled" in err and "--trust" in err
            code, out, _ = run("generate", "own.keras", "-n", 4, "--trust")
            assert code == 0 and out == "Wrote samples.png\n"
            code, out, _ = run("generate", "own.keras", "-n", 2, "--trust", "--output", "a.gif")
            assert code == 0 and out == "Wrote a.gif\n"
            with Image.open(tmp_path / "a.gif") as film:
                assert film.n_frames > 20
            code, _, err = run("generate", "cgan_fashion_mnist", "--per-class", "--output", "b.gif")
            assert code == 2 and "`--output` may end in .gif" in err
        finally:
            del keras.saving.get_custom_objects()["Doubled"]


def test_how_pictures_are_read_is_said_once(run, tmp_path):
    """12-bit scans: in training by an option, in the evaluation as in the training, on one's own pictures."""
    folder = tmp_path / "scans"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(48):
        values = random.choice(np.array([0, 4095], "uint16"), (8, 8))
        Image.fromarray(values).save(folder / f"{number}.png")
    options = ["--dataset", "scans", "--output", "runs/scans", "--value-range", "0,4095"]
    code, _, err = run("train", "vae", *options, "--resize", "nearest", "--channels", 1, *TINY)
    assert code == 0 and "value_range" not in err
    kept = json.loads((tmp_path / "runs/scans/settings.json").read_text())
    assert (kept["value_range"], kept["resize"], kept["channels"]) == ("0,4095", "nearest", 1)
    measure = ["evaluate", "runs/scans", "--features", "classifier_digits", "--json", "-"]
    code, out, _ = run(*measure)
    white = json.loads(out)["losses"]["reconstruction_loss"]
    code, out, _ = run(*measure, "--value-range", "0,65535")
    assert abs(json.loads(out)["losses"]["reconstruction_loss"] - white) > 0.1
    for wrong in ("4095", "9,1", "a,b", "0,3,0"):
        code, _, err = run("train", "vae", *options[:-1], wrong, *TINY, "--resume")
        assert code == 2 and err.startswith("keras-gen: `--value-range`")


def test_pictures_that_are_pairs_and_fewer_than_a_batch(run, tmp_path):
    folder = tmp_path / "maps"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(6):
        values = random.integers(0, 256, (8, 16, 3), dtype="uint8")
        Image.fromarray(values).save(folder / f"{number}.png")
    options = ["--side-by-side", "--base-filters", 4, "--epochs", 1, "--augment", "none"]
    code, _, err = run("train", "pix2pix", "--dataset", "maps", *options, "--output", "runs/maps")
    assert code == 0 and "Batches of 4: there are 6 examples" in err
    kept = json.loads((tmp_path / "runs/maps/settings.json").read_text())
    assert (kept["side_by_side"], kept["batch_size"]) == (True, 4)
    measure = ["evaluate", "runs/maps", "--features", "classifier_emoji", "--json", "-"]
    code, out, _ = run(*measure)
    assert code == 0 and json.loads(out)["counts"] == {"real": 6}


def test_info(run):
    code, out, _ = run("info")
    assert code == 0
    assert keras.__version__ in out and keras.backend.backend() in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "nosuch", "--dataset", "digits"], "`model` must be one of gan"),
        (["train", "gan", "--dataset", "nosuch"], "nosuch"),
        (["train", "gan", "--dataset", "digits", "--loss", "nosuch"], "`--loss` must be one of"),
        (
            ["train", "gan", "--dataset", "digits", "--beta", "1"],
            "has no option --beta. It is one of vae, ",
        ),
        (["train", "gan", "--dataset", "digits", "--epochs", "0"], "--epochs"),
        (["train", "gan", "--dataset", "digits", "--epochs", "many"], "--epochs"),
        (["train", "gan", "--dataset", "digits", "--batch-size", "9999"], "`--batch-size` must be"),
        (
            ["train", "gan", "--dataset", "digits", "--precision", "float16"],
            "`--precision` must be one of float32, mixed_bfloat16, mixed_float16. "
            "Received: --precision float16",
        ),
        (
            ["train", "gan", "--dataset", "digits", "--jit", "maybe"],
            "`--jit` must be one of on, off, auto. Received: --jit maybe",
        ),
        (
            ["train", "gan", "--dataset", "digits", "--strategy", "nosuch"],
            f"`--strategy` must be one of auto, {', '.join(STRATEGIES[keras.backend.backend()])} on",
        ),
        (["train", "gan", "--dataset", "digits", "--steps-per-execution", "0"], "-execution"),
        (["train", "gan", "--dataset", "empty"], "empty"),
        (["train", "gan"], "--dataset"),
        (["train", "gan", "--dataset", "digits", "--output", "none", "--resume"], "to resume"),
        (["generate", "nosuch"], "`model` must be a .keras file"),
        (["generate", "broken.keras"], "broken.keras is no .keras file that can be read"),
        (["generate", "nosuch", "-n", "0"], "-n"),
        (["evaluate", "nosuch", "--dataset", "digits"], "`model` must be"),
        (["evaluate", "nosuch"], "`model` must be a .keras file, a folder with a model.keras"),
        (["evaluate", "gan_digits", "--split", "nosuch"], "nosuch"),
        (["generate", "gan_digits", "--output", "broken.keras/grid.png"], "broken.keras"),
        (["train", "vae", "--dataset", "digits", "--output", "broken.keras"], "broken.keras"),
        (["presets", "nosuch"], "`preset` must be a folder, an address"),
        (
            ["generate", "classifier_digits"],
            "`model` must be one that can generate. Received: classifier_digits, a Functional",
        ),
        (["evaluate", "nosuch", "--dataset", "digits", "-n", "0"], "-n"),
        (["translate", "nosuch", "here", "--output", "out"], "`model` must be"),
        (["nosuch"], "nosuch"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(run, tmp_path, arguments, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.keras").write_bytes(b"not a model")
    code, _, err = run(*arguments)
    assert code == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1 and "Traceback" not in err


def test_ctrl_c_says_how_to_go_on(run, monkeypatch, tmp_path):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", interrupted)
    command = ["train", "gan", "--dataset", "digits", "--output", "my run"]
    code, _, err = run(*command)
    assert code == 130 and err == "\nInterrupted. Nothing was written yet.\n"
    (tmp_path / "my run").mkdir()
    (tmp_path / "my run" / "settings.json").write_text("{}")
    code, _, err = run(*command)
    assert code == 130 and "--output 'my run' --resume" in err


@pytest.mark.parametrize("own_size", [False, True])
def test_translate_from_several_folders_to_arrays(run, tmp_path, own_size):
    """A network of the grey input and the coloured one that gives five bands, which no PNG holds."""
    shape, rng = (8, 8, 4), np.random.default_rng(0)
    weights = rng.normal(size=(1, 1, 4, 5)).astype("float32") / 4
    network = keras.Sequential([keras.Input(shape), keras.layers.Conv2D(5, 1, use_bias=False)])
    network.set_weights([weights])
    discriminator = keras_gen.networks.patch_discriminator(shape, (8, 8, 5), base_filters=2)
    keras_gen.Pix2Pix(network, discriminator).save(tmp_path / "model.keras")
    pixels = {}
    for name, depth in {"grey": (), "colour": (3,)}.items():
        (tmp_path / name / "x").mkdir(parents=True)
        pixels[name] = rng.integers(0, 256, (8, 8, *depth), dtype="uint8")
        Image.fromarray(pixels[name]).save(tmp_path / name / "x" / "a.png")
    options = ["--output", "out", *(["--own-size"] if own_size else [])]
    code, _, err = run("translate", "model.keras", "grey", "colour", *options)
    assert code == 0, err
    made = np.load(tmp_path / "out" / "x" / "a.npy")
    inputs = np.concatenate([pixels["grey"][..., None], pixels["colour"]], -1) / 127.5 - 1.0
    expected = np.clip(inputs @ weights[0, 0], -1, 1)
    np.testing.assert_allclose(made / 127.5 - 1.0, expected, atol=0.0045)
    code, _, err = run("translate", "model.keras", "grey", "colour", "--output", "colour")
    assert (code, "must be another folder than that of the pictures" in err) == (2, True)
    # A grey picture among coloured ones has their channels, as in training.
    Image.fromarray(pixels["grey"]).save(tmp_path / "grey" / "b.png")
    Image.fromarray(pixels["grey"]).save(tmp_path / "colour" / "b.png")
    code, _, err = run("translate", "model.keras", "grey", "colour", *options)
    assert code == 0, err
    inputs = np.stack([pixels["grey"]] * 4, -1) / 127.5 - 1.0
    expected = np.clip(inputs @ weights[0, 0], -1, 1)
    made = np.load(tmp_path / "out" / "b.npy")
    np.testing.assert_allclose(made / 127.5 - 1.0, expected, atol=0.0045)
    for name in ("grey", "colour"):
        (tmp_path / name / "b.png").unlink()
    code, _, err = run("translate", "model.keras", "grey", "grey", *options)
    assert (code, "have 1 + 1 channels, and the model takes 4" in err) == (2, True)
    Image.new("RGB", (9, 8)).save(tmp_path / "colour" / "x" / "a.png")
    code, _, err = run("translate", "model.keras", "grey", "colour", *options)
    assert (code, "of different sizes" in err) == (2, True)
    (tmp_path / "colour" / "x" / "a.png").rename(tmp_path / "colour" / "b.png")
    code, _, err = run("translate", "model.keras", "grey", "colour", *options)
    assert (code, "there is no picture of its name in colour" in err) == (2, True)
