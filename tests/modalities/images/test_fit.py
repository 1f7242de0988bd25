"""NumPy's resizing is that of the pipelines."""

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.data import fitting
from keras_gen.modalities.images import fit


@pytest.mark.parametrize("size", [(8, 8), (4, 4), (20, 20), (11, 11), (3, 3)])
@pytest.mark.parametrize("kernel", ["bicubic", "nearest"])
def test_pictures_are_resized_as_in_training(size, kernel):
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype="uint8")
    wanted = fitting.fit(tf.constant(image), size, 3, kernel).numpy().astype(int)
    resized = np.clip(np.rint(fit.resize(image.astype("float32"), size, kernel)), 0, 255)
    assert np.abs(resized - wanted).max() <= (1 if kernel == "bicubic" else 0)
    assert (resized == wanted).mean() > 0.99


@pytest.mark.parametrize(
    ("size", "shape", "wanted"),
    [
        ((64, 64), (64, 64), (64, 64)),
        ((64, 64), (100, 50), (64, 32)),
        ((32, 64), (100, 100), (32, 32)),
        ((64, 64), (2, 20000), (1, 64)),
        ((64, 64), (3, 2), (64, 43)),
    ],
)
def test_the_largest_picture_inside_a_size(size, shape, wanted):
    assert fit.inside(size, shape) == wanted


@pytest.mark.parametrize("shape", [(4, 4, 1), (4, 1, 3), (1, 4, 1), (3, 2, 3)])
def test_what_is_mirrored_around_an_image_is_cut_away_again(shape):
    image = np.random.default_rng(0).uniform(size=shape)
    whole, middle = fit.mirrored_around(image, (4, 9))
    assert whole.shape == (4, 9, shape[-1])
    np.testing.assert_array_equal(whole[middle], image)
    assert set(whole.ravel()) == set(image.ravel())
