"""What comes of parts: penalties, averages, labels and augmentation, in whichever model."""

import inspect

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen import layers
from keras_gen.core.augmenting import augmented
from keras_gen.core.lasting_mean import LastingMean
from keras_gen.models import FAMILIES
from tests.cases import (
    CASES,
    IMAGE_SHAPE,
    LATENT_DIM,
    NUM_CLASSES,
    UNTRACED,
    build_cycle_gan,
    build_gan,
    build_pix2pix,
    images,
)
from tests.models.helpers import array, linear, no_opinion, scaling


def test_r1_of_pix2pix_is_that_of_the_targets_beside_their_inputs():
    shape = (2, 2, 1)
    judge = no_opinion(shape, shape)
    judge.layers[-1].kernel.assign(np.reshape([5.0, 2.0], (1, 1, 2, 1)))
    model = keras_gen.Pix2Pix(scaling(1.0, shape), judge)
    rates = keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0)
    model.compile(*rates, loss="wasserstein", r1_weight=3.0)
    x = images(4, shape)
    logs = model.fit(x, x, verbose=0).history
    # Of four pixels, each of whose slopes by the target is 2.
    assert logs["r1_penalty"] == [pytest.approx(0.5 * 4 * 2.0**2, rel=1e-5)]
    # Outputs and targets are the same: what is left of the loss is the penalty.
    assert logs["discriminator_loss"] == [pytest.approx(3.0 * 8.0, rel=1e-4)]


def test_r1_of_cycle_gan_is_the_sum_of_both_domains():
    shape = (2, 2, 1)
    judges = [no_opinion(shape) for _ in "ab"]
    for judge, slope in zip(judges, (1.0, 2.0), strict=True):
        judge.layers[-1].kernel.assign(np.full((1, 1, 1, 1), slope))
    model = keras_gen.CycleGAN(scaling(1.0, shape), scaling(1.0, shape), *judges)
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), r1_weight=1.0)
    logs = model.fit(images(4, shape), images(4, shape), verbose=0).history
    assert logs["r1_penalty"] == [pytest.approx(0.5 * 4 * (1.0 + 4.0), rel=1e-5)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "average", "followed", "data"),
    [
        (build_pix2pix, "ema_generator", "generator", CASES["pix2pix"].data),
        (build_cycle_gan, "ema_generator_ab", "generator_ab", CASES["cycle_gan"].data),
    ],
)
def test_translators_have_averages(build, average, followed, data, tmp_path):
    model = build(ema_decay=0.9)
    model.compile()
    first = [array(w) for w in getattr(model, average).trainable_variables or []]
    first = first or [array(w) for w in getattr(model, average).weights]
    model.fit(data(8), batch_size=4, verbose=0)
    mean, now = getattr(model, average).get_weights(), getattr(model, followed).get_weights()
    moved = [(a != b).any() for a, b in zip(mean, now, strict=True)]
    assert any(moved)
    assert any((a != b).any() for a, b in zip(first, mean, strict=True))
    # Translations are the average's.
    name = next(iter(model.takes))
    x = data(4)[name]
    np.testing.assert_allclose(
        model.translate(x), getattr(model, average).predict(x, verbose=0), rtol=1e-5, atol=1e-6
    )
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.translate(x), model.translate(x))


def labelled_wgan(**options):
    networks = keras_gen.networks
    return keras_gen.WGANGP(
        networks.conditional_dcgan_generator(IMAGE_SHAPE, NUM_CLASSES, LATENT_DIM, base_filters=4),
        networks.conditional_dcgan_discriminator(
            IMAGE_SHAPE, NUM_CLASSES, base_filters=4, normalization="layer"
        ),
        latent_dim=LATENT_DIM,
        n_critic=2,
        num_classes=NUM_CLASSES,
        **options,
    )


def test_wgan_gp_takes_labels():
    model = labelled_wgan(class_names=["shoe", "shirt", "bag"])
    model.compile()
    labels = np.arange(8, dtype="int32") % NUM_CLASSES
    history = model.fit(images(8), labels, batch_size=4, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert int(model.optimizer["discriminator"].iterations) == 4
    assert model.generate(2, per_class=True, seed=0).shape == (6, *IMAGE_SHAPE)
    latents = np.ones((2, LATENT_DIM), "float32")
    by_name = model.generate(labels=["bag", "shoe"], latents=latents)
    np.testing.assert_array_equal(by_name, model.generate(labels=[2, 0], latents=latents))
    with pytest.raises(
        ValueError, match=r"`labels` must be of shoe, shirt, bag. Received: .*'hat'"
    ):
        model.generate(labels=["hat"])
    with pytest.raises(ValueError, match=r"must be \(image, label\)"):
        model.fit(images(8), verbose=0)


def test_classes_are_none_of_a_model_without_them():
    with pytest.raises(ValueError, match=r"`per_class` is for a model with classes"):
        CASES["wgan_gp"].build().generate(2, per_class=True)
    with pytest.raises(ValueError, match=r"`labels` are for a model with classes"):
        CASES["wgan_gp"].build().generate(labels=[0])


def test_class_names_stay_with_the_file(tmp_path):
    labelled_wgan(class_names=["shoe", "shirt", "bag"]).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.class_names == ["shoe", "shirt", "bag"]


@keras.saving.register_keras_serializable(package="keras_gen_tests")
class Halve(keras.layers.Layer):
    """An augmentation that halves, so that a linear discriminator's slopes are halved too."""

    def call(self, images):
        return 0.5 * images


def test_an_augmentation_is_seen_by_the_discriminator_in_both_phases(tmp_path):
    shape = (2, 2, 1)
    weights = np.array([[1.0, -2.0], [0.5, 3.0]], "float32")[..., None]
    logs = []
    for augmentation in (None, Halve()):
        generator = keras.Sequential(
            [keras.Input((2,)), keras.layers.Dense(4), keras.layers.Reshape(shape)]
        )
        generator.layers[0].bias.assign([0.1, 0.2, 0.3, 0.4])
        generator.layers[0].kernel.assign(np.zeros((2, 4)))
        model = keras_gen.GAN(generator, linear(weights), latent_dim=2)
        rates = keras.optimizers.SGD(0.0), keras.optimizers.SGD(1.0)
        model.compile(
            keras.optimizers.SGD(1.0), rates[0], loss="wasserstein", augmentation=augmentation
        )
        history = model.fit(images(4, shape), verbose=0).history
        logs.append((history["discriminator_loss"][0], array(generator.layers[0].bias)))
    assert logs[1][0] == pytest.approx(0.5 * logs[0][0], rel=1e-5)
    # The gradient came through it.
    start = np.array([0.1, 0.2, 0.3, 0.4])
    np.testing.assert_allclose(logs[0][1] - start, weights.ravel(), rtol=1e-5)
    np.testing.assert_allclose(logs[1][1] - start, 0.5 * weights.ravel(), rtol=1e-5)
    model.save(tmp_path / "model.keras")
    assert isinstance(keras.saving.load_model(tmp_path / "model.keras").augmentation, Halve)


@pytest.mark.parametrize("whole", [True, False])
def test_a_layer_that_changes_images_in_training_alone_is_an_augmentation(whole):
    layer = keras.layers.GaussianNoise(0.5, seed=0)
    augmentation = layer if whole else keras.Sequential([keras.Input(IMAGE_SHAPE), layer])
    x = images(4)
    seen = array(augmented(keras.ops.convert_to_tensor(x), augmentation, training=True))
    assert np.std(seen - x) == pytest.approx(0.5, rel=0.2)
    np.testing.assert_array_equal(augmented(x, augmentation, training=False), x)
    assert augmented(x, lambda batch: -batch, training=True) is not x  # Any callable will do.


def test_a_short_epoch_without_lazy_penalties_logs_the_last_ones():
    model = build_gan()
    model.compile(r1_weight=0.1, penalties_every=6, share_forward=True, **UNTRACED)
    x = images(8)
    options = {
        "batch_size": 4,
        "epochs": 3,
        "verbose": 0,
    }  # Two steps each: penalties in the first.
    history = model.fit(x, validation_data=(x,), **options).history
    first, *others = history["r1_penalty"]
    assert first > 0 and others == pytest.approx([first] * 2, rel=1e-6)
    assert len({*history["generator_loss"], *history["val_generator_loss"]}) == 6


def test_a_mean_of_nothing_new_is_the_last_and_one_of_zeros_is_zero():
    mean = LastingMean()
    assert array(mean.result()) == 0.0
    for added, expected in (([3.0, 5.0], 4.0), ([], 4.0), ([], 4.0), ([0.0], 0.0), ([], 0.0)):
        mean.reset_state()
        for value in added:
            mean.update_state(value)
        assert array(mean.result()) == expected
    mean.update_state(float("nan"))
    mean.reset_state()
    assert array(mean.result()) == 0.0  # Nothing of it is left.


def test_lazy_penalties_are_an_update_of_their_own_in_every_so_many_steps():
    model = build_gan()
    model.compile(r1_weight=0.1, penalties_every=3, share_forward=True)
    history = model.fit(images(28), batch_size=4, epochs=1, verbose=0).history  # 7 steps
    assert int(model.optimizer["discriminator"].iterations) == 7 + 3
    assert int(model.optimizer["generator"].iterations) == 7
    assert history["r1_penalty"][0] > 0
    scores = model.evaluate(images(8), verbose=0, return_dict=True)
    assert {"discriminator_loss", "generator_loss", "r1_penalty"} == set(scores)


def test_the_parts_are_kept_with_a_file(tmp_path):
    model = build_gan()
    model.compile(r1_weight=0.1, penalties_every=3)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert (loaded.r1_weight, loaded.adversary.penalties_every) == (0.1, 3)


@pytest.mark.parametrize(
    ("option", "value"),
    [("penalties_every", 0), ("r1_weight", -1), ("augmentation", 3)],
)
def test_wrong_parts_are_refused(option, value):
    with pytest.raises(ValueError, match=rf"`{option}` must be .*Received: {option}={value}"):
        build_gan().compile(**{option: value})


class Blank(layers.DiffAugment):
    """An augmentation of which nothing can be seen but what is beside the images."""

    def call(self, inputs, training=True):
        return keras.tree.map_structure(lambda images: 0.0 * images + 0.3, inputs)


PENALISED = [
    name
    if name in ("gan", "conditional_gan", "pix2pix")
    else pytest.param(name, marks=pytest.mark.slow)
    for name, class_name in FAMILIES.items()
    if {"r1_weight", "augmentation"}
    <= {*inspect.signature(getattr(keras_gen.models, class_name).compile).parameters}
]


@pytest.mark.parametrize("name", PENALISED)
def test_penalties_are_on_what_comes_out_of_the_augmentation(name):
    case = CASES[name]
    data = (case.smooth_data or case.data)(4)
    found = []
    for augmentation in (None, Blank("color", seed=0)):
        for factor in (1.0, -1.0):
            keras.utils.set_random_seed(0)  # The same weights, and holes.
            model = (case.smooth or case.build)()
            rates = case.compile_arguments(lambda: keras.optimizers.SGD(0.0))
            model.compile(**rates, r1_weight=1.0, augmentation=augmentation, **UNTRACED)
            seen = keras.tree.map_structure(lambda part, by=factor: signed(part, by), data)
            history = model.fit(seen, batch_size=4, verbose=0).history
            found.append(history["r1_penalty"][0])
    assert found[0] != pytest.approx(found[1], rel=1e-4)  # The images mattered,
    assert found[2] == pytest.approx(found[3], rel=1e-4)  # and no longer do.


def signed(part, factor):
    """Images with their sign changed; labels and masks as they are."""
    return part * factor if part.dtype.kind == "f" and part.min() < 0.0 else part


class Surcharged(keras_gen.Pix2Pix):
    """A Pix2Pix whose penalties are its own."""

    def penalties(self, inputs, targets, fakes, training):
        return 5.0, {}


def test_an_evaluation_weighs_a_lazy_penalty_as_it_is():
    model, x, found = build_gan(), images(4), []
    for every in (1, 5):
        model.compile(r1_weight=2.0, penalties_every=every)
        found.append(model.evaluate(x, batch_size=4, verbose=0, return_dict=True))
    assert found[0]["r1_penalty"] > 0.0
    assert found[1]["r1_penalty"] == pytest.approx(found[0]["r1_penalty"], rel=1e-4)
    # Latents are drawn anew for each: their part is small beside a factor of five.
    penalty = 2.0 * found[0]["r1_penalty"]
    assert found[1]["discriminator_loss"] - found[0]["discriminator_loss"] < penalty


def test_penalties_of_one_s_own_are_heard_where_they_are_not_lazy():
    shape = (2, 2, 1)
    x, losses = images(4, shape), []
    for model_class in (keras_gen.Pix2Pix, Surcharged):
        model = model_class(scaling(1.0, shape), no_opinion(shape, shape))
        model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
        losses.append(model.fit(x, x, verbose=0).history["discriminator_loss"][0])
    assert losses[1] == pytest.approx(losses[0] + 5.0, rel=1e-5)


class Nameless:
    """A loss of one's own, with the two methods and nothing else."""

    def discriminator_loss(self, real_logits, fake_logits):
        return keras.ops.mean(fake_logits) - keras.ops.mean(real_logits)

    def generator_loss(self, fake_logits):
        return -keras.ops.mean(fake_logits)


def test_a_loss_without_a_name_serves():
    model = build_gan()
    model.compile(loss=Nameless())
    model.fit(images(4), batch_size=4, verbose=0)
    assert not model.is_critic
    assert model.discriminator_scores(images(3)).shape == (3,)
