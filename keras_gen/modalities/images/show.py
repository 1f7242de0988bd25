"""Pictures of images in [-1, 1]: grids, files, animations."""

import io
import math

import numpy as np

from keras_gen.files import written_aside
from keras_gen.lazy import LazyModule
from keras_gen.modalities.images.range import to_uint8

Image = LazyModule("PIL.Image")

_HELD = (1, 3, 4)  # the channels of pictures that files of pictures hold


def image_grid(images, columns=None, padding=2):
    """Lays images out in rows on a white ground.

    Args:
        images: Float array of shape `(n, height, width, channels)` in [-1, 1], with 1, 3 or 4
            channels, of which the fourth is opacity.
        columns: Integer, images a row. Defaults to the grid that is nearest to a square.
        padding: Integer, white pixels between images and around them.

    Returns:
        Uint8 array of shape `(grid height, grid width, channels)`.

    Raises:
        ValueError: If there are no images, or they have other than 1, 3 or 4 channels.

    Example:
    >>> image_grid(np.zeros((5, 8, 8, 1)), columns=3, padding=1).shape
    (19, 28, 1)
    """
    images = np.asarray(images)
    if images.ndim != 4 or not len(images) or images.shape[-1] not in _HELD:
        raise ValueError(
            "`images` must have shape (n, height, width, channels) with n > 0 and 1, 3 or 4 "
            "channels. "
            f"Received: shape {images.shape}"
        )
    n, height, width, channels = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    cells = np.full(
        (rows * columns, height + padding, width + padding, channels), 255, dtype="uint8"
    )
    cells[:n, padding:, padding:] = to_uint8(images)
    grid = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    grid = grid.reshape(rows * cells.shape[1], columns * cells.shape[2], channels)
    return np.pad(grid, ((0, padding), (0, padding), (0, 0)), constant_values=255)


def enlarge(picture, least=256):
    """Repeats pixels of a picture `(height, width, channels)` until its shorter side has `least`."""
    factor = max(1, math.ceil(least / min(picture.shape[:2])))
    return picture.repeat(factor, axis=0).repeat(factor, axis=1)


def encode_png(picture):
    """Returns the bytes of a PNG of a uint8 picture `(height, width, channels)`."""
    encoded = io.BytesIO()
    to_pillow(picture).save(encoded, format="PNG")
    return encoded.getvalue()


def save_png(path, picture):
    """Writes a uint8 picture `(height, width, channels)`; an older file is replaced in one step."""
    with written_aside(path) as aside:
        aside.write_bytes(encode_png(picture))


def save_gif(path, pictures, milliseconds=400):
    """Writes uint8 pictures of one shape as an endless animation."""
    frames = [to_pillow(picture) for picture in pictures]
    with written_aside(path) as aside:
        frames[0].save(
            aside,
            format="GIF",
            save_all=True,
            append_images=frames[1:],
            duration=milliseconds,
            loop=0,
        )


def blank(size, piece):
    """What `lay` lays pieces of a picture `(height, width)` on: a Pillow image, else a uint8 array.

    A large picture is never an array beside the image that is written of it.

    Args:
        size: Pair, the height and width of the whole.
        piece: uint8 array of a piece, whose channels are those of the whole.
    """
    if piece.shape[-1] not in _HELD:
        return np.zeros((*size, piece.shape[-1]), "uint8")
    return Image.new(to_pillow(piece).mode, size[::-1])


def lay(image, piece, top, left):
    """Lays a piece on what `blank` made, at a row and a column."""
    if isinstance(image, np.ndarray):
        image[top : top + piece.shape[0], left : left + piece.shape[1]] = piece
    else:
        image.paste(to_pillow(piece), (left, top))


def to_pillow(picture):
    """A Pillow image of a uint8 picture `(height, width, channels)` of 1, 3 or 4 channels."""
    return Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)
