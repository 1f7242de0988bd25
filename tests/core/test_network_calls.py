"""A network runs once on several batches where that gives what a run on each would."""

import keras
import numpy as np
import pytest

from keras_gen import networks
from keras_gen.core.network_calls import run_together

SHAPE = (8, 8, 3)
NORMALIZATIONS = {"instance": 1, "layer": 1, None: 1, "batch": 2, "spectral": 2}


def images(seed, n=4):
    return np.random.default_rng(seed).uniform(-1, 1, (n, *SHAPE)).astype("float32")


def counting(network):
    """The network, and a list that grows by one with each of its runs."""
    runs = []
    call = network.call

    def counted(*args, **kwargs):
        runs.append(1)
        return call(*args, **kwargs)

    network.call = counted
    return runs


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_outputs_are_those_of_a_run_on_each_batch(normalization):
    network, twin = (
        networks.patch_discriminator(SHAPE, base_filters=4, normalization=normalization, seed=0)
        for _ in range(2)
    )
    runs = counting(network)
    batches = images(0), images(1)
    results = run_together(network, *batches, training=True)
    assert len(runs) == NORMALIZATIONS[normalization]
    for batch, result in zip(batches, results, strict=True):
        expected = twin(batch, training=True)
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(result), keras.ops.convert_to_numpy(expected), atol=1e-5
        )


def test_batches_of_different_sizes_and_several_inputs():
    network = networks.patch_discriminator(SHAPE, SHAPE, base_filters=4)
    pairs = [images(0, 2), images(1, 2)], [images(2, 3), images(3, 3)]
    results = run_together(network, *pairs, training=True)
    for pair, result in zip(pairs, results, strict=True):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(result),
            keras.ops.convert_to_numpy(network(pair, training=True)),
            atol=1e-5,
        )


def test_what_is_not_known_to_go_by_example_runs_apart():
    class Centred(keras.layers.Layer):
        def call(self, x):
            return x - keras.ops.mean(x, axis=0, keepdims=True)

    inputs = keras.Input(SHAPE)
    by_layer = keras.Model(inputs, Centred()(inputs))
    by_operation = keras.Model(inputs, inputs - keras.ops.mean(inputs, axis=0, keepdims=True))
    nested = keras.Sequential([keras.Input(SHAPE), by_layer])
    dropout = keras.Sequential([keras.Input(SHAPE), keras.layers.Dropout(0.5, seed=0)])
    for network in (by_layer, by_operation, nested, dropout):
        runs = counting(network)
        run_together(network, images(0), images(1), training=True)
        assert len(runs) == 2

    plain = keras.Sequential([keras.Input(SHAPE), keras.layers.ReLU()])
    nested = keras.Sequential([keras.Input(SHAPE), plain])
    runs = counting(nested)
    run_together(nested, images(0), images(1), training=True)
    assert len(runs) == 1


def test_of_several_outputs_each_batch_has_its_own():
    pictures = keras.Input((4,))
    hidden = keras.layers.Dense(3)(pictures)
    network = keras.Model(pictures, [hidden, keras.layers.Dense(2)(hidden)])
    batches = [np.random.default_rng(seed).normal(size=(n, 4)) for seed, n in enumerate((2, 3))]
    results = run_together(network, *batches, training=True)
    for batch, result in zip(batches, results, strict=True):
        for ours, alone in zip(result, network(batch), strict=True):
            np.testing.assert_allclose(
                keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(alone), rtol=1e-5
            )
