"""The options that say how pictures are read, checked."""

import math
from typing import Any

RESIZES = ("bicubic", "nearest")


def check_resize(resize):
    """Refuse an unknown way of resizing.

    Raises:
        ValueError: If it is none of `RESIZES`.
    """
    if resize not in RESIZES:
        raise ValueError(f"`resize` must be one of {RESIZES}. Received: resize={resize!r}")
    return resize


def resize_for_both(resize: Any) -> tuple[Any, Any]:
    """`resize` as a tuple of two, for pairs of images: of one word, of two, or of two with a comma between.

    Raises:
        ValueError: If it is another word, or there are more of them.

    Example:

    >>> resize_for_both("nearest"), resize_for_both("nearest,bicubic")
    (('nearest', 'nearest'), ('nearest', 'bicubic'))
    """
    both = tuple(resize.split(",") if isinstance(resize, str) else resize)
    both = both * 2 if len(both) == 1 else both
    if len(both) != 2 or not set(both) <= set(RESIZES):
        raise ValueError(
            f"`resize` must be one of {RESIZES}, or one each of the two images of a pair. "
            f"Received: resize={resize!r}"
        )
    return both


def value_range_for_both(value_range: Any) -> tuple[Any, Any]:
    """`value_range` as a tuple of two, for pairs of images: `(low, high)` or None for each.

    Raises:
        ValueError: If it is neither numbers `(low, high)`, low below high, nor two of them.
    """
    both = value_range if isinstance(value_range, (tuple, list)) else ()
    if not any(part is None or isinstance(part, (tuple, list)) for part in both):
        both = (value_range, value_range)
    if len(both) == 2:
        return tuple(check_value_range(part) for part in both)
    raise ValueError(
        "`value_range` must be (low, high), or one each of the two images of a pair. "
        f"Received: value_range={value_range!r}"
    )


def check_value_range(value_range):
    """`value_range` as a tuple of two floats, or None.

    Raises:
        ValueError: If it is not two finite numbers, the first below the second.
    """
    if value_range is None:
        return None
    try:
        low, high = (float(value) for value in value_range)
    except (TypeError, ValueError):
        low = high = 0.0
    if not (low < high and math.isfinite(high - low)):
        raise ValueError(
            "`value_range` must be (low, high), the values that are to be black and white. "
            f"Received: value_range={value_range!r}"
        )
    return low, high
