import keras
import numpy as np
import pytest

import keras_gen
from keras_gen import losses
from keras_gen.models.inpainting.model import hidden_inputs
from tests.cases import COLOUR_SHAPE, UNTRACED, build_inpainting, images
from tests.models.helpers import array, first_logs, no_opinion
from tests.models.inpainting.case import generator, masks

SHAPE = (4, 4, 1)
IMAGES = images(3, SHAPE)
HOLES = np.zeros((3, *SHAPE), "float32")
HOLES[0, :2], HOLES[1, 0, 0], HOLES[2, :, :3] = 1, 1, 1


def constant(value, shape=SHAPE):
    """A generator that makes one value of everything."""
    inputs = keras.Input((*shape[:2], shape[2] + 1))
    convolution = keras.layers.Conv2D(shape[2], 1, kernel_initializer="zeros")
    network = keras.Model(inputs, convolution(inputs))
    convolution.bias.assign(np.full(shape[2], value))
    return network


def compiled_by_sgd(model, rate=0.0):
    options = {"generator_optimizer": keras.optimizers.SGD(rate)}
    if model.discriminator is not None:
        options["discriminator_optimizer"] = keras.optimizers.SGD(rate)
    model.compile(**options, **UNTRACED)
    return model


def distances(value=0.25):
    """Mean differences of each picture in the hole and outside, averaged over pictures."""
    differences = np.abs(IMAGES - value)
    inside = [d[h == 1].mean() for d, h in zip(differences, HOLES, strict=True)]
    outside = [d[h == 0].mean() for d, h in zip(differences, HOLES, strict=True)]
    return np.mean(inside), np.mean(outside)


def test_the_generator_pays_for_the_hole_and_for_the_rest():
    model = keras_gen.Inpainting(
        constant(0.25), no_opinion(SHAPE, SHAPE), holes="given", adversarial_weight=0.5
    )
    logs = first_logs(compiled_by_sgd(model).fit(IMAGES, HOLES, verbose=0))
    hole, known = distances()
    expected = {
        "hole_loss": hole,
        "known_loss": known,
        "adversarial_loss": 0.0,  # hinge: minus the logits, which are 0
        "generator_loss": 6 * hole + known,
        "discriminator_loss": 2.0,  # relu(1 - 0) + relu(1 + 0)
    }
    assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_without_a_discriminator_there_is_one_phase():
    model = keras_gen.Inpainting(constant(0.25), holes="given", hole_weight=2.0, known_weight=0.0)
    logs = first_logs(compiled_by_sgd(model).fit(IMAGES, HOLES, verbose=0))
    assert logs["loss"] == pytest.approx(2 * distances()[0], rel=1e-5)
    assert set(logs) == {"loss", "hole_loss", "known_loss"}
    again = keras_gen.Inpainting.from_config(model.get_config())
    again.compile_from_config(model.get_compile_config())
    assert list(again.phases()) == ["generator"]
    with pytest.raises(ValueError, match="`discriminator_optimizer` is for a model with"):
        model.compile(discriminator_optimizer="sgd")


def test_an_update_of_the_generator_by_hand():
    model = keras_gen.Inpainting(constant(0.25), holes="given")
    compiled_by_sgd(model, 0.01).fit(IMAGES, HOLES, verbose=0)
    slopes = np.sign(0.25 - IMAGES)
    inside = np.mean([s[h == 1].mean() for s, h in zip(slopes, HOLES, strict=True)])
    outside = np.mean([s[h == 0].mean() for s, h in zip(slopes, HOLES, strict=True)])
    bias = array(model.generator.trainable_variables[1]).item()
    assert bias == pytest.approx(0.25 - 0.01 * (6 * inside + outside), rel=1e-5)


def test_another_distance_is_of_filled_pictures():
    model = keras_gen.Inpainting(
        constant(0.25), holes="given", perceptual=losses.l2, perceptual_weight=3.0
    )
    logs = first_logs(compiled_by_sgd(model).fit(IMAGES, HOLES, verbose=0))
    squares = ((IMAGES - 0.25) ** 2 * HOLES).mean()
    assert logs["perceptual_loss"] == pytest.approx(squares, rel=1e-5)
    hole, known = distances()
    assert logs["loss"] == pytest.approx(6 * hole + known + 3 * squares, rel=1e-5)


@pytest.mark.parametrize("masks_are_judged", [True, False])
def test_the_discriminator_judges_whole_pictures_and_filled_ones(masks_are_judged):
    """It answers with the mean of the picture, times that of the mask where it is given that."""
    a, b = keras.Input(SHAPE), keras.Input(SHAPE)
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True)
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    judge = keras.Model(b, dense(mean(b)))
    if masks_are_judged:
        judge = keras.Model([a, b], dense(keras.layers.Multiply()([mean(a), mean(b)])))
    model = keras_gen.Inpainting(constant(0.25), judge, holes="given")
    model.compile("sgd", "sgd", loss="wasserstein", **UNTRACED)
    data = {"image": keras.ops.convert_to_tensor(IMAGES), "mask": HOLES}
    update = keras_gen.core.Update(model, training=False)
    model.step(data, update)
    filled = np.where(HOLES == 1, 0.25, IMAGES)
    shares = HOLES.mean((1, 2, 3)) if masks_are_judged else 1.0
    real, fake = (np.mean(x.mean((1, 2, 3)) * shares) for x in (IMAGES, filled))
    measured = {name: array(value).item() for name, value in update.measured.items()}
    assert measured["discriminator_loss"] == pytest.approx(fake - real, abs=1e-6)
    assert measured["adversarial_loss"] == pytest.approx(-fake, abs=1e-6)


def test_what_is_hidden_is_not_seen():
    holes = masks(2)
    first, second = images(2, COLOUR_SHAPE), images(2, COLOUR_SHAPE, seed=1)
    second = np.where(holes == 1, second, first)
    for given in (np.asarray, keras.ops.convert_to_tensor):
        seen = [array(hidden_inputs(given(x), given(holes))) for x in (first, second)]
        np.testing.assert_array_equal(*seen)
        np.testing.assert_array_equal(seen[0][..., 3:], holes)
        np.testing.assert_array_equal(seen[0][..., :3], np.where(holes == 1, 0, first))
    model = build_inpainting()
    filled = [model.fill(x, holes) for x in (first, second)]
    np.testing.assert_array_equal(*filled)


def test_known_pixels_are_the_given_ones_bit_by_bit():
    model, holes = build_inpainting(), masks(5)
    given = images(5, COLOUR_SHAPE)
    filled = model.fill(given, holes)
    known = np.broadcast_to(holes == 0, given.shape)
    np.testing.assert_array_equal(filled[known], given[known])
    made = array(model.sampler(hidden_inputs(given, holes), training=False))
    np.testing.assert_allclose(filled[~known], made[~known], atol=1e-5)
    coded = np.random.default_rng(0).integers(0, 256, given.shape, "uint8")
    filled = keras_gen.pictures.to_uint8(model.fill(coded, holes, batch_size=2))
    np.testing.assert_array_equal(filled[known], coded[known])


def test_fill_takes_masks_of_every_form_and_any_batch():
    model, holes, given = build_inpainting(), masks(5), images(5, COLOUR_SHAPE)
    expected = model.fill(given, holes)
    for form in (holes[..., 0], holes.astype(bool), holes[..., 0].astype("int64"), holes.tolist()):
        np.testing.assert_array_equal(model.fill(given, form), expected)
    np.testing.assert_allclose(model.fill(given, holes, batch_size=2), expected, atol=1e-5)
    np.testing.assert_allclose(model.fill(given[:1], holes[:1]), expected[:1], atol=1e-5)
    pair = [keras.ops.convert_to_tensor(x) for x in (given, holes)]
    np.testing.assert_allclose(array(model(pair)), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda m: m * 0.5, "be 1 where a picture is hidden.*the values 0.5"),
        (lambda m: m * 0, "hide something. Received: zeros alone"),
        (lambda m: np.concatenate([m[:1], m[1:] * 0 + 1]), "leave something.*that of picture 1"),
        (lambda m: m[:, :4], "have the shape"),
        (lambda m: m[:1], "be as many as the images. Received: 1 masks for 2"),
    ],
)
def test_fill_refuses_other_masks(spoil, words):
    with pytest.raises(ValueError, match=f"`masks` must {words}"):
        build_inpainting().fill(images(2, COLOUR_SHAPE), spoil(masks(2)))


def test_holes_are_drawn_anew_in_each_step_and_are_the_same_in_an_evaluation():
    model = build_inpainting(holes="free_form")
    data = keras.ops.convert_to_tensor(images(4, COLOUR_SHAPE))
    drawn = [array(model.take_both(data, training=True)[1]) for _ in range(2)]
    fixed = [array(model.take_both(data, training=False)[1]) for _ in range(2)]
    assert (drawn[0] != drawn[1]).any()
    np.testing.assert_array_equal(*fixed)


def test_evaluation_scores_filled_pictures():
    model = keras_gen.Inpainting(constant(0.25), holes="given")
    compiled_by_sgd(model)
    scores = model.evaluate(IMAGES, HOLES, verbose=0, return_dict=True)
    assert scores["hole_l1"] == pytest.approx(distances()[0], rel=1e-5)
    error = (np.where(HOLES == 1, IMAGES - 0.25, 0) ** 2).mean((1, 2, 3))
    assert scores["psnr"] == pytest.approx((10 * np.log10(4 / error)).mean(), rel=1e-5)


def test_given_masks_are_looked_at_before_the_first_step():
    model = compiled_by_sgd(keras_gen.Inpainting(constant(0.25), holes="given"))
    for wrong, words in ((HOLES * 255, "values 255"), (HOLES[:, :2], "shape"), (None, "alone")):
        with pytest.raises(ValueError, match=words):
            model.fit(IMAGES, wrong, verbose=0)
    assert int(model.optimizer.iterations) == 0
    model.fit(IMAGES, HOLES[..., 0].astype(bool), verbose=0)


def test_a_spectral_discriminator_trains_and_is_kept_in_a_file(tmp_path):
    model = build_inpainting(normalization="spectral")
    model.compile(**UNTRACED)
    model.fit(images(2, COLOUR_SHAPE), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    pair = [masks(2), images(2, COLOUR_SHAPE)]
    logits = [array(m.discriminator(pair, training=False)) for m in (model, loaded)]
    np.testing.assert_allclose(*logits, rtol=1e-6, atol=1e-6)


@pytest.mark.slow
def test_it_learns_to_continue_a_flat_colour():
    """Pictures of one colour each: their holes have that of what surrounds them."""
    colours = np.random.default_rng(0).uniform(-0.8, 0.8, (16, 1, 1, 3)).astype("float32")
    flat = np.broadcast_to(colours, (16, *COLOUR_SHAPE)).copy()
    model = keras_gen.Inpainting(generator(), holes="box")
    model.compile(keras.optimizers.Adam(3e-3))
    before = model.evaluate(flat, verbose=0, return_dict=True)["hole_l1"]
    model.fit(flat, batch_size=16, epochs=60, verbose=0)
    after = model.evaluate(flat, verbose=0, return_dict=True)["hole_l1"]
    assert after < 0.5 * before and after < 0.25


def test_pictures_are_not_moved_away_from_their_masks():
    model = keras_gen.Inpainting(constant(0.0), no_opinion((4, 4, 1), SHAPE))
    model.compile(augmentation=keras_gen.layers.DiffAugment("color,cutout"))
    with pytest.raises(
        ValueError, match=r"`augmentation` must move no pixel.*Received: color,flip"
    ):
        model.compile(augmentation=keras_gen.layers.AdaptiveAugment("color,flip"))
    alone = keras_gen.Inpainting(constant(0.0), no_opinion(SHAPE))
    alone.compile(augmentation=keras_gen.layers.DiffAugment("translation"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"holes": "star"}, "`holes` must be one of"),
        ({"largest": 1.0}, "`smallest` and `largest` must be"),
        ({"hole_weight": -1}, "`hole_weight` must be"),
        ({"generator": keras.Sequential([keras.Input(SHAPE), keras.layers.Conv2D(1, 1)])}, "mask"),
        ({"discriminator": no_opinion(SHAPE, (4, 4, 3))}, "discriminator"),
        ({"discriminator": no_opinion((4, 4, 3))}, "discriminator"),
        ({"discriminator": "patches"}, "`discriminator` must be a keras.Model"),
    ],
)
def test_refuses(options, words):
    with pytest.raises(ValueError, match=words):
        keras_gen.Inpainting(**{"generator": constant(0.0), **options})
