"""Ratings of what is compared in pairs."""

from __future__ import annotations

from collections.abc import Iterable

START = 1500.0


def elo_ratings(
    pairs: Iterable[tuple[str, str]], k: float = 32.0, start: float = START
) -> dict[str, float]:
    """Elo's ratings, moved by each comparison in turn: the winner gains what the loser loses.

    A player rated `a` is expected to beat one rated `b` with probability `1 / (1 + 10 ** ((b - a) / 400))`,
    and a win moves both by `k` times what was not expected.

    Args:
        pairs: Iterable of pairs of names, the winner first, in their order.
        k: Number, the most that one comparison moves a rating.
        start: Number, the rating of those who were never compared.

    Returns:
        Dict from the names that occur to their ratings, whose mean is `start`.

    Example:

    >>> elo_ratings([("a", "b")])
    {'a': 1516.0, 'b': 1484.0}

    Reference: Elo, 1978, The Rating of Chessplayers, Past and Present
    """
    ratings: dict[str, float] = {}
    for winner, loser in pairs:
        a, b = ratings.get(winner, start), ratings.get(loser, start)
        gain = k / (1 + 10 ** ((a - b) / 400))
        ratings[winner], ratings[loser] = a + gain, b - gain
    return ratings
