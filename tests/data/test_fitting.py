import numpy as np
import pytest
import tensorflow as tf

from keras_gen.data import fitting
from keras_gen.data.fitting import fit, resolve_channels


def test_the_middle_is_cut_out_where_nothing_is_scaled():
    image = np.arange(2 * 6, dtype="uint8").reshape(2, 6, 1)
    np.testing.assert_array_equal(fit(tf.constant(image), (2, 2), 1), image[:, 2:4])
    np.testing.assert_array_equal(
        fit(tf.constant(image.transpose(1, 0, 2)), (2, 2), 1), image.transpose(1, 0, 2)[2:4]
    )


@pytest.mark.parametrize("shape", [(8, 8), (8, 16), (16, 8), (5, 7), (3, 50), (2, 2)])
@pytest.mark.parametrize("size", [(4, 4), (4, 6), (9, 3)])
def test_any_image_covers_any_size(shape, size):
    image = np.full((*shape, 3), (10, 200, 255), "uint8")
    fitted = fit(tf.constant(image), size, 3)
    np.testing.assert_array_equal(fitted, np.full((*size, 3), (10, 200, 255), "uint8"))
    assert fitted.dtype == tf.uint8


def test_proportions_are_kept():
    image = np.zeros((20, 40, 1), "uint8")
    image[:, 10:30] = 255  # The middle half, 20 x 20.
    assert np.asarray(fit(tf.constant(image), (10, 10), 1)).min() > 200


def test_scaling_down_averages_rather_than_picks():
    checks = np.indices((32, 32)).sum(0)[..., None] % 2 * 255
    fitted = np.asarray(fit(tf.constant(checks.astype("uint8")), (8, 8), 1))
    assert np.abs(fitted[1:-1, 1:-1].astype(int) - 127).max() <= 3


def test_floats_stay_in_range_although_bicubic_overshoots():
    step = np.where(np.arange(8) < 4, -1.0, 1.0).astype("float32")
    image = tf.constant(np.tile(step, (8, 1))[..., None])
    fitted = np.asarray(fit(image, (20, 20), 1))
    assert (fitted.min(), fitted.max(), fitted.dtype) == (-1.0, 1.0, np.float32)
    as_bytes = tf.cast((image + 1) * 127.5, tf.uint8)
    assert np.asarray(fit(as_bytes, (20, 20), 1))[0, 0, 0] == 0  # Not wrapped to 255.


@pytest.mark.parametrize(
    ("pixel", "channels", "wanted"),
    [
        ([7], 3, [7, 7, 7]),
        ([255, 0, 0], 1, [76]),  # 0.299 x 255
        ([0, 255, 0], 1, [150]),
        ([10, 20, 30, 255], 3, [10, 20, 30]),
        ([10, 20, 30, 0], 3, [255, 255, 255]),
        ([0, 100, 255, 51], 3, [204, 224, 255]),  # One fifth opaque.
        ([0, 0, 0, 51], 1, [204]),
        ([1, 2], 2, [1, 2]),
    ],
)
def test_channels(pixel, channels, wanted):
    image = tf.constant(np.array(pixel, "uint8").reshape(1, 1, -1))
    assert np.asarray(fit(image, (1, 1), channels)).ravel().tolist() == wanted


@pytest.mark.parametrize(
    ("wanted", "own", "resolved"), [(None, 4, 3), (None, 5, 5), (1, 3, 1), (3, 1, 3), (5, 5, 5)]
)
def test_channels_are_resolved(wanted, own, resolved):
    assert resolve_channels(wanted, (8, 8, own), "it") == resolved


@pytest.mark.parametrize(("wanted", "own"), [(2, 3), (3, 5), (1, 2)])
def test_impossible_channels_are_refused(wanted, own):
    with pytest.raises(ValueError, match=f"`channels` must be.*{own} in 'it'.*channels={wanted}"):
        resolve_channels(wanted, (8, 8, own), "it")


@pytest.mark.parametrize("size", [(4, 4), (13, 7), (16, 16), (5, 40)])
def test_the_nearest_pixel_makes_no_new_colours(size):
    colours = np.array([[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]], "uint8")
    image = colours[np.random.default_rng(0).integers(0, 4, (11, 9))]
    fitted = fit(tf.constant(image), size, 3, "nearest").numpy()
    assert {tuple(pixel) for pixel in fitted.reshape(-1, 3)} <= {tuple(c) for c in colours}


def test_the_nearest_pixel_is_the_one_below_the_middle():
    image = np.arange(6, dtype="uint8").reshape(1, 6, 1)
    assert fit(tf.constant(image), (1, 2), 1, "nearest").numpy().ravel().tolist() == [2, 3]
    assert fit(tf.constant(image), (2, 4), 1, "nearest").numpy()[0].ravel().tolist() == [2, 2, 3, 3]


@pytest.mark.parametrize("shape", [(3, 200), (200, 3), (40, 41)])
@pytest.mark.parametrize("size", [(16, 16), (8, 20)])
def test_cutting_before_scaling_gives_the_same(monkeypatch, shape, size):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype="uint8")
    whole = fit(tf.constant(image), size, 3).numpy().astype(int)
    monkeypatch.setattr(fitting, "WHOLE_PIXELS", -1)
    monkeypatch.setattr(fitting, "WHOLE_SHARE", 0)
    cut = fit(tf.constant(image), size, 3).numpy().astype(int)
    assert np.abs(whole - cut).max() <= 1
    assert (whole == cut).mean() > 0.99
