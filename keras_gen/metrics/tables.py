"""How near generated rows of a table come to real ones."""

from collections.abc import Sequence

import numpy as np

from keras_gen.types import ArrayLike


def table_scores(
    real: ArrayLike, made: ArrayLike, names: Sequence[str] | None = None
) -> dict[str, float]:
    """Compares rows with real ones, column by column and pair by pair.

    Args:
        real: Array `(n, columns)`.
        made: Array `(m, columns)`, in the same units.
        names: Sequence of strings, one a column. Defaults to `column_1` and so on.

    Returns:
        Dict of floats, 0 where the two are alike. `"ks"` and `"wasserstein"` are means over the columns,
        and so each with `" of "` and a column's name: the Kolmogorov-Smirnov statistic, the largest
        difference of the two distribution functions, in [0, 1]; and the Wasserstein-1 distance in
        standard deviations of the real column. `"correlation"` is the mean difference, in [0, 2], of
        Pearson's correlations of pairs of columns; it is left out where no pair varies.

    Raises:
        ValueError: If they are no rows of the same columns.

    Example:

    >>> real = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    >>> scores = table_scores(real, real[::-1] * [1, -1], ["a", "b"])
    >>> scores["ks of a"], scores["ks of b"], scores["correlation"].__round__(6)
    (0.0, 0.75, 2.0)
    """
    real, made = np.asarray(real, "float64"), np.asarray(made, "float64")
    if real.ndim != 2 or made.ndim != 2 or real.shape[1] != made.shape[1]:
        raise ValueError(
            "`real` and `made` must be rows of the same columns, of shape (n, columns). Received: shapes "
            f"{real.shape} and {made.shape}"
        )
    if not len(real) or not len(made):
        raise ValueError(
            f"`real` and `made` must hold rows. Received: {len(real)} and {len(made)} of them"
        )
    names = [f"column_{k + 1}" for k in range(real.shape[1])] if names is None else names
    pairs = list(zip(real.T, made.T, strict=True))
    ks = [ks_statistic(*pair) for pair in pairs]
    wasserstein = [_in_deviations(*pair) for pair in pairs]
    scores = {"ks": float(np.mean(ks)), "wasserstein": float(np.mean(wasserstein))}
    correlation = _correlation_difference(real, made)
    if correlation is not None:
        scores["correlation"] = correlation
    for name, distance in zip(names, ks, strict=True):
        scores[f"ks of {name}"] = distance
    for name, distance in zip(names, wasserstein, strict=True):
        scores[f"wasserstein of {name}"] = distance
    return scores


def ks_statistic(first, second):
    """Largest difference of the distribution functions of two samples of numbers, in [0, 1].

    >>> ks_statistic([1.0, 2.0], [2.0, 3.0, 4.0, 5.0])
    0.75
    """
    first, second, values = _sorted(first, second)
    return float(np.abs(_share(first, values) - _share(second, values)).max())


def wasserstein_distance(first, second):
    """Wasserstein-1 distance of two samples of numbers: the area between their distribution functions.

    >>> wasserstein_distance([0.0, 1.0], [2.0, 3.0])
    2.0
    """
    first, second, values = _sorted(first, second)
    difference = np.abs(_share(first, values) - _share(second, values))
    return float((difference[:-1] * np.diff(values)).sum())


def _sorted(first, second):
    first, second = np.sort(first), np.sort(second)
    return first, second, np.sort(np.concatenate([first, second]))


def _share(ordered, values):
    """The share of a sample that is at most each value."""
    return np.searchsorted(ordered, values, side="right") / len(ordered)


def _in_deviations(real, made):
    if np.ptp(real) == 0:  # Of a constant column there is no such unit: the share of other values.
        return float((~np.isclose(made, real[0], rtol=1e-6, atol=0.0)).mean())
    return float(wasserstein_distance(real, made) / real.std())


def _correlation_difference(real, made):
    varies = np.ptp(real, axis=0) > 0
    if varies.sum() < 2:
        return None
    of_real, of_made = (_correlations(rows[:, varies]) for rows in (real, made))
    above = np.triu_indices(varies.sum(), 1)
    return float(np.abs(of_real - of_made)[above].mean())


def _correlations(rows):
    """Pearson's correlations; 0 of a column that does not vary."""
    centred = rows - rows.mean(axis=0)
    norms = np.sqrt((centred**2).sum(axis=0))
    scaled = centred / np.where(norms > 0, norms, 1.0)
    return scaled.T @ scaled
