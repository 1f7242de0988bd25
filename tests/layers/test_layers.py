"""What holds for every layer: configs, files, precision, shapes, whole steps under XLA."""

import inspect

import keras
import numpy as np
import pytest

from keras_gen import layers

# Fit compiles with XLA where the backend has it.
JIT = keras.backend.backend() != "torch"
IMAGE, VECTOR, LABEL = ((6, 5, 2), "float32"), ((4,), "float32"), ((), "int32")


def half_faded_in(**kwargs):
    """Both of its inputs count."""
    layer = layers.FadeIn(**kwargs)
    layer.share.assign(0.5)
    return layer


LAYERS = {
    "AdaptiveAugment": (
        lambda **k: layers.AdaptiveAugment("flip,color", 0.5, 1000, seed=3, **k),
        [IMAGE],
    ),
    "BatchNormalization": (
        lambda **k: layers.BatchNormalization(momentum=0.8, epsilon=1e-5, **k),
        [IMAGE],
    ),
    "BicubicUpsampling2D": (lambda **k: layers.BicubicUpsampling2D(3, **k), [IMAGE]),
    "BilinearUpsampling2D": (lambda **k: layers.BilinearUpsampling2D(3, **k), [IMAGE]),
    "Blur2D": (lambda **k: layers.Blur2D(2, 2, **k), [IMAGE]),
    "Clip": (lambda **k: layers.Clip(-0.5, 0.25, **k), [IMAGE]),
    "Cropping2D": (lambda **k: layers.Cropping2D(((1, 2), 1), **k), [IMAGE]),
    "DiffAugment": (lambda **k: layers.DiffAugment("flip,color", 0.5, seed=3, **k), [IMAGE]),
    "EqualizedConv2D": (
        lambda **k: layers.EqualizedConv2D(
            4, 3, 2, "valid", gain=0.5, kernel_initializer="he_normal", **k
        ),
        [IMAGE],
    ),
    "EqualizedDense": (
        lambda **k: layers.EqualizedDense(5, 1.5, 0.5, kernel_initializer="he_normal", **k),
        [VECTOR],
    ),
    "FadeIn": (half_faded_in, [IMAGE, IMAGE]),
    "GatedActivation": (lambda **k: layers.GatedActivation(None, **k), [IMAGE]),
    "GatedConv2D": (
        lambda **k: layers.GatedConv2D(4, 3, 2, "single", kernel_initializer="glorot_uniform", **k),
        [IMAGE],
    ),
    "ImagePool": (lambda **k: layers.ImagePool(5, seed=3, **k), [IMAGE]),
    "ImageToVelocity": (
        lambda **k: layers.ImageToVelocity(0.1, **k),
        [IMAGE, IMAGE, ((), "float32")],
    ),
    "InstanceNormalization": (lambda **k: layers.InstanceNormalization(epsilon=1e-4, **k), [IMAGE]),
    "LabelMap": (lambda **k: layers.LabelMap(3, **k), [IMAGE, LABEL]),
    "LabelProjection": (
        lambda **k: layers.LabelProjection(3, kernel_initializer="he_normal", **k),
        [VECTOR, LABEL],
    ),
    "LearnedBasis": (
        lambda **k: layers.LearnedBasis((2, 3), basis_initializer="he_normal", **k),
        [VECTOR],
    ),
    "LearnedConstant": (lambda **k: layers.LearnedConstant((2, 3), 4, "he_normal", **k), [VECTOR]),
    "MinibatchStandardDeviation": (layers.MinibatchStandardDeviation, [IMAGE]),
    "ModulatedConv2D": (
        lambda **k: layers.ModulatedConv2D(
            4, 3, upsample=True, level=1, gain=1.5, style_initializer="he_normal", **k
        ),
        [IMAGE, ((3, 4), "float32")],
    ),
    "NoiseInjection": (lambda **k: layers.NoiseInjection(1.5, seed=3, **k), [IMAGE]),
    "PixelNormalization": (layers.PixelNormalization, [IMAGE]),
    "PixelShuffle": (lambda **k: layers.PixelShuffle(2, **k), [((6, 5, 8), "float32")]),
    "ReflectionPadding2D": (lambda **k: layers.ReflectionPadding2D(((1, 2), 3), **k), [IMAGE]),
    "Sampling": (lambda **k: layers.Sampling(seed=3, **k), [VECTOR, VECTOR]),
    "SiLU": (layers.SiLU, [IMAGE]),
    "SinusoidalEmbedding": (lambda **k: layers.SinusoidalEmbedding(6, 10.0, **k), [VECTOR]),
    "SpectralNormalization": (
        lambda **k: layers.SpectralNormalization(
            keras.layers.Conv2DTranspose(3, 3, strides=2, padding="same", **k), 2, **k
        ),
        [IMAGE],
    ),
    "VectorQuantizer": (
        lambda **k: layers.VectorQuantizer(4, 0.9, 1e-6, 0.2, seed=3, **k),
        [IMAGE],
    ),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def layer_and_inputs(layer_name, batch_size=3, **kwargs):
    make, specs = LAYERS[layer_name]
    rng = np.random.default_rng(0)
    inputs = [
        rng.integers(0, 3, size=(batch_size, *shape)).astype(dtype)
        if dtype == "int32"
        else rng.uniform(-1, 1, size=(batch_size, *shape)).astype(dtype)
        for shape, dtype in specs
    ]
    return make(**kwargs), inputs[0] if len(inputs) == 1 else inputs


def model_of(name, layer, extra=None):
    """A functional model of the layer; with `extra`, of a trainable layer before it too."""
    inputs = [keras.Input(shape, dtype=dtype) for shape, dtype in LAYERS[name][1]]
    first = extra(inputs[0]) if extra else inputs[0]
    outputs = layer([first, *inputs[1:]] if len(inputs) > 1 else first)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs)


def test_every_public_layer_is_here():
    assert set(LAYERS) == set(layers.__all__)


@every_layer
def test_config_round_trip(name):
    layer, _ = layer_and_inputs(name, name="its_name")
    serialised = keras.saving.serialize_keras_object(layer)
    assert serialised["registered_name"] == f"keras_gen>{name}"
    again = keras.saving.deserialize_keras_object(serialised)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    arguments = set(inspect.signature(type(layer)).parameters) - {"args", "kwargs"}
    assert arguments <= set(layer.get_config())
    assert all(hasattr(layer, argument) for argument in arguments)


@every_layer
def test_a_saved_file_gives_the_same_outputs(name, tmp_path):
    layer, inputs = layer_and_inputs(name)
    model = model_of(name, layer)
    model(inputs, training=True)  # fills pools, moves singular vectors
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for ours, theirs in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(array(ours), array(theirs))
    if name != "Sampling":  # it draws anew
        np.testing.assert_allclose(
            array(again(inputs, training=False)), array(model(inputs, training=False)), atol=1e-6
        )


@every_layer
def test_mixed_precision_gives_half_precision_outputs_close_to_the_full_ones(name):
    half, inputs = layer_and_inputs(name, dtype="mixed_float16")
    full, _ = layer_and_inputs(name, dtype="float32")
    outputs = half(inputs, training=True) if name == "SpectralNormalization" else half(inputs)
    assert keras.backend.standardize_dtype(outputs.dtype) == "float16"
    assert all(keras.backend.standardize_dtype(w.dtype) != "float16" for w in half.weights)
    full(inputs)
    full.set_weights(half.get_weights())
    if name not in ("Sampling", "ImagePool", "DiffAugment", "AdaptiveAugment"):  # they draw
        np.testing.assert_allclose(array(half(inputs)), array(full(inputs)), atol=0.02)
    assert np.isfinite(array(outputs)).all()


@every_layer
@pytest.mark.parametrize("batch_size", [1, 3])
def test_symbolic_shapes_are_the_true_ones(name, batch_size):
    layer, inputs = layer_and_inputs(name, batch_size)
    model = model_of(name, layer)
    outputs = model(inputs)
    assert model.output_shape[0] is None
    assert tuple(outputs.shape) == (batch_size, *model.output_shape[1:])


@every_layer
def test_a_whole_training_step_compiles(name):
    layer, inputs = layer_and_inputs(name, batch_size=4)
    extra = keras.layers.Dense(LAYERS[name][1][0][0][-1])
    model = model_of(name, layer, extra)
    if name in ("ImagePool", "LearnedConstant"):  # through which no gradient flows
        model = keras.Model(model.input, [model.output, extra.output])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", jit_compile=JIT)
    targets = [np.ones_like(array(o)) for o in keras.tree.flatten(model(inputs))]
    before = array(extra.kernel).copy()
    model.fit(inputs, targets if len(targets) > 1 else targets[0], batch_size=2, verbose=0)
    assert np.isfinite(array(extra.kernel)).all()
    assert np.abs(array(extra.kernel) - before).max() > 0
