"""The tools that measure presets."""

import json
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from keras_gen import presets
from keras_gen.presets import files
from tests.cases import images
from tests.models.cycle_gan import case as cycles
from tests.models.diffusion import case as diffusion
from tests.models.gan import case as gans
from tests.models.semi_supervised_gan import case as classifiers
from tests.models.style_gan2 import case as style_gans

ZOO = presets.zoo_folder()


@pytest.fixture
def make_preset(tmp_path, monkeypatch):
    """The tool, at work on a copy of one preset."""
    monkeypatch.syspath_prepend(ZOO / "tools")
    import make_preset

    shutil.copytree(ZOO / "vae_digits", tmp_path / "vae_digits")
    monkeypatch.setattr(make_preset, "ZOO", tmp_path)
    yield make_preset
    for name in ("make_preset", "made_here", "preset_files"):
        sys.modules.pop(name, None)


@pytest.mark.slow
def test_a_card_that_says_another_score_is_found_and_measured_again(make_preset, tmp_path):
    folder = tmp_path / "vae_digits"
    path = folder / files.METADATA
    before = json.loads(path.read_text())
    changed = json.loads(path.read_text())
    changed["report"]["losses"]["elbo"] *= 1.1
    path.write_text(json.dumps(changed))
    (different,) = make_preset.check_scores("vae_digits")
    assert different.startswith("losses, elbo: ") and "on the card" in different
    (folder / "reconstructions.png").unlink()

    after = make_preset.measure_again("vae_digits")
    assert json.loads(path.read_text()) == after
    assert make_preset.check_scores("vae_digits") == []
    files.check_files(folder, tuple(after["files"]))
    assert after["files"].keys() == before["files"].keys()
    for name in ("config.json", "model.weights.h5", "history.csv"):
        assert after["files"][name] == before["files"][name]
    assert after["training"] == before["training"]
    assert [path.name for path in tmp_path.iterdir()] == ["vae_digits"]


@pytest.mark.slow
def test_a_preset_is_packed_with_fewer_bits_and_measured(make_preset, tmp_path, monkeypatch):
    folder = tmp_path / "vae_digits"
    before = json.loads((folder / files.METADATA).read_text())
    monkeypatch.setitem(make_preset.made_here.PRESETS["vae_digits"], "mantissa_bits", 5)
    after = make_preset.pack_again("vae_digits")
    assert json.loads((folder / files.METADATA).read_text()) == after
    files.check_files(folder, tuple(after["files"]))
    assert after["mantissa_bits"] == 5 and after["training"] == before["training"]
    assert 0 < after["float16_change"] < 128
    sizes = [metadata["files"]["model.weights.h5"]["size"] for metadata in (before, after)]
    assert sizes[1] < 0.75 * sizes[0]
    assert make_preset.check_scores("vae_digits") == []


def test_what_mixes_is_drawn_mixed_and_truncated(make_preset, tmp_path, monkeypatch):
    model = style_gans.build()
    height, width, _ = model.image_shape
    make_preset.draw_mixing(model, tmp_path / "mixing.png", rows=2, columns=3)
    make_preset.draw_truncation(model, tmp_path / "truncation.png", columns=4)
    for name, (rows, columns) in {"mixing": (3, 4), "truncation": (3, 4)}.items():
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert round(picture.width / picture.height, 1) == round(
                columns * width / (rows * height), 1
            )
    # The corner is blank, and an image mixed with itself is itself.
    shown = []
    monkeypatch.setattr(
        type(model.gives), "show", lambda spec, images, *a, **k: shown.append(images)
    )
    make_preset.draw_mixing(model, None, rows=2, columns=3)
    (images,) = shown
    assert (images[0] == 1).all()
    np.testing.assert_array_equal(images[4], model.generate(1, 0, truncation=0.7)[0])
    expected = model.mix([1], [3], range(model.levels // 2, model.levels), truncation=0.7)
    np.testing.assert_allclose(images[10], expected[0, 0], atol=1e-5)


def test_a_measurement_that_fails_leaves_the_preset_as_it_was(make_preset, tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise RuntimeError("interrupted")

    monkeypatch.setattr(make_preset.evaluation, "evaluate", fail)
    with pytest.raises(RuntimeError, match="interrupted"):
        make_preset.measure_again("vae_digits")
    assert [path.name for path in tmp_path.iterdir()] == ["vae_digits"]
    listed = json.loads((tmp_path / "vae_digits" / files.METADATA).read_text())["files"]
    files.check_files(tmp_path / "vae_digits", tuple(listed))


def test_a_command_is_what_a_shell_takes(make_preset):
    settings = {"model": "gan", "dataset": "fluent_emoji", "classes": "People & Body", "seed": 3}
    assert make_preset.command(settings, "runs/emoji") == (
        "keras-gen train gan --dataset fluent_emoji --classes 'People & Body' --seed 3 --from-preset runs/emoji"
    )


@pytest.mark.slow
def test_a_diffusion_and_a_gan_with_another_judge_keep_the_average_alone(make_preset):
    model = diffusion.build()
    model.average.network.set_weights([w + 0.1 for w in model.network.get_weights()])
    slim = make_preset.with_the_average_alone(model)
    assert slim.average is None and slim.count_params() * 2 == model.count_params()
    np.testing.assert_array_equal(slim.generate(2, seed=0), model.generate(2, seed=0))

    gan, judge = gans.build(ema_decay=0.9), gans.build()
    gan.ema_generator.set_weights([w + 0.1 for w in gan.generator.get_weights()])
    assert make_preset.with_the_average_alone(gan) is gan
    slim = make_preset.with_the_average_alone(gan, judge)
    assert slim.ema_generator is None
    np.testing.assert_array_equal(slim.generate(2, seed=0), gan.generate(2, seed=0))
    for ours, theirs in zip(slim.discriminator.weights, judge.discriminator.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)

    styles, judge = style_gans.build(ema_decay=0.9), style_gans.build()
    for network in styles.makers:
        network.set_weights([w + 0.1 for w in network.get_weights()])
    styles.mean_code.assign(np.ones(styles.mean_code.shape, "float32"))
    slim = make_preset.with_the_average_alone(styles, judge)
    assert slim.ema_mapping is None
    drawn = (model.generate(2, seed=0, truncation=0.5) for model in (slim, styles))
    np.testing.assert_array_equal(*drawn)
    for ours, theirs in zip(slim.discriminator.weights, judge.discriminator.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)

    cycle, judge = cycles.build(ema_decay=0.9), cycles.build()
    for network in (cycle.ema_generator_ab, cycle.ema_generator_ba):
        network.set_weights([w + 0.1 for w in network.get_weights()])
    slim = make_preset.with_the_average_alone(cycle, judge)
    assert slim.count_params() < cycle.count_params()
    for way in ("ab", "ba"):
        given = np.ones((1, *cycle.takes[way[0]].shape), "float32")
        both = (model.translate(given, direction=way) for model in (slim, cycle))
        np.testing.assert_array_equal(*both)
    for domain in "ab":
        networks = (getattr(model, f"discriminator_{domain}") for model in (slim, judge))
        for ours, theirs in zip(*(network.weights for network in networks), strict=True):
            np.testing.assert_array_equal(ours, theirs)

    model = classifiers.build(ema_decay=0.9)
    for network in (model.ema_generator, model.ema_discriminator):
        network.set_weights([w + 0.1 for w in network.get_weights()])
    slim = make_preset.with_the_average_alone(model)
    assert slim.count_params() * 2 == model.count_params()
    np.testing.assert_array_equal(slim.generate(2, seed=0), model.generate(2, seed=0))
    np.testing.assert_array_equal(slim.classify(images(3)), model.classify(images(3)))
