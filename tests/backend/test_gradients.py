import keras
import numpy as np
import pytest

from keras_gen.backend import input_gradient
from keras_gen.core.network_calls import record, without_updates
from tests.cases import UNTRACED
from tests.core.toys import Flattened, array, factor, ones, scale

X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


def noisy_network():
    """Batch statistics and a dropout mask: what a call in training mode changes."""
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=1),
            keras.layers.Dense(1, use_bias=False),
        ]
    )


def state_of(network):
    return [array(variable).copy() for variable in network.non_trainable_variables]


def test_input_gradient_is_differentiable_again_and_again():
    x = keras.ops.convert_to_tensor(X)
    cube = lambda x: x**3  # noqa: E731
    first = input_gradient(cube, x)
    second = input_gradient(lambda x: input_gradient(cube, x), x)
    third = input_gradient(lambda x: input_gradient(lambda x: input_gradient(cube, x), x), x)
    np.testing.assert_allclose(array(first), 3 * X**2, rtol=1e-5)
    np.testing.assert_allclose(array(second), 6 * X, rtol=1e-5)
    np.testing.assert_allclose(array(third), np.full_like(X, 6), rtol=1e-5)


def test_input_gradient_is_zero_where_nothing_depends_on_the_inputs():
    constant = lambda x: 0.0 * x + 1.0  # noqa: E731
    gradient = input_gradient(constant, keras.ops.convert_to_tensor(X))
    np.testing.assert_array_equal(array(gradient), np.zeros_like(X))


def test_without_updates_is_training_mode_that_leaves_no_trace():
    network = noisy_network()
    before = state_of(network)
    outputs = array(without_updates(network)(keras.ops.convert_to_tensor(X)))
    gradient = input_gradient(without_updates(network), keras.ops.convert_to_tensor(X))
    assert np.abs(array(gradient)).max() > 0
    for old, new in zip(before, state_of(network), strict=True):
        np.testing.assert_array_equal(new, old)
    # The same mask and the batch's own statistics: what the next true call in training mode gives.
    np.testing.assert_allclose(array(network(X, training=True)), outputs, rtol=1e-5, atol=1e-6)
    assert any((a != b).any() for a, b in zip(before, state_of(network), strict=True))
    assert np.abs(outputs - array(network(X, training=False))).max() > 1e-3


def test_without_updates_takes_further_inputs_and_the_first_of_several_outputs():
    a, b = keras.Input((3,)), keras.Input((3,))
    network = keras.Model([a, b], [a - 2 * b, a + b])
    outputs = without_updates(network, keras.ops.convert_to_tensor(X))
    np.testing.assert_allclose(array(outputs(keras.ops.zeros_like(X))), -2 * X, rtol=1e-6)


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_a_penalty_on_the_gradient_reaches_the_weights(run_eagerly):
    # The network is w x, its gradient w, the penalty w^2 / 2, whose gradient is w.
    model = Flattened(scale(2.0))
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=run_eagerly)
    history = model.fit(ones(), verbose=0).history
    assert history["loss"] == [pytest.approx(2.0)]
    assert factor(model.network) == pytest.approx(2.0 * 0.9)


def test_a_penalty_moves_no_batch_statistics():
    network = noisy_network()
    model = Flattened(network)
    model.compile(keras.optimizers.SGD(0.1), **UNTRACED)
    before, weights = state_of(network), network.get_weights()
    model.fit(X, verbose=0)
    for old, new in zip(before, state_of(network), strict=True):
        np.testing.assert_array_equal(new, old)
    assert any((a != b).any() for a, b in zip(weights, network.get_weights(), strict=True))


def test_a_recorded_pass_is_the_plain_one_with_the_way_back():
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    recorded = record(network, keras.ops.convert_to_tensor(X))
    np.testing.assert_allclose(array(recorded.outputs), array(network(X)), rtol=1e-6)
    at_outputs = np.random.default_rng(1).normal(size=(4, 2)).astype("float32")
    kernel, bias = recorded.pullback(keras.ops.convert_to_tensor(at_outputs))
    np.testing.assert_allclose(array(kernel), X.T @ at_outputs, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(array(bias), at_outputs.sum(0), rtol=1e-5, atol=1e-6)
