"""Picture files of any mode to uint8 arrays."""

import numpy as np

from keras_gen.data.lazy import LazyModule

Image = LazyModule("PIL.Image")
ImageOps = LazyModule("PIL.ImageOps")

_GRAYSCALE_MODES = ("1", "L", "LA", "La", "I", "F")
_SIXTEEN_BITS = "I;16"
_ORIENTATION = 0x0112


def read_picture(file, channels=3):
    """Decode a picture file whole: upright, transparency composited on white.

    Args:
        file: Path or binary file of a PNG, JPEG or other format that Pillow reads, of any mode.
        channels: 1 for luminance, 3 for red, green, blue. Defaults to `3`.

    Returns:
        uint8 array `(height, width, channels)`.
    """
    with Image.open(file) as image:
        if image.mode.startswith(_SIXTEEN_BITS):
            image = Image.fromarray((np.asarray(image) >> 8).astype("uint8"))
        image = ImageOps.exif_transpose(image)
        if image.has_transparency_data:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image).convert("RGB")
        pixels = np.array(image.convert("L" if channels == 1 else "RGB"))
    return pixels.reshape(*pixels.shape[:2], channels)


def picture_shape(file):
    """Height, width and channels (1 where the mode is a grayscale one, else 3) from the header."""
    with Image.open(file) as image:
        width, height = image.size
        if "exif" in image.info and image.getexif().get(_ORIENTATION, 1) >= 5:  # On its side.
            width, height = height, width
        grayscale = image.mode in _GRAYSCALE_MODES or image.mode.startswith(_SIXTEEN_BITS)
        return height, width, 1 if grayscale else 3
