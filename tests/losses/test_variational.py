import keras
import numpy as np
import pytest

from keras_gen import losses

RNG = np.random.default_rng(0)


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def log_normal(x, mean, deviation):
    return -0.5 * ((x - mean) / deviation) ** 2 - np.log(deviation * np.sqrt(2 * np.pi))


def test_gaussian_kl_equals_the_closed_form():
    mean, log_variance = RNG.normal(size=(2, 5, 3))
    expected = np.zeros(5)
    for i, j in np.ndindex(5, 3):  # log(1 / s) + (s^2 + m^2) / 2 - 1 / 2
        deviation = np.exp(log_variance[i, j] / 2)
        expected[i] += -np.log(deviation) + (deviation**2 + mean[i, j] ** 2) / 2 - 0.5
    divergence = array(losses.gaussian_kl_divergence(mean, log_variance))
    assert divergence.shape == (5,)
    np.testing.assert_allclose(divergence, expected, rtol=1e-5)


def test_gaussian_kl_equals_its_integral():
    x = np.linspace(-12, 12, 20_001)
    density = np.exp(log_normal(x, 0.7, 0.5))
    integral = np.sum(density * (log_normal(x, 0.7, 0.5) - log_normal(x, 0, 1))) * (x[1] - x[0])
    divergence = losses.gaussian_kl_divergence([[0.7]], [[2 * np.log(0.5)]])
    np.testing.assert_allclose(array(divergence), [integral], rtol=1e-5)


def test_gaussian_kl_is_zero_at_the_prior_and_precise_near_it():
    assert array(losses.gaussian_kl_divergence(np.zeros((2, 4)), np.zeros((2, 4)))).max() == 0.0
    # Half the square of a small log variance over two: lost in 1 + v - exp(v).
    near = array(losses.gaussian_kl_divergence(np.zeros((1, 1)), np.full((1, 1), 1e-2)))
    np.testing.assert_allclose(near, [(np.expm1(1e-2) - 1e-2) / 2], rtol=1e-3)


def test_gaussian_log_density_equals_its_formula_and_broadcasts():
    x, mean, log_variance = RNG.normal(size=(3, 4, 2))
    expected = log_normal(x, mean, np.exp(log_variance / 2)).sum(axis=1)
    np.testing.assert_allclose(
        array(losses.gaussian_log_density(x, mean, log_variance)), expected, rtol=1e-5
    )
    np.testing.assert_allclose(
        array(losses.gaussian_log_density(x, 0.0, 0.0)), log_normal(x, 0, 1).sum(axis=1), rtol=1e-5
    )


def test_bernoulli_log_likelihood_is_summed_over_pixels_and_channels():
    images = RNG.uniform(-1, 1, size=(3, 4, 2, 2))
    logits = RNG.normal(0, 3, size=images.shape)
    white, probability = (images + 1) / 2, 1 / (1 + np.exp(-logits))
    expected = (white * np.log(probability) + (1 - white) * np.log(1 - probability)).sum((1, 2, 3))
    value = array(losses.BernoulliLikelihood().log_likelihood(images, logits))
    assert value.shape == (3,)
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_bernoulli_log_likelihood_has_a_bound_beyond_the_range_too():
    beyond, ends = (
        np.array(values, "float32").reshape(2, 1, 1, 1) for values in ([1.4, -1.4], [1, -1])
    )
    logits = np.full((2, 1, 1, 1), 50.0, "float32")
    likelihood = losses.BernoulliLikelihood()
    found = array(likelihood.log_likelihood(beyond, logits))
    np.testing.assert_allclose(found, array(likelihood.log_likelihood(ends, logits)))
    assert found.max() <= 0.0


def test_bernoulli_log_likelihood_of_extreme_logits():
    images = np.array([1.0, -1.0, 1.0]).reshape(3, 1, 1, 1)
    logits = np.array([1e4, -1e4, -1e4]).reshape(3, 1, 1, 1)
    value = array(losses.BernoulliLikelihood().log_likelihood(images, logits))
    np.testing.assert_allclose(value, [0.0, 0.0, -1e4])


def test_bernoulli_mean_is_twice_the_probability_less_one():
    logits = np.array([[-1e4, 0.0, np.log(3.0), 1e4]])
    np.testing.assert_allclose(
        array(losses.BernoulliLikelihood().mean(logits)), [[-1, 0, 0.5, 1]], atol=1e-6
    )


@pytest.mark.parametrize("deviation", [0.1, 1.0, 2.0])
def test_gaussian_log_likelihood_is_summed_over_pixels_and_channels(deviation):
    images, outputs = RNG.uniform(-1, 1, size=(2, 3, 4, 2, 2))
    expected = log_normal(images, outputs, deviation).sum((1, 2, 3))
    value = array(losses.GaussianLikelihood(deviation).log_likelihood(images, outputs))
    assert value.shape == (3,)
    np.testing.assert_allclose(value, expected, rtol=1e-4)


def test_gaussian_mean_stays_in_the_images_range():
    mean = losses.GaussianLikelihood().mean(np.array([[-3.0, 0.25, 1.5]]))
    np.testing.assert_allclose(array(mean), [[-1, 0.25, 1]])


@pytest.mark.parametrize("likelihood", [losses.BernoulliLikelihood(), losses.GaussianLikelihood()])
def test_half_precision_gives_float32(likelihood):
    images = keras.ops.ones((2, 40, 40, 3), "float16")
    outputs = keras.ops.full((2, 40, 40, 3), -8.0, "float16")
    for value in (likelihood.log_likelihood(images, outputs), likelihood.mean(outputs)):
        assert keras.backend.standardize_dtype(value.dtype) == "float32"
        assert np.isfinite(array(value)).all()


@pytest.mark.parametrize("likelihood", [losses.BernoulliLikelihood(), losses.GaussianLikelihood()])
def test_other_shapes_are_refused_rather_than_broadcast(likelihood):
    with pytest.raises(ValueError, match=r"same shape.*outputs.shape=\(2, 4, 4, 1\)"):
        likelihood.log_likelihood(np.zeros((2, 4, 4, 3)), np.zeros((2, 4, 4, 1)))


@pytest.mark.parametrize("deviation", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_standard_deviation_is_refused(deviation):
    with pytest.raises(ValueError, match="Received: standard_deviation="):
        losses.GaussianLikelihood(deviation)


def test_get_likelihood_by_name_object_and_config():
    assert isinstance(losses.get_likelihood("bernoulli"), losses.BernoulliLikelihood)
    assert losses.get_likelihood("gaussian").standard_deviation == 1.0
    for likelihood in (losses.BernoulliLikelihood(), losses.GaussianLikelihood(0.3)):
        assert losses.get_likelihood(likelihood) is likelihood
        again = losses.get_likelihood(keras.saving.serialize_keras_object(likelihood))
        assert type(again) is type(likelihood)
        assert again.get_config() == likelihood.get_config()


@pytest.mark.parametrize(
    "identifier", ["laplace", None, losses.BernoulliLikelihood, object(), {"name": "gaussian"}]
)
def test_get_likelihood_refuses_what_is_none_and_lists_the_names(identifier):
    with pytest.raises(ValueError, match=r"'bernoulli', 'gaussian'.*Received: likelihood="):
        losses.get_likelihood(identifier)


def test_free_bits_are_a_floor_under_each_dimension_of_the_batch():
    mean = np.array([[1.0, 0.2, 0.0], [0.0, 0.0, 0.0]])
    # Averaged over the batch the divergences are 0.25, 0.01 and 0.
    found = losses.free_bits_divergence(mean, np.zeros((2, 3)), 0.1)
    assert float(found) == pytest.approx(0.25 + 0.1 + 0.1, rel=1e-6)
    none = losses.free_bits_divergence(mean, np.full((2, 3), 0.3), 0.0)
    whole = losses.gaussian_kl_divergence(mean, np.full((2, 3), 0.3))
    assert float(none) == pytest.approx(array(whole).mean(), rel=1e-6)


LEVELS = (np.arange(256) / 127.5 - 1.0).astype("float32")


@pytest.mark.parametrize("scale", [0.002, 0.1, 3.0])
@pytest.mark.parametrize("mean", [-1.2, -0.3, 0.0, 0.999])
def test_a_discretized_logistic_sums_to_one_over_the_levels(scale, mean):
    likelihood = losses.DiscretizedLogisticLikelihood(scale)
    images = LEVELS.reshape(256, 1, 1, 1)
    found = array(likelihood.log_likelihood(images, np.full_like(images, mean)))
    assert np.exp(found.astype("float64")).sum() == pytest.approx(1.0, rel=1e-3)
    # Level 100 has what lies between its edges.
    edges = (LEVELS[100] + np.array([1.0, -1.0]) / 255 - mean) / scale
    upper, lower = 1 / (1 + np.exp(-edges.astype("float64")))
    if upper - lower > 1e-6:
        assert found[100] == pytest.approx(np.log(upper - lower), rel=1e-3)


def test_a_discretized_logistic_reads_the_nearest_level_and_sums_pixels():
    likelihood = losses.DiscretizedLogisticLikelihood(0.05)
    pair = np.array([LEVELS[9] + 0.001, LEVELS[9]]).reshape(2, 1, 1, 1)
    first, second = array(likelihood.log_likelihood(pair, np.zeros((2, 1, 1, 1))))
    assert first == second
    # As resizing makes them, beyond white and black.
    beyond, ends = np.array([1.06, -1.02]), np.array([1.0, -1.0])
    found = [
        array(likelihood.log_likelihood(x.reshape(2, 1), np.zeros((2, 1)))) for x in (beyond, ends)
    ]
    np.testing.assert_array_equal(*found)
    both = likelihood.log_likelihood(pair.reshape(1, 2, 1, 1), np.zeros((1, 2, 1, 1)))
    assert array(both) == pytest.approx([first + second], rel=1e-6)
    assert np.isfinite(array(likelihood.log_likelihood(-np.ones((1, 1)), np.full((1, 1), 50.0))))


def test_a_learned_gaussian_begins_as_the_fixed_one():
    images, outputs = RNG.uniform(-1, 1, (2, 3, 2, 2, 1))
    fixed = losses.GaussianLikelihood(0.3).log_likelihood(images, outputs)
    learned = losses.LearnedGaussianLikelihood(0.3)
    np.testing.assert_allclose(
        array(learned.log_likelihood(images, outputs)), array(fixed), rtol=1e-5
    )
    (weight,) = learned.trainable_variables
    weight.assign(-50.0)
    assert array(learned.log_scale) == pytest.approx(np.log(1e-3), rel=1e-6)  # and no less
    assert array(learned.mean(np.array([3.0]))) == [1.0]


@pytest.mark.parametrize("scale", [0.0, 1e-3, np.inf, np.nan])
def test_learned_scales_refuse(scale):
    with pytest.raises(ValueError, match=r"`scale` must be above 0\.001 and finite"):
        losses.LearnedGaussianLikelihood(scale)
    with pytest.raises(ValueError, match="`scale`"):
        losses.DiscretizedLogisticLikelihood(scale)
