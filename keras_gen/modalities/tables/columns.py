"""Columns of a table: what is kept of them, so that rows can be made that look like theirs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Self

import keras
import numpy as np

from keras_gen.types import ArrayLike, Config

MOST_DECIMALS = 6


@keras.saving.register_keras_serializable(package="keras_gen")
@dataclasses.dataclass(frozen=True)
class Column:
    """A numeric column, as a model keeps it.

    Args:
        name: String.
        mean: Float, of the rows to train on.
        deviation: Float above 0, their standard deviation; 1 where all of them are alike.
        low: Float, the least value. It is one of a row's own, and so is the largest.
        high: Float, the largest.
        decimals: Integer, the decimals that the values have: 0 of whole numbers. None where they have
            more than six.

    Example:

    >>> Column("age", 40.0, 12.5, 18.0, 90.0, 0).get_config()["decimals"]
    0
    """

    name: str
    mean: float
    deviation: float
    low: float
    high: float
    decimals: int | None = None

    def get_config(self) -> Config:
        return dataclasses.asdict(self)

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


def columns_of(rows: ArrayLike, names: Sequence[str] | None = None) -> tuple[Column, ...]:
    """Measures the columns of a table.

    Args:
        rows: Float or integer array `(n, columns)`, the rows to train on, in their own units.
        names: Sequence of strings, one a column. Defaults to `column_1` and so on.

    Returns:
        Tuple of `Column`.

    Raises:
        ValueError: If the rows are no finite numbers, names are missing or occur twice, or values of a
            column differ by less than float32, in which models compute, can tell apart.

    Example:

    >>> age, height = columns_of([[30, 1.75], [50, 1.65]], ["age", "height"])
    >>> age.mean, age.deviation, age.decimals, height.low, height.decimals
    (40.0, 10.0, 0, 1.65, 2)
    """
    rows = np.asarray(rows)
    if rows.ndim != 2 or not rows.size or rows.dtype.kind not in "iuf":
        raise ValueError(
            "`rows` must be an array of numbers of shape (n, columns), n > 0. "
            f"Received: shape {rows.shape}, dtype={rows.dtype}"
        )
    names = [f"column_{k + 1}" for k in range(rows.shape[1])] if names is None else list(names)
    if len(names) != rows.shape[1] or len(set(names)) < len(names):
        raise ValueError(
            f"`names` must be {rows.shape[1]} different names, one a column. Received: {names}"
        )
    return tuple(_column(str(name), rows[:, k]) for k, name in enumerate(names))


def _column(name, values):
    exact = values.astype("float64")
    if not np.isfinite(exact).all():
        raise ValueError(
            f"Column {name!r} must hold finite numbers. Received: {(~np.isfinite(exact)).sum()} NaN or "
            "infinite values"
        )
    low, high = float(exact.min()), float(exact.max())
    largest = max(abs(low), abs(high))
    if largest > 1e30:
        raise ValueError(
            f"Column {name!r} must hold numbers below 1e30: choose another unit. Received: values from "
            f"{low:g} to {high:g}"
        )
    mean = min(max(float(exact.mean()), low), high)
    deviation = 1.0 if low == high else float(exact.std())
    if low < high and np.spacing(np.float32(largest)) > 0.01 * deviation:
        raise ValueError(
            f"Column {name!r} must vary by more than models, which compute in float32, can tell apart at "
            "such a size: subtract an offset from it. Received: values from "
            f"{low!r} to {high!r}, standard deviation {deviation:g}"
        )
    decimals = decimals_of(values)
    if decimals is not None:
        low, high = round(low, decimals), round(high, decimals)
    return Column(name, mean, deviation, low, high, decimals)


def decimals_of(values):
    """The least number of decimals that gives every value, in its own dtype; None if there is none."""
    if values.dtype.kind != "f":
        return 0
    exact = values.astype("float64")
    for decimals in range(MOST_DECIMALS + 1):
        if (np.round(exact, decimals).astype(values.dtype) == values).all():
            return decimals
    return None
