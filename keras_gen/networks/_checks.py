"""Checks of the builders' arguments."""

import math
import numbers


def check_integer(argument, value, minimum=1):
    """Return `value` as an `int`; raise where it is no integer of at least `minimum`."""
    integral = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not integral or value < minimum:
        raise ValueError(
            f"`{argument}` must be an integer of at least {minimum}. Received: {argument}={value!r}"
        )
    return int(value)


def check_choice(argument, value, choices):
    """Return `value`; raise where it is none of `choices`."""
    if value not in choices:
        raise ValueError(
            f"`{argument}` must be one of {list(choices)}. Received: {argument}={value!r}"
        )
    return value


def check_rate(argument, value):
    """Return `value` as a `float`; raise where it lies outside [0, 1)."""
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not 0.0 <= value < 1.0:
        raise ValueError(
            f"`{argument}` must be a number of at least 0 and below 1. "
            f"Received: {argument}={value!r}"
        )
    return float(value)


def check_halvings(argument, value, input_shape):
    """Return `value` as an `int` of at least 2; raise where sides can't be halved so many times."""
    value = check_integer(argument, value, 2)
    if any(side % 2**value for side in input_shape[:2]):
        raise ValueError(
            f"`{argument}` halvings need a height and a width divisible by 2**{argument}, {2**value}. "
            f"Received: {argument}={value}, input_shape={input_shape}"
        )
    return value


def check_any_image_shape(argument, value):
    """Return `value` as `(height, width, channels)`, of which height and width may be None: any size."""
    shape = tuple(value) if isinstance(value, (tuple, list)) else ()
    known = check_image_shape(
        argument, tuple(1 if n is None and k < 2 else n for k, n in enumerate(shape)) or value, 1
    )
    return tuple(n and size for n, size in zip(shape, known, strict=True))


def check_image_shape(argument, value, minimum=8, multiple=1):
    """Return `value` as `(height, width, channels)`, three integers.

    Raises where it is anything else, where a side is under `minimum`, or where one isn't divisible
    by `multiple`.
    """
    shape = tuple(value) if isinstance(value, (tuple, list)) else ()
    integral = all(isinstance(n, numbers.Integral) and not isinstance(n, bool) for n in shape)
    if len(shape) != 3 or not integral or min(shape) < 1:
        raise ValueError(
            f"`{argument}` must be (height, width, channels), three positive integers. "
            f"Received: {argument}={value!r}"
        )
    if min(shape[:2]) < minimum:
        raise ValueError(
            f"`{argument}` must have a height and a width of at least {minimum}. "
            f"Received: {argument}={value!r}"
        )
    if any(side % multiple for side in shape[:2]):
        raise ValueError(
            f"`{argument}` must have a height and a width divisible by {multiple}. "
            f"Received: {argument}={value!r}"
        )
    return tuple(int(n) for n in shape)


def check_square_shape(argument, value):
    """Return `value` as three integers; raise unless both sides are one power of two from 8 up."""
    height, width, channels = check_image_shape(argument, value, 1)
    nearest = 2 ** max(3, round(math.log2(height * width) / 2))
    if not height == width == nearest:
        raise ValueError(
            f"`{argument}` must have sides of one power of two, at least 8: resize the images, "
            f"({nearest}, {nearest}, {channels}) is nearest. Received: {argument}={value!r}"
        )
    return height, width, channels
