import math

import keras
import numpy as np
import pytest

from keras_gen.backend import input_gradient
from keras_gen.losses import patch_nce


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def features(batch=2, positions=5, units=3, seed=0):
    values = np.random.default_rng(seed).normal(size=(batch, positions, units))
    return values.astype("float32")


def test_it_is_the_cross_entropy_of_cosines_image_by_image():
    queries, keys = features(), features(seed=1)
    expected = []
    for query, key in zip(queries, keys, strict=True):
        query, key = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (query, key))
        chances = np.exp(query @ key.T / 0.07)
        chances /= chances.sum(axis=1, keepdims=True)
        expected.append(-np.log(np.diag(chances)).mean())
    np.testing.assert_allclose(array(patch_nce(queries, keys)), expected, rtol=1e-4)


@pytest.mark.parametrize("positions", [1, 7, 256])
def test_of_features_that_are_all_equal_it_is_log_of_positions(positions):
    same = np.ones((2, positions, 4), "float32")
    np.testing.assert_allclose(array(patch_nce(same, same)), math.log(positions), atol=1e-5)


def test_of_a_copy_it_is_near_its_minimum():
    apart = np.eye(16, dtype="float32")[None]
    least = math.log(1 + 15 * math.exp(-1 / 0.07))
    (copied,) = array(patch_nce(apart, apart))
    (shuffled,) = array(patch_nce(apart, np.roll(apart, 1, axis=1)))
    assert copied == pytest.approx(least, abs=1e-6) and copied < 1e-4
    assert shuffled == pytest.approx(1 / 0.07 + least, rel=1e-5)


def test_keys_get_no_gradient_and_queries_do():
    queries, keys = (keras.ops.convert_to_tensor(features(seed=seed)) for seed in (0, 1))
    of_keys = input_gradient(lambda x: patch_nce(queries, x) + 0.0 * keras.ops.sum(x), keys)
    assert np.abs(array(of_keys)).max() == 0
    assert np.abs(array(input_gradient(lambda x: patch_nce(x, keys), queries))).max() > 0.1


def test_negatives_are_of_the_same_image():
    """Another image's features change nothing, neither the loss nor its gradient."""
    queries, keys = features(), features(seed=1)
    others = keys.copy()
    others[1] = queries[1]
    first, second = (array(patch_nce(queries, each)) for each in (keys, others))
    assert first[0] == pytest.approx(second[0], rel=1e-6) and first[1] != pytest.approx(second[1])


def test_features_of_zeros_have_a_gradient_that_is_finite_and_not_steep():
    zeros = keras.ops.zeros((1, 3, 4))
    gradient = array(input_gradient(lambda x: patch_nce(x, features(1, 3, 4)), zeros))
    # Of vectors of length 1 it is at most 2 / 0.07, and what is shorter than 1e-3 is not brought to length 1.
    assert np.isfinite(gradient).all() and 0 < np.abs(gradient).max() < 1e3 * 2 / 0.07


def test_what_it_refuses():
    with pytest.raises(ValueError, match=r"`temperature` must be a number above 0.*temperature=0"):
        patch_nce(features(), features(), temperature=0)
    with pytest.raises(ValueError, match="`queries` and `keys` must have the same shape"):
        patch_nce(features(), features(positions=4))
