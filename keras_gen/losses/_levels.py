"""Levels that lie evenly in [-1, 1], and how a logistic distribution is shared out among them."""

from keras import ops


def values_of(levels, count):
    """Values in [-1, 1] of levels in [0, count), in any library's tensors."""
    return 2.0 * levels / (count - 1) - 1.0


def discretized_logistic(away, levels, log_scale, count):
    """Log probabilities of levels: of the interval half a step to either side, of the ends all beyond them.

    `sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(a - b))`, exact far from the mean, too.

    Args:
        away: Float tensor, by how much the levels' values lie above the distribution's mean.
        levels: Float tensor of whole numbers in [0, count).
        log_scale: Float tensor.
        count: Integer, how many levels there are.

    Returns:
        Float tensor of the shape that these have together.
    """
    half = 1.0 / (count - 1)
    inverse = ops.exp(-log_scale)
    upper, lower = inverse * (away + half), inverse * (away - half)
    between = ops.log(-ops.expm1(-2.0 * half * inverse))
    below_upper = ops.where(levels > count - 1.5, 0.0, ops.log_sigmoid(upper))
    above_lower = ops.where(levels < 0.5, 0.0, ops.log_sigmoid(-lower))
    inside = ops.logical_and(levels > 0.5, levels < count - 1.5)
    return below_upper + above_lower + ops.where(inside, between, 0.0)
