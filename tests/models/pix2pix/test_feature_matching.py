"""Feature matching, and discriminators at several scales."""

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen import losses
from keras_gen.layers import DiffAugment
from tests.cases import UNTRACED, images
from tests.models.helpers import array, first_logs, kernel, no_opinion, scaling, sgd
from tests.models.pix2pix.two_scales import CASE, build

SHAPE = (4, 4, 1)
INPUTS, TARGETS = images(3, SHAPE), images(3, SHAPE, seed=1)
FIRST, SECOND = np.array([[0.5, -1.0], [1.5, 1.25]]), np.array([[1.0], [-0.75]])


def with_two_maps():
    """A discriminator of pixels with two hidden maps, whose logits are zeros."""
    inputs = [keras.Input(SHAPE), keras.Input(SHAPE)]
    x = keras.layers.Concatenate()(inputs)
    x = keras.layers.Conv2D(2, 1, use_bias=False, activation="relu", name="first")(x)
    x = keras.layers.Conv2D(1, 1, use_bias=False, name="second")(x)
    x = keras.layers.LeakyReLU(negative_slope=0.2)(x)
    logits = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer="zeros")(x)
    network = keras.Model(inputs, logits)
    for name, values in (("first", FIRST), ("second", SECOND)):
        network.get_layer(name).kernel.assign(values[None, None])
    return network


def distance_by_hand(factor):
    """What feature matching gives where the generator multiplies by a factor."""

    def maps(images):
        pairs = np.concatenate([INPUTS, images], axis=-1).astype("float64")
        first = np.maximum(pairs @ FIRST, 0.0)
        second = first @ SECOND
        return first, np.where(second > 0, second, 0.2 * second)

    pairs = zip(maps(TARGETS), maps(factor * INPUTS.astype("float64")), strict=True)
    return np.mean([np.abs(real - fake).mean() for real, fake in pairs])


def test_the_distance_is_that_of_the_maps_averaged_over_layers():
    model = keras_gen.Pix2Pix(
        scaling(0.5, SHAPE), with_two_maps(), l1_weight=2.0, feature_matching_weight=10.0
    )
    logs = first_logs(sgd(model, 0.0, **UNTRACED).fit(INPUTS, TARGETS, verbose=0))
    expected = distance_by_hand(0.5)
    assert expected > 0.1
    assert logs["feature_matching_loss"] == pytest.approx(expected, rel=1e-5)
    whole = np.log(2) + 2.0 * np.abs(TARGETS - INPUTS / 2).mean() + 10.0 * expected
    assert logs["generator_loss"] == pytest.approx(whole, rel=1e-5)


def test_its_gradient_moves_the_generator_and_nothing_else():
    model = keras_gen.Pix2Pix(
        scaling(0.5, SHAPE), with_two_maps(), l1_weight=0.0, feature_matching_weight=10.0
    )
    model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.0), **UNTRACED)
    before = model.discriminator.get_weights()
    model.fit(INPUTS, TARGETS, verbose=0)
    slope = (distance_by_hand(0.5 + 1e-6) - distance_by_hand(0.5 - 1e-6)) / 2e-6
    assert abs(slope) > 0.01
    assert kernel(model.generator).item() == pytest.approx(0.5 - 0.01 * 10.0 * slope, rel=1e-4)
    for old, new in zip(before, model.discriminator.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)


def test_maps_of_real_data_have_no_gradient_and_those_of_made_data_have():
    real, fake = (keras.ops.convert_to_tensor(array) for array in (INPUTS, TARGETS))

    def beside_the_sum(x):  # PyTorch differentiates nothing that is cut off altogether.
        return losses.feature_matching([x], [fake]) + keras.ops.sum(x)

    by_real = keras_gen.core.input_gradient(beside_the_sum, real)
    by_fake = keras_gen.core.input_gradient(lambda x: losses.feature_matching([real], [x]), fake)
    np.testing.assert_array_equal(array(by_real), 1.0)
    np.testing.assert_allclose(array(by_fake), np.sign(TARGETS - INPUTS) / INPUTS.size, rtol=1e-5)


def test_equal_images_are_no_distance_apart():
    model = keras_gen.Pix2Pix(scaling(1.0, SHAPE), with_two_maps(), feature_matching_weight=10.0)
    logs = first_logs(sgd(model, 0.0, **UNTRACED).fit(INPUTS, INPUTS, verbose=0))
    assert logs["feature_matching_loss"] == 0.0


def test_maps_that_are_not_as_many_are_refused():
    for real, fake in (([], []), ([INPUTS], [INPUTS, INPUTS])):
        with pytest.raises(ValueError, match=r"as many, one at least. Received: \d and \d maps"):
            losses.feature_matching(real, fake)


def test_a_discriminator_without_maps_is_refused():
    with pytest.raises(ValueError, match=r"`discriminator` must be a functional .* activations"):
        keras_gen.Pix2Pix(
            scaling(1.0, SHAPE), no_opinion(SHAPE, SHAPE), feature_matching_weight=10.0
        )
    with pytest.raises(ValueError, match=r"`feature_matching_weight` must be .*Received: .*-1"):
        keras_gen.Pix2Pix(scaling(1.0, SHAPE), with_two_maps(), feature_matching_weight=-1)


def of_two_scales():
    """A discriminator whose two logits are once and three times the image that is judged."""
    inputs = [keras.Input(SHAPE), keras.Input(SHAPE)]
    outputs = [keras.layers.Conv2D(1, 1, use_bias=False)(inputs[1]) for _ in range(2)]
    network = keras.Model(inputs, outputs)
    network.set_weights([np.full((1, 1, 1, 1), factor, "float32") for factor in (1, 3)])
    return network


def test_losses_and_penalties_are_averaged_over_scales():
    model = keras_gen.Pix2Pix(scaling(0.5, SHAPE), of_two_scales())
    sgd(model, 0.0, loss="wasserstein", r1_weight=2.0, r2_weight=1.0, **UNTRACED)
    logs = first_logs(model.fit(INPUTS, TARGETS, verbose=0))
    real, fake = TARGETS.mean(), 0.5 * INPUTS.mean()
    # The norm of a score's gradient has its slope for each of 16 pixels.
    penalty = 0.5 * 16 * (1.0 + 9.0) / 2
    assert logs["r1_penalty"] == pytest.approx(penalty, rel=1e-5)
    assert logs["r2_penalty"] == pytest.approx(penalty, rel=1e-5)
    assert logs["adversarial_loss"] == pytest.approx(-2.0 * fake, abs=1e-6)
    expected = 0.5 * 2.0 * (fake - real) + 3.0 * penalty
    assert logs["discriminator_loss"] == pytest.approx(expected, rel=1e-5)


def test_so_they_are_of_cycle_gan_and_with_a_loss_that_pairs():
    judges = []
    for _ in "ab":
        image = keras.Input(SHAPE)
        outputs = [keras.layers.Conv2D(1, 1, use_bias=False)(image) for _ in range(2)]
        judges.append(keras.Model(image, outputs))
        judges[-1].set_weights([np.full((1, 1, 1, 1), factor, "float32") for factor in (1, 3)])
    model = keras_gen.CycleGAN(scaling(0.5, SHAPE), scaling(0.5, SHAPE), *judges)
    sgd(model, 0.0, loss="wasserstein", r1_weight=1.0, **UNTRACED)
    logs = first_logs(model.fit(INPUTS, TARGETS, verbose=0))
    assert logs["r1_penalty"] == pytest.approx(2 * 0.5 * 16 * 5.0, rel=1e-5)
    fakes = 0.5 * (INPUTS.mean() + TARGETS.mean())
    assert logs["adversarial_loss"] == pytest.approx(-2.0 * fakes, abs=1e-6)

    model = sgd(
        keras_gen.Pix2Pix(scaling(1.0, SHAPE), of_two_scales()),
        0.0,
        loss="relativistic",
        **UNTRACED,
    )
    logs = first_logs(model.fit(INPUTS, TARGETS, verbose=0))
    lower = (INPUTS - TARGETS).astype("float64")  # scores of outputs less those of targets
    by_hand = np.mean([np.log1p(np.exp(-factor * lower)).mean() for factor in (1, 3)])
    assert logs["adversarial_loss"] == pytest.approx(by_hand, rel=1e-5)


def test_an_augmentation_that_adapts_sees_the_scores_of_all_scales():
    model = keras_gen.Pix2Pix(scaling(0.5, SHAPE), of_two_scales())
    augmentation = keras_gen.layers.AdaptiveAugment("flip", images=30)
    sgd(model, 0.0, augmentation=augmentation, **UNTRACED)
    model.fit(INPUTS, np.ones_like(TARGETS), verbose=0)
    assert float(array(augmentation.known)) == pytest.approx(0.25)
    model.fit(INPUTS, -np.ones_like(TARGETS), verbose=0)
    assert float(array(augmentation.known)) == pytest.approx(0.75 * 0.25 - 0.25)


def test_a_pair_is_augmented_alike():
    """The discriminator gives back what it is shown."""
    inputs = [keras.Input((8, 8, 1)), keras.Input((8, 8, 3))]
    mirror = keras.Model(inputs, [keras.layers.Identity()(each) for each in inputs])
    model = build_augmented(DiffAugment("color,translation,cutout,flip", seed=0))
    pictures = keras.ops.convert_to_tensor(images(6, (8, 8, 1)))
    coloured = keras.ops.repeat(pictures, 3, axis=-1)
    real, fake = model.adversary.judge(
        mirror, coloured, -coloured, beside=model.judged(pictures), alike=True, training=True
    )
    seen, target, output = array(real[0]), array(real[1]), array(fake[1])
    assert np.abs(seen - array(pictures)).max((1, 2, 3)).min() > 0.1
    np.testing.assert_allclose(target, np.repeat(seen, 3, axis=-1), atol=1e-5)
    np.testing.assert_array_equal(array(fake[0]), seen)
    # What is grey, moved in or cut out, is so in all of them.
    np.testing.assert_array_equal(output == 0.0, target == 0.0)
    shown, _ = model.adversary.judge(
        mirror, coloured, -coloured, beside=model.judged(pictures), alike=True, training=False
    )
    np.testing.assert_array_equal(array(shown[0]), array(pictures))


def build_augmented(augmentation):
    model = keras_gen.Pix2Pix(
        keras_gen.networks.unet_generator((8, 8, 1), 3, base_filters=2),
        keras_gen.networks.patch_discriminator((8, 8, 1), (8, 8, 3), base_filters=2),
    )
    model.compile(augmentation=augmentation)
    return model


def test_a_step_augments_alike_in_both_phases():
    """Scores are squared differences of the two images, and the generator copies its input."""
    inputs = [keras.Input(SHAPE), keras.Input(SHAPE)]
    difference = keras.layers.Subtract()(inputs)
    square = keras.layers.Multiply()([difference, difference])
    convolution = keras.layers.Conv2D(1, 1, use_bias=False, kernel_initializer="ones")
    model = keras_gen.Pix2Pix(scaling(1.0, SHAPE), keras.Model(inputs, convolution(square)))
    augmentation = DiffAugment("translation,flip", seed=0)
    sgd(model, 0.0, loss="wasserstein", augmentation=augmentation, **UNTRACED)
    logs = first_logs(model.fit(INPUTS, INPUTS, verbose=0))
    assert logs["adversarial_loss"] == logs["discriminator_loss"] == 0.0
    assert abs(first_logs(model.fit(INPUTS, TARGETS, verbose=0))["discriminator_loss"]) > 0.01


@pytest.mark.slow
def test_files_keep_both_and_training_goes_on_from_them(tmp_path):
    model = build(ema_decay=0.9)
    model.compile(augmentation=DiffAugment("color,translation", seed=0))
    data = {"x": CASE.data(8), "batch_size": 4, "verbose": 0, "shuffle": False}
    model.fit(**data)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.feature_matching_weight == 10.0 and loaded.scales == 2
    assert [w.path for w in loaded.weights] == [w.path for w in model.weights]
    np.testing.assert_array_equal(CASE.outputs(loaded), CASE.outputs(model))
    straight, resumed = (first_logs(each.fit(**data)) for each in (model, loaded))
    assert straight["feature_matching_loss"] > 0.0
    assert resumed == pytest.approx(straight, rel=1e-5)
    moved = zip(model.discriminator.weights, loaded.discriminator.weights, strict=True)
    for ours, theirs in moved:  # The maps are those of the weights that are trained.
        np.testing.assert_allclose(array(theirs), array(ours), rtol=1e-5, atol=1e-6)


def test_both_train_in_half_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build()
        sgd(model, 1e-3, **UNTRACED)
        logs = first_logs(model.fit(CASE.data(4), batch_size=4, verbose=0))
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.isfinite(list(logs.values())).all() and logs["feature_matching_loss"] > 0.0
