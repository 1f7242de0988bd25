import keras
import numpy as np
import pytest

from keras_gen.backend import input_gradient
from keras_gen.layers import BatchNormalization

RNG = np.random.default_rng(0)
TENSORFLOW = keras.backend.backend() == "tensorflow"


def array(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


def both(shape, **arguments):
    """Our layer and Keras's, built alike."""
    layers = BatchNormalization(**arguments), keras.layers.BatchNormalization(**arguments)
    for layer in layers:
        layer.build(shape)
        for weight in layer.trainable_variables:
            weight.assign(1.0 + 0.5 * np.arange(np.prod(weight.shape)).reshape(weight.shape))
    return layers


CASES = {
    "images": ((4, 3, 2, 5), {}),
    "vectors": ((6, 5), {}),
    "neither gamma nor beta": ((4, 3, 2, 5), {"scale": False, "center": False}),
    "the networks' settings": ((4, 3, 2, 5), {"momentum": 0.9, "epsilon": 1e-5}),
    "one example": ((1, 1, 1, 3), {}),
    "channels first": ((4, 3, 2, 5), {"axis": 1}),
    "volumes": ((4, 3, 2, 2, 5), {}),
    "frozen": ((4, 3, 2, 5), {"trainable": False}),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_it_computes_what_keras_layer_does(case, training):
    shape, arguments = CASES[case]
    inputs = RNG.normal(3.0, 2.0, size=shape).astype("float32")
    ours, keras_own = both(shape, **arguments)
    for _ in range(2):
        expected = array(keras_own(inputs, training=training))
        np.testing.assert_allclose(array(ours(inputs, training=training)), expected, atol=2e-5)
    for weight, expected in zip(ours.weights, keras_own.weights, strict=True):
        assert weight.name == expected.name
        np.testing.assert_allclose(array(weight), array(expected), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_keeps_statistics_in_float32(precision):
    inputs = RNG.normal(1.0, 2.0, size=(8, 4, 4, 3)).astype("float32")
    ours, keras_own = both(inputs.shape, dtype=precision)
    outputs, expected = ours(inputs, training=True), keras_own(inputs, training=True)
    assert outputs.dtype == expected.dtype
    np.testing.assert_allclose(array(outputs), array(expected), rtol=0.01, atol=0.02)
    for weight, other in zip(ours.weights, keras_own.weights, strict=True):
        assert keras.backend.standardize_dtype(weight.dtype) == "float32"
        np.testing.assert_allclose(array(weight), array(other), rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("shape", [(4, 3, 2, 5), (6, 5)])
def test_first_and_second_gradients_are_keras_layer_s(shape):
    inputs = RNG.normal(3.0, 2.0, size=shape).astype("float32")
    goals = keras.ops.convert_to_tensor(RNG.normal(size=shape).astype("float32"))
    results = []
    for layer in both(shape):

        def loss(x, layer=layer):
            weights = layer.trainable_variables, layer.non_trainable_variables
            outputs, _ = layer.stateless_call(*weights, x, training=True)
            return keras.ops.sum(keras.ops.tanh(outputs) * goals)

        def squared_slope(x, loss=loss):
            return keras.ops.sum(input_gradient(loss, x) ** 2)

        x = keras.ops.convert_to_tensor(inputs)
        results.append((array(input_gradient(loss, x)), array(input_gradient(squared_slope, x))))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-4)


def test_a_mask_leaves_out_what_it_hides():
    inputs = RNG.normal(size=(4, 3, 2, 5)).astype("float32")
    mask = RNG.uniform(size=(4, 3, 2)) < 0.5
    ours, keras_own = both(inputs.shape)
    np.testing.assert_allclose(
        array(ours(inputs, training=True, mask=mask)),
        array(keras_own(inputs, training=True, mask=mask)),
        atol=1e-5,
    )


@pytest.mark.skipif(not TENSORFLOW, reason="The fused kernel is TensorFlow's.")
def test_training_takes_the_fused_kernel():
    import tensorflow as tf

    layer = BatchNormalization()
    layer.build((2, 4, 4, 3))
    step = tf.function(lambda x: layer(x, training=True))
    graph = step.get_concrete_function(tf.TensorSpec((2, 4, 4, 3))).graph
    assert "FusedBatchNormV3" in {operation.type for operation in graph.get_operations()}
