"""Picture files of any mode: what is read of them."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from keras_gen.modalities.images import decode as decode_module
from keras_gen.modalities.images.decode import decode, picture_shape, read_picture


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(
        file, kind, **options
    )
    file.seek(0)
    return file


RAMP = np.arange(16, dtype="uint16").reshape(4, 4) * 4096


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_of_sixteen_bits_the_upper_eight_are_taken(kind):
    read = decode(encoded(RAMP, kind), 1)
    assert read.pixels.ravel().tolist() == [16 * k for k in range(16)]
    assert (read.bits, read.largest) == (16, 61440)


def test_sixteen_bits_that_pillow_opens_as_integers():
    """Pillow before 11 opens such a PNG as mode I, and clips it to white."""

    image = Image.fromarray(RAMP.astype("int32"))
    image.format = "PNG"
    as_bytes, bits, largest = decode_module._as_bytes(image, None)
    assert np.asarray(as_bytes).ravel().tolist() == [16 * k for k in range(16)]
    assert (bits, largest) == (16, 61440)


@pytest.mark.parametrize(
    ("values", "value_range", "wanted"),
    [
        (np.array([[0, 1365, 4095, 9999]], "uint16"), (0, 4095), [0, 85, 255, 255]),
        (np.array([[0, 1, 2, 3]], "uint8"), (0, 3), [0, 85, 170, 255]),
        (np.array([[-1.0, 0.0, 0.5, 1.0]], "float32"), (-1, 1), [0, 128, 191, 255]),
        (np.array([[100, 150, 200, 300]], "int32"), (100, 200), [0, 128, 255, 255]),
    ],
)
def test_a_range_of_stored_values_is_spread(values, value_range, wanted):
    read = decode(encoded(values, "TIFF"), 1, value_range)
    assert read.pixels.ravel().tolist() == wanted
    assert read.largest is None


def palette_picture(transparent=None):
    image = Image.new("P", (4, 1))
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.putdata([0, 1, 2, 3])
    return encoded(image, **({} if transparent is None else {"transparency": transparent}))


def test_a_palette_is_colours_or_with_a_range_their_numbers():
    colours = [[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]]
    assert picture_shape(palette_picture()) == (1, 4, 3)
    assert read_picture(palette_picture())[0].tolist() == colours
    assert picture_shape(palette_picture(), value_range=(0, 3)) == (1, 4, 1)
    assert read_picture(palette_picture(), 1, (0, 3)).ravel().tolist() == [0, 85, 170, 255]
    laid_on_white = decode(palette_picture(transparent=0), 3)
    assert laid_on_white.pixels[0].tolist() == [[255] * 3, *colours[1:]]
    assert laid_on_white.composited


def test_a_range_leaves_opacity_alone():
    pixels = np.array([[[0, 50, 100, 7], [100, 100, 100, 255]]], "uint8")
    spread = read_picture(encoded(pixels), 4, (0, 100))
    assert spread[0].tolist() == [[0, 128, 255, 7], [255, 255, 255, 255]]


def test_four_channels_are_kept_where_they_are_asked_for():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 4), dtype="uint8")
    assert picture_shape(encoded(pixels)) == (3, 5, 3)
    assert picture_shape(encoded(pixels), 4) == (3, 5, 4)
    kept = decode(encoded(pixels), 4)
    np.testing.assert_array_equal(kept.pixels, pixels)
    assert not kept.composited
    assert (read_picture(encoded(pixels[..., :3].copy()), 4)[..., 3] == 255).all()


def test_only_what_shows_the_ground_counts_as_composited():
    pixels = np.full((2, 2, 4), 255, "uint8")
    assert not decode(encoded(pixels), 3).composited
    pixels[0, 0, 3] = 254
    assert decode(encoded(pixels), 3).composited


@pytest.mark.parametrize(
    "pixels", [RAMP, (RAMP >> 8).astype("uint8"), np.stack([RAMP >> 8] * 3, -1).astype("uint8")]
)
def test_pictures_of_any_depth_are_turned_upright(pixels):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = read_picture(encoded(pixels[:2], exif=exif))
    assert turned.shape[:2] == picture_shape(encoded(pixels[:2], exif=exif))[:2] == (4, 2)
    np.testing.assert_array_equal(turned, np.rot90(read_picture(encoded(pixels[:2])), -1))


@pytest.mark.parametrize("values", [[0.0, 0.7], [-1.0, 200.0], [0.0, 300.0]])
def test_floats_of_no_known_range_are_refused(values):
    with pytest.raises(ValueError, match=r"are no bytes: `value_range=\(low, high\)` must say"):
        read_picture(encoded(np.array([values], "float32"), "TIFF"))


@pytest.mark.parametrize("value_range", [None, (0.0, 1.0)])
def test_floats_that_are_no_numbers_are_refused(value_range):
    file = encoded(np.array([[0.0, np.nan, 1.0]], "float32"), "TIFF")
    with pytest.raises(ValueError, match=r"not all finite|are no bytes"):
        decode(file, 1, value_range=value_range)


def test_floats_and_integers_of_bytes_are_taken():
    for dtype in ("float32", "int32"):
        file = encoded(np.array([[0, 51, 255]], dtype), "TIFF")
        assert read_picture(file).ravel().tolist() == [0, 51, 255]


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("L", (4, 4), grey) for grey in (10, 200)]
    file = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(read_picture(file, 1), 10, atol=1)


def halves(mode="RGB"):
    """A picture of 120 x 300, its middle third blue, the rest red."""
    pixels = np.zeros((120, 300, 3), "uint8")
    pixels[..., 0] = 255
    pixels[:, 100:200] = 0, 0, 255
    image = Image.fromarray(pixels)
    return image.quantize(4) if mode == "P" else image.convert(mode, dither=Image.Dither.NONE)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "1", "CMYK", "16"])
@pytest.mark.parametrize("nearest", [False, True])
def test_a_large_picture_is_cut_and_shrunk_as_it_is_read(monkeypatch, mode, nearest):
    image = halves("L" if mode == "16" else mode)
    if mode == "16":
        image = np.asarray(image).astype("uint16") * 257
    options = {"compression": None} if mode == "CMYK" else {}
    kind = "TIFF" if mode == "CMYK" else "PNG"
    channels = 1 if mode in ("L", "1", "16") else 3
    whole = decode(encoded(image, kind, **options), channels, least=(12, 12)).pixels
    assert whole.shape == (120, 300, channels)
    monkeypatch.setattr(decode_module, "LARGE", 1000)
    cut = decode(encoded(image, kind, **options), channels, least=(12, 12), nearest=nearest).pixels
    height, width, _ = cut.shape
    assert 24 <= height <= 26 and 24 <= width <= 30
    middle = whole[60, 150], whole[60, 0]
    np.testing.assert_allclose(cut[height // 2, width // 2].astype(int), middle[0], atol=1)
    np.testing.assert_allclose(cut[height // 2, 0].astype(int), middle[1], atol=1)
    shrunk = decode(
        encoded(image, kind, **options), channels, least=(5, 12), whole=True, nearest=nearest
    ).pixels
    assert (shrunk.shape[0], shrunk.shape[1]) == (10, 25)
    np.testing.assert_allclose(shrunk[5, 0].astype(int), whole[60, 0], atol=1)


@pytest.mark.parametrize("turned", [False, True])
def test_a_large_jpeg_is_shrunk_as_it_is_decoded(monkeypatch, turned):
    monkeypatch.setattr(decode_module, "LARGE", 1000)
    exif = Image.Exif()
    exif[0x0112] = 6 if turned else 1
    file = encoded(halves().resize((1200, 480)), "JPEG", exif=exif, quality=95, subsampling=0)
    loaded = []
    transpose = decode_module.ImageOps.exif_transpose
    monkeypatch.setattr(
        decode_module.ImageOps,
        "exif_transpose",
        lambda image, **options: loaded.append(image.size) or transpose(image, **options),
    )
    least = (24, 12) if turned else (12, 24)
    pixels = decode(file, 3, least=least).pixels
    assert loaded == [(150, 60)]  # An eighth.
    height, width = pixels.shape[:2]
    assert height >= 2 * least[0] and width >= 2 * least[1]
    np.testing.assert_allclose(pixels[height // 2, width // 2], (0, 0, 255), atol=6)


def test_pictures_of_too_many_pixels_are_named_in_words(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_picture(encoded(np.zeros((3, 4), "uint8"))).shape == (3, 4, 1)
    with pytest.raises(ValueError, match="more than 16 pixels, the most that Pillow reads"):
        read_picture(encoded(np.zeros((5, 4), "uint8")))


def saved(folder, values):
    np.save(folder / "a.npy", values)
    return folder / "a.npy"


def test_an_array_is_a_picture_of_any_number_of_channels(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (4, 6, 5), dtype="uint8")
    file = saved(tmp_path, values)
    assert picture_shape(file) == (4, 6, 5)
    np.testing.assert_array_equal(decode(file, 5).pixels, values)
    np.testing.assert_array_equal(read_picture(file), values)


@pytest.mark.parametrize(
    ("values", "value_range", "wanted"),
    [
        (np.array([[[0.0, 1.0]]]), (0, 1), [0, 255]),
        (np.array([[[-3, 5, 1]]], "int16"), (-3, 5), [0, 255, 128]),
        (np.array([[[0, 200]]], "int64"), None, [0, 200]),
    ],
)
def test_values_of_an_array_that_are_no_bytes_are_spread(tmp_path, values, value_range, wanted):
    file = saved(tmp_path, values)
    assert decode(file, values.shape[-1], value_range).pixels.ravel().tolist() == wanted


def test_grey_and_coloured_arrays_are_converted_as_pictures_are(tmp_path):
    grey = saved(tmp_path, np.array([[7, 9]], "uint8"))
    assert picture_shape(grey) == (1, 2, 1)
    assert decode(grey, 3).pixels.tolist() == [[[7, 7, 7], [9, 9, 9]]]
    colour = saved(tmp_path, np.array([[[255, 0, 0]]], "uint8"))
    assert decode(colour, 1).pixels.tolist() == [[[76]]]
    clear = saved(tmp_path, np.array([[[255, 0, 0, 0]]], "uint8"))
    read = decode(clear, 3)
    assert (read.pixels.tolist(), read.composited) == ([[[255, 255, 255]]], True)


@pytest.mark.parametrize(
    ("values", "channels", "value_range", "message"),
    [
        (np.zeros((2, 4, 4, 3), "uint8"), 3, None, r"shape \(2, 4, 4, 3\) and dtype uint8"),
        (np.array(["a"]), 1, None, "not of real numbers"),
        (np.array([{}], object), 1, None, "Python objects"),
        (np.zeros((4, 4, 5), "uint8"), 3, None, "it has 5 channels, not 3"),
        (np.zeros((4, 4, 3), "uint8"), 5, None, "it has 3 channels, not 5"),
        (np.full((4, 4, 5), 0.5), 5, None, "from 0.5 to 0.5, are no bytes: `value_range"),
        (np.full((4, 4, 5), np.nan), 5, (0, 1), "not finite"),
    ],
)
def test_arrays_that_are_no_pictures_are_refused(tmp_path, values, channels, value_range, message):
    with pytest.raises(ValueError, match=message):
        decode(saved(tmp_path, values), channels, value_range)


def test_a_picture_is_not_taken_for_five_channels():
    with pytest.raises(ValueError, match="it has 3 channels, not 5"):
        decode(encoded(np.zeros((4, 4, 3), "uint8")), 5)
