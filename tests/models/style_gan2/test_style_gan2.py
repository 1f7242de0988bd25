import math
from unittest import mock

import keras
import numpy as np
import pytest
from sklearn.decomposition import PCA

import keras_gen
from keras_gen.layers import AdaptiveAugment
from keras_gen.losses import path_lengths
from keras_gen.models.style_gan2.model import paper_adam
from keras_gen.models.style_gan2.recipe import StyleGAN2Recipe
from tests.cases import IMAGE_SHAPE, LATENT_DIM, UNTRACED, images, latents
from tests.models.helpers import array, first_logs, linear, sgd
from tests.models.style_gan2.case import STYLE_DIM, build

LEVELS = 4
SHAPE = (2, 2, 1)


def some_model(**options):
    """A model whose images differ, and whose mean code is not 0."""
    keras.utils.set_random_seed(0)
    model = build(**options)
    model.mean_code.assign(np.linspace(-0.5, 0.5, STYLE_DIM, dtype="float32"))
    return model


def linear_synthesis(weights):
    """Images that are a linear function of their codes: `(batch, levels, dim)` to pixels."""
    weights = np.asarray(weights, "float32")
    levels, dim, pixels = weights.shape
    codes = keras.Input((levels, dim))
    dense = keras.layers.Dense(pixels, use_bias=False)
    network = keras.Model(codes, keras.layers.Reshape(SHAPE)(dense(keras.layers.Flatten()(codes))))
    dense.kernel.assign(weights.reshape(-1, pixels))
    return network


def linear_model(weights, discriminator=None, **options):
    """A mapping that gives each latent as it is, and a linear synthesis of two levels."""
    weights = np.asarray(weights, "float32")
    dense = keras.layers.Dense(weights.shape[1], use_bias=False)
    mapping = keras.Sequential([keras.Input((weights.shape[1],)), dense])
    dense.kernel.assign(np.eye(weights.shape[1]))
    return keras_gen.StyleGAN2(
        mapping,
        linear_synthesis(weights),
        discriminator or linear(np.ones(SHAPE)),
        latent_dim=weights.shape[1],
        **options,
    )


def some_weights(levels=2, dim=3):
    return np.random.default_rng(0).normal(size=(levels, dim, math.prod(SHAPE)))


# The paper's details


def test_path_lengths_of_a_linear_synthesis_are_those_of_its_transpose():
    weights = some_weights()
    random = np.random.default_rng(1)
    codes = random.normal(size=(5, 2, 3)).astype("float32")
    noise = random.normal(size=(5, *SHAPE)).astype("float32")
    gradient = np.einsum("ldp,np->nld", weights, noise.reshape(5, -1))
    expected = np.sqrt((gradient**2).sum(2).mean(1))
    lengths = array(path_lengths(linear_synthesis(weights), codes, noise))
    np.testing.assert_allclose(lengths, expected, rtol=1e-4)


def test_the_path_length_penalty_is_the_distance_from_a_mean_that_follows():
    """With noise of ones, divided by the root of four pixels, every length is the same."""
    weights = some_weights()
    length = np.sqrt(((weights.sum(2) / 2.0) ** 2).sum(1).mean())
    model = sgd(linear_model(weights), 0.0, path_length_weight=2.0, r1_weight=0.0, **UNTRACED)

    def ones(shape, *args, **kwargs):
        return keras.ops.ones(shape)

    with mock.patch("keras.random.normal", ones):
        history = model.fit(images(20, SHAPE), batch_size=4, verbose=0).history
        # Steps 1 and 5 of five.
        means = [0.01 * length, 0.01 * length * 1.99]
        penalties = [(length - mean) ** 2 for mean in means]
        assert history["path_length_penalty"] == pytest.approx([np.mean(penalties)], rel=1e-4)
        assert float(array(model.mean_path_length)) == pytest.approx(means[1], rel=1e-4)
        scores = model.evaluate(images(4, SHAPE), verbose=0, return_dict=True)
    mean = means[1] + 0.01 * (length - means[1])
    assert scores["path_length_penalty"] == pytest.approx((length - mean) ** 2, rel=1e-4)
    assert float(array(model.mean_path_length)) == pytest.approx(means[1], rel=1e-4)


def test_path_lengths_move_mapping_and_synthesis_alone():
    """The discriminator is blind: what moves, moves by the path lengths."""
    blind = linear(np.zeros(SHAPE))
    model = linear_model(some_weights(), blind)
    before = [array(v).copy() for v in model.trainable_variables]
    options = UNTRACED | {"r1_weight": 0.0}
    model.compile(
        keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.0), path_length_weight=2.0, **options
    )
    model.fit(images(4, SHAPE), batch_size=4, verbose=0)
    moved = [
        np.abs(array(v) - b).max() > 1e-5
        for v, b in zip(model.trainable_variables, before, strict=True)
    ]
    # A linear synthesis has the same lengths for all codes, so that the mapping stays.
    assert moved == [False, True, False]


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_losses_are_logistic_and_r1_is_the_slope(run_eagerly):
    model = linear_model(0.0 * some_weights(), linear(0.3 * np.ones(SHAPE)))
    sgd(model, 0.0, r1_weight=0.5, run_eagerly=run_eagerly)
    reals = images(4, SHAPE)
    logs = first_logs(model.fit(reals, verbose=0))
    penalty = 0.5 * 4 * 0.3**2
    real_scores = 0.3 * reals.sum((1, 2, 3))
    expected = {
        "r1_penalty": penalty,
        "discriminator_loss": np.log1p(np.exp(-real_scores)).mean() + np.log(2) + 0.5 * penalty,
        "generator_loss": np.log(2),
    }
    assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-4)


def test_truncation_0_gives_the_mean_s_image_for_all_seeds():
    model = some_model(ema_decay=0.9)
    made = model.generate(4, seed=0, truncation=0.0)
    mean = np.tile(array(model.mean_code), (1, LEVELS, 1))
    np.testing.assert_allclose(made, np.tile(model.decode(mean), (4, 1, 1, 1)), atol=1e-5)
    assert np.abs(model.generate(4, seed=0) - made).max() > 1e-2


def test_truncation_goes_straight_from_the_mean_to_the_code():
    model = some_model()
    whole, half = (model.codes(3, seed=0, truncation=share) for share in (1.0, 0.5))
    np.testing.assert_allclose(half, 0.5 * (whole + array(model.mean_code)), atol=1e-6)
    np.testing.assert_allclose(whole[:, 0], array(model.mapping(model.prior.draw(3, 0))), atol=1e-5)
    np.testing.assert_array_equal(whole[:, :1].repeat(LEVELS, 1), whole)


def test_mixing_takes_the_asked_levels_and_no_others():
    model = some_model()
    of_a, of_b = (model.generate(1, seed=seed)[0] for seed in (3, 5))
    all_levels = range(LEVELS)
    np.testing.assert_allclose(model.mix([3], [5], all_levels)[0, 0], of_b, atol=1e-5)
    np.testing.assert_allclose(model.mix([3], [5], [])[0, 0], of_a, atol=1e-5)
    codes = model.codes(1, seed=3)
    codes[:, 2:] = model.codes(1, seed=5)[:, 2:]
    grid = model.mix([0, 3], [5, 6, 7], [2, 3])
    assert grid.shape == (2, 3, *IMAGE_SHAPE)
    np.testing.assert_allclose(grid[1, 0], model.decode(codes)[0], atol=1e-5)


def test_training_codes_are_of_two_latents_that_meet_at_a_level():
    model = linear_model(some_weights(levels=4))
    model.compile(style_mixing=0.75)
    codes = array(model.sample_codes(2000, training=True))
    changes = (np.diff(codes, axis=1) != 0).all(2)
    assert changes.sum(1).max() == 1  # They meet once,
    assert changes.any(1).mean() == pytest.approx(0.75, abs=0.05)  # in so many,
    np.testing.assert_allclose(changes.mean(0), 0.25, atol=0.05)  # at each level as often.
    assert not (np.diff(array(model.sample_codes(8, training=False)), axis=1) != 0).any()
    model.compile(style_mixing=0.0)
    assert not (np.diff(array(model.sample_codes(8, training=True)), axis=1) != 0).any()


def test_the_mean_code_follows_the_codes():
    model = linear_model(some_weights())
    with mock.patch("keras.random.normal", lambda shape, **k: keras.ops.ones(shape)):
        sgd(model, 0.0, **UNTRACED).fit(images(8, SHAPE), batch_size=4, verbose=0)
    np.testing.assert_allclose(array(model.mean_code), 1.0 - 0.995**2, rtol=1e-4)


def test_the_paper_s_optimizers_allow_for_updates_by_penalties():
    lazy, plain = paper_adam(2e-3, every=16), paper_adam()
    assert float(array(plain.learning_rate)) == pytest.approx(2.5e-3)
    assert (plain.beta_1, plain.beta_2, plain.epsilon) == (0.0, 0.99, 1e-8)
    assert float(array(lazy.learning_rate)) == pytest.approx(2e-3 * 16 / 17)
    assert lazy.beta_2 == pytest.approx(0.99 ** (16 / 17))


# What is asked of it


def test_inversion_of_a_linear_synthesis_comes_to_the_images():
    model = linear_model(some_weights())
    targets = images(3, SHAPE)
    made = model.decode(model.invert(targets))
    np.testing.assert_allclose(made, targets, atol=1e-2)


def test_inversion_goes_towards_the_model_s_own_images():
    model = some_model(base_filters=4)
    targets = model.generate(2, seed=7)
    codes = model.invert(targets, steps=40)
    assert codes.shape == (2, LEVELS, STYLE_DIM)

    def error(made):
        return np.square(made - targets).mean()

    assert error(model.decode(codes)) < 0.6 * error(model.generate(2, seed=0, truncation=0.0))
    # Each image is by itself, and another count of steps needs no other model.
    alone = model.invert(targets[1:], steps=5)
    np.testing.assert_allclose(alone, model.invert(targets, steps=5)[1:], atol=1e-3)


def test_the_first_step_of_an_inversion_goes_a_rate_from_the_mean():
    model = some_model()
    codes = model.invert(model.generate(1, seed=7), steps=1)
    np.testing.assert_allclose(np.abs(codes - array(model.mean_code)).max(), 0.1, rtol=1e-3)


def test_directions_are_the_codes_principal_components():
    model = some_model()
    found = model.directions(3, samples=500, seed=1)
    pca = PCA(3).fit(model.codes(500, seed=1)[:, 0])
    lengths = np.linalg.norm(found, axis=1)
    np.testing.assert_allclose(lengths, pca.explained_variance_**0.5, rtol=1e-3)
    cosines = (found * pca.components_).sum(1) / lengths
    np.testing.assert_allclose(np.abs(cosines), 1.0, atol=1e-3)
    assert (found.max(1) >= np.abs(found).max(1)).all()


def test_an_edit_moves_codes_by_amounts_at_the_asked_levels_and_no_others():
    weights = 0.05 * some_weights()
    model = linear_model(weights)
    codes, direction = model.codes(3, seed=0), np.array([1.0, -2.0, 0.5])
    made = model.edit(codes, direction, [0.0, 1.5], levels=[1])
    assert made.shape == (3, 2, *SHAPE)
    np.testing.assert_allclose(made[:, 0], model.decode(codes), atol=1e-6)
    moved = (1.5 * direction @ weights[1]).reshape(SHAPE)
    np.testing.assert_allclose(
        made[:, 1] - made[:, 0], np.broadcast_to(moved, made[:, 0].shape), atol=1e-5
    )
    of_levels = np.stack([0.0 * direction, direction])
    np.testing.assert_allclose(model.edit(codes, of_levels, [0.0, 1.5]), made, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda m: m.generate(1, truncation=1.5),
            r"`truncation` must be a number in \[0, 1\]. Rec",
        ),
        (lambda m: m.generate(1, truncation=-0.1), r"`truncation`.*Received: truncation=-0.1"),
        (lambda m: m.generate(1, truncation=True), r"`truncation`.*Received: truncation=True"),
        (
            lambda m: m.decode(np.zeros((2, 3, STYLE_DIM))),
            r"`codes` must have shape \(n, 4, 4\).*3",
        ),
        (lambda m: m.decode(np.zeros(STYLE_DIM)), r"`codes` must have shape.*Received: shape \(4,"),
        (lambda m: m.mix([0], [1], [4]), r"`levels` must be integers in \[0, 4\).*levels=\[4\]"),
        (lambda m: m.mix([], [1], [0]), r"`seeds_a` must be integers from 0 up.*seeds_a=\[\]"),
        (lambda m: m.mix([0], [0.5], [0]), r"`seeds_b` must be integers.*seeds_b=\[0.5\]"),
        (lambda m: m.directions(5), r"`n` must be at most 4, the length of a code.*n=5"),
        (lambda m: m.directions(2, samples=2), r"below `samples`. Received: n=2, samples=2"),
        (
            lambda m: m.edit(m.codes(1), [1.0, 2.0]),
            r"`direction` must be.*\(4,\) or \(4, 4\).*\(2,\)",
        ),
        (lambda m: m.edit(m.codes(1), np.full(4, np.nan)), r"`direction` must be finite numbers"),
        (lambda m: m.edit(m.codes(1), np.ones(4), []), r"`amounts` must be finite numbers, one"),
        (lambda m: m.edit(m.codes(1), np.ones(4), levels=[-1]), r"`levels` must be integers in"),
        (lambda m: m.edit(np.zeros((1, 3, 4)), np.ones(4)), r"`codes` must have shape \(n, 4, 4\)"),
        (lambda m: m.invert(images(1, (16, 16, 1))), r"`images`.*shape.*Received.*16"),
        (lambda m: m.invert(images(1), steps=0), r"`steps` must be an integer above 0. Received"),
        (lambda m: m.compile(style_mixing=2), r"`style_mixing` must be a number in \[0, 1\]"),
        (lambda m: m.compile(path_length_weight=-1), r"`path_length_weight` must be a number >= 0"),
    ],
)
def test_what_is_out_of_range_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(build())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"latent_dim": 5}, r"`mapping` must take inputs of shape \(batch, 5\)"),
        ({"synthesis": 6}, r"`synthesis` must take inputs of shape \(batch, None, 4\)"),
        (
            {"discriminator": (16, 16, 1)},
            r"`discriminator` must take inputs of shape \(batch, 8, 8",
        ),
    ],
)
def test_networks_that_do_not_fit_are_refused(wrong, message):
    networks = keras_gen.networks
    shape = wrong.get("discriminator", IMAGE_SHAPE)
    with pytest.raises(ValueError, match=message):
        keras_gen.StyleGAN2(
            networks.style_gan2_mapping(LATENT_DIM, STYLE_DIM),
            networks.style_gan2_synthesis(IMAGE_SHAPE, wrong.get("synthesis", STYLE_DIM), 2),
            networks.style_gan2_discriminator(shape, 2),
            wrong.get("latent_dim", LATENT_DIM),
        )


def test_a_synthesis_of_any_number_of_levels_is_refused():
    codes = keras.Input((None, STYLE_DIM))
    x = keras.layers.Dense(64)(keras.layers.GlobalAveragePooling1D()(codes))
    synthesis = keras.Model(codes, keras.layers.Reshape(IMAGE_SHAPE)(x))
    with pytest.raises(ValueError, match=r"`synthesis` must take so many levels.*\(None, 4\)"):
        keras_gen.StyleGAN2(
            keras_gen.networks.style_gan2_mapping(LATENT_DIM, STYLE_DIM),
            synthesis,
            keras_gen.networks.style_gan2_discriminator(IMAGE_SHAPE, 2),
            LATENT_DIM,
        )


@pytest.mark.slow
def test_a_file_keeps_means_penalties_and_the_augmentation(tmp_path):
    model = build(ema_decay=0.9)
    model.compile(
        penalties_every=2,
        path_length_weight=1.0,
        style_mixing=0.5,
        augmentation=AdaptiveAugment("flip", images=10, seed=0),
        **UNTRACED,
    )
    model.fit(images(8), batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert np.abs(array(model.mean_code)).max() > 0
    np.testing.assert_array_equal(array(loaded.mean_code), array(model.mean_code))
    assert float(array(loaded.mean_path_length)) == float(array(model.mean_path_length)) > 0
    assert (loaded.path_length_weight, loaded.style_mixing) == (1.0, 0.5)
    assert loaded.adversary.penalties_every == 2
    assert loaded.r1_weight == pytest.approx(0.0002 * 64 / 32)
    made = model.generate(latents=latents(), truncation=0.5)
    np.testing.assert_allclose(loaded.generate(latents=latents(), truncation=0.5), made, atol=1e-6)


@pytest.mark.one_backend
def test_a_preset_keeps_the_mean_that_truncation_goes_to(tmp_path):
    model = build()
    model.mean_code.assign(np.linspace(-1.0, 1.0, model.style_dim))
    model.save_to_preset(tmp_path / "preset")
    loaded = type(model).from_preset(tmp_path / "preset")
    np.testing.assert_array_equal(array(loaded.mean_code), array(model.mean_code))
    ours, theirs = (each.generate(latents=latents(), truncation=0.5) for each in (model, loaded))
    np.testing.assert_allclose(theirs, ours, atol=1e-6)


def test_the_recipe_has_the_paper_s_settings():
    recipe = StyleGAN2Recipe(dataset="digits", base_filters=2, diff_augment="flip", batch_size=16)
    model = recipe.build(recipe.open(), 100)
    assert model.r1_weight == pytest.approx(0.0002 * 64 / 16)
    assert model.adversary.penalties_every == 16
    assert (model.path_length_weight, model.style_mixing) == (0.0, 0.9)
    assert model.style_dim == 64 and model.ema_mapping is not None
    assert model.augmentation.operations == ("flip",) and model.augmentation.images == 400
    rates = [float(array(o.learning_rate)) for o in model.optimizer.optimizers]
    assert sorted(rates) == pytest.approx([2.5e-3 * 16 / 17, 2.5e-3])
    with pytest.raises(ValueError, match="`diff_augment` must be none, or some of"):
        StyleGAN2Recipe(dataset="digits", diff_augment="colour")
