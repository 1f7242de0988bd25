"""Tables: rows of numeric columns, from CSV files, arrays or data frames, opened once."""

from __future__ import annotations

import functools
import math
import os
import pathlib
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from keras_gen.data import pipeline
from keras_gen.data.csv_files import (
    MISSING,
    check_signs,
    find_decimal,
    is_value,
    read_fields,
    to_number,
)
from keras_gen.data.lazy import tf
from keras_gen.data.orders import in_batches, permuted_indices
from keras_gen.data.settings import Settings
from keras_gen.modalities.tables.columns import Column, columns_of
from keras_gen.types import Array, Config, Dataset

_LATER = (
    "`open_table` takes numeric columns only, for now; `columns` chooses those that are, and "
    "`open_mixed_table` takes text and dates, too."
)


def open_table(
    source: Any,
    split: str = "train",
    *,
    columns: Sequence[str] | Sequence[Column] | Sequence[Config] | None = None,
    header: bool | None = None,
    separator: str | None = None,
    decimal: str | None = None,
) -> OpenedTable:
    """Opens a table once, to ask it and to make pipelines of it.

    Args:
        source: The path of a CSV file, or of a folder of them, `train.csv` and `test.csv` say, which are
            its splits; the path of a `.npy` file; an array `(n, columns)`; or a pandas data frame.
        split: String: a folder's file, without `.csv`. All else is `"train"`.
        columns: Sequence of strings: the columns wanted, in this order. Of a source whose columns have no
            names, an array say, they are the names, one a column. Or of `keras_gen.modalities.Column`, a
            model's own, or of their configs, which are then not measured anew.
        header: Boolean, whether the first row of a file names the columns. By default it does unless all
            of it are numbers.
        separator: String of one character. By default a tab, a semicolon or a comma is found.
        decimal: `"."` or `","`. By default it is found by all numbers, and kept for other splits. What groups
            thousands is the other one.

    Returns:
        `OpenedTable`.

    Raises:
        ValueError: If a column holds something else than finite numbers, names are missing or occur
            twice, there are no rows, or there is no such split or column.
        FileNotFoundError: If there is no such file.

    Example:

    >>> table = open_table([[30, 1.75], [50, 1.65], [41, 1.8]], columns=["age", "height"])
    >>> table.count, table.names, table.columns[0].mean.__round__(1)
    (3, ('age', 'height'), 40.3)
    >>> next(table.batches(batch_size=2, shuffle=False).as_numpy_iterator()).tolist()
    [[30.0, 1.75], [50.0, 1.649999976158142]]
    """
    check_signs(separator, decimal)
    known = known_columns(columns, Column)
    names: Any = [column.name for column in known] if known else columns
    reading = {"columns": names, "header": header, "separator": separator, "decimal": decimal}
    if isinstance(source, str | os.PathLike):
        opened = _open_path(source, split, reading)
    elif split != "train":
        raise ValueError(f"`split` must be 'train' for arrays. Received: split={split!r}")
    else:
        opened = OpenedTable("arrays", *_of_array(source, names))
    if known:
        opened.columns = known
    return opened


def table(
    source: Any,
    batch_size: int = 128,
    *,
    split: str = "train",
    columns: Sequence[str] | None = None,
    header: bool | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    shuffle: bool = True,
    seed: int | None = 0,
    drop_remainder: bool = True,
    first_epoch: int = 0,
    shard: tuple[int, int] = (0, 1),
) -> Dataset:
    """Batches of a table's rows for `fit`, in the columns' own units.

    Rows are held in memory and shuffled anew in each pass. Every pass is a function of `seed` and of its
    number.

    Args:
        source: A CSV file, a folder of them, an array or a data frame: see `open_table`.
        batch_size: Integer, rows in a batch, of all replicas and processes together. Defaults to `128`.
        split: As in `open_table`.
        columns: As in `open_table`.
        header: As in `open_table`.
        separator: As in `open_table`.
        decimal: As in `open_table`.
        shuffle: Boolean. Defaults to `True`.
        seed: Integer; None for another order each time. Defaults to `0`.
        drop_remainder: Boolean, whether to leave out a last, smaller batch. Defaults to `True`.
        first_epoch: Integer, the number of the pass that the first iteration is, to resume exactly.
        shard: `(index, count)`, integers, for one of several processes: see `keras_gen.data.images`.

    Returns:
        `tf.data.Dataset` of known length, of float32 tensors `(batch, columns)`.

    Raises:
        ValueError: As `open_table`, or if an option is unknown or the batch is larger than the table.
        FileNotFoundError: As `open_table`.

    Example:

    >>> batches = table(np.zeros((100, 3)), batch_size=32)
    >>> len(batches), batches.element_spec.shape
    (3, TensorShape([32, 3]))
    """
    opened = open_table(
        source, split, columns=columns, header=header, separator=separator, decimal=decimal
    )
    return opened.batches(
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        drop_remainder=drop_remainder,
        first_epoch=first_epoch,
        shard=shard,
    )


class OpenedTable:
    """A table in memory that tells what it holds and makes pipelines. Made by `open_table`.

    Args:
        name: String, what the source is called.
        names: Sequence of strings, one a column.
        rows: Float64 array `(n, columns)`.
        split: String, the split that was opened.
        splits: Sequence of strings, the splits there are.
        reopen: Function from a split's name to another `OpenedTable`.

    Attributes:
        name: String.
        names: Tuple of strings, the columns' names.
        rows: Float64 array `(n, columns)`.
        count: Integer, the rows.
        shapes: `((columns,),)`: the shape of an example, as of a `keras_gen.data.Opened`.
        split: String.
        splits: Tuple of strings.
        decimal: String, the decimal sign of a CSV file, or None where no number told and of other sources.
        class_names: None: there are no classes.
    """

    class_names = None
    num_classes = None
    dtype = "float32"
    decimal: str | None = None

    def __init__(
        self,
        name: str,
        names: Sequence[str],
        rows: Array,
        split: str = "train",
        splits: Sequence[str] = ("train",),
        reopen: Callable[..., OpenedTable] | None = None,
    ) -> None:
        self.name = name
        self.names = tuple(names)
        self.rows = rows
        self.count = len(rows)
        self.shapes = self.own_shapes = ((len(self.names),),)
        self.split = split
        self.splits = tuple(splits)
        self._reopen: Any = reopen

    @functools.cached_property
    def columns(self) -> tuple[Column, ...]:
        """Tuple of `keras_gen.modalities.Column`: what a model is to know of these rows."""
        return columns_of(self.rows, self.names)

    def at_split(self, split: str) -> Self:
        """Opens another split, with the same columns.

        Raises:
            ValueError: If there is no such split, or it has not these columns.
        """
        if split == self.split:
            return self
        if split not in self.splits:
            raise ValueError(
                f"`split` must be one of {list(self.splits)}. Received: split={split!r}"
            )
        return self._reopen(split, self.names)

    def steps(self, batch_size: int, drop_remainder: bool = True) -> int:
        """The batches of a pass.

        Raises:
            ValueError: If there is not one whole batch.
        """
        return Settings(batch_size=batch_size, drop_remainder=drop_remainder).steps(self.count)

    def batches(
        self,
        image_size: None = None,
        batch_size: int = 128,
        *,
        shuffle: bool = True,
        seed: int | None = 0,
        drop_remainder: bool = True,
        first_epoch: int = 0,
        shard: tuple[int, int] = (0, 1),
    ) -> Dataset:
        """Makes a pipeline of the rows.

        Args:
            image_size: None: no size is to be chosen.
            batch_size: As in `table`, and so are all the others.
            shuffle: Boolean. Defaults to `True`.
            seed: Integer, or None. Defaults to `0`.
            drop_remainder: Boolean. Defaults to `True`.
            first_epoch: Integer. Defaults to `0`.
            shard: `(index, count)`.

        Returns:
            `tf.data.Dataset` of known length, whose every iteration is the next pass.

        Raises:
            ValueError: As `table`.
        """
        settings = Settings(
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            drop_remainder=drop_remainder,
            first_epoch=first_epoch,
            shard=shard,
        )
        settings.steps(self.count)
        with tf.device("CPU"):
            return pipeline.build([_Store(self.rows)], None, settings, lambda part: part[0][0])


class _Store:
    """Rows in memory, as the pipeline asks for them."""

    def __init__(self, rows):
        self.count = len(rows)
        on_disk = isinstance(rows, np.memmap)
        self._rows = rows if on_disk else tf.constant(rows.astype("float32"))

    def batches(self, length, settings, key, first_step=0):
        """A pass of batches of indices, from a step on."""
        order = permuted_indices(self.count, length, settings.shuffle, key)
        return in_batches(order, length, settings).skip(first_step)

    def gather(self, indices):
        """The rows of a batch of indices, and the indices."""
        if not isinstance(self._rows, np.memmap):
            return (tf.gather(self._rows, indices),), indices
        rows = tf.numpy_function(lambda k: np.asarray(self._rows[k]), [indices], tf.float32)
        return (tf.ensure_shape(rows, (*indices.shape, self._rows.shape[1])),), indices


def _open_path(source, split, reading):
    file, splits = file_of(source, split)
    decimal = None
    if file.suffix == ".npy":
        names, rows = _of_array(np.load(file, allow_pickle=False), reading["columns"])
    else:
        names, rows, decimal = _of_file(file, **reading)

    def reopen(other, columns):
        return _open_path(source, other, {**reading, "columns": columns, "decimal": decimal})

    opened = OpenedTable(os.fspath(source), names, rows, split, splits, reopen)
    opened.decimal = decimal
    return opened


def file_of(source, split):
    """The file of a split, and the splits that there are.

    Args:
        source: The path of a file, or of a folder of CSV files.
        split: String.

    Raises:
        ValueError: If there is no such split.
        FileNotFoundError: If there is no such file.
    """
    path = pathlib.Path(source).expanduser()
    if path.is_dir():
        splits = tuple(sorted((f.stem for f in path.glob("*.csv")), key=_train_first))
        if split not in splits:
            raise ValueError(
                f"`split` must be one of the CSV files in {path}: {', '.join(splits) or 'there are none'}"
                f". Received: split={split!r}"
            )
        return path / f"{split}.csv", splits
    if not path.exists():
        raise FileNotFoundError(
            "`source` must be a CSV file that exists, a folder of them, an array or a data frame. "
            f"Received: {os.fspath(source)!r}"
        )
    if split != "train":
        raise ValueError(
            "`split` must be 'train' for a file alone: splits are the files of a folder, train.csv and "
            f"test.csv say. Received: split={split!r}"
        )
    return path, ("train",)


def _train_first(name):
    return name != "train", name != "test", name


def _of_file(path, columns, header, separator, decimal):
    """Names and numbers of a CSV file, and its decimal sign."""
    names, places, rows, lines, separator = fields_of(path, columns, header, separator)
    filled = [k for k, row in enumerate(rows) if any(row)]
    rows, lines = [rows[k] for k in filled], [lines[k] for k in filled]
    if decimal is None:
        decimal = find_decimal((row[k] for row in rows for k in places), separator)
    values = np.empty((len(rows), len(names)))
    for number, (name, place) in enumerate(zip(names, places, strict=True)):
        values[:, number] = _numbers(
            name, [row[place] for row in rows], decimal or ".", lambda k: f"line {lines[k]}"
        )
    return names, values, decimal


def fields_of(path, columns, header, separator):
    """The names of a CSV file's columns and their places, its rows of text, their lines, the separator."""
    rows, lines, separator = read_fields(path, separator)
    named = not all(map(is_value, rows[0])) if header is None else header
    names = None
    if named:
        names, rows, lines = rows[0], rows[1:], lines[1:]
    if not rows:
        raise ValueError(f"`source` must hold rows. Received: {path}, which has a header alone")
    names, places = chosen(names, len(rows[0]), columns)
    return names, places, rows, lines, separator


def _of_array(source, columns):
    """Names and numbers of an array or a data frame."""
    names = None
    if hasattr(source, "columns") and hasattr(source, "to_numpy"):
        names = [str(name) for name in source.columns]
        source = source.to_numpy()
    rows = np.asarray(source)
    if rows.ndim != 2 or not rows.shape[1]:
        raise ValueError(
            "`source` must be a CSV file, an array of shape (n, columns) or a data frame. Received: an "
            f"array of shape {rows.shape}"
        )
    if not len(rows):
        raise ValueError(f"`source` must hold rows. Received: an array of shape {rows.shape}")
    names, places = chosen(names, rows.shape[1], columns)
    values = np.empty((len(rows), len(names)))
    for number, (name, place) in enumerate(zip(names, places, strict=True)):
        column = rows[:, place]
        if column.dtype.kind == "b":
            column = column.astype(str)
        if column.dtype.kind in "iuf":
            _check_finite(name, column.astype("float64"), lambda k: f"row {k}")
        else:
            column = _numbers(name, [str(v).strip() for v in column], ".", lambda k: f"row {k}")
        values[:, number] = column
    return names, values


def known_columns(columns, kind):
    """Those of the columns wanted that are measured already: a tuple, empty where names alone are given.

    Args:
        columns: Sequence of names, of columns of that kind, or of their configs; or None.
        kind: Class of columns.
    """
    columns = [kind(**each) if isinstance(each, dict) else each for each in columns or ()]
    return tuple(column for column in columns if isinstance(column, kind))


def chosen(names, count, columns):
    """The names wanted and their places.

    Args:
        names: List of strings, or None where the source has none.
        count: Integer, the columns of the source.
        columns: Sequence of strings, what was asked for, or None.
    """
    wanted = None if columns is None else [str(column) for column in columns]
    if isinstance(columns, str) or wanted == []:
        raise ValueError(f"`columns` must be a list of names. Received: columns={columns!r}")
    if wanted is not None and len(set(wanted)) < len(wanted):
        raise ValueError(f"`columns` must be different names. Received: columns={wanted}")
    if names is None:
        if wanted is not None and len(wanted) != count:
            raise ValueError(
                f"`columns` must name all {count} columns of a source without names. "
                f"Received: columns={wanted}"
            )
        return wanted or [f"column_{k + 1}" for k in range(count)], list(range(count))
    for place, name in enumerate(names):
        if names.count(name) > 1 and name and (wanted is None or name in wanted):
            raise ValueError(
                f"`source` must have columns of different names. Received: {name!r} "
                f"{names.count(name)} times"
            )
        if not name and wanted is None:
            raise ValueError(
                "`source` must name each column, if it names any: column numbers of a saved data frame "
                "have none, and `columns` leaves them out. Received: no name for column "
                f"{place + 1}, beside {', '.join(filter(None, names))}"
            )
    wanted = names if wanted is None else wanted
    missing = [name for name in wanted if name not in names]
    if missing:
        raise ValueError(
            f"`source` must have the columns {', '.join(wanted)}. Received: no "
            f"{', '.join(missing)} among {', '.join(names)}"
        )
    return wanted, [names.index(name) for name in wanted]


def _numbers(name, fields, decimal, place):
    """The numbers of a column's fields.

    Args:
        name: String, the column's.
        fields: List of strings.
        decimal: `"."` or `","`.
        place: Function from the number of a field to where it stands.
    """
    values = np.empty(len(fields))
    missing = [k for k, field in enumerate(fields) if field.lower() in MISSING]
    if missing:
        raise ValueError(
            f"Column {name!r} must have a value in every row: leave such rows out, or fill them. "
            f"Received: {len(missing)} missing values, the first in {place(missing[0])}"
        )
    for k, field in enumerate(fields):
        try:
            values[k] = to_number(field, decimal)
        except ValueError:
            raise ValueError(
                f"Column {name!r} must be of numbers (decimal sign {decimal!r}). {_LATER} "
                f"Received: {field[:40]!r} in {place(k)}"
            ) from None
    _check_finite(name, values, place)
    return values


def _check_finite(name, values, place):
    if np.isfinite(values).all():
        return
    missing = np.flatnonzero(np.isnan(values))
    if len(missing):
        raise ValueError(
            f"Column {name!r} must have a value in every row: leave such rows out, or fill them. "
            f"Received: {len(missing)} missing values, the first in {place(int(missing[0]))}"
        )
    first = next(k for k, value in enumerate(values) if math.isinf(value))
    raise ValueError(
        f"Column {name!r} must hold finite numbers. Received: {np.isinf(values).sum()} infinite values, "
        f"the first in {place(first)}"
    )
