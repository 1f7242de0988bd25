"""Pictures of any size, translated piece by piece."""

from __future__ import annotations

import itertools

import numpy as np

from keras_gen.core.reach import reach_of
from keras_gen.modalities.images import fit
from keras_gen.modalities.images.range import in_range, to_uint8
from keras_gen.tasks.translating import Direction
from keras_gen.types import Array

# Of what comes out of a piece, height and width in pixels.
PIECE = 512


def translate_in_tiles(
    direction: Direction, picture: Array, multiple: int = 1, piece: int = PIECE
) -> Array:
    """Translates one picture at its own size.

    Where it is known how far around its place a pixel looks (`keras_gen.core.reach.reach_of`), a larger
    picture is translated in tiles that overlap by twice as much, and of each what has all that it needs is
    kept: the result is the whole picture's, and memory that of a tile beside the picture and its
    translation. Others are translated whole.

    Args:
        direction: `Direction` whose network takes images of any size.
        picture: uint8 array `(height, width, channels)`.
        multiple: Integer, what the network's sides must be multiples of; the picture is mirrored around it.
        piece: Integer, the sides of the pieces that a larger result is made of, in pixels.

    Returns:
        uint8 array `(factor * height, factor * width, channels)`.
    """
    size = picture.shape[:2]
    wanted = tuple(-(-side // multiple) * multiple for side in size)
    whole, middle = fit.mirrored_around(picture, wanted)
    reach = None if direction.network is None else reach_of(direction.network)
    if reach is None:
        made = to_uint8(direction.translate(in_range(whole[None]))[0])
    else:
        made = _in_tiles(direction, whole, reach, max(1, piece // reach.factor))
    factor = made.shape[0] // wanted[0]
    cut = (slice(factor * part.start, factor * part.stop) for part in middle)
    return made[tuple(cut)]


def _in_tiles(direction, picture, reach, core):
    """The translation of a picture by pieces of `core` of its pixels a side."""
    pixels, factor = reach
    sides = [_windows(side, core, core + 2 * pixels) for side in picture.shape[:2]]
    made = None
    for (rows, inner_rows), (columns, inner_columns) in itertools.product(*sides):
        outputs = direction.translate(in_range(picture[None, rows, columns]))[0]
        if made is None:
            size = [factor * side for side in picture.shape[:2]]
            made = np.empty((*size, outputs.shape[-1]), "uint8")
        inner = [(inner_rows, rows), (inner_columns, columns)]
        to = tuple(slice(factor * part.start, factor * part.stop) for part, _ in inner)
        within = tuple(
            slice(factor * (part.start - window.start), factor * (part.stop - window.start))
            for part, window in inner
        )
        made[to] = to_uint8(outputs[within])
    return made


def _windows(side, core, length):
    """Pairs of a window of a side and the part of it that is kept: all windows of one length.

    A window at the picture's border keeps what lies there: the network ends there as it would anyway.
    """
    if side <= length:
        return [(slice(0, side), slice(0, side))]
    margin = (length - core) // 2
    found, start = [], 0
    while start < side:
        first = min(max(0, start - margin), side - length)
        # The first window and the last have no margin to spare at the border.
        stop = side if first + length == side else min(start + core, first + length - margin)
        found.append((slice(first, first + length), slice(start, stop)))
        start = stop
    return found
