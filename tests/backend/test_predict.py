import keras
import numpy as np
import pytest

from keras_gen.backend import predict
from tests.core.toys import array

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(7, 3)).astype("float32"), np.arange(7, dtype="int32") % 2


def network():
    """Two inputs, two outputs, and a dropout that inference must leave out."""
    x, label = keras.Input((3,)), keras.Input((), dtype="int32")
    y = keras.layers.Dense(4)(x)
    y = keras.layers.Add()([y, keras.layers.Embedding(2, 4)(label)])
    return keras.Model([x, label], [y, keras.layers.Dropout(0.9)(y)])


@pytest.mark.parametrize("batch_size", [1, 3, 6, 7, 8, 128])
def test_outputs_are_those_of_a_call_in_inference(batch_size):
    net = network()
    outputs = predict(net, [X, LABELS], batch_size)
    for got, expected in zip(outputs, net([X, LABELS], training=False), strict=True):
        assert isinstance(got, np.ndarray)
        np.testing.assert_allclose(got, array(expected), rtol=1e-5, atol=1e-6)


def test_one_output_is_an_array_and_later_weights_count():
    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
    for n in (1, 5, 7):  # One traced shape does not stand for another.
        net.set_weights([np.full((3, 1), n, "float32")])
        outputs = predict(net, X[:n], 128)
        assert outputs.shape == (n, 1)
        np.testing.assert_allclose(outputs[:, 0], n * X[:n].sum(axis=1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("batch_size", [3, 128])
def test_outputs_of_half_precision_come_as_float32(dtype, batch_size):
    """NumPy itself has no bfloat16, nor have those who read the arrays."""
    dense = keras.layers.Dense(2, use_bias=False, dtype=dtype)
    net = keras.Sequential([keras.Input((3,)), dense])
    outputs = predict(net, X, batch_size)
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(outputs, X @ array(dense.kernel).astype("float32"), atol=0.05)
