import keras
import numpy as np
import pytest

from keras_gen.layers import ImageToVelocity


def test_a_step_of_the_time_that_is_left_comes_to_the_image():
    random = np.random.default_rng(0)
    image, noisy = random.standard_normal((2, 3, 4, 4, 1)).astype("float32")
    times = np.array([0.0, 0.3, 0.9], "float32")
    velocity = keras.ops.convert_to_numpy(ImageToVelocity()([image, noisy, times]))
    left = (1.0 - times)[:, None, None, None]
    np.testing.assert_allclose(noisy + left * velocity, image, atol=1e-5)


@pytest.mark.parametrize("least", [0.0, 1.5])
def test_some_time_is_left_at_least(least):
    image, noisy = np.ones((1, 2), "float32"), np.zeros((1, 2), "float32")
    velocity = ImageToVelocity(0.1)([image, noisy, np.ones(1, "float32")])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(velocity), [[10.0, 10.0]], rtol=1e-6)
    with pytest.raises(ValueError, match="`least_left` must be in"):
        ImageToVelocity(least)
