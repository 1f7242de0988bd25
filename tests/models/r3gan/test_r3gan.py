import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.layers import DiffAugment
from keras_gen.layers.diff_augment import OPERATIONS
from keras_gen.models.r3gan.recipe import R3GANRecipe
from keras_gen.recipes.adversarial import AUGMENTATIONS
from keras_gen.schedules import Cosine
from tests.cases import IMAGE_SHAPE, LATENT_DIM, NUM_CLASSES, UNTRACED, images
from tests.models.helpers import array, first_logs, fixed, linear, sgd
from tests.models.r3gan.case import build

SHAPE = (2, 2, 1)
WEIGHTS = np.array([[0.3, -0.4], [0.5, 0.1]], "float32")[..., None]
FAKE = np.array([[0.5, -0.25], [0.1, 0.2]], "float32")[..., None]


def known(**options):
    """A generator of one image, and a discriminator that weighs pixels."""
    return keras_gen.R3GAN(fixed(FAKE), linear(WEIGHTS), latent_dim=2, **options)


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_losses_are_those_of_pairs_and_penalties_those_of_the_slope(run_eagerly):
    model = sgd(known(), 0.0, gamma=0.5, run_eagerly=run_eagerly)
    reals = images(4, SHAPE)
    logs = first_logs(model.fit(reals, verbose=0))
    difference = (FAKE * WEIGHTS).sum() - (reals * WEIGHTS).sum((1, 2, 3))
    penalty = 0.5 * (WEIGHTS**2).sum()
    expected = {
        "r1_penalty": penalty,
        "r2_penalty": penalty,
        "discriminator_loss": np.log1p(np.exp(difference)).mean() + 0.5 * 2 * penalty,
        "generator_loss": np.log1p(np.exp(-difference)).mean(),
    }
    assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-4)


def test_the_penalties_pull_the_slope_down():
    """Where real and generated images are alike the penalties alone move a linear discriminator."""
    model = sgd(known(), 0.1, gamma=2.0, **UNTRACED)
    model.fit(np.stack([FAKE] * 4), batch_size=4, verbose=0)
    # The slope of gamma (R1 + R2) is 2 gamma w.
    slope = array(model.discriminator.trainable_variables[0]).reshape(WEIGHTS.shape)
    np.testing.assert_allclose(slope, WEIGHTS * (1 - 0.1 * 2 * 2.0), rtol=1e-4, atol=1e-6)


def test_gamma_follows_its_schedule():
    model = sgd(known(), 0.0, gamma=Cosine(1.0, 0.0, steps=2), **UNTRACED)
    reals = np.stack([FAKE] * 2)
    history = model.fit(reals, batch_size=2, epochs=3, verbose=0).history
    penalties = (WEIGHTS**2).sum()
    expected = [np.log(2) + gamma * penalties for gamma in (1.0, 0.5, 0.0)]
    assert history["discriminator_loss"] == pytest.approx(expected, rel=1e-4)


def test_it_learns_classes_where_there_are_some():
    model = build(num_classes=NUM_CLASSES, class_names=["a", "b", "c"])
    model.compile()
    labels = np.arange(6, dtype="int32") % NUM_CLASSES
    history = model.fit(images(6), labels, batch_size=3, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert model.generate(labels=["c", "a"], seed=0).shape == (2, *IMAGE_SHAPE)
    assert model.generate(2, per_class=True, seed=0).shape == (6, *IMAGE_SHAPE)


@pytest.mark.slow
def test_both_players_see_augmented_images_of_a_share_that_grows(tmp_path):
    model = build()
    augmentation = DiffAugment("color,translation,cutout,flip", Cosine(0.0, 1.0, 4), seed=0)
    model.compile(augmentation=augmentation)
    history = model.fit(images(8), batch_size=4, epochs=2, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    # The fourth step's: of three steps taken.
    assert float(array(augmentation.probability)) == pytest.approx(0.5 - 0.5 * np.cos(0.75 * np.pi))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    state = array(augmentation.seed_generator.state)
    np.testing.assert_array_equal(array(loaded.augmentation.seed_generator.state), state)
    loaded.fit(images(4), batch_size=4, verbose=0)
    assert float(array(loaded.augmentation.probability)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "options",
    [
        {"normalization": "batch"},
        {"normalization": "spectral"},
        {"dropout": 0.2},
        {"minibatch_deviation": True},
    ],
)
def test_a_discriminator_that_keeps_draws_or_compares_something_is_refused(options):
    options = {"normalization": None, **options}
    shape = (16, 16, 1)
    discriminator = keras_gen.networks.dcgan_discriminator(shape, 4, **options)
    generator = keras_gen.networks.r3gan_generator(shape, None, LATENT_DIM, 2, 1)
    with pytest.raises(ValueError, match="`discriminator` must judge each image by itself"):
        keras_gen.R3GAN(generator, discriminator, LATENT_DIM)


@pytest.mark.parametrize("gamma", [-1.0, "large", True])
def test_a_gamma_that_is_none_is_refused(gamma):
    with pytest.raises(ValueError, match="`gamma` must be"):
        build().compile(gamma=gamma)


@pytest.mark.one_backend
def test_the_recipe_takes_rates_penalties_and_augmentation_along_a_cosine():
    recipe = R3GANRecipe(
        dataset="digits", base_filters=2, diff_augment="flip,cutout", diff_augment_share=0.4
    )
    model = recipe.build(recipe.open(), 100)

    def after(step):
        model.optimizer.iterations.assign(step)
        model.optimizer["generator"].iterations.assign(step)
        model.augmentation.follow(step)
        values = (
            model.optimizer["generator"].learning_rate,
            model.current_gamma(),
            model.augmentation.probability,
        )
        return [float(array(value)) for value in values]

    assert after(0) == pytest.approx([2e-3, 0.5, 0.0])
    assert after(50) == pytest.approx([1.25e-3, 0.275, 0.2])
    assert after(100) == pytest.approx([5e-4, 0.05, 0.4])
    assert model.num_classes is None and model.augmentation.operations == ("flip", "cutout")


@pytest.mark.one_backend
def test_the_recipe_learns_classes_when_it_is_told_to():
    recipe = R3GANRecipe(dataset="digits", base_filters=2, labelled=True, gamma=0.0)
    model = recipe.build(recipe.open(), 10)
    assert model.num_classes == 10 and model.class_names == [str(n) for n in range(10)]
    assert model.augmentation is None and model.current_gamma() == 0.0


def test_the_recipe_names_what_it_does_not_know():
    assert AUGMENTATIONS == OPERATIONS
    with pytest.raises(ValueError, match="`diff_augment` must be none, or some of color, hue, tr"):
        R3GANRecipe(dataset="digits", diff_augment="colour")
