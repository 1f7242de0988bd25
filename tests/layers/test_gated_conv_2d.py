import keras
import numpy as np
import pytest

from keras_gen.layers import GatedConv2D, SpectralNormalization


def by_hand(inputs, kernel, bias, gate_bias, filters, strides):
    """Loops over places: a second implementation, of odd kernels and of 4 x 4 at stride 2."""
    side = kernel.shape[0]
    batch, height, width, _ = inputs.shape
    rows, columns = -(-height // strides), -(-width // strides)
    before = (max((rows - 1) * strides + side - height, 0)) // 2
    padded = np.pad(inputs, ((0, 0), (before, side), (before, side), (0, 0)))
    outputs = np.zeros((batch, rows, columns, filters))
    for i in range(rows):
        for j in range(columns):
            patch = padded[:, i * strides :, j * strides :][:, :side, :side]
            both = np.tensordot(patch, kernel, 3)
            features, gates = both[:, :filters] + bias, both[:, filters:] + gate_bias
            elu = np.where(features > 0, features, np.exp(np.minimum(features, 0)) - 1)
            outputs[:, i, j] = elu / (1 + np.exp(-gates))
    return outputs


@pytest.mark.parametrize("gates", ["full", "single"])
@pytest.mark.parametrize(("side", "strides"), [(3, 1), (4, 2)])
def test_features_times_gates(gates, side, strides):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(2, 6, 6, 3)).astype("float32")
    layer = GatedConv2D(5, side, strides, gates)
    layer.build(inputs.shape)
    assert layer.kernel.shape == (side, side, 3, 10 if gates == "full" else 6)
    weights = [rng.normal(size=w.shape).astype("float32") for w in layer.weights]
    layer.set_weights(weights)
    outputs = keras.ops.convert_to_numpy(layer(inputs))
    assert outputs.shape == layer.compute_output_shape(inputs.shape)
    np.testing.assert_allclose(outputs, by_hand(inputs, *weights, 5, strides), rtol=1e-4, atol=1e-4)


def test_a_closed_gate_hides_a_place_and_an_open_one_lets_it_through():
    """The gate sees the second channel alone, a mask: 1 where it is hidden."""
    layer = GatedConv2D(1, 1, activation="linear")
    layer.build((1, 1, 2, 2))
    kernel = np.array([[1.0, 0.0], [0.0, -40.0]], "float32").reshape(1, 1, 2, 2)
    layer.set_weights([kernel, np.zeros(1), np.full(1, 20.0)])
    inputs = np.array([[3.0, 0.0], [3.0, 1.0]], "float32").reshape(1, 1, 2, 2)
    outputs = keras.ops.convert_to_numpy(layer(inputs)).ravel()
    np.testing.assert_allclose(outputs, [3.0, 0.0], atol=1e-6)


def test_its_kernel_can_be_spectrally_normalised():
    layer = GatedConv2D(2, 1, kernel_initializer="ones")
    spectral = SpectralNormalization(layer, power_iterations=30)
    inputs = np.ones((1, 1, 1, 3), "float32")
    outputs = keras.ops.convert_to_numpy(spectral(inputs, training=True))
    value = 3 / np.sqrt(12)  # a matrix of 3 x 4 ones
    np.testing.assert_allclose(outputs, value / (1 + np.exp(-value - 1)), rtol=1e-4)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("filters", 0), ("kernel_size", 2.0), ("strides", True), ("gates", "none")],
)
def test_refuses(argument, value):
    given = {"filters": 1, "kernel_size": 3, argument: value}
    with pytest.raises(ValueError, match=rf"`{argument}` must be .*Received: {argument}="):
        GatedConv2D(**given)
