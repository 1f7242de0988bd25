"""Pictures that somebody sends: few formats, and their size is looked at before they are decoded."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_gen.lazy import LazyModule
from keras_gen.modalities.images import decode, fit
from keras_gen.serving.limits import Limits, RefusedError
from keras_gen.types import Array

Image = LazyModule("PIL.Image")
FORMATS = ["PNG", "JPEG", "WEBP", "GIF", "BMP"]
# Pixels of the longer side: what resizes a picture takes thousands of bytes for each.
LONGEST = 2**14


@dataclasses.dataclass(frozen=True)
class Taken:
    """Pictures as a model takes them.

    Args:
        arrays: Tuple of arrays `(n, height, width, channels)`.
        middles: List of pairs of slices, where in each array its picture lies; None where that is all of it.
    """

    arrays: tuple[Array, ...]
    middles: list[Any] | None = None

    def cut(self, images: Sequence[Array]) -> list[Array]:
        """Pictures without the room around them, of what the model made.

        Args:
            images: Sequence of arrays `(height, width, channels)`, of this size or a multiple.
        """
        if self.middles is None:
            return list(images)
        height, width = self.arrays[0].shape[1:3]
        scales = images[0].shape[0] / height, images[0].shape[1] / width
        return [
            image[
                tuple(
                    slice(round(cut.start * scale), round(cut.stop * scale))
                    for cut, scale in zip(middle, scales, strict=True)
                )
            ]
            for image, middle in zip(images, self.middles, strict=True)
        ]


def decoded(files: Sequence[bytes], channels: int, limits: Limits) -> list[Array]:
    """Decodes picture files.

    Args:
        files: Sequence of bytes.
        channels: Integer, 1, 3 or 4.
        limits: `Limits`.

    Returns:
        List of uint8 arrays `(height, width, channels)`.

    Raises:
        RefusedError: If one is no picture of these formats, too long, or they have too many pixels.
    """
    left = limits.pixels
    for number, file in enumerate(files):
        width, height = _read(number, lambda f=file: _size(f))
        left -= width * height
        if left < 0:
            raise RefusedError(413, f"Pictures must have {limits.pixels:,} pixels at most in all.")
        if max(width, height) > LONGEST:
            raise RefusedError(
                413,
                f"File {number} must have sides of {LONGEST:,} pixels at most. Received: {width} x {height}",
            )
    return [
        _read(
            number,
            lambda f=file: decode.decode(io.BytesIO(f), channels, formats=FORMATS).pixels,
        )
        for number, file in enumerate(files)
    ]


def _size(file):
    """Width and height that a file says that it has: nothing is decoded."""
    try:
        with Image.open(io.BytesIO(file), formats=FORMATS) as image:
            return image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return 2**31, 2**31


def _read(number, read):
    try:
        return read()
    except RefusedError:
        raise
    except Exception as error:  # Pillow raises many kinds, SyntaxError among them.
        raise RefusedError(
            422, f"File {number} must be a whole picture: {', '.join(FORMATS)}."
        ) from error


def images_for(spec: Any, files: Sequence[bytes], limits: Limits) -> Taken:
    """Picture files as a model takes them: scaled until they lie inside its size, and mirrored around.

    Args:
        spec: Spec of `keras_gen.modalities`, of images or of clips, whose frames the files are.
        files: Sequence of bytes.
        limits: `Limits`.

    Returns:
        `Taken`.

    Raises:
        RefusedError: As `decoded`, or if pictures are of several sizes where the model takes any.
    """
    pictures = decoded(files, spec.shape[-1], limits)
    size = spec.shape[-3:-1]
    if None in size:
        if len({picture.shape for picture in pictures}) > 1:
            raise RefusedError(422, "Pictures of one request must be of one size.")
        return Taken((np.stack(pictures),))
    fitted, middles = zip(*(fit.fitted(picture, size) for picture in pictures), strict=True)
    if spec.kind == "clips":
        context = spec.shape[0]
        if len(fitted) < context:
            raise RefusedError(
                422, f"`images` must be {context} frames at least. Received: {len(fitted)}"
            )
        return Taken((np.stack(fitted[-context:])[None],))
    return Taken((np.stack(fitted),), list(middles))


def holes_for(spec: Any, files: Sequence[bytes], masks: Sequence[bytes], limits: Limits) -> Taken:
    """Picture files and those of their masks as a model takes them that fills holes.

    Args:
        spec: Spec of `keras_gen.modalities`, of images.
        files: Sequence of bytes.
        masks: Sequence of bytes, one mask for each picture: white is hidden.
        limits: `Limits`.

    Returns:
        `Taken`, of pictures and of masks.

    Raises:
        RefusedError: As `decoded`, or if a mask is of another size, or hides nothing or all.
    """
    if len(files) != len(masks):
        raise RefusedError(
            422,
            f"`masks` must be one for each of `images`. Received: {len(masks)} for {len(files)}",
        )
    pictures = decoded(files, spec.shape[-1], limits)
    hidden = [mask[..., 0] > 127 for mask in decoded(masks, 1, limits)]
    for picture, mask in zip(pictures, hidden, strict=True):
        if picture.shape[:2] != mask.shape:
            raise RefusedError(422, "A mask must have its picture's height and width.")
        if not mask.any() or mask.all():
            raise RefusedError(
                422, "A mask must be white where something is to be filled, not all over."
            )
    size = spec.shape[:2]
    fitted, middles = zip(*(fit.fitted(picture, size) for picture in pictures), strict=True)
    holes = np.stack([fit.fitted_holes(mask, size) for mask in hidden]).astype("float32")
    return Taken((np.stack(fitted), holes), list(middles))
