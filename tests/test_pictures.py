import numpy as np
import pytest

from keras_gen import pictures


def test_grid_puts_images_in_rows():
    images = np.stack([np.full((2, 2, 1), value) for value in (-1.0, 0.0, 1.0)])
    grid = pictures.image_grid(images, columns=2, padding=1)
    # One white pixel around each image; the fourth cell is empty.
    expected = np.array(
        [
            [255, 255, 255, 255, 255, 255, 255],
            [255, 0, 0, 255, 128, 128, 255],
            [255, 0, 0, 255, 128, 128, 255],
            [255, 255, 255, 255, 255, 255, 255],
            [255, 255, 255, 255, 255, 255, 255],
            [255, 255, 255, 255, 255, 255, 255],
            [255, 255, 255, 255, 255, 255, 255],
        ]
    )
    np.testing.assert_array_equal(grid[..., 0], expected)


@pytest.mark.parametrize("shape", [(0, 4, 4, 1), (3, 4, 4, 2), (4, 4, 1)])
def test_grid_refuses(shape):
    with pytest.raises(ValueError, match="`images` must have shape"):
        pictures.image_grid(np.zeros(shape))


@pytest.mark.parametrize("channels", [1, 3])
def test_png_round_trip(tmp_path, channels):
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype="uint8")
    pictures.save_png(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(pictures.read_picture(tmp_path / "a.png"), picture)


def test_enlarge_repeats_pixels():
    picture = np.arange(6, dtype="uint8").reshape(2, 3, 1)
    large = pictures.enlarge(picture, least=4)
    assert large.shape == (4, 6, 1)
    np.testing.assert_array_equal(large[::2, ::2], picture)
    np.testing.assert_array_equal(large[1::2, 1::2], picture)
