"""What a task makes of a model: samples, previews, sheets, golden inputs, words."""

import numpy as np
import pytest

import keras_gen
from keras_gen import pictures
from keras_gen.tasks.translating import side_by_side
from tests.cases import CASES, COLOUR_SHAPE, NUM_CLASSES, build_vae, images
from tests.tasks.foreign import Stencil


def test_samples_are_as_many_of_each_class():
    samples, labels = Stencil(3).samples(7, seed=5)
    assert labels.tolist() == [0, 1, 2, 0, 1, 2, 0]
    np.testing.assert_array_equal(samples.ravel(), labels / 4)
    model = Stencil()
    samples, labels = model.samples(4, seed=5)
    assert labels is None and samples.ravel().tolist() == [0.0, 0.25, 0.5, 0.75]
    assert model.asked == [{"n": 4, "labels": None, "per_class": False, "seed": 5}]


def test_samples_like_real_ones_are_those_of_one_generate():
    parts = list(Stencil().samples_like([(2, None), (3, None)], seed=1))
    assert [part.ravel().tolist() for part, _ in parts] == [[0.0, 0.25], [0.5, 0.75, 1.0]]
    seen = [(2, np.array([1, 0])), (1, np.array([2]))]
    parts = list(Stencil(3).samples_like(seen, seed=1))
    assert [part.ravel().tolist() for part, _ in parts] == [[0.25, 0.0], [0.5]]
    assert [labels.tolist() for _, labels in parts] == [[1, 0], [2]]


@pytest.mark.parametrize("name", ["gan", "conditional_gan", "vae"])
def test_samples_like_real_ones_of_latents(name):
    model = CASES[name].build()
    labels = [None, None]
    whole = {"n": 5}
    if name == "conditional_gan":
        labels = [np.array([0, 2, 1]), np.array([1, 1])]
        whole = {"labels": np.concatenate(labels)}
    seen = list(zip((3, 2), labels, strict=True))
    made = np.concatenate([part for part, _ in model.samples_like(seen, seed=4)])
    np.testing.assert_allclose(made, model.generate(seed=4, **whole), atol=1e-5)


def test_previews_of_models_that_generate():
    model = CASES["gan"].build()
    samples, columns = model.preview(seed=3)
    np.testing.assert_array_equal(samples, model.generate(64, seed=3))
    assert columns == 8 and not model.needs_examples
    model = CASES["conditional_gan"].build()
    samples, columns = model.preview(seed=3)
    np.testing.assert_array_equal(samples, model.generate(10, per_class=True, seed=3))
    assert (len(samples), columns) == (10 * NUM_CLASSES, 10)


def test_the_preview_of_pairs_is_input_output_and_target():
    model = CASES["pix2pix"].build()
    inputs, targets = images(15), images(15, COLOUR_SHAPE, seed=1)
    shown, columns = model.preview((inputs, targets))
    assert shown.shape == (36, 8, 8, 3) and columns == 6 and model.needs_examples
    np.testing.assert_array_equal(shown[0::3], inputs[:12].repeat(3, axis=-1))
    np.testing.assert_array_equal(shown[1::3], model.translate(inputs[:12]))
    np.testing.assert_array_equal(shown[2::3], targets[:12])


def test_the_preview_of_two_domains_is_each_and_its_translation():
    model = CASES["cycle_gan"].build()
    a, b = images(3, COLOUR_SHAPE), images(3, COLOUR_SHAPE, seed=1)
    shown, columns = model.preview({"a": a, "b": b})
    assert shown.shape == (12, 8, 8, 3) and columns == 8
    expected = [a, model.translate(a), b, model.translate(b, direction="ba")]
    for number, part in enumerate(expected):
        np.testing.assert_array_equal(shown[number::4], part)


def test_a_preview_lays_smaller_images_on_white():
    small, large = images(2), images(2, (16, 12, 1))
    shown = side_by_side([small, large])
    assert shown.shape == (4, 16, 12, 1)
    np.testing.assert_array_equal(shown[0, :8, :8], small[0])
    assert (shown[0, 8:] == 1.0).all() and (shown[0, :, 8:] == 1.0).all()
    np.testing.assert_array_equal(shown[3], large[1])


def test_a_preview_of_a_translator_needs_examples():
    with pytest.raises(ValueError, match="`examples` must be a batch of what a CycleGAN takes"):
        CASES["cycle_gan"].build().preview()


def test_directions_by_name():
    cycle_gan, pix2pix = CASES["cycle_gan"].build(), CASES["pix2pix"].build()
    picture = images(2, COLOUR_SHAPE)
    np.testing.assert_array_equal(
        cycle_gan.direction("ba").translate(picture, batch_size=2),
        cycle_gan.translate(picture, direction="ba"),
    )
    assert cycle_gan.direction().words == "a to b" and pix2pix.direction().words == ""
    with pytest.raises(ValueError, match=r"`direction` must be 'ab' or 'ba'\. Received.*'up'"):
        cycle_gan.direction("up")
    with pytest.raises(ValueError, match="`direction` is for a model that translates both ways"):
        pix2pix.direction("ab")


def test_reconstructions_stand_below_what_they_are_of():
    vae, real = build_vae(), images(4)
    shown, columns = vae.reconstructions(real, columns=2)
    made = vae.reconstruct(real)
    np.testing.assert_array_equal(shown[[0, 1, 4, 5]], real)
    np.testing.assert_allclose(shown[[2, 3, 6, 7]], made, atol=1e-6)
    assert columns == 2
    with pytest.raises(ValueError, match=r"`samples` must fill rows of 3\. Received: 4"):
        vae.reconstructions(real, columns=3)


def test_words():
    assert keras_gen.VAE.parts_in_words == "encoder and decoder"
    assert keras_gen.Pix2Pix.usage("it", "64 x 64 x 3").endswith(
        "model.translate(images)  # float32 in [-1, 1], 64 x 64 x 3"
    )
    assert "per_class=True" in keras_gen.ConditionalGAN.usage("it")


def test_images_and_arrays_are_shown(tmp_path):
    shades = images(4)
    spec = CASES["gan"].build().gives
    path = spec.show(shades, tmp_path / "grid", columns=2, least=64)
    assert path == tmp_path / "grid.png"
    grid = pictures.enlarge(pictures.image_grid(shades, 2), 64)
    np.testing.assert_array_equal(pictures.read_picture(path), grid)
    of_many_channels = np.concatenate([images(4)] * 5, axis=-1)
    assert pictures.read_picture(spec.show(of_many_channels, tmp_path / "five.png")).shape[-1] == 3


def test_a_translator_has_no_score_of_samples_alone():
    for name in ("pix2pix", "cycle_gan", "vae"):
        model = CASES[name].build()
        assert model.discriminator_scores(images(2, COLOUR_SHAPE)) is None
