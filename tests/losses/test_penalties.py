import keras
import numpy as np
import pytest

from keras_gen import losses
from keras_gen.backend import input_gradient

SHAPE = (4, 3, 2, 1)
RNG = np.random.default_rng(0)
REAL, FAKE = RNG.uniform(-1, 1, size=(2, *SHAPE)).astype("float32")
EPSILON = RNG.uniform(size=(4, 1, 1, 1)).astype("float32")


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def linear(weights):
    return lambda x: keras.ops.sum(x * weights, axis=(1, 2, 3))


@pytest.mark.parametrize("scale", [1e-3, 0.4, 1.0, 30.0])
@pytest.mark.parametrize("target", [1.0, 0.0, 2.5])
def test_a_linear_critic_gives_its_norm_less_the_target_squared(scale, target):
    weights = keras.ops.array(scale * RNG.normal(size=SHAPE[1:]), "float32")
    norm = np.linalg.norm(array(weights).astype("float64"))
    penalty = losses.gradient_penalty(linear(weights), REAL, FAKE, EPSILON, target=target)
    np.testing.assert_allclose(array(penalty), (norm - target) ** 2, rtol=1e-5, atol=1e-5)


def test_gradient_of_the_penalty_of_a_linear_critic():
    weights = keras.ops.array(RNG.normal(size=SHAPE[1:]), "float32")
    norm = np.linalg.norm(array(weights))
    gradient = input_gradient(
        lambda w: losses.gradient_penalty(linear(w), REAL, FAKE, EPSILON), weights
    )
    np.testing.assert_allclose(
        array(gradient), 2 * (norm - 1) * array(weights) / norm, rtol=1e-4, atol=1e-5
    )


def test_penalty_and_its_gradient_of_a_nonlinear_critic_agree_with_float64_differences():
    weights = RNG.normal(size=(6, 3))

    def reference(weights):
        x = (EPSILON * REAL.astype("float64") + (1 - EPSILON) * FAKE).reshape(4, 6)
        gradients = (1 - np.tanh(x @ weights) ** 2) @ weights.T
        return np.mean((np.linalg.norm(gradients, axis=1) - 1) ** 2)

    def penalty(weights):
        def critic(x):
            return keras.ops.sum(
                keras.ops.tanh(keras.ops.matmul(keras.ops.reshape(x, (4, 6)), weights)), axis=-1
            )

        return losses.gradient_penalty(critic, REAL, FAKE, EPSILON)

    differences = np.empty_like(weights)
    for place in np.ndindex(weights.shape):
        step = np.zeros_like(weights)
        step[place] = 1e-5
        differences[place] = (reference(weights + step) - reference(weights - step)) / 2e-5
    tensor = keras.ops.array(weights, "float32")
    np.testing.assert_allclose(array(penalty(tensor)), reference(weights), rtol=1e-4)
    np.testing.assert_allclose(
        array(input_gradient(penalty, tensor)), differences, rtol=1e-3, atol=1e-4
    )


def test_penalty_and_gradients_are_finite_where_the_critics_gradient_is_zero():
    def penalty(weights):
        critic = lambda x: keras.ops.sum(keras.ops.relu(x * weights - 1e3), axis=(1, 2, 3))  # noqa: E731
        return losses.gradient_penalty(critic, REAL, FAKE, EPSILON)

    weights = keras.ops.ones(SHAPE[1:])
    assert array(penalty(weights)) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_array_equal(array(input_gradient(penalty, weights)), np.zeros(SHAPE[1:]))


def test_identical_images_and_a_critic_at_its_minimum_give_finite_gradients():
    def penalty(scale):
        critic = lambda x: scale * keras.ops.sum(x**2, axis=(1, 2, 3))  # noqa: E731
        return losses.gradient_penalty(critic, 0 * REAL, 0 * REAL, EPSILON)

    scale = keras.ops.array(2.0)
    assert array(penalty(scale)) == pytest.approx(1.0, abs=1e-5)
    assert np.isfinite(array(input_gradient(penalty, scale)))


def test_each_example_has_its_own_epsilon_which_weighs_the_real_image():
    real, fake = np.ones((2, 1, 1, 1)), np.zeros((2, 1, 1, 1))
    half_square = lambda x: keras.ops.sum(0.5 * x**2, axis=(1, 2, 3))  # noqa: E731
    epsilon = np.array([0.25, 1.0]).reshape(2, 1, 1, 1)  # the gradients are 0.25 and 1
    penalty = losses.gradient_penalty(half_square, real, fake, epsilon)
    assert array(penalty) == pytest.approx((0.75**2 + 0.0) / 2)


def test_interpolation_epsilon_is_uniform_and_one_per_example():
    epsilon = array(losses.interpolation_epsilon(20_000, seed=0))
    assert epsilon.shape == (20_000, 1, 1, 1)
    assert epsilon.dtype == np.float32
    assert epsilon.min() >= 0.0
    assert epsilon.max() < 1.0
    ranks = (np.arange(20_000) + 0.5) / 20_000
    assert np.abs(np.sort(epsilon.ravel()) - ranks).max() < 0.02  # Kolmogorov-Smirnov: 1 in 10^6


def test_interpolation_epsilon_goes_by_its_seed():
    seed = keras.random.SeedGenerator(1)
    first, second = (array(losses.interpolation_epsilon(4, seed)) for _ in range(2))
    assert not np.array_equal(first, second)
    again = array(losses.interpolation_epsilon(4, keras.random.SeedGenerator(1)))
    np.testing.assert_array_equal(first, again)


def test_patch_logits_are_summed_per_image():
    patches = lambda x: 2.0 * x  # noqa: E731  logits (batch, 3, 2, 1)
    penalty = losses.gradient_penalty(patches, REAL, FAKE, EPSILON)
    assert array(penalty) == pytest.approx((2 * np.sqrt(6) - 1) ** 2, rel=1e-5)


@pytest.mark.parametrize(
    ("fake", "epsilon", "message"),
    [
        (FAKE[:1], EPSILON, r"fake_images.shape=\(1, 3, 2, 1\)"),
        (FAKE[:, :1], EPSILON, r"fake_images.shape=\(4, 1, 2, 1\)"),
        (FAKE, EPSILON[:, 0], r"`epsilon`.*Received: epsilon.shape=\(4, 1, 1\)"),
        (FAKE, np.ones(SHAPE), r"`epsilon`.*Received: epsilon.shape=\(4, 3, 2, 1\)"),
    ],
)
def test_wrong_shapes_are_refused(fake, epsilon, message):
    with pytest.raises(ValueError, match=message):
        losses.gradient_penalty(linear(1.0), REAL, fake, epsilon)


@pytest.mark.parametrize("penalty", [losses.r1_penalty, losses.r2_penalty])
def test_r1_and_r2_are_half_the_mean_squared_norm(penalty):
    quadratic = lambda a: lambda x: 0.5 * a * keras.ops.sum(x**2, axis=(1, 2, 3))  # noqa: E731
    squared = np.mean(np.sum(REAL.astype("float64") ** 2, axis=(1, 2, 3)))
    factor = keras.ops.array(3.0)
    value = penalty(quadratic(factor), REAL)
    gradient = input_gradient(lambda a: penalty(quadratic(a), REAL), factor)
    np.testing.assert_allclose(array(value), 0.5 * 9 * squared, rtol=1e-5)
    np.testing.assert_allclose(array(gradient), 3 * squared, rtol=1e-5)


def test_penalties_of_a_network_in_mixed_precision_are_float32():
    critic = keras.Sequential(
        [
            keras.Input(SHAPE[1:]),
            keras.layers.Conv2D(2, 2, activation="softplus", dtype="mixed_float16"),
            keras.layers.Flatten(),
            keras.layers.Dense(1, dtype="mixed_float16"),
        ]
    )
    for value in (
        losses.gradient_penalty(critic, REAL, FAKE, EPSILON),
        losses.r1_penalty(critic, REAL),
        losses.drift_penalty(critic(REAL)),
    ):
        assert keras.backend.standardize_dtype(value.dtype) == "float32"
        assert np.isfinite(array(value))


def test_drift_penalty_is_the_mean_square():
    logits = keras.ops.cast([[3.0], [-1.0], [300.0]], "float16")
    assert array(losses.drift_penalty(logits)) == pytest.approx((9 + 1 + 90_000) / 3)
