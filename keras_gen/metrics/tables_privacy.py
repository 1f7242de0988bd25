"""Whether generated rows of a table give away those that a model learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_gen.metrics.mixed_tables import codes_of, plain_column

_BLOCK = 4_000_000  # distances that are in memory at a time


def table_privacy(
    train: Sequence[Any], held_out: Sequence[Any], made: Sequence[Any], numbers: Sequence[bool]
) -> dict[str, float]:
    """Compares generated rows with those that a model learnt from, and with rows that it never saw.

    Bare distances say little: rows that are good are near to real ones. What tells is whether they are nearer
    to the rows of the training than to others like them. The distance of two rows is Gower's: the mean over the
    columns of, for numbers, the difference over the range of the real rows, at most 1, and for others, and
    where one of them is missing, 1 where the two differ.

    Args:
        train: Sequence of arrays `(n,)`, one a column, the rows learnt from: as in `mixed_table_scores`.
        held_out: Sequence of arrays `(h,)`, of rows of the same source that were not learnt from.
        made: Sequence of arrays `(m,)`, the generated rows.
        numbers: Sequence of booleans, whether a column is of numbers or instants.

    Returns:
        Dict of floats in [0, 1]. `"nearer to training"` is the share of generated rows that are nearer to a row
        of the training than to a held-out one, those as near to both counting half: 0.5 is ideal, 1 says that
        rows were learnt by heart. As many rows of either are compared, taken evenly of the larger.
        `"membership auc"` is how well the distance to the nearest generated row tells rows of the training from
        held-out ones, the area under the ROC curve: 0.5 is ideal, which is chance. `"copied"` is the share of
        generated rows that are, in all columns, a row of the training; `"copied by chance"` the same of
        held-out rows, real ones that nobody copied. `"copied"` should not be above it.

    Raises:
        ValueError: If they are no rows of the same columns.

    Example:

    >>> train, held_out = [np.arange(0.0, 8.0, 2.0)], [np.arange(1.0, 8.0, 2.0)]
    >>> made = [np.array([0.0, 2.0, 3.0, 4.2])]
    >>> scores = table_privacy(train, held_out, made, [True])
    >>> scores["nearer to training"], scores["copied"], scores["copied by chance"]
    (0.75, 0.5, 0.0)
    >>> scores["membership auc"]  # Distances 0, 0, 0.2, 1.8 and 1, 0, 0.8, 2.8.
    0.6875

    References:

    - Platzer & Reutterer, 2021, Holdout-Based Empirical Assessment of Mixed-Type Synthetic Data,
      https://arxiv.org/abs/2104.00635
    - Chen et al., 2020, GAN-Leaks: A Taxonomy of Membership Inference Attacks against Generative Models,
      https://arxiv.org/abs/1909.03935
    - Gower, 1971, A General Coefficient of Similarity and Some of Its Properties, Biometrics 27 (4)
    """
    from sklearn.metrics import roc_auc_score

    sides = [train, held_out, made]
    if not numbers or any(len(side) != len(numbers) for side in sides):
        raise ValueError(
            "`train`, `held_out` and `made` must be of the same columns. Received: "
            f"{', '.join(str(len(side)) for side in sides)} columns, {len(numbers)} kinds"
        )
    counts = [len(side[0]) for side in sides]
    if not all(counts):
        raise ValueError(
            "`train`, `held_out` and `made` must hold rows. Received: "
            f"{', '.join(map(str, counts))} of them"
        )
    columns = [_comparable([side[k] for side in sides], number) for k, number in enumerate(numbers)]
    copied, by_chance = _copied(columns)
    fewest = min(counts[:2])
    train, held_out = (
        [column[side][_evenly(counts[side], fewest)] for column in columns] for side in (0, 1)
    )
    made = [column[2] for column in columns]
    to_train, of_train = nearest_distances(made, train)
    to_held_out, of_held_out = nearest_distances(made, held_out)
    nearer = np.where(to_train == to_held_out, 0.5, to_train < to_held_out)
    learnt = np.repeat([1, 0], fewest)
    return {
        "nearer to training": float(nearer.mean()),
        "membership auc": float(roc_auc_score(learnt, -np.concatenate([of_train, of_held_out]))),
        "copied": copied,
        "copied by chance": by_chance,
    }


def nearest_distances(first, second):
    """Gower's distance of each row to the nearest one of other rows, both ways.

    Args:
        first: Sequence of arrays `(n,)`, one a column: floats, scaled, NaN where there is none, or integers, of
            categories.
        second: Sequence of arrays `(m,)`, of the same columns.

    Returns:
        Pair of float32 arrays, `(n,)` and `(m,)`.

    >>> first = [np.array([0.0, 1.0]), np.array([3, 4])]
    >>> to_second, to_first = nearest_distances(first, [np.array([0.5]), np.array([3])])
    >>> to_second.tolist(), to_first.tolist()
    ([0.25, 0.75], [0.25])
    """
    first, second = ([_packed(values) for values in side] for side in (first, second))
    n, m = len(first[0]), len(second[0])
    size = max(1, _BLOCK // m)
    to_second, to_first = np.empty(n, "float32"), np.full(m, np.inf, "float32")
    for start in range(0, n, size):
        total = np.zeros((min(size, n - start), m), "float32")
        difference = np.empty_like(total)
        for a, b in zip(first, second, strict=True):
            rows = a[start : start + size, None]
            if a.dtype.kind != "f":
                total += rows != b
                continue
            np.subtract(rows, b, out=difference)
            np.abs(difference, out=difference)
            total += np.minimum(difference, 1.0, out=difference)
        to_second[start : start + size] = total.min(axis=1)
        np.minimum(to_first, total.min(axis=0), out=to_first)
    # Below what float32 tells of sums of so many.
    return tuple(np.round(found / len(first), 6) for found in (to_second, to_first))


def _packed(values):
    """In fewer bytes; numbers that are missing lie 1 and more from all others."""
    if values.dtype.kind == "f":
        return np.where(np.isnan(values), 9.0, np.clip(values, -2.0, 3.0)).astype("float32")
    return values.astype("int32")


def _comparable(values, number):
    """A column of all sides, as numbers in the real ones' range or as codes."""
    if not number:
        return codes_of(*map(np.asarray, values))
    train, held_out, made = (plain_column(each, True) for each in values)
    real = np.concatenate([train, held_out])
    real = real[~np.isnan(real)]
    low, span = (real.min(), real.max() - real.min()) if len(real) else (0.0, 0.0)
    return [(each - low) / (span or 1.0) for each in (train, held_out, made)]


def _evenly(count, wanted):
    return np.arange(wanted) * count // wanted


def _copied(columns):
    """The shares of generated and of held-out rows that are a row of the training."""
    counts = [len(values) for values in columns[0]]
    rows = np.zeros(sum(counts), int)
    for column in columns:
        _, codes = np.unique(np.concatenate(column), return_inverse=True)
        _, rows = np.unique(rows * (int(codes.max()) + 1) + codes, return_inverse=True)
    train, held_out, made = np.split(rows, np.cumsum(counts)[:2])
    return tuple(float(np.isin(side, train).mean()) for side in (made, held_out))
