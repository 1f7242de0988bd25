"""Learning rates over a training."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keras_gen.schedules import LinearDecay


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
