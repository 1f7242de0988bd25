import keras
import numpy as np
import pytest

from keras_gen.backend import input_gradient
from keras_gen.layers import MinibatchStandardDeviation


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("batch_size", [2, 3, 7])
def test_the_last_channel_is_the_mean_deviation_over_the_batch(batch_size):
    images = np.random.default_rng(0).normal(size=(batch_size, 4, 3, 2)).astype("float32")
    outputs = array(MinibatchStandardDeviation()(images))
    np.testing.assert_array_equal(outputs[..., :2], images)
    np.testing.assert_allclose(outputs[..., 2], images.std(axis=0).mean(), rtol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_collapsed_batch_gives_almost_zero_and_finite_gradients(batch_size):
    images = keras.ops.ones((batch_size, 4, 3, 2))
    layer = MinibatchStandardDeviation()
    assert array(layer(images))[..., 2].max() == pytest.approx(1e-4, rel=1e-3)
    assert np.isfinite(array(input_gradient(layer, images))).all()
