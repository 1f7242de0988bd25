"""Layers that make maps larger: their numbers against a second implementation."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import BicubicUpsampling2D, BilinearUpsampling2D, Clip, PixelShuffle
from keras_gen.modalities.images import fit


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("factor", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(5, 7), (1, 2)])
def test_bicubic_is_that_of_the_files(factor, size):
    images = np.random.default_rng(0).uniform(-1, 1, (2, *size, 3)).astype("float32")
    larger = array(BicubicUpsampling2D(factor)(images))
    wanted = tuple(factor * side for side in size)
    np.testing.assert_allclose(larger, fit.resize(images, wanted), atol=1e-6)
    of_tensorflow = tf.image.resize(images, wanted, method="bicubic", antialias=True)
    np.testing.assert_allclose(larger, of_tensorflow, atol=1e-5)


@pytest.mark.parametrize("factor", [1, 2, 3])
@pytest.mark.parametrize("size", [(5, 7), (1, 2)])
def test_bilinear_is_that_of_tensorflow(factor, size):
    images = np.random.default_rng(0).uniform(-1, 1, (2, *size, 3)).astype("float32")
    larger = array(BilinearUpsampling2D(factor)(images))
    wanted = tuple(factor * side for side in size)
    np.testing.assert_allclose(larger, tf.image.resize(images, wanted), atol=1e-6)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_pixel_shuffle_is_depth_to_space(factor):
    maps = np.random.default_rng(0).normal(size=(2, 3, 4, 2 * factor**2)).astype("float32")
    expected = tf.nn.depth_to_space(maps, factor) if factor > 1 else maps
    np.testing.assert_array_equal(array(PixelShuffle(factor)(maps)), expected)


def test_unknown_sizes_stay_unknown():
    x = keras.Input((None, 6, 8))
    assert PixelShuffle(2)(x).shape == (None, None, 12, 2)
    assert BicubicUpsampling2D(3)(x).shape == (None, None, 18, 8)
    network = keras.Model(x, PixelShuffle(2)(x))
    assert array(network(np.zeros((2, 5, 6, 8), "float32"))).shape == (2, 10, 12, 2)


def test_clip_leaves_values_be_in_training():
    values = np.array([[-2.0, 0.5, 3.0]], "float32")
    np.testing.assert_array_equal(array(Clip()(values)), [[-1.0, 0.5, 1.0]])
    np.testing.assert_array_equal(array(Clip()(values, training=True)), values)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PixelShuffle(0), "`factor`.*Received: factor=0"),
        (lambda: BicubicUpsampling2D(1.5), "`factor`.*Received: factor=1.5"),
        (lambda: BilinearUpsampling2D(0), "`factor`.*Received: factor=0"),
        (lambda: BilinearUpsampling2D()(keras.Input((None, 8, 1))), "known height and width"),
        (lambda: Clip(1.0, 1.0), "`low` must be below `high`. Received: low=1.0, high=1.0"),
        (
            lambda: PixelShuffle(2)(np.zeros((1, 2, 2, 6))),
            "channels that 4 divides.*Received: inputs",
        ),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()
