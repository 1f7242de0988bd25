"""Windows of a large picture, in each of which its holes are small enough to be filled."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy import ndimage

from keras_gen.types import Array

# The greatest share of a window's side that the thickest part of a hole takes, where the picture has room.
THICKEST = 0.4
_WITH_CORNERS = np.ones((3, 3), bool)

Window = tuple[slice, slice]


def covered(picture: Array, hidden: Array) -> Array:
    """A picture whose hidden pixels have the colour of the nearest others, for sizes at which they mix.

    Args:
        picture: Array `(height, width, channels)`.
        hidden: Boolean array `(height, width)`, not true everywhere.

    Returns:
        Array of the picture's shape and dtype.

    Example:

    >>> covered(np.array([[[7], [200], [201], [9]]]), np.array([[False, True, True, False]])).ravel()
    array([7, 7, 9, 9])
    """
    rows, columns = ndimage.distance_transform_edt(
        hidden, return_distances=False, return_indices=True
    )
    return picture[rows, columns]


def windows_around(hidden: Array, size: Sequence[int]) -> Iterator[tuple[Window, Array]]:
    """Windows that cover the holes of a picture, as small as its pixels and the holes allow.

    A window has a size's proportions and is as large, or, around a hole that is thicker than 0.4 of that,
    twice, four times as large and so on, at most the picture. A hole that is no longer than half a window
    lies in the middle of one, with those beside it; a longer one is covered by several that overlap by half.

    Args:
        hidden: Boolean array `(height, width)`, true in the holes.
        size: Pair, the height and width of the smallest windows.

    Yields:
        Pair of the slices that cut the window out, and of a float32 array of the window's shape: the weight
        of each pixel that is to be taken from it, 0 elsewhere. Of each hidden pixel the weights sum to more
        than 0.

    Example:

    >>> hidden = np.zeros((100, 200), bool)
    >>> hidden[50:54, 100:110] = True
    >>> [(rows, columns)] = [window for window, _ in windows_around(hidden, (32, 32))]
    >>> (rows.start, rows.stop), (columns.start, columns.stop)
    ((36, 68), (89, 121))
    """
    labels, _ = ndimage.label(hidden, _WITH_CORNERS)
    together: dict[tuple[Any, ...], list[int]] = {}
    boxes = ndimage.find_objects(labels)
    for label, box in enumerate(boxes, start=1):
        window = _window_size(labels, label, box, size)
        if all(2 * (cut.stop - cut.start) <= side for cut, side in zip(box, window, strict=True)):
            place = [
                2 * (cut.start + cut.stop) // side for cut, side in zip(box, window, strict=True)
            ]
            together.setdefault((*window, *place), []).append(label)
        else:
            yield from _several(labels, label, box, window)
    for (*window, _, _), members in together.items():
        found = [boxes[label - 1] for label in members]
        cuts = tuple(
            _around(min(cut.start for cut in axis), max(cut.stop for cut in axis), side, whole)
            for *axis, side, whole in zip(*found, window, hidden.shape, strict=True)
        )
        yield cuts, np.isin(labels[cuts], members).astype("float32")


def _window_size(labels, label, box, size):
    """Height and width of the windows around a hole."""
    # A pixel around it, which is known; at the picture's border there is none.
    around = tuple(
        slice(max(0, cut.start - 1), min(whole, cut.stop + 1))
        for cut, whole in zip(box, labels.shape, strict=True)
    )
    thickness = 2.0 * ndimage.distance_transform_edt(labels[around] == label).max()
    times = 1
    while thickness > THICKEST * times * min(size):
        times *= 2
    return [min(times * side, whole) for side, whole in zip(size, labels.shape, strict=True)]


def _around(start, stop, side, whole):
    """A slice of a side's length in the middle of which something lies, as far as the whole reaches."""
    first = min(max(0, (start + stop - side) // 2), whole - side)
    return slice(first, first + side)


def _several(labels, label, box, window):
    """Windows over a long hole that overlap by half, and weights that fall towards their borders."""
    sides = []
    for cut, side, whole in zip(box, window, labels.shape, strict=True):
        middle = (cut.start + cut.stop) // 2
        half = max(1, side // 2)
        long = cut.stop - cut.start > half
        centres = range(cut.start, cut.stop + half, half) if long else [middle]
        sides.append(sorted({_around(at, at, side, whole).start for at in centres}))
    tents = [np.minimum(ramp := np.arange(1, side + 1), ramp[::-1]) for side in window]
    weights = np.outer(*tents).astype("float32")
    for starts in itertools.product(*sides):
        cuts = tuple(slice(at, at + side) for at, side in zip(starts, window, strict=True))
        own = labels[cuts] == label
        if own.any():
            yield cuts, weights * own
