import numpy as np
import pytest
from PIL import Image

from keras_gen import data
from keras_gen.modalities.images import fit


def save(folder, sizes, mode="RGB"):
    folder.mkdir(exist_ok=True)
    draws = np.random.default_rng(0)
    for number, (height, width) in enumerate(sizes):
        # Smooth, so that what is made of it can be compared.
        pixels = draws.integers(0, 256, (4, 4, 3), "uint8")
        image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
        image.convert(mode).save(folder / f"{number}.png")
    return folder


def arrays(dataset):
    return next(dataset.as_numpy_iterator())


@pytest.mark.parametrize("factor", [2, 3])
def test_small_images_are_the_large_ones_by_bicubic_interpolation(factor):
    source = np.random.default_rng(0).uniform(-1, 1, (3, 12, 18, 1)).astype("float32")
    small, large = arrays(data.super_resolution(source, factor, batch_size=3, shuffle=False))
    np.testing.assert_array_equal(large, source)
    expected = np.clip(fit.resize(source, (12 // factor, 18 // factor)), -1, 1)
    np.testing.assert_allclose(small, expected, atol=1e-5)


def test_pieces_of_photos_of_mixed_sizes(tmp_path):
    folder = save(tmp_path / "photos", [(300, 400), (90, 120), (80, 80), *[(100, 81)] * 8])
    opened = data.open_super_resolution(folder, 4)
    assert opened.shapes == ((None, None, 3), (None, None, 3))
    assert opened.count == 11
    assert opened.shapes_at(None) == ((20, 20, 3), (80, 80, 3))
    small, large = arrays(opened.batches(32, 11, augment=("crop", "flip")))
    assert small.shape == (11, 8, 8, 3) and large.shape == (11, 32, 32, 3)
    np.testing.assert_allclose(small, np.clip(fit.resize(large, (8, 8)), -1, 1), atol=1e-5)
    # A piece of a picture held at 80 x 80, not the whole of it at 32 x 32.
    _, whole = arrays(opened.batches(32, 11))
    assert np.abs(np.diff(large, axis=1)).max() < 0.7 * np.abs(np.diff(whole, axis=1)).max()


def test_few_that_are_too_small_are_left_out_in_words(tmp_path):
    folder = save(tmp_path / "photos", [(30, 200), *[(70, 65)] * 10])
    with pytest.warns(UserWarning, match="Left out 1 of 11 pictures.*under 48 pixels"):
        opened = data.open_super_resolution(folder, 2)
    assert opened.count == 10
    assert opened.shapes_at(None) == ((35, 32, 3), (70, 64, 3))


def test_a_size_that_would_enlarge_is_refused(tmp_path):
    opened = data.open_super_resolution(save(tmp_path / "photos", [(40, 50), (60, 44)]), 2)
    for ask in (opened.shapes_at, lambda size: opened.batches(size, 2)):
        with pytest.raises(ValueError, match=r"`image_size` must be at most 40 x 44.*Received"):
            ask(48)
    with pytest.raises(ValueError, match=r"divides height and width.*33"):
        opened.batches(33, 2)


def test_a_name_with_several_images_and_its_test_split():
    opened = data.open_super_resolution("fluent_emoji", 4, "flat")
    assert opened.shapes == ((16, 16, 3), (64, 64, 3))
    assert opened.at_split("test").count == 361


@pytest.mark.parametrize("factor", [1, 2.0, True, None])
def test_factors_that_are_refused(factor):
    with pytest.raises(ValueError, match=r"`factor` must be an integer of at least 2. Received"):
        data.open_super_resolution("digits", factor)


def test_pictures_under_the_factor_are_refused():
    with pytest.raises(ValueError, match="`source` must have pictures of at least 4 pixels"):
        data.open_super_resolution(np.zeros((2, 3, 8, 1), "float32"), 4)
