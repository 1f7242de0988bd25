import pathlib

import keras
import numpy as np
import pytest

from keras_gen.backend import input_gradient
from keras_gen.layers import InstanceNormalization

FIXTURES = pathlib.Path(__file__).parent / "fixtures"
RNG = np.random.default_rng(0)


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_each_channel_of_each_image_is_normalised_apart():
    images = RNG.normal(size=(3, 6, 5, 4)) * [0.1, 1, 10, 100] + RNG.normal(size=(3, 1, 1, 4)) * 50
    layer = InstanceNormalization(epsilon=1e-12)
    outputs = array(layer(images))
    np.testing.assert_allclose(outputs.mean(axis=(1, 2)), 0.0, atol=1e-3)
    np.testing.assert_allclose(outputs.std(axis=(1, 2)), 1.0, atol=1e-3)
    # No image has a say in another's outputs.
    np.testing.assert_allclose(array(layer(images[:1])), outputs[:1], atol=1e-5)


def test_it_is_not_layer_normalisation():
    images = RNG.normal(size=(2, 4, 4, 3)) * [1, 10, 100]
    ours = array(InstanceNormalization()(images))
    layer_norm = array(keras.layers.GroupNormalization(groups=1)(images))
    instance_norm = array(keras.layers.GroupNormalization(groups=-1)(images))
    np.testing.assert_allclose(ours, instance_norm, atol=1e-5)
    assert np.abs(ours - layer_norm).max() > 0.5


@pytest.mark.parametrize(("center", "scale"), [(True, True), (True, False), (False, True), (0, 0)])
def test_gamma_and_beta(center, scale):
    images = RNG.normal(size=(2, 4, 4, 3))
    layer = InstanceNormalization(
        center=center,
        scale=scale,
        beta_initializer=keras.initializers.RandomNormal(0.0, 1.0, seed=0),
        gamma_initializer=keras.initializers.RandomNormal(1.0, 0.5, seed=0),
    )
    outputs = array(layer(images))
    plain = (images - images.mean((1, 2), keepdims=True)) / np.sqrt(
        images.var((1, 2), keepdims=True) + 1e-3
    )
    gamma = array(layer.gamma) if scale else 1.0
    beta = array(layer.beta) if center else 0.0
    np.testing.assert_allclose(outputs, plain * gamma + beta, atol=1e-5)
    assert [w.name for w in layer.weights] == ["gamma"] * bool(scale) + ["beta"] * bool(center)


def test_gamma_starts_at_one_and_beta_at_zero():
    layer = InstanceNormalization()
    layer.build((None, None, None, 3))
    np.testing.assert_array_equal(array(layer.gamma), np.ones(3))
    np.testing.assert_array_equal(array(layer.beta), np.zeros(3))


def test_one_pixel_and_constant_images_become_beta():
    layer = InstanceNormalization(beta_initializer="ones")
    for images in (RNG.normal(size=(2, 1, 1, 3)), np.full((2, 4, 4, 3), 7.0)):
        np.testing.assert_allclose(array(layer(images)), np.ones_like(images), atol=1e-5)


def test_statistics_are_float32_under_mixed_precision():
    layer = InstanceNormalization(dtype="mixed_float16")
    # In float16 the mean of 64 x 64 values of 100 and their squares would overflow.
    images = (100.0 + RNG.normal(size=(1, 64, 64, 2))).astype("float16")
    outputs = layer(images)
    assert keras.backend.standardize_dtype(outputs.dtype) == "float16"
    assert keras.backend.standardize_dtype(layer.gamma.dtype) == "float32"
    exact = images.astype("float64")
    exact = (exact - exact.mean((1, 2))) / np.sqrt(exact.var((1, 2)) + 1e-3)
    np.testing.assert_allclose(array(outputs).astype("float64"), exact, atol=4e-3)


def test_gradient_is_finite_for_constant_images():
    gradient = input_gradient(InstanceNormalization(), keras.ops.ones((1, 4, 4, 2)))
    np.testing.assert_allclose(array(gradient), np.zeros((1, 4, 4, 2)), atol=1e-4)


@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_outputs_are_those_of_tensorflow_addons_on_each_axis(axis):
    data = np.load(FIXTURES / "tfa_layer.npz")
    layer = InstanceNormalization(axis=axis)
    layer.build(data["inputs"].shape)
    layer.set_weights([data[f"gamma_{axis}"], data[f"beta_{axis}"]])
    np.testing.assert_allclose(array(layer(data["inputs"])), data[f"outputs_{axis}"], atol=1e-5)


# Keras's own notices, of LeakyReLU and of what Keras 2 wrote of a model's inputs.
@pytest.mark.filterwarnings("ignore:Argument `alpha` is deprecated")
@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
@pytest.mark.parametrize(
    ("file", "custom_objects"),
    [
        ("tfa_model.h5", None),
        ("tfa_sequential.keras", None),
        # Keras 2 wrote the module of a functional model, which Keras 3 has moved.
        ("tfa_model.keras", {"Functional": keras.Model}),
    ],
)
def test_files_saved_with_tensorflow_addons_load_and_give_the_same_outputs(file, custom_objects):
    model = keras.saving.load_model(FIXTURES / file, custom_objects=custom_objects, compile=False)
    ours = [layer for layer in model.layers if isinstance(layer, InstanceNormalization)]
    assert [layer.epsilon for layer in ours] == [1e-3, 1e-5]
    assert [layer.center for layer in ours] == [True, False]
    assert isinstance(ours[0].gamma_initializer, keras.initializers.RandomNormal)
    assert isinstance(ours[0].gamma_regularizer, keras.regularizers.L2)
    data = np.load(FIXTURES / "tfa_model.npz")
    np.testing.assert_allclose(array(model(data["inputs"])), data["outputs"], atol=1e-5)


@pytest.mark.filterwarnings("ignore:Argument `alpha` is deprecated")
def test_a_file_from_tensorflow_addons_saved_again_is_ours(tmp_path):
    model = keras.saving.load_model(FIXTURES / "tfa_sequential.keras", compile=False)
    model.save(tmp_path / "again.keras")
    again = keras.saving.load_model(tmp_path / "again.keras")
    data = np.load(FIXTURES / "tfa_model.npz")
    np.testing.assert_allclose(array(again(data["inputs"])), data["outputs"], atol=1e-5)


def test_config_round_trip():
    layer = InstanceNormalization(
        axis=2,
        epsilon=1e-4,
        center=False,
        gamma_initializer="he_normal",
        gamma_regularizer="l2",
        gamma_constraint="non_neg",
        name="norm",
    )
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is InstanceNormalization
    assert again.get_config() == layer.get_config()
    assert isinstance(again.gamma_constraint, keras.constraints.NonNeg)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"axis": 0}, "Received: axis=0"),
        ({"epsilon": 0.0}, r"Received: epsilon=0\.0"),
        ({"epsilon": float("nan")}, "Received: epsilon=nan"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        InstanceNormalization(**arguments)


@pytest.mark.parametrize(
    ("axis", "shape"), [(-1, (2, 3)), (4, (2, 3, 3, 1)), (-4, (2, 3, 3, 1)), (-1, (2, 3, 3, None))]
)
def test_wrong_shapes_are_refused(axis, shape):
    with pytest.raises(ValueError, match="Received: input_shape="):
        InstanceNormalization(axis=axis).build(shape)
