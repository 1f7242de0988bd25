"""How near generated rows of a table of mixed types come to real ones: column shapes and pair trends."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_gen.metrics.tables import ks_statistic
from keras_gen.modalities.tables.raw_column import floats_of

# Pairs of real columns that go together less than this do not count.
LEAST_CORRELATION = 0.5
LEAST_ASSOCIATION = 0.3


def mixed_table_scores(
    real: Sequence[Any], made: Sequence[Any], names: Sequence[str], numbers: Sequence[bool]
) -> dict[str, float]:
    """Compares rows with real ones, column by column and pair by pair, as the quality report of SDMetrics does.

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
        categories, missing values left out. `"trends"` is the mean over the pairs of columns that go together
        in the real rows: of two numbers, with a correlation above 0.5 either way, 1 less half the difference
        of their correlations; of others, with a Cramér's V above 0.3, 1 less the total variation of the
        two-way tables, in which what is missing is a category, and numbers stand in ten bins of equal width
        over the range of the real and of the made ones each, the largest of them apart and with the missing
        ones. What can't be told is left out: the shape of a column that is missing throughout, a pair with a
        constant column, `"trends"` where no pair goes together.

        It is what `sdmetrics.reports.single_table.QualityReport` of SDMetrics 0.32.0 gives, which draws 50,000
        rows of a larger table, while here all count.

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
    check_columns(real, made, names, numbers)
    shapes = column_shapes(real, made, numbers)
    trends = [
        similarity
        for i, j, similarity, strength in pair_trends(real, made, numbers)
        if goes_together(strength, numbers[i] and numbers[j])
    ]
    means = {
        "shapes": [shape for shape in shapes if shape is not None],
        "trends": [trend for trend in trends if trend is not None],
    }
    scores = {name: float(np.mean(values)) for name, values in means.items() if values}
    if scores:
        scores = {"quality": float(np.mean(list(scores.values()))), **scores}
    return scores | {
        f"shape of {name}": shape
        for name, shape in zip(names, shapes, strict=True)
        if shape is not None
    }


def check_columns(real, made, names, numbers):
    """Refuses what are no rows of the same columns."""
    if not len(real) == len(made) == len(names) == len(numbers) or not len(real):
        raise ValueError(
            "`real` and `made` must be of the same columns. Received: "
            f"{len(real)} and {len(made)} columns, {len(names)} names, {len(numbers)} kinds"
        )
    if not len(real[0]) or not len(made[0]):
        raise ValueError(
            f"`real` and `made` must hold rows. Received: {len(real[0])} and {len(made[0])} of them"
        )


def column_shapes(real, made, numbers):
    """List of a float for each column, or None where one of them is missing throughout."""
    return [_shape(*columns) for columns in zip(real, made, numbers, strict=True)]


def pair_trends(real, made, numbers):
    """How alike what columns have to do with each other is, for every pair.

    Yields:
        `(i, j, similarity, strength)`: of the columns `i` and `j` how alike they are, in [0, 1], and how much
        they go together in the real rows: the size of their correlation, or Cramér's V. Either is None where
        it can't be told.
    """
    plain = [
        (plain_column(a, number), plain_column(b, number))
        for a, b, number in zip(real, made, numbers, strict=True)
    ]
    coded = [
        (_binned(a), _binned(b)) if number else _codes_together(a, b)
        for (a, b), number in zip(plain, numbers, strict=True)
    ]
    for i, j in itertools.combinations(range(len(numbers)), 2):
        if numbers[i] and numbers[j]:
            yield i, j, *_correlation_trend(plain[i], plain[j])
        else:
            yield i, j, *_table_trend(coded[i], coded[j])


def goes_together(strength, of_numbers):
    """Whether a pair of real columns has enough to do with each other to count."""
    least = LEAST_CORRELATION if of_numbers else LEAST_ASSOCIATION
    return strength is not None and strength > least


def plain_column(values, number):
    """A column's values: numbers and instants as float64, NaN where there is none."""
    values = np.asarray(values)
    return floats_of(values) if number or values.dtype.kind == "M" else values


def codes_of(*columns):
    """Integers for the values of columns that are no numbers, the same in all of them; -1 where there is none.

    Args:
        *columns: Arrays of objects.

    Returns:
        List of integer arrays.
    """
    places: dict = {}
    return [
        np.array(
            [
                -1 if value is None or value != value else places.setdefault(value, len(places))
                for value in values.tolist()
            ],
            int,
        )
        for values in columns
    ]


def _shape(real, made, number):
    if number:
        real, made = plain_column(real, True), plain_column(made, True)
        real, made = real[~np.isnan(real)], made[~np.isnan(made)]
        if not len(real) or not len(made):
            return None
        return 1.0 - ks_statistic(real, made)
    real, made = codes_of(np.asarray(real), np.asarray(made))
    real, made = real[real >= 0], made[made >= 0]
    if not len(real) or not len(made):
        return None
    return 1.0 - _variation(real, made)


def _codes_together(real, made):
    return [codes + 1 for codes in codes_of(real, made)]


def _binned(values):
    """The bins of numbers, from 1; the largest and the missing ones are beyond the last."""
    return np.digitize(values, np.histogram_bin_edges(values[~np.isnan(values)]))


def _variation(real, made):
    """Total variation of two samples of codes."""
    _, codes = np.unique(np.concatenate([real, made]), return_inverse=True)
    count = int(codes.max()) + 1
    parts = codes[: len(real)], codes[len(real) :]
    shares = [np.bincount(part, minlength=count) / len(part) for part in parts]
    return 0.5 * float(np.abs(shares[0] - shares[1]).sum())


def _table_trend(first, second):
    (real_a, made_a), (real_b, made_b) = first, second
    association = _association(real_a, real_b)
    if association is None:
        return None, None
    count = int(max(real_b.max(), made_b.max())) + 1
    return 1.0 - _variation(real_a * count + real_b, made_a * count + made_b), association


def _association(a, b):
    """Cramér's V of two columns of codes; None where one of them does not vary."""
    rows, columns = np.bincount(a), np.bincount(b)
    fewest = min((rows > 0).sum(), (columns > 0).sum()) - 1
    if fewest < 1:
        return None
    cells, counts = np.unique(a * len(columns) + b, return_counts=True)
    expected = rows[cells // len(columns)] * columns[cells % len(columns)].astype("float64")
    phi = (counts**2 / expected).sum() - 1.0  # chi squared, over the number of rows
    return float(np.sqrt(max(phi, 0.0) / fewest))


def _correlation_trend(first, second):
    (real_a, made_a), (real_b, made_b) = first, second
    if any(_varies_not(values) for values in (real_a, real_b, made_a, made_b)):
        return None, None
    real, made = _correlation(real_a, real_b), _correlation(made_a, made_b)
    if real is None or made is None:
        return None, None if real is None else abs(real)
    return 1.0 - 0.5 * abs(real - made), abs(real)


def _varies_not(values):
    there = values[~np.isnan(values)]
    return not len(there) or there.min() == there.max()


def _correlation(a, b):
    there = ~(np.isnan(a) | np.isnan(b))
    a, b = a[there], b[there]
    if len(a) < 2 or a.min() == a.max() or b.min() == b.max():
        return None
    return float(np.corrcoef(a, b)[0, 1])
