import keras
import numpy as np
import pytest

import keras_gen
from keras_gen import evaluation, networks
from keras_gen.modalities.images import fit
from tests.cases import UNTRACED, images
from tests.models.helpers import array, first_logs, kernel, no_opinion, sgd

SMALL, LARGE = (4, 5, 1), (8, 10, 1)
INPUTS, TARGETS = images(3, SMALL), images(3, LARGE, seed=1)


def repeating(share, shape=(None, None, 1)):
    """A generator that repeats each pixel twice along both sides, times a trainable factor."""
    x = keras.Input(shape)
    convolution = keras.layers.Conv2D(1, 1, use_bias=False)
    network = keras.Model(x, convolution(keras.layers.UpSampling2D(2)(x)))
    convolution.kernel.assign(np.full((1, 1, 1, 1), share))
    return network


def repeated(inputs):
    return inputs.repeat(2, axis=1).repeat(2, axis=2)


def edsr(factor=2, blocks=1, shape=(None, None, 3), **options):
    return networks.edsr_generator(shape, factor, 4, blocks, seed=0, **options)


def enlarging(factor=2, **options):
    """A model whose last kernel was drawn anew, so that the network does more than interpolate."""
    model = keras_gen.SuperResolution(edsr(factor, **options))
    last = model.generator.get_layer("details").kernel
    last.assign(np.random.default_rng(3).normal(0, 0.1, last.shape))
    return model


@pytest.mark.parametrize(
    ("reconstruction", "distance"),
    [
        ("l1", np.abs(TARGETS - repeated(INPUTS) / 2).mean()),
        ("l2", ((TARGETS - repeated(INPUTS) / 2) ** 2).mean()),
        ("charbonnier", np.sqrt((TARGETS - repeated(INPUTS) / 2) ** 2 + 1e-6).mean()),
    ],
)
def test_without_a_discriminator_the_distance_is_all(reconstruction, distance):
    model = keras_gen.SuperResolution(repeating(0.5), reconstruction=reconstruction)
    model.compile(keras.optimizers.SGD(0.01), **UNTRACED)
    logs = first_logs(model.fit(INPUTS, TARGETS, verbose=0))
    assert set(logs) == {"loss", "reconstruction_loss"}
    assert logs["loss"] == pytest.approx(distance, rel=1e-5)
    if reconstruction == "l2":
        x = repeated(INPUTS)
        slope = (2 * (x / 2 - TARGETS) * x).mean()
        assert kernel(model.generator).item() == pytest.approx(0.5 - 0.01 * slope, rel=1e-4)


def test_with_a_discriminator_its_loss_has_a_weight():
    judge = no_opinion(LARGE)
    model = keras_gen.SuperResolution(repeating(0.5), judge, adversarial_weight=0.25)
    logs = first_logs(sgd(model, 0.0, **UNTRACED).fit(INPUTS, TARGETS, verbose=0))
    distance = np.abs(TARGETS - repeated(INPUTS) / 2).mean()
    expected = {
        "adversarial_loss": np.log(2),
        "reconstruction_loss": distance,
        "generator_loss": 0.25 * np.log(2) + distance,
        "discriminator_loss": 2 * np.log(2),
    }
    assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-5)


def test_the_discriminator_sees_large_images_alone():
    judge = no_opinion(LARGE)
    judge.layers[-1].kernel.assign([[[[1.0]]]])
    model = keras_gen.SuperResolution(repeating(0.5), judge)
    sgd(model, 0.0, loss="wasserstein", **UNTRACED)
    logs = first_logs(model.fit(INPUTS, TARGETS, verbose=0))
    assert logs["adversarial_loss"] == pytest.approx(-INPUTS.mean() / 2, abs=1e-6)
    assert logs["discriminator_loss"] == pytest.approx(INPUTS.mean() / 2 - TARGETS.mean(), abs=1e-6)


def test_it_trains_in_a_graph_and_is_saved_without_a_discriminator(tmp_path):
    model = keras_gen.SuperResolution(edsr(shape=(None, None, 1)), ema_decay=0.9)
    model.compile()
    before = model.translate(INPUTS)
    model.fit(INPUTS, TARGETS, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_compile_config() == model.get_compile_config()
    after = model.translate(INPUTS)
    np.testing.assert_array_equal(loaded.translate(INPUTS), after)
    assert np.abs(after - before).max() > 1e-6
    assert loaded.discriminator_scores(TARGETS) is None


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_a_new_network_is_next_to_bicubic_and_clipped_in_use(factor):
    model = keras_gen.SuperResolution(edsr(factor))
    assert model.factor == factor
    inputs = np.sign(images(2, (5, 6, 3)))  # whose enlargement overshoots
    enlarged = fit.resize(inputs, (5 * factor, 6 * factor))
    made = model.translate(inputs)
    assert np.abs(made).max() <= 1.0 < np.abs(enlarged).max()
    np.testing.assert_allclose(made, np.clip(enlarged, -1, 1), atol=0.05)
    raw = array(model.generator(inputs, training=True))
    assert np.abs(raw).max() > 1.0
    np.testing.assert_allclose(np.clip(raw, -1, 1), made, atol=1e-6)


def test_a_new_network_draws_no_checkerboard():
    """What the shuffled convolution gives is the same for all pixels of a group."""
    generator = edsr(4)
    for name in ("up_1", "up_2"):
        weights = array(generator.get_layer(name).kernel)
        groups = weights.reshape(*weights.shape[:3], 4, 4)
        np.testing.assert_array_equal(groups, np.repeat(groups[..., :1, :], 4, axis=3))
        assert np.std(groups[..., 0, :]) > 0


def test_images_of_any_size():
    model = enlarging()
    for size in ((1, 1), (3, 7), (8, 5)):
        assert model.translate(images(1, (*size, 3))).shape == (1, 2 * size[0], 2 * size[1], 3)


def test_evaluation_gives_l1_psnr_and_ssim():
    model = keras_gen.SuperResolution(repeating(0.5))
    model.compile(**UNTRACED)
    inputs, targets = images(2, (8, 8, 1)), images(2, (16, 16, 1), seed=1)
    scores = model.evaluate(inputs, targets, verbose=0, return_dict=True)
    difference = targets - repeated(inputs) / 2
    assert scores["l1"] == pytest.approx(np.abs(difference).mean(), rel=1e-5)
    decibels = 10 * np.log10(4 / (difference**2).mean((1, 2, 3)))
    assert scores["psnr"] == pytest.approx(decibels.mean(), rel=1e-5)
    assert set(scores) == {"l1", "psnr", "ssim"}


def test_the_report_has_bicubic_beside_it():
    model = keras_gen.SuperResolution(repeating(1.0, (None, None, 1)))
    model.compile(**UNTRACED)
    source = images(3, (8, 12, 1), seed=4)
    report = evaluation.evaluate(model, source, split="train")
    assert report["baseline"] == "bicubic"
    small = np.clip(fit.resize(source, (4, 6)), -1, 1)
    l1 = np.abs(np.clip(fit.resize(small, (8, 12)), -1, 1) - source).mean()
    assert report["copying"]["l1"] == pytest.approx(l1, rel=1e-4)
    assert report["losses"]["l1"] == pytest.approx(
        np.abs(repeated(small) - source).mean(), rel=1e-4
    )
    assert report["copying"].keys() >= {"l1", "psnr", "ssim"} and "fitted" not in report
    small, large = images(2, (4, 4, 1)), images(2, (8, 8, 1))
    expected = np.clip(fit.resize(small, (8, 8)), -1, 1)
    np.testing.assert_array_equal(model.copied(small, large), expected)
    shown, columns = model.preview((small, large))
    assert shown.shape == (6, 8, 8, 1) and columns == 6
    np.testing.assert_array_equal(shown[0], expected[0])


def test_a_model_of_one_size_is_evaluated_too():
    model = keras_gen.SuperResolution(repeating(1.0, (4, 4, 1)))
    model.compile(**UNTRACED)
    source = images(3, (8, 8, 1), seed=4)
    report = evaluation.evaluate(model, source, split="train")
    assert report["losses"]["l1"] == pytest.approx(
        np.abs(repeated(np.clip(fit.resize(source, (4, 4)), -1, 1)) - source).mean(), rel=1e-4
    )


def test_targets_of_another_size_are_refused():
    model = enlarging()
    model.compile(**UNTRACED)
    with pytest.raises(
        ValueError,
        match=r"2 times as high and as wide.*Received: inputs of \(4, 4\), targets of \(8, 12\)",
    ):
        model.fit(images(2, (4, 4, 3)), images(2, (8, 12, 3)), verbose=0)


def uneven():
    x = keras.Input((None, None, 3))
    return keras.Model(x, keras.layers.UpSampling2D((2, 3))(x))


def greying():
    x = keras.Input((4, 4, 3))
    return keras.Model(x, keras.layers.Conv2DTranspose(1, 2, 2)(x))


@pytest.mark.parametrize(
    ("generator", "options", "message"),
    [
        (uneven, {}, r"same whole number of times.*Received: generator=.*\(48, 72, 3\)"),
        (greying, {}, r"as many channels.*\(8, 8, 1\) of \(4, 4, 3\)"),
        (edsr, {"adversarial_weight": -1}, r"`adversarial_weight`.*Received: .*-1"),
    ],
)
def test_what_is_refused(generator, options, message):
    with pytest.raises(ValueError, match=message):
        keras_gen.SuperResolution(generator(), **options)


def test_optimizers_that_have_nothing_to_do_are_refused():
    model = enlarging()
    with pytest.raises(ValueError, match=r"`discriminator_optimizer` is for a model with a discr"):
        model.compile(discriminator_optimizer="adam")
    with pytest.raises(ValueError, match="`optimizer` is another name of `generator_optimizer`"):
        model.compile("adam", optimizer="adam")
