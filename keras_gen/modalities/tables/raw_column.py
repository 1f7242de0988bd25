"""A column as it stands in a table, before it is measured: numbers, instants or objects, and gaps."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gen.types import Array

if TYPE_CHECKING:
    from keras_gen.modalities.tables.mixed_column import MixedColumn

# How dates are written. The first that fits all rows is taken: of 03/04/2025 the day is first, which is said.
_DATES = (
    *("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%d.%m.%y"),
    *("%d/%m/%y", "%m/%d/%y"),
)
_SECONDS = (" %H:%M:%S", "T%H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S.%f")
_TIMES = (*_SECONDS[:2], " %H:%M", "T%H:%M", *_SECONDS[2:])
_ZONES = ("Z", "+00:00", "%z")  # Of other offsets than those of UTC the instants are kept.
FORMATS = (
    *_DATES,
    *(date + time for date in _DATES for time in _TIMES),
    *(f"%Y-%m-%d{time}{zone}" for time in _SECONDS for zone in _ZONES),
)


@dataclasses.dataclass
class RawColumn:
    """A column's values.

    Args:
        name: String.
        values: Array `(n,)`: float64 with NaN where there is no number, `datetime64[us]` with NaT, or
            objects (text, booleans, numbers) with None.
        dtype: String, what pandas calls its dtype.
        categories: Tuple of all the categories that its dtype has, or None.
    """

    name: str
    values: Array
    dtype: str
    categories: tuple | None = None

    @property
    def gaps(self) -> Array:
        """Boolean array `(n,)`, where there is no value."""
        if self.values.dtype.kind == "f":
            return np.isnan(self.values)
        if self.values.dtype.kind == "M":
            return np.isnat(self.values)
        return np.array([value is None for value in self.values.tolist()], bool)


def objects_of(values: Iterable[Any]) -> Array:
    """Array `(n,)` of objects, which NumPy makes neither text nor numbers of.

    >>> objects_of(["red", 1, None]).tolist()
    ['red', 1, None]
    """
    return np.array([*values, None], object)[:-1]


def floats_of(values: Array) -> Array:
    """Float64 array of numbers, or of instants as microseconds; NaN where there is none."""
    if values.dtype.kind != "M":
        return values.astype("float64")
    counts = values.astype("datetime64[us]").astype("int64").astype("float64")
    return np.where(np.isnat(values), np.nan, counts)


def find_format(texts: Iterable[str]) -> str | None:
    """The format in which all of some texts are dates, or None.

    With one that has fractions of seconds, texts without are read, too; with one that has an offset from UTC,
    texts of several.

    >>> find_format(["24.12.2025", "01.02.2026"])
    '%d.%m.%Y'
    """
    texts = list(dict.fromkeys(texts))
    if not texts or not all(len(text) >= 6 and text[0].isdigit() for text in texts):
        return None
    for format in FORMATS:
        if _parsed(texts[:1], format) and _parsed(texts, format):
            return format
    return None


def fits_the_other_way(texts: Iterable[str], format: str) -> bool:
    """Whether dates with the day first may as well have the month first.

    >>> fits_the_other_way(["03/04/2025"], "%d/%m/%Y"), fits_the_other_way(["13/04/2025"], "%d/%m/%Y")
    (True, False)
    """
    if not format.startswith("%d/%m/"):
        return False
    other = format.replace("%d/%m/", "%m/%d/")
    return _parsed(list(dict.fromkeys(texts)), other) is not None


def _parsed(texts, format):
    try:
        return [_read(text, format) for text in texts]
    except ValueError:
        return None


def _read(text, format):
    try:
        return datetime.datetime.strptime(text, format)
    except ValueError:
        if ".%f" not in format:
            raise
    whole = format.replace(".%f", "")  # Python writes whole seconds without a fraction.
    return datetime.datetime.strptime(text, whole)


def instants_of(raw: RawColumn, format: str | None) -> Array:
    """A column's instants, `datetime64[us]`, of UTC where it says so.

    Args:
        raw: `RawColumn`.
        format: String, how texts are written, or None to find it.

    Raises:
        ValueError: If a text is no date of that format.
    """
    if raw.values.dtype.kind == "M":
        return raw.values.astype("datetime64[us]")
    if format is None and raw.values.dtype == object:
        format = find_format(value for value in raw.values.tolist() if isinstance(value, str))
    known, instants = {}, []
    for value in raw.values.tolist():
        if value not in known:
            known[value] = _instant(raw.name, value, format)
        instants.append(known[value])
    return np.array(instants, "datetime64[us]")


def _instant(name, value, format):
    if value is None:
        return np.datetime64("NaT")
    if isinstance(value, (datetime.date, np.datetime64)):
        return instant_of(value)
    parsed = _parsed([value], format) if format and isinstance(value, str) else None
    if not parsed:
        raise ValueError(
            f"Column {name!r} must hold dates, written as {format or '2025-12-24'}. Received: {value!r}"
        )
    return instant_of(parsed[0])


def instant_of(value: datetime.date | np.datetime64) -> np.datetime64:
    """A date or an instant as `datetime64[us]`, of UTC where it has a time zone.

    >>> instant_of(datetime.date(2025, 12, 24))
    np.datetime64('2025-12-24T00:00:00.000000')
    """
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(value).astype("datetime64[us]")


def texts_of(values: Array, column: MixedColumn) -> list[str]:
    """Values of a column as text, empty where there is none."""
    if values.dtype.kind == "M":
        format = column.format or ("%Y-%m-%d" if column.unit == "D" else "%Y-%m-%d %H:%M:%S")
        if column.format is None and column.unit in ("ms", "us"):
            format += ".%f"
        format = format.replace("%z", "+00:00")
        return ["" if v is None else v.strftime(format) for v in values.astype(object).tolist()]
    if values.dtype.kind == "f":
        return ["" if v != v else _in_decimals(v, column.decimals) for v in values.tolist()]
    return ["" if value is None else str(value) for value in values.tolist()]


def _in_decimals(value, decimals):
    if decimals is None:
        return repr(value)
    text = f"{value:.{decimals}f}"
    return text if float(text) == value else repr(value)  # A given cell may have more of them.
