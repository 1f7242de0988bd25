"""pandas data frames, as raw columns and back. pandas is imported when one is made."""

from __future__ import annotations

import datetime
import decimal
import difflib
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from keras_gen.modalities.tables.mixed_column import MixedColumn
from keras_gen.modalities.tables.raw_column import RawColumn, instant_of, objects_of
from keras_gen.types import Array

_TEXTUAL = ("object", "str", "string")


def is_frame(values: Any) -> bool:
    """Whether something is a pandas data frame."""
    return hasattr(values, "columns") and hasattr(values, "iloc")


def raw_columns(frame: Any, names: Sequence[str] | None = None) -> list[RawColumn]:
    """A data frame's columns.

    Args:
        frame: A pandas data frame.
        names: Sequence of strings, the columns wanted, or None for all.

    Raises:
        ValueError: If there is no such column, or names occur twice.
    """
    there = [str(name) for name in frame.columns]
    check_names(there, names)
    wanted = there if names is None else list(names)
    return [_raw(name, frame.iloc[:, there.index(name)]) for name in wanted]


def check_names(there: Sequence[str], names: Sequence[str] | None) -> None:
    """Checks that columns are there, once each.

    Args:
        there: Sequence of strings, the table's columns.
        names: Sequence of strings, the columns wanted, or None for all.

    Raises:
        ValueError: If there is no such column, or names occur twice.
    """
    twice = sorted({name for name in there if there.count(name) > 1})
    if twice and (names is None or set(twice) & set(names)):
        raise ValueError(
            f"`source` must have columns of different names. Received: {twice[0]!r} "
            f"{there.count(twice[0])} times"
        )
    for name in names or ():
        if name not in there:
            near = difflib.get_close_matches(name, there, n=3, cutoff=0.4) or there
            raise ValueError(
                f"The table must have a column {name!r}. Received: columns "
                f"{', '.join(near)}{' and others' if len(near) < len(there) else ''}"
            )


def _raw(name, series):
    dtype, categories = str(series.dtype), None
    gaps = np.asarray(series.isna())
    if dtype == "category":
        categories = tuple(_item(value) for value in series.cat.categories)
        dtype = "ordered category" if series.cat.ordered else dtype
    kind = getattr(series.dtype, "kind", "O")
    if kind == "M":
        if getattr(series.dtype, "tz", None) is not None:
            series = series.dt.tz_convert("UTC").dt.tz_localize(None)
        return RawColumn(name, series.to_numpy().astype("datetime64[us]"), dtype)
    if kind in "iuf" and categories is None:
        values = np.full(len(series), np.nan)
        there = series[~gaps].to_numpy()
        if there.dtype.kind == "f" and there.dtype.itemsize < 8:
            there = there.astype(str)  # 0.1 of float32 is meant, not 0.10000000149.
        values[~gaps] = there.astype("float64")
        return RawColumn(name, values, dtype)
    values = objects_of(map(_item, series.tolist()))
    values[gaps] = None
    there = values[~gaps].tolist()
    strange = [type(value).__name__ for value in there if not isinstance(value, Hashable)]
    if kind in "cmV" or strange:
        received = strange[0] if strange else f"dtype={dtype}"
        raise ValueError(
            f"Column {name!r} must hold numbers, text, booleans or instants: leave it out by `columns`. "
            f"Received: {received}"
        )
    if categories is None and there and all(isinstance(value, datetime.date) for value in there):
        values[~gaps] = list(map(instant_of, there))
        return RawColumn(name, values.astype("datetime64[us]"), "datetime64[us]")
    if categories is None and there and all(_is_number(value) for value in there):
        if any(isinstance(value, decimal.Decimal) for value in there):
            dtype = "float64"
        return RawColumn(name, np.where(gaps, np.nan, values).astype("float64"), dtype)
    return RawColumn(name, values, dtype, categories)


def _is_number(value):
    return isinstance(value, (int, float, decimal.Decimal)) and not isinstance(value, bool)


def _item(value):
    return value.item() if isinstance(value, np.generic) else value


def frame_of(columns: Sequence[MixedColumn], arrays: Sequence[Array]) -> Any:
    """A data frame of decoded columns, with the dtypes that the table's had.

    Args:
        columns: Sequence of `MixedColumn`.
        arrays: Sequence of what each one's `decode` gave.

    Raises:
        ImportError: If pandas is not installed.
    """
    pandas = import_pandas()
    series = {
        column.name: _series(pandas, column, values)
        for column, values in zip(columns, arrays, strict=True)
    }
    return pandas.DataFrame(series)


def import_pandas() -> Any:
    """pandas, or a sentence on how to have it.

    Raises:
        ImportError: If it is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            "Tables of mixed types are pandas data frames: pip install 'keras_gen[tables]' (or pandas). "
            "Received: no module pandas"
        ) from error
    return pandas


def _series(pandas, column, values):
    dtype = column.dtype
    if dtype == "str" and int(pandas.__version__.split(".")[0]) < 3:
        dtype = "object"  # Before, None would become a text.
    textual = dtype.startswith(_TEXTUAL)
    if dtype.endswith("category"):
        # Of numbers and dates that were told to be such, those that were made.
        categories = None if column.is_number else list(column.values)
        if column.format is not None:
            values = _texts(column, values, np.isnat(values))
        return pandas.Series(
            pandas.Categorical(values, categories, ordered=dtype.startswith("ordered"))
        )
    if values.dtype.kind == "M":
        if column.format is not None and textual:
            return pandas.Series(_texts(column, values, np.isnat(values)), dtype=dtype)
        series = pandas.Series(values)
        if "," in dtype:  # of a time zone
            return series.dt.tz_localize("UTC").astype(dtype)
        return series.astype(dtype)
    if values.dtype.kind == "f" and textual:
        gaps = np.isnan(values)
        texts = objects_of(column.texts(values))
        if dtype == "object":
            numbers = values.tolist()
            whole = column.decimals == 0
            texts = objects_of(int(v) if whole and v == v else v for v in numbers)
        texts[gaps] = None
        return pandas.Series(texts, dtype=dtype)
    if values.dtype.kind == "f":
        if dtype[:1] in "IU" or dtype.endswith("[pyarrow]"):  # They know gaps.
            return pandas.Series(pandas.array(values, dtype="Float64")).astype(dtype)
        if column.missing and not dtype.startswith(("float", "Float", "double")):
            return pandas.Series(values)
        return pandas.Series(values).astype(dtype)
    return pandas.Series(values, dtype=dtype)


def _texts(column, values, gaps):
    """Values as the table wrote them, None in the gaps."""
    texts = objects_of(column.texts(values))
    texts[gaps] = None
    return texts
