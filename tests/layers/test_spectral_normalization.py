import keras
import numpy as np
import pytest

from keras_gen import losses
from keras_gen.backend import input_gradient
from keras_gen.layers import SpectralNormalization

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(2, 5, 6, 3)).astype("float32")
LAYERS = {
    "dense": (lambda: keras.layers.Dense(4), RNG.normal(size=(2, 3)).astype("float32")),
    "conv": (lambda: keras.layers.Conv2D(4, 3, strides=2), IMAGES),
    "conv_transpose": (lambda: keras.layers.Conv2DTranspose(4, 3, strides=2), IMAGES),
    "embedding": (lambda: keras.layers.Embedding(5, 4), np.array([0, 4, 2])),
}
JIT = keras.backend.backend() != "torch"


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def kernel_of(layer):
    return layer.embeddings if isinstance(layer, keras.layers.Embedding) else layer.kernel


def matrix_of(layer):
    """One column per output channel, as the paper's matrix transposed."""
    kernel = array(kernel_of(layer)).astype("float64")
    if isinstance(layer, keras.layers.Conv2DTranspose):
        kernel = np.moveaxis(kernel, 2, -1)
    return kernel.reshape(-1, kernel.shape[-1])


def set_dominant_channel(layer):
    """Triples an output channel: power iterations converge by the gap to the second singular value."""
    kernel = array(kernel_of(layer)).copy()
    kernel[
        (..., 0, slice(None)) if isinstance(layer, keras.layers.Conv2DTranspose) else (..., 0)
    ] *= 3
    kernel_of(layer).assign(kernel)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("many_calls", [True, False])
def test_outputs_are_those_of_the_kernel_over_its_largest_singular_value(name, many_calls):
    make, inputs = LAYERS[name]
    layer = SpectralNormalization(make(), power_iterations=1 if many_calls else 200)
    layer.build(inputs.shape)
    set_dominant_channel(layer.layer)
    for _ in range(200 if many_calls else 1):
        trained = layer(inputs, training=True)
    sigma = np.linalg.svd(matrix_of(layer.layer), compute_uv=False)[0]
    reference = make()
    reference(inputs)
    reference.set_weights(layer.layer.get_weights())
    kernel_of(reference).assign(kernel_of(reference) / sigma)
    expected = array(reference(inputs))
    np.testing.assert_allclose(array(trained), expected, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(array(layer(inputs)), expected, rtol=1e-3, atol=1e-5)


def test_the_norm_of_a_vector_is_its_length_before_any_training():
    layer = SpectralNormalization(keras.layers.Dense(1, use_bias=False, kernel_initializer="ones"))
    assert array(layer(np.ones((1, 4), "float32"))).item() == pytest.approx(2.0)  # 4 ones over 2


def test_the_estimate_after_a_known_vector_is_one_power_iteration():
    layer = SpectralNormalization(keras.layers.Dense(2, use_bias=False))
    layer.build((None, 2))
    kernel, u = np.array([[2.0, 1.0], [0.0, 1.0]]), np.array([1.0, 0.0])
    layer.layer.kernel.assign(kernel)
    layer.vector_u.assign(u)
    v = kernel @ u / np.linalg.norm(kernel @ u)  # (1, 0)
    new_u = kernel.T @ v / np.linalg.norm(kernel.T @ v)  # (2, 1) / sqrt(5)
    at_inference = array(layer(np.eye(2), training=False))
    np.testing.assert_allclose(at_inference, kernel / (v @ kernel @ u), rtol=1e-5)  # kernel / 2
    np.testing.assert_array_equal(array(layer.vector_u), u)
    in_training = array(layer(np.eye(2), training=True))
    np.testing.assert_allclose(in_training, kernel / np.sqrt(5), rtol=1e-5)
    np.testing.assert_allclose(array(layer.vector_u), new_u, rtol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_calls_never_change_the_wrapped_weights(name):
    make, inputs = LAYERS[name]
    layer = SpectralNormalization(make())
    layer(inputs)
    before = [w.copy() for w in layer.layer.get_weights()]
    layer(inputs, training=True)
    layer(inputs, training=False)
    for ours, theirs in zip(layer.layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_only_the_wrapped_weights_are_trainable():
    layer = SpectralNormalization(keras.layers.Dense(4))
    layer.build((None, 3))
    assert [w.name for w in layer.trainable_weights] == ["kernel", "bias"]
    assert [w.name for w in layer.non_trainable_weights] == ["vector_u"]
    layer.trainable = False
    kernel = array(layer.layer.kernel).copy()
    layer(RNG.normal(size=(2, 3)), training=True)
    np.testing.assert_array_equal(array(layer.layer.kernel), kernel)


@pytest.mark.parametrize("learning_rate", [0.0, 0.1])
def test_two_calls_in_one_training_step(learning_rate):
    """What Keras's own layer can't do on PyTorch: it assigns the kernel in between."""
    layer = SpectralNormalization(keras.layers.Conv2D(2, 3))
    real, fake = keras.Input((5, 6, 3)), keras.Input((5, 6, 3))
    model = keras.Model([real, fake], keras.ops.mean(layer(real) - layer(fake), (1, 2, 3)))
    kernel, u = array(layer.layer.kernel).copy(), array(layer.vector_u).copy()
    model.compile(keras.optimizers.SGD(learning_rate), loss="mse", jit_compile=JIT)
    model.fit([IMAGES, IMAGES[::-1]], np.ones(2), batch_size=2, verbose=0)
    moved = np.abs(array(layer.layer.kernel) - kernel).max()
    assert moved == 0.0 if learning_rate == 0.0 else 0.0 < moved < 1.0
    assert np.abs(array(layer.vector_u) - u).max() > 1e-3


def test_gradient_by_the_kernel_sees_the_norm_too():
    kernel = RNG.normal(size=(3, 4))
    inputs = RNG.normal(size=(5, 3)).astype("float32")
    layer = SpectralNormalization(keras.layers.Dense(4, use_bias=False), power_iterations=200)
    layer.build((None, 3))
    layer.layer.kernel.assign(kernel)
    layer(inputs, training=True)
    output_weights = RNG.normal(size=(5, 4)).astype("float32")

    def weighed_outputs(kernel):
        state = [variable.value for variable in layer.non_trainable_variables]
        outputs, _ = layer.stateless_call([kernel], state, inputs, training=False)
        return outputs * keras.ops.convert_to_tensor(output_weights)

    gradient = input_gradient(weighed_outputs, keras.ops.array(kernel, "float32"))
    left, sigmas, right = np.linalg.svd(kernel)
    by_normalised = inputs.T @ output_weights
    expected = by_normalised / sigmas[0] - np.sum(by_normalised * kernel) / sigmas[0] ** 2 * (
        np.outer(left[:, 0], right[0])
    )
    np.testing.assert_allclose(array(gradient), expected, rtol=1e-2, atol=1e-3)


def test_a_penalty_of_a_normalised_critic_is_differentiable():
    layer = SpectralNormalization(keras.layers.Dense(1, use_bias=False), power_iterations=50)
    layer.build((None, 3))
    layer(np.ones((1, 3)), training=True)
    images = RNG.normal(size=(2, 1, 1, 3)).astype("float32")

    def penalty(kernel):
        state = [variable.value for variable in layer.non_trainable_variables]
        critic = lambda x: layer.stateless_call([kernel], state, x)[0]  # noqa: E731
        return losses.gradient_penalty(critic, images, -images, np.full((2, 1, 1, 1), 0.5), 0.0)

    kernel = layer.layer.kernel.value
    assert array(penalty(kernel)) == pytest.approx(1.0, abs=1e-4)  # a row of norm 1, whatever it is
    np.testing.assert_allclose(array(input_gradient(penalty, kernel)), 0.0, atol=1e-3)


def test_a_zero_kernel_gives_zeros_and_finite_gradients():
    layer = SpectralNormalization(keras.layers.Dense(2, kernel_initializer="zeros"))
    inputs = keras.ops.ones((2, 3))
    np.testing.assert_array_equal(array(layer(inputs, training=True)), np.zeros((2, 2)))

    def outputs(kernel):
        state = [variable.value for variable in layer.non_trainable_variables]
        values = [kernel, layer.layer.bias.value]
        return layer.stateless_call(values, state, inputs, training=True)[0]

    assert np.isfinite(array(layer.vector_u)).all()
    gradient = input_gradient(outputs, keras.ops.zeros((3, 2)))
    np.testing.assert_allclose(array(gradient), np.full((3, 2), 2.0))


@pytest.mark.parametrize("scale", [1e-5, 1e4])
def test_the_kernels_scale_does_not_matter(scale):
    layer = SpectralNormalization(keras.layers.Dense(4, use_bias=False), power_iterations=100)
    layer.build((None, 3))
    layer.layer.kernel.assign(RNG.normal(size=(3, 4)) * scale)
    outputs = array(layer(np.eye(3), training=True))
    assert np.linalg.svd(outputs, compute_uv=False)[0] == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("power_iterations", [0, -1, 1.5])
def test_a_wrong_number_of_iterations_is_refused(power_iterations):
    with pytest.raises(ValueError, match="Received: power_iterations="):
        SpectralNormalization(keras.layers.Dense(2), power_iterations)


def test_a_layer_without_a_kernel_is_refused():
    with pytest.raises(ValueError, match=r"`kernel` or `embeddings`.*Received: layer=.*ReLU"):
        SpectralNormalization(keras.layers.ReLU())(np.zeros((2, 3)))
