import keras
import numpy as np

from keras_gen.backend import input_gradient
from keras_gen.layers import Sampling


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_draws_have_the_mean_and_the_variance():
    mean, log_variance = np.full((20_000, 2), [3.0, -1.0]), np.full((20_000, 2), [-2.0, 1.0])
    draws = array(Sampling(seed=0)([mean, log_variance]))
    deviation = np.exp(log_variance[0] / 2)
    error = deviation / np.sqrt(20_000)
    assert (np.abs(draws.mean(axis=0) - mean[0]) < 5 * error).all()
    assert (np.abs(draws.std(axis=0) - deviation) < 5 * error).all()
    assert abs(np.corrcoef(draws.T)[0, 1]) < 0.05


def test_draws_go_by_the_seed_and_differ_from_call_to_call():
    inputs = [np.zeros((2, 3)), np.zeros((2, 3))]
    layer = Sampling(seed=1)
    first, second = array(layer(inputs)), array(layer(inputs))
    np.testing.assert_array_equal(array(Sampling(seed=1)(inputs)), first)
    assert not np.array_equal(first, second)
    assert not np.array_equal(array(Sampling(seed=2)(inputs)), first)


def test_gradients_reach_the_mean_and_the_log_variance():
    # sum(draws) by log variance: exp(log_variance / 2) * noise / 2.
    mean, log_variance = keras.ops.zeros((4, 3)), keras.ops.zeros((4, 3))
    noise = array(Sampling(seed=5)([mean, log_variance]))
    by_mean = input_gradient(lambda m: Sampling(seed=5)([m, log_variance]), mean)
    by_log_variance = input_gradient(lambda v: Sampling(seed=5)([mean, v]), log_variance)
    np.testing.assert_allclose(array(by_mean), np.ones((4, 3)))
    np.testing.assert_allclose(array(by_log_variance), noise / 2, rtol=1e-5)
