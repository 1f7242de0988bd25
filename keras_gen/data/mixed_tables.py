"""Tables of mixed types, from CSV files and data frames, opened once and coded."""

from __future__ import annotations

import functools
import os
import pathlib
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gen.data import large_tables
from keras_gen.data.csv_files import MISSING, check_signs, find_decimal, may_be_number, to_number
from keras_gen.data.named_tables import NAMES, named_table
from keras_gen.data.preparing import is_dataset_name
from keras_gen.data.tables import OpenedTable, fields_of, file_of, known_columns
from keras_gen.data.tfds_tables import tfds_table
from keras_gen.modalities.tables import MixedColumn, MixedRows, RawColumn, mixed_columns_of
from keras_gen.modalities.tables.frames import import_pandas, is_frame, raw_columns
from keras_gen.modalities.tables.measuring import IDENTIFIER
from keras_gen.types import Array, Config, PathLike

if TYPE_CHECKING:
    import pandas

_PARQUET = (".parquet", ".pq")
_NO_NUMBERS = ("categorical", "datetime", "boolean", IDENTIFIER)  # kinds
_LEADING_ZERO = re.compile(r"[+-]?0\d+")
_TRUTH = {"true": True, "false": False}


def open_mixed_table(
    source: Any,
    split: str = "train",
    *,
    columns: Sequence[str] | Sequence[MixedColumn] | Sequence[Config] | None = None,
    kinds: Mapping[str, str] | None = None,
    header: bool | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    seed: int = 0,
) -> OpenedMixedTable:
    """Opens a table of numbers, categories, booleans and dates, to ask it and to make pipelines of it.

    Kinds are found by the values. A column of numbers is `"continuous"` or `"integer"`, one of dates
    `"datetime"`, one of `true` and `false` `"boolean"`; text is `"categorical"`, but text that differs from
    row to row, which tells a model nothing, is refused. Fields that are empty, or `NA` or the like, are
    missing values, which the model learns too. Instants with an offset from UTC are read as those of UTC, and
    written with `+00:00` unless all have `Z`; where some have fractions of seconds, all are written with them.

    A CSV file above 256 MiB is read in parts, four times: its columns are measured by 200,000 of its rows, and
    by those with each column's least and largest number and every category; codes of more than a GiB wait in a
    file of the temporary folder.

    Args:
        source: The path of a CSV file, of a folder of them, which are its splits, or of a Parquet file;
            a pandas data frame, whose dtypes are taken as they are; or a table known by name, where there
            is no such file: `"adult"` and `"clothing_reviews"`, which come with the package,
            `"adult/whole"`, or TFDS's name of a data set of single values, `"titanic"` say.
        split: String: a folder's file, without `.csv`; `"train"` or `"test"` of a table known by name; a
            split of TFDS's. All else is `"train"`.
        columns: Sequence of strings, the columns wanted, in this order; or of `MixedColumn`, a model's
            own, or of their configs: values that it never saw are then left out, with a warning.
        kinds: Dict from names of columns to kinds, where they shall not be found:
            `{"zip": "categorical"}`; `"identifier"` leaves a column out. By what is said to be no number no
            decimal sign is found.
        header: As in `open_table`, and so are `separator` and `decimal`.
        separator: As in `open_table`.
        decimal: As in `open_table`.
        seed: Integer, of the mixtures of Gaussians that numbers are coded by.

    Returns:
        `OpenedMixedTable`.

    Raises:
        ValueError: If a column has no values, infinite ones or free text, names are missing or occur
            twice, there are fewer than ten rows, or there is no such split or column.
        FileNotFoundError: If there is no such file.
        ImportError: If pandas is needed and not installed.

    Example:

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "people.csv")
    >>> lines = ["size;team;since", *6 * ["1,75;red;24.12.2020", "1,82;blue;1.2.2021"]]
    >>> _ = path.write_text(os.linesep.join(lines))
    >>> table = open_mixed_table(path)
    >>> table.count, [column.kind for column in table.columns]
    (12, ['continuous', 'categorical', 'datetime'])
    >>> table.rows[:2].tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
    """
    check_signs(separator, decimal)
    reading = {"header": header, "separator": separator, "decimal": decimal}
    return _opened(source, split, columns, kinds, reading, seed)


class OpenedMixedTable(OpenedTable):
    """A table of mixed types in memory, coded. Made by `open_mixed_table`.

    Args:
        name: String, what the source is called.
        columns: Sequence of `MixedColumn`.
        rows: Float64 array `(n, slots)`, of a large file float32, the rows' codes: see
            `keras_gen.modalities.MixedRows`.
        split: String, the split that was opened.
        splits: Sequence of strings, the splits there are.
        reopen: Function from a split's name and the columns' names to another `OpenedMixedTable`, coded by
            the same columns.
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[MixedColumn],
        rows: Array,
        split: str = "train",
        splits: Sequence[str] = ("train",),
        reopen: Callable[[str, Any], Any] | None = None,
    ) -> None:
        self._columns = tuple(columns)
        names = [column.name for column in columns]
        super().__init__(name, names, rows, split, splits, reopen)
        self.shapes = self.own_shapes = (rows.shape[1:],)

    @property
    def columns(self) -> tuple[MixedColumn, ...]:  # type: ignore[override]
        """Tuple of `keras_gen.modalities.MixedColumn`: what a model is to know of these rows."""
        return self._columns

    @functools.cached_property
    def coded(self) -> MixedRows:
        """The `keras_gen.modalities.MixedRows` of the columns: what codes are, and how long."""
        return MixedRows(self._columns)

    def frame(self) -> pandas.DataFrame:
        """The rows as a pandas data frame."""
        return self.coded.frame(self.rows)


def raw_columns_of_file(
    path: PathLike,
    known: Sequence[MixedColumn],
    separator: str | None = None,
    decimal: str | None = None,
) -> list[RawColumn]:
    """All columns of a file, read as those of a model's columns are that have their names.

    Args:
        path: Path of a CSV or Parquet file.
        known: Sequence of `MixedColumn`.
        separator: As in `open_table`.
        decimal: As in `open_table`.

    Raises:
        ValueError: If names occur twice, or there are no rows.
        FileNotFoundError: If there is no such file.
    """
    file = pathlib.Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(
            f"`given` must be a file that exists. Received: {os.fspath(path)!r}"
        )
    check_signs(separator, decimal)
    columns = {column.name: column for column in known}
    return _of_file(file, None, columns, {}, None, separator, decimal)[0]


def _opened(source, split, columns, kinds, reading, seed):
    if isinstance(columns, str):
        raise ValueError(f"`columns` must be a list of names. Received: columns={columns!r}")
    known = {column.name: column for column in known_columns(columns, MixedColumn)} or None
    if known is not None:
        columns = list(known)
    elif columns is not None:
        columns = list(columns)
    splits = ("train",)
    if is_frame(source):
        name = "a data frame"
        if split != "train":
            raise ValueError(f"`split` must be 'train' for a frame. Received: split={split!r}")
        raws = raw_columns(source, columns)
    elif isinstance(source, str) and source in NAMES and not os.path.exists(source):
        name = source
        raws, splits = named_table(source, split, columns)
    elif isinstance(source, str) and not os.path.exists(source) and is_dataset_name(source):
        name = source
        raws, splits = tfds_table(source, split, columns)
    elif isinstance(source, str | os.PathLike):
        file, splits = file_of(source, split)
        name = os.fspath(source)
        large = file.suffix.lower() not in _PARQUET and file.stat().st_size > large_tables.LARGE
        if large:
            found, rows, count, decimal = _in_parts(
                file, columns, known, kinds or {}, seed, **reading
            )
            reading = {**reading, "decimal": decimal}
            return _made(name, found, rows, count, source, split, splits, reading, seed)
        raws, decimal = _of_file(file, columns, known, kinds or {}, **reading)
        reading = {**reading, "decimal": decimal}
    else:
        raise ValueError(
            "`source` must be a CSV or Parquet file, a folder of CSV files, a pandas data frame, one of "
            f"{', '.join(NAMES)} or the name of a TFDS table. Received: {type(source).__name__}"
        )
    found = mixed_columns_of(raws, kinds, seed) if known is None else tuple(known.values())
    names = {column.name for column in found}
    raws = [raw for raw in raws if raw.name in names]
    rows = MixedRows(found).encode(raws, seed, "refuse" if known is None else "omit")
    return _made(name, found, rows, len(raws[0].values), source, split, splits, reading, seed)


def _made(name, found, rows, count, source, split, splits, reading, seed):
    left_out = count - len(rows)
    if left_out:
        warnings.warn(
            f"{left_out} of {count} rows hold values that the model never saw, and are left out.",
            stacklevel=4,
        )

    def reopen(other, _):
        return _opened(source, other, found, None, reading, seed)

    opened = OpenedMixedTable(name, found, rows, split, splits, reopen)
    opened.decimal = reading["decimal"]
    return opened


def _in_parts(path, columns, known, kinds, seed, header, separator, decimal):
    """Columns and codes of a large CSV file, the number of its rows, and its decimal sign."""
    file = large_tables.LargeFile(path, columns, header, separator)
    sample, count = file.sample(seed)
    texts = _texts(file.names, large_tables.fields_of_rows(sample, len(file.names)))
    kinds = {**kinds, **{name: _kind_to_read(column) for name, column in (known or {}).items()}}
    decimal = decimal or _decimal_of(texts, kinds, file.separator)

    def typed(fields):
        texts = _texts(fields, fields.values())
        return [_typed(name, each, decimal or ".", kinds.get(name)) for name, each in texts.items()]

    found = None if known is None else tuple(known.values())
    if found is None:
        sample += file.standing_out(typed, typed(texts))
        fields = large_tables.fields_of_rows(sample, len(file.names))
        found = mixed_columns_of(typed(dict(zip(file.names, fields, strict=True))), kinds, seed)
        kinds |= {column.name: _kind_to_read(column) for column in found}
    strays = "refuse" if known is None else "omit"
    return found, file.codes(typed, found, count, seed, strays), count, decimal


def _texts(names, columns):
    """Dict of the columns' fields, None where there is no value."""
    texts = {}
    for name, fields in zip(names, columns, strict=True):
        fields[[field is None or field.lower() in MISSING for field in fields]] = None
        texts[name] = fields
    return texts


def _of_file(path, columns, known, kinds, header, separator, decimal):
    """Raw columns of a Parquet or CSV file, in which what is numbers throughout is numbers, and its sign."""
    if path.suffix.lower() in _PARQUET:
        return raw_columns(import_pandas().read_parquet(path), columns), None
    names, places, rows, _, separator = fields_of(path, columns, header, separator)
    fields = large_tables.fields_of_rows([[row[k] for k in places] for row in rows], len(names))
    texts = _texts(names, fields)
    kinds = {**kinds, **{name: _kind_to_read(column) for name, column in (known or {}).items()}}
    decimal = decimal or _decimal_of(texts, kinds, separator)
    raws = [_typed(name, fields, decimal or ".", kinds.get(name)) for name, fields in texts.items()]
    return raws, decimal


def _kind_to_read(column):
    textual = column.kind == "constant" and isinstance(column.values[0], str)
    return "categorical" if textual else column.kind


def _decimal_of(texts, kinds, separator):
    """The decimal sign, by the columns of which all could be numbers."""
    fields = []
    for name, column in texts.items():
        given = [field for field in column.tolist() if field is not None]
        if kinds.get(name) not in _NO_NUMBERS and all(map(may_be_number, given)):
            fields += given
    return find_decimal(fields, separator)


def _typed(name, fields, decimal, kind):
    gaps = np.array([field is None for field in fields.tolist()], bool)
    there = fields[~gaps].tolist()
    if kind not in ("categorical", "datetime") and there:
        truth = {field.lower() for field in there} <= _TRUTH.keys()
        if truth:
            fields[~gaps] = [_TRUTH[field.lower()] for field in there]
            return RawColumn(name, fields, "boolean" if gaps.any() else "bool")
        if kind is None and any(map(_LEADING_ZERO.fullmatch, there)):
            return RawColumn(name, fields, "str")  # Postcodes, say, which would lose it.
        values = np.full(len(fields), np.nan)
        try:
            values[~gaps] = [to_number(field, decimal) for field in there]
        except ValueError:
            pass
        else:
            written_whole = not any(decimal in field or "e" in field.lower() for field in there)
            whole = written_whole and not (values[~gaps] % 1).any()
            dtype = ("Int64" if gaps.any() else "int64") if whole else "float64"
            return RawColumn(name, values, dtype)
    return RawColumn(name, fields, "str")
