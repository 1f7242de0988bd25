import numpy as np
import pytest
from scipy import ndimage

from keras_gen.data.transforms import by_name, edges


def scipy_edges(images):
    """Sobel's operator by scipy, mirrored at the border as TensorFlow's is."""
    steepness = 0.0
    for channel in np.moveaxis(images, -1, 0):
        slopes = [ndimage.sobel(channel, axis, mode="mirror") / 8 for axis in (1, 2)]
        # scipy smooths along the batch, too: [1, 2, 1], which is 4 for a batch of one.
        slopes = [slope / 4 for slope in slopes]
        steepness = np.maximum(steepness, np.hypot(*slopes))
    return 1 - 2 * np.minimum(steepness, 1)


@pytest.mark.parametrize("depth", [1, 3])
def test_edges_agree_with_scipy(depth):
    images = np.random.default_rng(0).uniform(-1, 1, (1, 7, 9, depth)).astype("float32")
    np.testing.assert_allclose(edges(images)[..., 0], scipy_edges(images), atol=1e-5)


def test_even_images_are_white_and_half_contrast_is_grey():
    step = np.array([-0.5, -0.5, 0.5, 0.5], "float32").reshape(1, 1, 4, 1).repeat(5, axis=1)
    np.testing.assert_allclose(edges(step)[0, :, :, 0], [[1, 0, 0, 1]] * 5, atol=1e-6)
    np.testing.assert_array_equal(edges(np.full((2, 4, 4, 3), 0.3, "float32")), 1.0)


def test_strength_and_channels():
    step = np.array([-0.5, -0.5, 0.5, 0.5], "float32").reshape(1, 1, 4, 1).repeat(5, axis=1)
    drawing = edges(step, channels=3, strength=4.0)
    assert drawing.shape == (1, 5, 4, 3)
    np.testing.assert_array_equal(drawing[0, 0, :, 2], [1, -1, -1, 1])


def test_by_name():
    assert by_name("edges") is edges
    assert by_name(np.sin) is np.sin
    assert by_name("noto") is by_name(None) is None
