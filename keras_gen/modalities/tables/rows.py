"""Rows of a table, as a model takes and gives them."""

import pathlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_gen.modalities.tables.columns import Column
from keras_gen.modalities.tables.table import Table
from keras_gen.types import Array, ArrayLike, PathLike, Tensor

_ENOUGH = 16  # rows, to tell by their values whether they are of these columns


class Rows(Table):
    """Rows `(columns,)` of numbers in the columns' own units; networks have them standardised.

    What a model makes is given back in the columns' units, within the range that was seen, and with as
    many decimals: whole numbers stay whole.

    Args:
        columns: Sequence of `Column`.

    Raises:
        ValueError: If there is none, or something else.

    Example:

    >>> from keras_gen.modalities.tables import columns_of
    >>> rows = Rows(columns_of([[30, 1.75], [50, 1.65]], ["age", "height"]))
    >>> rows.take("Rows", np.array([[50, 1.75]])).tolist()
    [[1.0, 1.0]]
    >>> rows.give(np.array([[0.52, 9.0]])).tolist()
    [[45.0, 1.75]]
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        columns = tuple(columns)
        if not columns or not all(isinstance(column, Column) for column in columns):
            raise ValueError(
                "`columns` must be a list of Column, such as `keras_gen.data.open_table(...).columns`. "
                f"Received: columns={columns!r}"
            )
        super().__init__((len(columns),), columns)
        self._mean = np.array([column.mean for column in columns])
        self._deviation = np.array([column.deviation for column in columns])

    def take(self, what: str, values: Tensor) -> Tensor:
        """Gives rows standardised, float32 of shape `(batch, columns)`: see `Arrays.take`."""
        self.look(what, values)
        if isinstance(values, np.ndarray):
            return ((values - self._mean) / self._deviation).astype("float32")
        values = keras.ops.subtract(keras.ops.cast(values, "float32"), np.float32(self._mean))
        return keras.ops.divide(values, np.float32(self._deviation))

    def look(self, what: str, values: Tensor) -> None:
        self._check_dtype(what, values)
        if not self.fits(values.shape[1:]):
            raise ValueError(
                f"{what} must be of shape (batch, {len(self.columns)}), with the columns "
                f"{', '.join(self.names)}. Received: shape {tuple(values.shape)}"
            )

    def check(self, what: str, array: Array, whole: bool) -> None:
        super().check(what, array, whole)
        if len(array) < _ENOUGH:
            return
        for column, values in zip(self.columns, array.T, strict=True):
            slack = 1e-6 * max(abs(column.low), abs(column.high))
            outside = (values < column.low - slack) | (values > column.high + slack)
            if outside.mean() > 0.5:
                raise ValueError(
                    f"{what} must be in the columns' own units, as those that the model's `columns` were "
                    f"measured on: {column.name!r} from {column.low:g} to {column.high:g}. Received: "
                    f"values from {values.min():g} to {values.max():g}"
                )

    def unscale(self, values: Tensor) -> Tensor:
        """The columns' units of standardised rows, neither clipped nor rounded: on any backend.

        Args:
            values: Float tensor or array `(n, columns)`.
        """
        values = keras.ops.multiply(values, np.float32(self._deviation))
        return keras.ops.add(values, np.float32(self._mean))

    def give(self, outputs: Array) -> Array:
        """Rows of a network's standardised ones: in the range that was seen, rounded as that was.

        Args:
            outputs: Float array `(n, columns)`.

        Returns:
            Float32 array of that shape, in the columns' own units.
        """
        rows = np.asarray(outputs, "float64") * self._deviation + self._mean
        for number, column in enumerate(self.columns):
            values = np.clip(rows[:, number], column.low, column.high)
            if column.decimals is not None:
                values = np.round(values, column.decimals)
            rows[:, number] = values + 0.0  # No minus before 0.
        return rows.astype("float32")

    def give_in_graph(self, outputs: Tensor) -> Tensor:
        rows = self.unscale(keras.ops.cast(outputs, "float32"))
        rows = keras.ops.maximum(rows, np.array([column.low for column in self.columns], "float32"))
        rows = keras.ops.minimum(
            rows, np.array([column.high for column in self.columns], "float32")
        )
        if all(column.decimals is None for column in self.columns):
            return rows
        units = np.array([10.0 ** (column.decimals or 0) for column in self.columns], "float32")
        rounded = keras.ops.divide(keras.ops.round(keras.ops.multiply(rows, units)), units)
        exact = np.array([column.decimals is None for column in self.columns])
        return keras.ops.where(exact, rows, rounded)

    def show(
        self, samples: ArrayLike, path: PathLike, columns: int | None = None, least: int = 256
    ) -> pathlib.Path:
        """Writes rows as a CSV file, the columns' names first."""
        texts = [
            [_in_words(value, column.decimals) for value in values]
            for column, values in zip(self.columns, np.asarray(samples).T, strict=True)
        ]
        return self.write(path, texts)

    def open(self, source: Any, split: str = "train", labels: bool = False, **reading: Any) -> Any:
        """Opens a table with these columns: see `keras_gen.data.open_table`."""
        from keras_gen.data import open_table

        self.check_reading(reading)
        return open_table(source, split, columns=self.names, **reading)

    def score(self, real: ArrayLike, made: ArrayLike) -> dict[str, float]:
        from keras_gen.metrics.tables import table_scores

        return table_scores(real, made, self.names)


def _in_words(value, decimals):
    # Models compute in float32, which has nine digits at most.
    return f"{value:.9g}" if decimals is None else f"{value:.{decimals}f}"
