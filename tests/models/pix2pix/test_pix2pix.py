import keras
import numpy as np
import pytest

import keras_gen
from tests.cases import UNTRACED, build_pix2pix, images
from tests.models.helpers import array, first_logs, kernel, no_opinion, scaling, sgd

SHAPE = (4, 4, 1)
INPUTS, TARGETS = images(3, SHAPE), images(3, SHAPE, seed=1)


def known_pix2pix(**options):
    """The generator halves, and the discriminator has no opinion."""
    return keras_gen.Pix2Pix(scaling(0.5, SHAPE), no_opinion(SHAPE, SHAPE), **options)


@pytest.mark.parametrize(
    ("reconstruction", "distance"),
    [
        ("l1", np.abs(TARGETS - INPUTS / 2).mean()),
        ("l2", ((TARGETS - INPUTS / 2) ** 2).mean()),
        (lambda targets, outputs: keras.ops.max(keras.ops.abs(targets - outputs)), None),
    ],
)
def test_the_generator_pays_the_adversarial_loss_and_the_weighted_distance(
    reconstruction, distance
):
    if distance is None:
        distance = np.abs(TARGETS - INPUTS / 2).max()
    model = sgd(known_pix2pix(reconstruction=reconstruction), 0.0, **UNTRACED)
    logs = first_logs(model.fit(INPUTS, TARGETS, verbose=0))
    assert model.l1_weight == 100.0
    expected = {
        "adversarial_loss": np.log(2),
        "reconstruction_loss": distance,
        "generator_loss": np.log(2) + 100.0 * distance,
        "discriminator_loss": 0.5 * 2 * np.log(2),  # halved
    }
    assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-5)


def test_an_update_of_the_generator_by_hand():
    model = sgd(known_pix2pix(l1_weight=10.0), 0.01, **UNTRACED)
    model.fit(INPUTS, TARGETS, verbose=0)
    by_distance = 10.0 * (np.sign(INPUTS / 2 - TARGETS) * INPUTS).mean()
    # The discriminator has just moved: its logits are small now, and grow with the output by this.
    by_output = kernel(model.discriminator)[0, 0, 1, 0]
    by_logits = -0.5 * by_output * INPUTS.mean()
    expected = 0.5 - 0.01 * (by_distance + by_logits)
    assert kernel(model.generator).item() == pytest.approx(expected, rel=1e-4)


def test_the_discriminator_is_conditioned_on_the_input():
    model = build_pix2pix()
    target = keras.ops.convert_to_tensor(images(1, (8, 8, 3), seed=1))
    first, second = (keras.ops.convert_to_tensor(images(1, seed=seed)) for seed in (2, 3))

    def logits(inputs):
        return array(model.discriminator([inputs, target], training=False))

    assert np.abs(logits(first) - logits(second)).max() > 1e-5
    gradient = keras_gen.engine.input_gradient(
        lambda x: model.discriminator([x, target], training=False), first
    )
    assert np.abs(array(gradient)).max() > 1e-5


def test_both_judgements_are_of_pairs_with_the_input():
    """The discriminator answers with the mean of the first image times that of the second."""
    a, b = keras.Input(SHAPE), keras.Input(SHAPE)
    mean = keras.layers.GlobalAveragePooling2D(keepdims=True)
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    judge = keras.Model([a, b], dense(keras.layers.Multiply()([mean(a), mean(b)])))
    model = keras_gen.Pix2Pix(scaling(0.5, SHAPE), judge)
    sgd(model, 0.0, loss="wasserstein", **UNTRACED)
    logs = first_logs(model.fit(INPUTS, TARGETS, verbose=0))
    means, targets = INPUTS.mean((1, 2, 3)), TARGETS.mean((1, 2, 3))
    real, fake = (means * targets).mean(), (means * means / 2).mean()
    assert logs["discriminator_loss"] == pytest.approx(0.5 * (fake - real), abs=1e-6)
    assert logs["adversarial_loss"] == pytest.approx(-fake, abs=1e-6)


def test_the_relativistic_loss_has_its_real_logits():
    model = sgd(known_pix2pix(), 0.0, loss="relativistic", **UNTRACED)
    logs = first_logs(model.fit(INPUTS, TARGETS, verbose=0))
    assert logs["adversarial_loss"] == pytest.approx(np.log(2), rel=1e-5)


def test_the_generator_runs_once_a_step(monkeypatch):
    model = sgd(known_pix2pix(), 0.01, run_eagerly=True)
    calls = []
    call = model.generator.call
    monkeypatch.setattr(model.generator, "call", lambda *a, **k: calls.append(a) or call(*a, **k))
    model.fit(INPUTS, TARGETS, batch_size=1, verbose=0)
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("size", "channels"), [((8, 8), (1, 3)), ((8, 16), (3, 1)), ((16, 8), (1, 1))]
)
def test_batches_of_one_of_any_shape_and_channels_train(size, channels):
    shapes = [(*size, count) for count in channels]
    model = keras_gen.Pix2Pix(
        keras_gen.networks.unet_generator(shapes[0], channels[1], base_filters=2, seed=0),
        keras_gen.networks.patch_discriminator(*shapes, base_filters=2, seed=0),
    )
    sgd(model, 1e-3)
    inputs, targets = images(2, shapes[0]), images(2, shapes[1], seed=1)
    innermost = model.generator.get_layer("down_3")
    assert innermost.output.shape[1] == 1 or innermost.output.shape[2] == 1
    before = array(innermost.kernel).copy()
    logs = first_logs(model.fit(inputs, targets, batch_size=1, verbose=0))
    assert np.isfinite(list(logs.values())).all()
    assert model.translate(inputs).shape == (2, *shapes[1])
    # Normalised at a batch of one, a 1 x 1 block would be 0 whatever comes in, and learn nothing.
    assert np.abs(array(innermost.kernel) - before).max() > 1e-7


@pytest.fixture(scope="module")
def trained():
    model = sgd(build_pix2pix(), 0.01, **UNTRACED)
    model.fit(images(4), images(4, (8, 8, 3), seed=1), batch_size=2, verbose=0)
    return model


def test_translate_repeats_itself(trained):
    first = trained.translate(images(5))
    assert first.shape == (5, 8, 8, 3)
    assert np.abs(first).max() <= 1
    np.testing.assert_array_equal(trained.translate(images(5)), first)
    np.testing.assert_allclose(trained.translate(images(5), batch_size=2), first, atol=1e-6)
    by_network = array(trained.generator(images(5), training=False))
    np.testing.assert_allclose(first, by_network, atol=1e-6)


def test_translating_as_in_training_varies_and_moves_no_statistics(trained):
    before = [array(w).copy() for w in trained.weights]
    first, second = (trained.translate(images(4), as_in_training=True) for _ in range(2))
    assert first.shape == (4, 8, 8, 3)
    assert np.abs(first - second).max() > 1e-3
    assert np.abs(first - trained.translate(images(4))).max() > 1e-3
    for old, new in zip(before, trained.weights, strict=True):
        np.testing.assert_array_equal(array(new), old)


def test_translating_as_in_training_normalises_by_the_batch():
    x = keras.Input(SHAPE)
    normalization = keras.layers.BatchNormalization(scale=False, center=False)
    model = keras_gen.Pix2Pix(keras.Model(x, normalization(x)), no_opinion(SHAPE, SHAPE))
    translated = model.translate(INPUTS, as_in_training=True)
    expected = (INPUTS - INPUTS.mean()) / np.sqrt(INPUTS.var() + normalization.epsilon)
    np.testing.assert_allclose(translated, expected, rtol=1e-4, atol=1e-5)
    apart = model.translate(INPUTS, batch_size=1, as_in_training=True)
    means = INPUTS.mean((1, 2, 3), keepdims=True)
    deviations = np.sqrt(INPUTS.var((1, 2, 3), keepdims=True) + normalization.epsilon)
    np.testing.assert_allclose(apart, (INPUTS - means) / deviations, rtol=1e-4, atol=1e-5)


def test_evaluation_measures_the_outputs_against_the_targets():
    shape = (16, 16, 1)
    inputs, targets = images(2, shape), images(2, shape, seed=1)
    model = keras_gen.Pix2Pix(scaling(0.5, shape), no_opinion(shape, shape))
    model.compile(**UNTRACED)
    scores = model.evaluate(inputs, targets, verbose=0, return_dict=True)
    assert set(scores) == {"l1", "psnr", "ssim"}
    difference = targets - inputs / 2
    assert scores["l1"] == pytest.approx(np.abs(difference).mean(), rel=1e-5)
    decibels = 10 * np.log10(4 / (difference**2).mean((1, 2, 3)))
    assert scores["psnr"] == pytest.approx(decibels.mean(), rel=1e-5)
    perfect = model.evaluate(inputs, inputs / 2, verbose=0, return_dict=True)
    assert perfect["l1"] == 0.0
    assert perfect["ssim"] == pytest.approx(1.0)
    assert abs(scores["ssim"]) < 0.5


def test_translate_refuses_another_shape(trained):
    with pytest.raises(
        ValueError, match=r"`images` must have.*8, 8, 1\). Received.*\(2, 8, 8, 3\)"
    ):
        trained.translate(images(2, (8, 8, 3)))
