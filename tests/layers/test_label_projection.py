import keras
import numpy as np
import pytest

from keras_gen.layers import LabelProjection, SpectralNormalization


@pytest.mark.parametrize("labels_shape", [(4,), (4, 1)])
def test_outputs_are_inner_products_with_the_labels_embedding(labels_shape):
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(4, 5)), np.array([2, 0, 1, 2])
    layer = LabelProjection(3)
    outputs = layer([features, labels.reshape(labels_shape)])
    kernel = keras.ops.convert_to_numpy(layer.kernel)
    assert kernel.shape == (3, 5)
    expected = [[np.dot(f, kernel[label])] for f, label in zip(features, labels, strict=True)]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(outputs), expected, rtol=1e-4, atol=1e-6)


def test_it_can_be_spectrally_normalised():
    layer = SpectralNormalization(LabelProjection(3), power_iterations=100)
    inputs = [np.eye(3, 5, dtype="float32"), np.array([0, 1, 2])]
    outputs = keras.ops.convert_to_numpy(layer(inputs, training=True))
    kernel = keras.ops.convert_to_numpy(layer.layer.kernel)
    sigma = np.linalg.svd(kernel, compute_uv=False)[0]
    np.testing.assert_allclose(outputs[:, 0], np.diag(kernel[:, :3]) / sigma, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("num_classes", [0, -1, 2.5, None])
def test_a_wrong_number_of_classes_is_refused(num_classes):
    with pytest.raises(ValueError, match="Received: num_classes="):
        LabelProjection(num_classes)


@pytest.mark.parametrize("shape", [(2, 4, 4, 3), (2, None)])
def test_features_that_are_no_vectors_are_refused(shape):
    with pytest.raises(ValueError, match=r"Received: features.shape="):
        LabelProjection(3).build([shape, (2,)])
