"""Ratings of what is compared in pairs."""

from __future__ import annotations

from collections.abc import Iterable

START = 1500.0


def elo_ratings(
    pairs: Iterable[tuple[str, str] | tuple[str, str, float]],
    k: float = 32.0,
    start: float = START,
) -> dict[str, float]:
    """Elo's ratings, moved by each comparison in turn: one gains what the other loses.

    A player rated `a` is expected to beat one rated `b` with probability `1 / (1 + 10 ** ((b - a) / 400))`,
    and a win moves both by `k` times what was not expected. A tie counts as half a win.

    Args:
        pairs: Iterable of pairs of names, the winner first, in their order; or of names and the first one's
            score, 1 or, of a tie, 0.5.
        k: Number, the most that one comparison moves a rating.
        start: Number, the rating of those who were never compared.

    Returns:
        Dict from the names that occur to their ratings, whose mean is `start`.

    Example:

    >>> elo_ratings([("a", "b")])
    {'a': 1516.0, 'b': 1484.0}
    >>> elo_ratings([("a", "b", 0.5)])
    {'a': 1500.0, 'b': 1500.0}

    Reference: Elo, 1978, The Rating of Chessplayers, Past and Present
    """
    ratings: dict[str, float] = {}
    for first, second, *score in pairs:
        a, b = ratings.get(first, start), ratings.get(second, start)
        gain = k * ((score[0] if score else 1.0) - 1 / (1 + 10 ** ((b - a) / 400)))
        ratings[first], ratings[second] = a + gain, b - gain
    return ratings
