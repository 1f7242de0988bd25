import keras
import numpy as np
import pytest
from keras import ops

from keras_gen.backend import outputs_and_input_gradient
from keras_gen.layers import VectorQuantizer

CODES = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]], "float32")


def quantizer(codebook=CODES, shares=None, **options):
    """A layer whose codes, and shares of use, are given."""
    shares = np.full(len(codebook), 1 / len(codebook), "float32") if shares is None else shares
    layer = VectorQuantizer(len(codebook), **options)
    layer.build((None, codebook.shape[1]))
    layer.set_weights([shares, codebook * np.reshape(shares, (-1, 1))])
    return layer


def array(tensor):
    return ops.convert_to_numpy(tensor)


def test_vectors_become_their_nearest_codes():
    layer = quantizer()
    vectors = np.array([[[0.1, 0.2], [0.8, -0.3]], [[-1.0, 1.5], [0.4, 0.1]]], "float32")
    np.testing.assert_array_equal(array(layer.indices(vectors)), [[0, 1], [2, 0]])
    np.testing.assert_allclose(array(layer.codebook), CODES, atol=1e-5)
    np.testing.assert_allclose(array(layer(vectors)), CODES[[[0, 1], [2, 0]]], atol=1e-5)
    np.testing.assert_allclose(array(layer.lookup(np.array([2, 1]))), CODES[[2, 1]], atol=1e-5)


def test_the_gradient_passes_straight_through():
    """That of the outputs' weighted sum is the weights themselves, whatever the codes are."""
    layer = quantizer()
    random = np.random.default_rng(0)
    vectors, weights = random.standard_normal((2, 5, 2)).astype("float32")
    outputs, gradient = outputs_and_input_gradient(
        lambda x: layer(x) * ops.convert_to_tensor(weights), ops.convert_to_tensor(vectors)
    )
    np.testing.assert_array_equal(array(gradient), weights)
    assert np.abs(array(outputs) - vectors * weights).max() > 0.1


def test_codes_are_moving_averages_of_their_vectors():
    """After t equal batches: shares `d^t / 3 + (1 - d^t) n_i / n`, and the sums alike, by hand."""
    layer, decay, steps = quantizer(decay=0.9, revive_below=0.0), 0.9, 4
    vectors = np.array([[0.1, 0.1], [0.3, -0.1], [0.2, 0.0], [1.2, 0.0]], "float32")
    seeds = keras.random.SeedGenerator(0)
    for _ in range(steps):
        layer.follow(ops.convert_to_tensor(vectors), seeds)
    rest = decay**steps
    shares = rest / 3 + (1 - rest) * np.array([0.75, 0.25, 0.0])
    sums = rest * CODES / 3 + (1 - rest) * np.array([[0.6, 0.0], [1.2, 0.0], [0.0, 0.0]]) / 4
    np.testing.assert_allclose(array(layer.shares), shares, atol=1e-6)
    np.testing.assert_allclose(array(layer.codebook), sums / shares[:, None], atol=1e-5)
    np.testing.assert_allclose(array(layer.codebook)[2], CODES[2], atol=1e-5)  # which nobody used


def test_shares_are_smoothed_after_laplace():
    layer = quantizer(shares=np.array([0.5, 0.25, 0.0], "float32"), epsilon=0.05)
    smooth = np.array([0.55, 0.30, 0.05]) / 0.90 * 0.75
    sums = CODES * np.array([[0.5], [0.25], [0.0]])
    np.testing.assert_allclose(array(layer.codebook), sums / smooth[:, None], rtol=1e-5)


def test_dead_codes_become_vectors_of_the_batch():
    layer = quantizer(decay=0.9, revive_below=0.1, shares=np.array([0.5, 0.5, 0.02], "float32"))
    vectors = np.array([[0.1, 0.1], [0.9, 0.3], [0.2, 0.0]], "float32")
    layer.follow(ops.convert_to_tensor(vectors), keras.random.SeedGenerator(0))
    code = array(layer.codebook)[2]
    assert np.abs(vectors - code).max(axis=1).min() < 1e-5
    assert array(layer.shares)[2] == pytest.approx(1 / 3)
    for used, before in zip(array(layer.codebook)[:2], CODES, strict=False):
        assert np.abs(used - before).max() < 0.2  # These are averages still.


def test_a_codebook_larger_than_a_batch_is_drawn_from_it_with_replacement():
    layer = VectorQuantizer(50, seed=0)
    layer.build((None, 2))
    vectors = np.random.default_rng(0).uniform(5, 9, (8, 2)).astype("float32")
    layer.follow(ops.convert_to_tensor(vectors), keras.random.SeedGenerator(0))
    distances = np.abs(array(layer.codebook)[:, None] - vectors).max(axis=-1)
    nearest = distances.argmin(axis=1)[distances.min(axis=1) < 1e-4]
    assert len(nearest) >= 42  # All but those that were the nearest at first.
    assert len(set(nearest)) > 4
    indices = array(layer.indices(ops.convert_to_tensor(vectors)))
    np.testing.assert_allclose(
        array(layer.lookup(indices))[np.isin(np.arange(8), nearest)],
        vectors[np.isin(np.arange(8), nearest)],
        atol=1e-4,
    )


@pytest.mark.parametrize(
    "options",
    [{"codes": 1}, {"decay": 1.0}, {"epsilon": 0.0}, {"revive_below": 2.0}, {"codes": 2.5}],
)
def test_arguments_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=f"`{next(iter(options))}` must be"):
        VectorQuantizer(**{"codes": 4, **options})
