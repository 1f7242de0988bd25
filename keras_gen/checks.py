"""What arguments must be, and how it is said."""

import difflib
import math
import numbers


def check_positive_integer(argument, value):
    """Raises a ValueError unless `value` is an integer above 0."""
    if not is_integer(value) or value < 1:
        raise ValueError(f"`{argument}` must be an integer above 0. Received: {argument}={value!r}")


def check_int(argument, value, least=1):
    """Raises a ValueError unless `value` is an `int`, which a config can hold, of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(
            f"`{argument}` must be an integer of at least {least}. Received: {argument}={value!r}"
        )


def check_positive(argument, value):
    """Raises a ValueError unless `value` is a number above 0, and finite."""
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not 0 < value < math.inf:
        raise ValueError(f"`{argument}` must be a number above 0. Received: {argument}={value!r}")


def check_non_negative(argument, value):
    """Raises a ValueError unless `value` is a number from 0 up."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not value >= 0:
        raise ValueError(f"`{argument}` must be a number >= 0. Received: {argument}={value!r}")


def non_negative_pair(argument, value):
    """Two numbers from 0 up, of a pair or of one number for both. Raises a ValueError of anything else."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2:
        raise ValueError(
            f"`{argument}` must be a number >= 0 or a pair of them. Received: {argument}={value!r}"
        )
    for one in pair:
        check_non_negative(argument, one)
    return pair


def check_shares_of_holes(smallest, largest):
    """Raises a ValueError unless they are shares of an image's side, of which something is left."""
    if not 0 < smallest <= largest < 1:
        raise ValueError(
            "`smallest` and `largest` must be shares of an image, 0 < smallest <= largest < 1: a hole "
            f"may not hide all of it. Received: smallest={smallest!r}, largest={largest!r}"
        )


def check_steps(steps):
    """Raises a ValueError unless `steps` is an integer, at least 2: both ends of a walk."""
    if not is_integer(steps) or steps < 2:
        raise ValueError(f"`steps` must be an integer, at least 2. Received: steps={steps!r}")


def is_integer(value):
    """Whether it is an integer, NumPy's included, and no boolean."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def did_you_mean(name, known):
    """A sentence with a blank before it that says which known name is near another, or nothing."""
    near = difflib.get_close_matches(str(name).lower(), list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near and near[0] != name else ""


def nearest_in_words(name, known):
    """Up to three names like one that is not known, or all where none is like it, for an error.

    >>> nearest_in_words("ratin", ["rating", "age"]), nearest_in_words("zip", ["rating", "age"])
    ("'rating'", "'rating' or 'age'")
    """
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4) or known
    return " or ".join(map(repr, near))
