"""Pictures of any size, translated piece by piece."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

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
    """Translates one picture at its own size: the `pieces` put together.

    Args:
        direction: As in `pieces`.
        picture: uint8 array `(height, width, channels)`.
        multiple: As in `pieces`.
        piece: As in `pieces`.

    Returns:
        uint8 array `(factor * height, factor * width, channels)`.
    """
    made: Any = None
    for (height, width), top, left, part in pieces(direction, picture, multiple, piece):
        if made is None:
            made = np.empty((height, width, part.shape[-1]), "uint8")
        made[top : top + part.shape[0], left : left + part.shape[1]] = part
    return made


def pieces(
    direction: Direction, picture: Array, multiple: int = 1, piece: int = PIECE
) -> Iterator[tuple[tuple[int, int], int, int, Array]]:
    """Translates one picture at its own size, piece by piece.

    Where it is known how far around its place a pixel looks (`keras_gen.core.reach.reach_of`), a larger
    picture is translated in tiles that overlap by twice as much, and of each what has all that it needs is
    kept: the pieces are the whole picture's, and memory is that of a tile. Others are translated whole.

    Args:
        direction: `Direction` whose network takes images of any size.
        picture: uint8 array `(height, width, channels)`.
        multiple: Integer, what the network's sides must be multiples of; the picture is mirrored around it.
        piece: Integer, the sides of a piece in pixels.

    Yields:
        Tuple of the height and width of the whole translation, the row and the column at which the piece
        begins in it, and the piece, a uint8 array. Together they cover it once.
    """
    wanted = tuple(-(-side // multiple) * multiple for side in picture.shape[:2])
    whole, middle = fit.mirrored_around(picture, wanted)
    reach = None if direction.network is None else reach_of(direction.network)
    pixels, factor = reach or (0, 1)
    # Without a reach there is one window, the whole.
    core = max(1, piece // factor) if reach else max(wanted)
    sides = [_windows(side, core, core + 2 * pixels) for side in wanted]
    for windows in itertools.product(*sides):
        rows, columns = (window for window, _ in windows)
        made = to_uint8(direction.translate(in_range(whole[None, rows, columns]))[0])
        factor = made.shape[0] // (rows.stop - rows.start)
        starts, cut = [], []
        for (window, inner), inside in zip(windows, middle, strict=True):
            start, stop = max(inner.start, inside.start), min(inner.stop, inside.stop)
            starts.append(factor * (start - inside.start))
            cut.append(slice(factor * (start - window.start), factor * (stop - window.start)))
        part = made[tuple(cut)]
        if part.size:
            height, width = (factor * side for side in picture.shape[:2])
            yield (height, width), starts[0], starts[1], part


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
