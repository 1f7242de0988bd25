"""Picture files of any kind to uint8 arrays: the one reader of training and of translation."""

import contextlib
import dataclasses
import os
import warnings

import numpy as np

from keras_gen.lazy import LazyModule
from keras_gen.modalities.images.range import stretched

Image = LazyModule("PIL.Image")
ImageOps = LazyModule("PIL.ImageOps")

# A picture of more pixels is cut and shrunk to what is wanted of it before it becomes an array.
LARGE = 2**25
# Scans of 10 or 12 bits, and masks of numbers, come out black where nobody says their range.
DARK = {16: 4096, 8: 16}

# Pictures of any number of channels, one `(height, width)` or `(height, width, channels)` a file.
ARRAYS = ".npy"

_GRAYSCALE_MODES = ("1", "L", "LA", "La", "I", "F")
_SIXTEEN_BITS = "I;16"
_ORIENTATION = 0x0112


@dataclasses.dataclass(frozen=True)
class Decoded:
    """A picture's pixels, and what was done to have them.

    Args:
        pixels: uint8 array `(height, width, channels)`.
        composited: Boolean, whether parts that are transparent were laid on white.
        bits: 8, or 16 where the file has grey levels of 16 bits.
        largest: Integer, the largest stored value of a grey picture without `value_range`, else None.
    """

    pixels: np.ndarray
    composited: bool = False
    bits: int = 8
    largest: int | None = None


def read_picture(file, channels=None, value_range=None):
    """Reads a picture file whole: upright, transparency composited on white.

    Args:
        file: Path or binary file of a PNG, JPEG or other format that Pillow reads, of any mode. Of
            several frames it is the first. Or path of a `.npy` file of an array `(height, width)` or
            `(height, width, channels)`, with any number of channels.
        channels: 1 for luminance, 3 for red, green, blue, 4 to keep opacity. Defaults to those of the
            file, 1 or 3.
        value_range: Optional `(low, high)`, the stored values that become 0 and 255. Of a palette's
            picture the colours' numbers are taken.

    Returns:
        uint8 array `(height, width, channels)`. Of grey levels of 16 bits the upper eight are taken.

    Raises:
        OSError: If it is no picture, or is damaged. Pillow raises other exceptions, too.
        ValueError: If it has too many pixels, or stored values of no known range.
    """
    with silent_about_size():
        if channels is None:
            channels = picture_shape(file, value_range=value_range)[-1]
        return decode(file, channels, value_range).pixels


def picture_shape(file, channels=None, value_range=None):
    """Height, width and channels from the header: 4 if wanted, 1 of a grey picture, else 3.

    Of an array they are its own, but for 4 if wanted of one that has 1 or 3.
    """
    if _is_array(file):
        *size, depth = _array(file).shape
        return *size, 4 if channels == 4 and depth in (1, 3) else depth
    with _opened(file) as image:
        width, height = image.size
        if _is_on_its_side(image):
            width, height = height, width
        grey = image.mode in _GRAYSCALE_MODES or image.mode.startswith(_SIXTEEN_BITS)
        grey = grey or (image.mode == "P" and value_range is not None)
        return height, width, 4 if channels == 4 else 1 if grey else 3


def decode(file, channels, value_range=None, least=None, whole=False, nearest=False, formats=None):
    """Reads a picture as `read_picture` does, and says what was done to it.

    Args:
        file: Path or binary file.
        channels: 1, 3 or 4, or an array's own number.
        value_range: Optional `(low, high)`.
        least: Optional `(height, width)` that the picture is going to be scaled to. A large one is cut
            to the middle of that shape, and shrunk to no less than twice the size, so that it takes
            little memory.
        whole: Boolean, whether a large picture is shrunk only, and nothing cut off.
        nearest: Boolean, whether it is shrunk without mixing colours.
        formats: Optional list of the formats that it may be of, as Pillow calls them.

    Returns:
        `Decoded`.
    """
    if _is_array(file):
        return _decode_array(file, channels, value_range)
    with _opened(file, formats) as image:
        large = least is not None and image.width * image.height > LARGE
        if large and image.format == "JPEG" and not nearest:
            sides = least[::-1] if _is_on_its_side(image) else least
            factor = _factor(image.size, sides, whole)
            image.draft(image.mode, [side // factor for side in image.size])
        ImageOps.exif_transpose(image, in_place=True)
        image, bits, largest = _as_bytes(image, value_range)
        if large:
            image = _cut_and_shrunk(image, least, whole, nearest)
        image, composited = _with_channels(image, channels)
        pixels = np.array(image)
    return Decoded(pixels.reshape(*pixels.shape[:2], channels), composited, bits, largest)


def _decode_array(file, channels, value_range):
    values = _array(file)
    if value_range is not None:
        if not np.isfinite(values).all():
            raise ValueError("it has values that are not finite")
        values = np.rint(stretched(values, value_range) * 255.0)
    elif values.dtype != np.uint8:
        _check_bytes(values.min(), values.max(), whole=np.issubdtype(values.dtype, np.integer))
    pixels, own = np.array(values, "uint8"), values.shape[-1]
    if own == channels:
        return Decoded(pixels)
    if own not in (1, 3, 4):
        raise ValueError(f"it has {own} channels, not {channels}")
    image, composited = _with_channels(
        Image.fromarray(pixels.squeeze(-1) if own == 1 else pixels), channels
    )
    return Decoded(np.array(image).reshape(*pixels.shape[:2], channels), composited)


@contextlib.contextmanager
def silent_about_size():
    """A context in which Pillow does not warn of large pictures, which are shrunk as they are read.

    It is entered by one thread for all those that it starts: Python's filters are the process's.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def _is_array(file):
    return isinstance(file, str | os.PathLike) and os.fspath(file).lower().endswith(ARRAYS)


def _array(file):
    """The array of a file, `(height, width, channels)`, whose values are not read yet."""
    values = np.load(file, mmap_mode="r", allow_pickle=False)
    numbers = np.issubdtype(values.dtype, np.number) or values.dtype == bool
    if values.ndim not in (2, 3) or not values.size or not numbers or np.iscomplexobj(values):
        raise ValueError(
            f"it is an array of shape {values.shape} and dtype {values.dtype}, not of real numbers "
            "(height, width, channels)"
        )
    return values[..., np.newaxis] if values.ndim == 2 else values


def _opened(file, formats=None):
    try:
        return Image.open(file, formats=formats)
    except Image.DecompressionBombError as error:
        raise ValueError(
            f"it has more than {2 * Image.MAX_IMAGE_PIXELS:,} pixels, the most that Pillow reads; "
            "for a file that you trust, set `PIL.Image.MAX_IMAGE_PIXELS = None`"
        ) from error


def _is_on_its_side(image):
    return "exif" in image.info and image.getexif().get(_ORIENTATION, 1) >= 5


def _as_bytes(image, value_range):
    """A Pillow image of 8-bit values, the bits of the stored ones, and the largest of a grey one."""
    deep = image.mode.startswith(_SIXTEEN_BITS) or (image.mode == "I" and image.format == "PNG")
    bits = 16 if deep else 8
    if value_range is not None:
        return _stretched(image, value_range), bits, None
    if image.mode in ("I", "F") and not deep:
        return _of_unknown_range(image), 8, None
    if deep:
        values = np.asarray(image)
        return Image.fromarray((values >> 8).astype("uint8")), bits, int(values.max())
    if image.mode == "P":  # Neither shrunk nor composited as it is.
        return image.convert("RGBA" if image.has_transparency_data else "RGB"), bits, None
    return image, bits, image.getextrema()[1] if image.mode == "L" else None


def _stretched(image, value_range):
    """The image with its stored values, but for opacity, spread over 0 to 255."""
    if image.mode not in ("1", "L", "P", "I", "F", "RGB", "RGBA", "LA") and not (
        image.mode.startswith(_SIXTEEN_BITS)
    ):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    values = np.asarray(image)
    if not np.isfinite(values).all():
        raise ValueError("its values are not all finite numbers")
    spread = np.rint(stretched(values, value_range) * 255.0).astype("uint8")
    if image.mode in ("RGBA", "LA"):
        spread[..., -1] = values[..., -1]
    return Image.fromarray(spread)


def _of_unknown_range(image):
    """The image of stored integers or floats that are plainly those of bytes."""
    _check_bytes(*image.getextrema(), whole=image.mode == "I")
    return image.convert("L")


def _check_bytes(low, high, whole):
    if not (low >= 0 and high <= 255 and (whole or high > 1 or low == high == 0)):
        raise ValueError(
            f"its values, from {low:g} to {high:g}, are no bytes: "
            "`value_range=(low, high)` must say which are black and white"
        )


def _factor(size, least, whole):
    """By how much a picture `(width, height)` may be shrunk and stay twice as large as `least`."""
    shares = size[1] / least[0], size[0] / least[1]
    return max(1, int((max(shares) if whole else min(shares)) / 2))


def _cut_and_shrunk(image, least, whole, nearest):
    width, height = image.size
    box = (0, 0, width, height)
    if not whole:
        scale = min(height / least[0], width / least[1])
        # A few pixels more than the cut, which resizing mixes into it.
        wide, high = (
            min(a, round(b * scale) + 16) for a, b in ((width, least[1]), (height, least[0]))
        )
        left, top = (width - wide) // 2, (height - high) // 2
        box = (left, top, left + wide, top + high)
    factor = _factor(image.size, least, whole)
    if nearest:
        size = [max(1, side // factor) for side in (box[2] - box[0], box[3] - box[1])]
        return image.resize(size, Image.Resampling.NEAREST, box=box)
    if image.mode == "1":
        image = image.convert("L")
    # No side becomes less than a pixel, and Pillow wants no more of one than there is.
    factors = [min(factor, side) for side in (box[2] - box[0], box[3] - box[1])]
    return image.reduce(factors, box)


def _with_channels(image, channels):
    """The image of 1, 3 or 4 channels, and whether transparent parts were laid on white for it."""
    if channels not in (1, 3, 4):
        raise ValueError(f"it has {len(image.getbands())} channels, not {channels}")
    if channels == 4:
        return image.convert("RGBA"), False
    composited = False
    if image.has_transparency_data:
        image = image.convert("RGBA")
        composited = image.getchannel("A").getextrema()[0] < 255
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    return image.convert("L" if channels == 1 else "RGB"), composited
