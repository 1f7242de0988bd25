import keras
import numpy as np

from keras_gen import networks


def test_a_patch_of_the_image_comes_from_one_place_of_the_map():
    """With every block switched off, what is in one patch reaches the eight around it, by the last 3 x 3."""
    network = networks.frame_predictor((16, 24, 2), 3, filters=4, blocks=1, patch_size=4, seed=0)
    assert network.input_shape == (None, 16, 24, 6) and network.output_shape == (None, 16, 24, 2)
    layer = network.get_layer("block_1_convolution_2")
    layer.set_weights([0.0 * w for w in layer.get_weights()])
    image = np.zeros((2, 16, 24, 6), "float32")
    image[1, 5, 9] = 1.0
    before, after = keras.ops.convert_to_numpy(network(image))
    changed = (before != after).any(-1)
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (0, 11, 4, 15)


def test_the_pixel_shuffle_lays_channels_out_as_rows_and_columns_of_a_patch():
    network = networks.frame_predictor((8, 8, 1), 1, filters=2, blocks=1, patch_size=2, seed=0)
    pixels = network.get_layer("pixels")
    kernel, _ = pixels.get_weights()
    pixels.set_weights([0.0 * kernel, np.array([0.1, 0.2, 0.3, 0.4], "float32")])
    image = keras.ops.convert_to_numpy(network(np.zeros((1, 8, 8, 1))))[0, ..., 0]
    np.testing.assert_allclose(image, np.tile([[0.1, 0.2], [0.3, 0.4]], (4, 4)), atol=1e-6)


def test_at_first_it_gives_back_the_newest_frame():
    network = networks.frame_predictor((8, 8, 2), 3, filters=2, blocks=1, patch_size=2, seed=0)
    frames = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 6)).astype("float32")
    image = keras.ops.convert_to_numpy(network(frames))
    np.testing.assert_allclose(image, frames[..., 4:], atol=0.05)
    assert np.abs(image - frames[..., 4:]).max() > 0  # and a little more, of which it learns
