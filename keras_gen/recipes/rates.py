"""Learning rates, and other numbers, over a training."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_gen.schedules import Cosine, LinearDecay


def falling(rate: float, updates: int) -> "LinearDecay":
    """A rate that is held for half of the updates and falls linearly to zero in the other half.

    Args:
        rate: Float above 0.
        updates: Integer, how many there are in all.

    Returns:
        `keras_gen.schedules.LinearDecay`.
    """
    from keras_gen.schedules import LinearDecay

    return LinearDecay(rate, updates // 2, updates - updates // 2)


def cosine(value: float, updates: int, start: float = 1.0, end: float = 0.0) -> "Cosine":
    """A number that goes from one share of a value to another along half a cosine.

    Args:
        value: Float above 0.
        updates: Integer, how many there are in all.
        start: Float, the share at first.
        end: Float, the share at the end.

    Returns:
        `keras_gen.schedules.Cosine`.
    """
    from keras_gen.schedules import Cosine

    return Cosine(start * value, end * value, max(1, updates))
