import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from tests.cases import LATENT_DIM, UNTRACED, build_wgan_gp, images
from tests.models.helpers import array, first_logs, fixed, handed, kernel, linear, sgd

BACKEND = keras.backend.backend()
SHAPE = (2, 2, 1)
WEIGHTS = np.array([[0.3, -0.4], [0.5, 0.1]], "float32")[..., None]
FAKE = np.array([[0.5, -0.25], [0.1, 0.2]], "float32")[..., None]


def numbered(n):
    """Images that are all one number, by which they can be told apart."""
    values = np.arange(1, n + 1, dtype="float32") / 100
    return np.broadcast_to(values[:, None, None, None], (n, *SHAPE)).copy()


def known_wgan(weights=WEIGHTS, **options):
    return keras_gen.WGANGP(fixed(FAKE), linear(weights), latent_dim=2, **options)


def critic_batches(model, data):
    """What one training step hands to the critic, and to the generator."""
    batches = handed(model, data)
    assert [name for name, _ in batches] == ["discriminator"] * (len(batches) - 1) + ["generator"]
    batches = [batch for _, batch in batches]
    return batches[:-1], batches[-1]


@pytest.mark.parametrize("n_critic", [1, 2, 5])
def test_each_critic_update_sees_fresh_real_images(n_critic):
    reals = numbered(4 * n_critic)
    batches, generator_batch = critic_batches(known_wgan(n_critic=n_critic), reals)
    assert len(batches) == n_critic
    assert all(len(batch["reals"]) == 4 for batch in batches)
    seen = np.concatenate([batch["reals"] for batch in batches])
    np.testing.assert_array_equal(np.sort(seen, axis=0), reals)  # each once
    assert generator_batch["latents"].shape == (4, 2)


def test_an_evaluation_is_of_all_images_that_the_critic_sees():
    model, reals = known_wgan(np.ones(SHAPE), n_critic=4, penalty_weight=0.0), numbered(8)
    model.compile(**UNTRACED)
    scores = model.evaluate(reals, batch_size=8, verbose=0, return_dict=True)
    of_fakes, of_reals = FAKE.sum(), reals.sum(axis=(1, 2, 3))
    assert scores["discriminator_loss"] == pytest.approx(of_fakes - of_reals.mean(), rel=1e-5)


def test_each_critic_update_sees_fresh_generated_images_and_points_between():
    model = build_wgan_gp(n_critic=3)
    batches, _ = critic_batches(model, images(6))
    for key in ("fakes", "epsilon"):
        drawn = [batch[key] for batch in batches]
        assert all(len(draw) == 2 for draw in drawn)
        for a, b in [(0, 1), (0, 2), (1, 2)]:
            assert np.abs(drawn[a] - drawn[b]).max() > 1e-4


def test_the_point_between_is_uniform_and_drawn_for_each_example():
    (batch,), _ = critic_batches(known_wgan(n_critic=1), numbered(2000))
    epsilon = batch["epsilon"]
    assert epsilon.shape == (2000, 1, 1, 1)
    ranks = (np.arange(2000) + 0.5) / 2000
    assert np.abs(np.sort(epsilon.ravel()) - ranks).max() < 0.06  # Kolmogorov-Smirnov: 1 in 10^6
    assert abs(np.corrcoef(epsilon[1:].ravel(), epsilon[:-1].ravel())[0, 1]) < 0.1


def test_a_remainder_is_left_out():
    batches, _ = critic_batches(known_wgan(n_critic=2), numbered(7))
    assert [len(batch["reals"]) for batch in batches] == [3, 3]


def test_a_batch_too_small_for_the_critics_updates_is_refused_before_the_first_step():
    for x in (numbered(4), tf.data.Dataset.from_tensor_slices(numbered(12)).batch(4)):
        model = sgd(known_wgan(n_critic=5), 0.1)
        with pytest.raises(ValueError, match=r"at least 5 examples.*Received: a batch of 4"):
            model.fit(x, verbose=0)
        assert int(model.optimizer.iterations) == 0
    with pytest.raises(ValueError, match=r"at least 5 examples.*Received: a batch of 4"):
        model.fit(numbered(12), batch_size=4, verbose=0)


def test_a_last_batch_too_small_shows_its_last_image_again():
    batches, _ = critic_batches(known_wgan(n_critic=5), numbered(3))
    seen = [batch["reals"][:, 0, 0, 0].tolist() for batch in batches]
    assert np.array(seen) == pytest.approx(np.array([[0.01], [0.02], [0.03], [0.03], [0.03]]))


@pytest.mark.slow
@pytest.mark.parametrize("jit_compile", [False, True] if BACKEND == "tensorflow" else ["auto"])
def test_no_nan_ever_comes_of_a_last_batch_that_is_too_small(jit_compile):
    model = build_wgan_gp(n_critic=3)
    model.compile(jit_compile=jit_compile)
    data = tf.data.Dataset.from_tensor_slices(images(4)).batch(3)
    history = model.fit(data, epochs=2, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert int(model.optimizer["discriminator"].iterations) == 2 * 2 * 3


@pytest.mark.parametrize("n_critic", [1, 3])
def test_critic_takes_n_critic_updates_per_generator_update(n_critic):
    model = sgd(known_wgan(n_critic=n_critic), 0.01, **UNTRACED)
    model.fit(numbered(24), batch_size=12, verbose=0)
    assert int(model.optimizer["generator"].iterations) == 2
    assert int(model.optimizer["discriminator"].iterations) == 2 * n_critic


@pytest.mark.parametrize("run_eagerly", [True, False])
@pytest.mark.parametrize("target", [1.0, 0.0])
def test_a_linear_critic_pays_its_norm_less_the_target_squared(target, run_eagerly):
    model = known_wgan(n_critic=2, penalty_weight=3.0, penalty_target=target, drift_weight=0.5)
    sgd(model, 0.0, run_eagerly=run_eagerly)
    reals = numbered(8)
    logs = first_logs(model.fit(reals, verbose=0))
    scores, fake = (reals * WEIGHTS).sum((1, 2, 3)), (FAKE * WEIGHTS).sum()
    expected = {
        "gradient_penalty": (np.linalg.norm(WEIGHTS) - target) ** 2,
        "wasserstein_estimate": scores.mean() - fake,
        "drift_penalty": (scores**2).mean(),
        "generator_loss": -fake,
    }
    assert {name: logs[name] for name in expected} == pytest.approx(expected, rel=1e-4)
    total = (
        -expected["wasserstein_estimate"]
        + 3.0 * expected["gradient_penalty"]
        + 0.5 * expected["drift_penalty"]
    )
    assert logs["discriminator_loss"] == pytest.approx(total, rel=1e-4)


def test_an_update_of_a_linear_critic_by_hand():
    model = sgd(known_wgan(n_critic=1), 0.05, **UNTRACED)
    reals = numbered(4)
    model.fit(reals, verbose=0)
    norm = np.linalg.norm(WEIGHTS)
    gradient = FAKE - reals.mean(0) + 10.0 * 2 * (norm - 1) * WEIGHTS / norm
    expected = WEIGHTS - 0.05 * gradient
    np.testing.assert_allclose(kernel(model.discriminator), expected.reshape(4, 1), rtol=1e-4)


def test_a_critic_without_gradient_stays_finite():
    model = sgd(known_wgan(np.zeros(SHAPE), n_critic=1), 0.05, **UNTRACED)
    logs = first_logs(model.fit(numbered(4), verbose=0))
    assert logs["gradient_penalty"] == pytest.approx(1.0, abs=1e-5)
    # The penalty's own gradient is 0 there: what is left is the Wasserstein term's.
    expected = -0.05 * (FAKE - numbered(4).mean(0))
    np.testing.assert_allclose(
        kernel(model.discriminator), expected.reshape(4, 1), rtol=1e-4, atol=1e-6
    )


def test_clipped_weights_take_the_penalty_s_place():
    model = known_wgan(n_critic=2, weight_clip=0.3)
    sgd(model, 0.01, **UNTRACED)
    reals = numbered(8)
    logs = first_logs(model.fit(reals, shuffle=False, verbose=0))
    assert set(logs) == {"discriminator_loss", "generator_loss", "wasserstein_estimate", "loss"}
    expected = WEIGHTS
    for part in (reals[:4], reals[4:]):
        expected = np.clip(expected - 0.01 * (FAKE - part.mean(0)), -0.3, 0.3)
    np.testing.assert_allclose(kernel(model.discriminator), expected.reshape(4, 1), rtol=1e-5)
    bias = array(model.generator.trainable_variables[1])
    assert not np.array_equal(bias, FAKE.ravel())  # and the generator is not clipped
    assert np.abs(bias).max() > 0.3


def test_default_optimizers_are_the_papers():
    model = known_wgan()
    model.compile()
    for optimizer in model.optimizer.optimizers:
        config = optimizer.get_config()
        assert (config["beta_1"], config["beta_2"]) == (0.0, 0.9)
        assert config["learning_rate"] == pytest.approx(1e-4)
    clipped = known_wgan(weight_clip=0.01)
    clipped.compile()
    for optimizer in clipped.optimizer.optimizers:
        assert isinstance(optimizer, keras.optimizers.RMSprop)
        assert float(optimizer.learning_rate) == pytest.approx(5e-5)
    assert (model.n_critic, model.penalty_weight) == (5, 10.0)


def test_a_critic_with_batch_normalisation_is_refused_under_a_penalty():
    networks = (
        keras_gen.networks.dcgan_generator((16, 16, 1), LATENT_DIM, base_filters=2),
        keras_gen.networks.dcgan_discriminator((16, 16, 1), base_filters=2, normalization="batch"),
    )
    message = r"`discriminator` must have no BatchNormalization.*Received: discriminator='dcgan"
    with pytest.raises(ValueError, match=message):
        keras_gen.WGANGP(*networks, latent_dim=LATENT_DIM)
    assert keras_gen.WGANGP(*networks, latent_dim=LATENT_DIM, weight_clip=0.01).built
    assert keras_gen.WGANGP(*networks, latent_dim=LATENT_DIM, penalty_weight=0).built
    with pytest.raises(ValueError, match="`weight_clip` must be a number above 0, or None"):
        keras_gen.WGANGP(*networks, latent_dim=LATENT_DIM, weight_clip=0.0)
