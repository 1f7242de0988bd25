"""Rows of which some cells are known: what a model fills, and what stays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gen.checks import nearest_in_words
from keras_gen.modalities.tables.frames import frame_of, is_frame, raw_columns
from keras_gen.modalities.tables.mixed_column import MixedColumn
from keras_gen.modalities.tables.raw_column import RawColumn, instants_of
from keras_gen.types import Array, ArrayLike

if TYPE_CHECKING:
    from keras_gen.modalities.tables.mixed_rows import MixedRows


class GivenRows:
    """Rows with some of a table's columns, of which some cells may be empty: a model fills the rest.

    Args:
        spec: `MixedRows`, the whole table's.
        source: A pandas data frame, the path of a CSV or Parquet file, or what `MixedRows.read` gave of one.
        seed: Integer, by which one of several modes that a number may be of is drawn.

    Attributes:
        count: Integer, the rows.
        codes: Float64 array `(count, slots)`, codes of what is known.
        known: Boolean array `(count, columns that vary)`, which choices are.
        gapless: Tuple of integers, the slots of the columns that are there: their empty cells are filled
            with values, never left empty.

    Raises:
        ValueError: If there are no rows, a column is not of the table, or a cell holds what the column can't:
            a category that the model never saw, an infinite number.

    Example:

    >>> from keras_gen.modalities.tables import MixedRows, mixed_columns_of
    >>> colours = RawColumn("colour", np.array(["red", "blue"] * 5, object), "str")
    >>> spec = MixedRows(mixed_columns_of([RawColumn("x", np.arange(10.0), "int64"), colours]))
    >>> import pandas
    >>> given = GivenRows(spec, pandas.DataFrame({"colour": ["red", None]}))
    >>> given.known.tolist(), given.codes[:, 1].tolist(), given.gapless
    ([[False, True], [False, False]], [1.0, 0.0], (1,))
    """

    def __init__(self, spec: MixedRows, source: Any, seed: int = 0) -> None:
        self._spec = spec
        raws, self._index = _raws_of(spec, source)
        self.count = len(raws[0].values)
        self.codes = np.zeros((self.count, spec.slots))
        self.known = np.zeros((self.count, len(spec.sizes)), bool)
        self._exact: dict[str, tuple[Array, Array]] = {}
        gapless = []
        random = np.random.default_rng(seed)
        for raw in raws:
            column = spec.columns[spec.names.index(raw.name)]
            there = ~raw.gaps
            choices, numbers = self._coded(column, raw, there, random)
            slot = spec.slot_of(raw.name)
            if slot is None:
                continue
            gapless.append(slot)
            self.known[:, slot] = there
            self.codes[there, slot] = choices
            place = spec.place_of_number(slot)
            if place is not None:
                self.codes[there, place] = numbers
        self.gapless = tuple(gapless)

    def frame(self, codes: ArrayLike) -> Any:
        """A data frame of filled codes, in which every known cell is what it was given as."""
        arrays = dict(zip(self._spec.names, self._spec.decode(codes), strict=True))
        for name, (there, values) in self._exact.items():
            arrays[name][there] = values
        frame = frame_of(self._spec.columns, list(arrays.values()))
        if self._index is not None:
            frame.index = self._index
        return frame

    def _coded(self, column, raw, there, random):
        """Choices and numbers of the cells that are there."""
        values = raw.values[there]
        if not column.is_number:
            found = [*values.tolist()]
            choices = {value: column.choice_of(value) for value in dict.fromkeys(found)}
            return np.array([choices[value] for value in found], int), 0.0
        numbers = _numbers_of(column, RawColumn(raw.name, values, raw.dtype))
        if column.modes == 0:
            strange = ~np.isin(column.counted(numbers), column.values)
            if strange.any():
                column.choice_of(numbers.values[strange][0].item())
        self._exact[column.name] = there, numbers.values
        return column.encode(numbers, random)


def _raws_of(spec, source):
    """Raw columns, and the index of a frame's rows."""
    was_read = isinstance(source, list) and all(isinstance(raw, RawColumn) for raw in source)
    if is_frame(source):
        names, index = [str(name) for name in source.columns], source.index
    elif was_read or isinstance(source, str | os.PathLike):
        raws = source if was_read else spec.read(source)
        names, index = [raw.name for raw in raws], None
    else:
        raise ValueError(
            "`given` must be a pandas data frame, or the path of a CSV or Parquet file. "
            f"Received: {type(source).__name__}"
        )
    for name in names:
        if name not in spec.names:
            raise ValueError(
                f"`given` must have columns of the table alone, {nearest_in_words(name, spec.names)} say. "
                f"Received: {name!r}"
            )
    if is_frame(source):
        raws = raw_columns(source)
    if not raws or not len(raws[0].values):
        raise ValueError(
            "`given` must have rows, and columns of the table. Received: "
            f"{len(raws[0].values) if raws else 0} rows, {len(names)} columns"
        )
    return raws, index


def _numbers_of(column: MixedColumn, raw: RawColumn) -> RawColumn:
    """Cells that are there as numbers, or as instants."""
    name = column.name
    if column.kind == "datetime":
        return RawColumn(name, instants_of(raw, column.format), raw.dtype)
    try:
        values = raw.values.astype("float64")
    except (TypeError, ValueError):
        strange = next(v for v in raw.values.tolist() if not isinstance(v, (int, float)))
        raise ValueError(
            f"Column {name!r} must hold numbers, as where the model learnt. Received: {strange!r}"
        ) from None
    if np.isinf(values).any():
        raise ValueError(
            f"Column {name!r} must hold finite numbers. Received: {np.isinf(values).sum()} infinite values"
        )
    broken = values[values % 1 != 0]
    if len(broken) and column.dtype[:1] in "iuIU":
        raise ValueError(
            f"Column {name!r} must hold whole numbers, as where the model learnt. Received: {broken[0]:g}"
        )
    return RawColumn(name, values, raw.dtype)
