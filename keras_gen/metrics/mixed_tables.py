"""How near generated rows of a table of mixed types come to real ones: column shapes and pair trends."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_gen.metrics.tables import ks_statistic

BINS = 10  # of numbers beside categories


def mixed_table_scores(
    real: Sequence[Any], made: Sequence[Any], names: Sequence[str], numbers: Sequence[bool]
) -> dict[str, float]:
    """Compares rows with real ones, column by column and pair by pair.

    Args:
        real: Sequence of arrays `(n,)`, one a column: numbers or instants, NaN or NaT where there is none; of
            others objects, None where there is none.
        made: Sequence of arrays `(m,)`, of the same columns.
        names: Sequence of strings, the columns' names.
        numbers: Sequence of booleans, whether a column is of numbers or instants.

    Returns:
        Dict of floats, shares in [0, 1], 1 where the two are alike. `"quality"` is the mean of `"shapes"` and
        `"trends"`. `"shapes"` is the mean over the columns, each of which is `"shape of "` and its name: of
        numbers 1 less the Kolmogorov-Smirnov statistic, of others 1 less the total variation of the
        categories. `"trends"`, left out of a single column, is the mean over pairs: of two numbers 1 less
        half the difference of their correlations, of others 1 less the total variation of the two-way tables,
        numbers being cut in ten bins of equal width. Numbers' missing values do not count; those of others
        are a category.

    Raises:
        ValueError: If they are no rows of the same columns.

    Example:

    >>> colour = np.array(["red", "blue", "red", "blue"], object)
    >>> real, made = [colour, np.arange(4.0)], [colour[:2], np.array([0.0, 3.0])]
    >>> scores = mixed_table_scores(real, made, ["colour", "size"], [False, True])
    >>> scores["shapes"], scores["trends"], scores["quality"]
    (0.875, 0.5, 0.6875)

    Reference: SDMetrics, "Quality report", https://docs.sdv.dev/sdmetrics
    """
    if not len(real) == len(made) == len(names) == len(numbers) or not len(real):
        raise ValueError(
            "`real` and `made` must be of the same columns. Received: "
            f"{len(real)} and {len(made)} columns, {len(names)} names, {len(numbers)} kinds"
        )
    if not len(real[0]) or not len(made[0]):
        raise ValueError(
            f"`real` and `made` must hold rows. Received: {len(real[0])} and {len(made[0])} of them"
        )
    real = [_plain(values, number) for values, number in zip(real, numbers, strict=True)]
    made = [_plain(values, number) for values, number in zip(made, numbers, strict=True)]
    shapes = [_shape(a, b, number) for a, b, number in zip(real, made, numbers, strict=True)]
    scores = {"shapes": float(np.mean(shapes))}
    coded = [_coded(a, b, number) for a, b, number in zip(real, made, numbers, strict=True)]
    trends = []
    for i, j in itertools.combinations(range(len(names)), 2):
        if numbers[i] and numbers[j]:
            trends.append(_correlation_trend(real[i], real[j], made[i], made[j]))
        else:
            trends.append(_table_trend(coded[i], coded[j]))
    trends = [trend for trend in trends if trend is not None]
    if trends:
        scores["trends"] = float(np.mean(trends))
    scores = {"quality": float(np.mean(list(scores.values()))), **scores}
    return scores | {
        f"shape of {name}": float(shape) for name, shape in zip(names, shapes, strict=True)
    }


def _plain(values, number):
    values = np.asarray(values)
    if values.dtype.kind == "M":
        gaps = np.isnat(values)
        counts = values.astype("datetime64[us]").astype("int64").astype("float64")
        return np.where(gaps, np.nan, counts)
    return values.astype("float64") if number else values


def _shape(real, made, number):
    if number:
        real, made = real[~np.isnan(real)], made[~np.isnan(made)]
        return (
            1.0 - ks_statistic(real, made)
            if len(real) and len(made)
            else float(len(real) == len(made))
        )
    return 1.0 - _variation(*_codes_together(real, made))


def _codes_together(real, made):
    """Integers of both, and of how many values they are."""
    places = {}
    codes = [
        np.array([places.setdefault(value, len(places)) for value in values.tolist()], int)
        for values in (real, made)
    ]
    return *codes, len(places)


def _coded(real, made, number):
    """Codes of both for a two-way table: numbers in bins over the real ones' range."""
    if not number:
        return _codes_together(real, made)
    there = real[~np.isnan(real)]
    low, high = (there.min(), there.max()) if len(there) else (0.0, 1.0)
    edges = np.linspace(low, high, BINS + 1)[1:-1]

    def binned(values):
        return np.where(np.isnan(values), BINS, np.searchsorted(edges, values, side="right"))

    return binned(real), binned(made), BINS + 1


def _variation(real, made, count):
    """Total variation of two samples of codes."""
    shares = [np.bincount(codes, minlength=count) / len(codes) for codes in (real, made)]
    return 0.5 * float(np.abs(shares[0] - shares[1]).sum())


def _table_trend(first, second):
    (real_a, made_a, _), (real_b, made_b, count) = first, second
    real, made = real_a * count + real_b, made_a * count + made_b
    return 1.0 - _variation(real, made, int(max(real.max(), made.max())) + 1)


def _correlation_trend(real_a, real_b, made_a, made_b):
    """None where the real numbers have no correlation, since one of them does not vary."""
    real = _correlation(real_a, real_b)
    if real is None:
        return None
    return 1.0 - 0.5 * abs(real - (_correlation(made_a, made_b) or 0.0))


def _correlation(a, b):
    there = ~(np.isnan(a) | np.isnan(b))
    a, b = a[there], b[there]
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])
