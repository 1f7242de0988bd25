"""Rows of a table of mixed types, as a model takes and gives them."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_gen.checks import nearest_in_words
from keras_gen.modalities.tables.frames import frame_of, is_frame, raw_columns
from keras_gen.modalities.tables.given_rows import GivenRows
from keras_gen.modalities.tables.mixed_column import MixedColumn
from keras_gen.modalities.tables.raw_column import RawColumn, floats_of, instants_of
from keras_gen.modalities.tables.table import Table
from keras_gen.types import Array, ArrayLike, OpenedData, PathLike, Report, Tensor

_WRITTEN = 16_384  # rows whose texts are held at a time


class MixedRows(Table):
    """Rows of columns of mixed types, coded as `(slots,)` floats: choices first, then numbers.

    Each column that varies has a choice (a category, a value that many rows have, a mode of a mixture of
    Gaussians, or that there is no value), counted from 0. Each column with modes has a number beside it, in
    [-1, 1]: the distance from its mode's mean, in four deviations. Networks have the numbers and, one-hot,
    all choices.

    Args:
        columns: Sequence of `MixedColumn`.

    Raises:
        ValueError: If there is none that varies, or something else.

    Example:

    >>> from keras_gen.modalities.tables import RawColumn, mixed_columns_of
    >>> colours = RawColumn("colour", np.array(["red", "blue"] * 5, object), "str")
    >>> rows = MixedRows(mixed_columns_of([colours]))
    >>> codes = rows.encode([colours])
    >>> codes[:2].tolist(), rows.take("Rows", codes[:2]).tolist(), rows.decode(codes[:2])[0].tolist()
    ([[1.0], [0.0]], [[0.0, 1.0], [1.0, 0.0]], ['red', 'blue'])
    """

    words = "a data frame, or codes, which are numbers"
    scored_by = ("target", "picture")

    def __init__(self, columns: Sequence[MixedColumn]) -> None:
        columns = tuple(columns)
        if not columns or not all(isinstance(column, MixedColumn) for column in columns):
            raise ValueError(
                "`columns` must be a list of MixedColumn, such as "
                f"`keras_gen.data.open_mixed_table(...).columns`. Received: columns={columns!r}"
            )
        chosen = [column for column in columns if column.size > 1 or column.modes]
        if not chosen:
            raise ValueError(
                "`columns` must have one that varies. Received: "
                f"{', '.join(column.name for column in columns)}, each of one value"
            )
        self.varying = tuple(chosen)
        self.sizes = tuple(column.size for column in chosen)
        self.modes = tuple(column.modes for column in chosen)
        self.numbered = [slot for slot, modes in enumerate(self.modes) if modes]
        super().__init__((len(self.sizes) + len(self.numbered),), columns)
        self._slots = {column.name: slot for slot, column in enumerate(chosen)}
        self._slot_of = np.repeat(np.arange(len(self.sizes)), self.sizes).astype("int32")
        self._code_of = np.concatenate([np.arange(size) for size in self.sizes]).astype("float32")
        self._highest = np.array([s - 1.0 for s in self.sizes] + [1.0] * len(self.numbered))
        self._lowest = np.array([0.0] * len(self.sizes) + [-1.0] * len(self.numbered))

    @property
    def numbers(self) -> list[bool]:
        """List of booleans, whether a column is of numbers or instants."""
        return [column.is_number for column in self.columns]

    @property
    def width(self) -> int:
        """Integer, the length of what networks have of a row: its numbers, then its choices one-hot."""
        return len(self.numbered) + sum(self.sizes)

    @property
    def slots(self) -> int:
        """Integer, the length of a row's codes."""
        return len(self.sizes) + len(self.numbered)

    def place_of_number(self, slot: int) -> int | None:
        """Where in the codes a column's number stands, beside its choice; None where it has none."""
        return len(self.sizes) + self.numbered.index(slot) if self.modes[slot] else None

    def slot_of(self, name: str) -> int | None:
        """Where in the codes a column's choice stands; None of a column that does not vary."""
        return self._slots.get(name)

    def numbers_of(self, codes: Array, slot: int) -> Array:
        """Float64 array `(n,)`, a column's numbers, or its instants as such; NaN where there is none."""
        column, place = self.varying[slot], self.place_of_number(slot)
        return floats_of(column.decode(codes[:, slot], None if place is None else codes[:, place]))

    def put_back(self, codes: Array, known: Array, drawn: Array) -> Array:
        """Lays known choices, and the numbers beside them, over drawn ones.

        Args:
            codes: Float array `(n, slots)`.
            known: Boolean array `(n, choices)`, which choices of `codes` are known.
            drawn: Float array `(n, slots)`.

        Returns:
            Float array `(n, slots)`.
        """
        return np.where(np.concatenate([known, known[:, self.numbered]], axis=1), codes, drawn)

    # From tables to codes and back

    def encode(self, rows: Any, seed: int = 0, strays: str = "refuse") -> Array:
        """Codes of a table's rows.

        Args:
            rows: A pandas data frame, or a sequence of `RawColumn`, with all of the columns.
            seed: Integer, by which one of several modes that a number may be of is drawn.
            strays: `"refuse"`, or `"omit"` to leave out rows with a value that the model never saw.

        Returns:
            Float64 array `(n, slots)`.

        Raises:
            ValueError: If a column is missing, or holds a value that the model never saw.
        """
        raws = raw_columns(rows, self.names) if is_frame(rows) else list(rows)
        random = np.random.default_rng(seed)
        count = len(raws[0].values)
        codes = np.zeros((count, len(self.sizes) + len(self.numbered)))
        kept = np.ones(count, bool)
        for column, raw in zip(self.columns, raws, strict=True):
            raw = _as_kept(column, raw)
            found, numbers = column.encode(raw, random)
            strange = np.flatnonzero(found < 0)
            if len(strange) and strays == "refuse":
                value = raw.values[strange[0]]
                column.choice_of(None if raw.gaps[strange[0]] else value)
                raise ValueError(
                    f"Column {column.name!r} must hold values like those that the model learnt from. "
                    f"Received: {value!r}"
                )
            kept &= found >= 0
            slot = self._slots.get(column.name)
            if slot is not None:
                codes[:, slot] = found
                place = self.place_of_number(slot)
                if place is not None:
                    codes[:, place] = numbers
        return codes[kept]

    def decode(self, codes: ArrayLike) -> list[Array]:
        """The columns' values of codes, a list of arrays: see `MixedColumn.decode`."""
        codes = np.asarray(codes)
        found = []
        for column in self.columns:
            slot = self._slots.get(column.name)
            if slot is None:
                found.append(column.decode(np.zeros(len(codes), int), None))
                continue
            place = self.place_of_number(slot)
            numbers = None if place is None else codes[:, place]
            found.append(column.decode(np.rint(codes[:, slot]), numbers))
        return found

    def frame(self, codes: ArrayLike) -> Any:
        """A pandas data frame of codes, with the table's columns, order and dtypes.

        Raises:
            ImportError: If pandas is not installed.
        """
        return frame_of(self.columns, self.decode(codes))

    def given(self, source: Any, seed: int = 0) -> GivenRows:
        """Rows of which some cells are known: see `GivenRows`.

        Args:
            source: A pandas data frame with some of the columns, or the path of a CSV or Parquet file.
            seed: Integer.

        Raises:
            ValueError: If there are no rows, a column is unknown, or holds a value that it can't.
        """
        return GivenRows(self, source, seed)

    def wanted_choices(self, conditions: Mapping[str, Any]) -> dict[int, int]:
        """Slots of codes, and the choices that conditions stand for.

        Args:
            conditions: Dict from names of columns to values.

        Raises:
            ValueError: If there is no such column or value; the nearest are named.
        """
        found = {}
        for name, value in conditions.items():
            if name not in self.names:
                raise ValueError(
                    "`conditions` must be of the table's columns, "
                    f"{nearest_in_words(name, self.names)} say. Received: {name!r}"
                )
            choice = self.columns[self.names.index(name)].choice_of(value)
            if name in self._slots:
                found[self._slots[name]] = choice
        return found

    # What a batch is

    def take(self, what: str, values: Tensor) -> Tensor:
        """Gives rows as networks have them, float32 of shape `(batch, width)`: see `Arrays.take`."""
        if is_frame(values):
            values = self.encode(values)
        self.look(what, values)
        count = len(self.sizes)
        if isinstance(values, np.ndarray):
            hot = values[:, self._slot_of] == self._code_of
            return np.concatenate([values[:, count:], hot], axis=1).astype("float32")
        values = keras.ops.cast(values, "float32")
        codes = keras.ops.take(values[:, :count], self._slot_of, axis=1)
        hot = keras.ops.cast(keras.ops.equal(codes, self._code_of), "float32")
        return keras.ops.concatenate([values[:, count:], hot], axis=1)

    def look(self, what: str, values: Tensor) -> None:
        self._check_dtype(what, values)
        if not self.fits(values.shape[1:]):
            raise ValueError(
                f"{what} must be codes of shape (batch, {self.shape[0]}), as the model's `encode_rows` and "
                f"`open_mixed_table` give them. Received: shape {tuple(values.shape)}"
            )

    def wanted(self, what: str) -> str:
        return (
            f"{what} must hold each column's choice, a whole number from 0 below its count, and numbers in "
            "[-1, 1]"
        )

    def strays(self, values: Tensor) -> Tensor | None:
        values = keras.ops.cast(values, "float32")
        inside = keras.ops.logical_and(
            keras.ops.greater_equal(values, np.float32(self._lowest - 1e-3)),
            keras.ops.less_equal(values, np.float32(self._highest + 1e-3)),
        )
        return keras.ops.sum(keras.ops.where(inside, 0, 1))

    def check(self, what: str, array: Array, whole: bool) -> None:
        super().check(what, array, whole)
        count = len(self.sizes)
        outside = (array < self._lowest - 1e-3) | (array > self._highest + 1e-3)
        outside[:, :count] |= array[:, :count] != np.rint(array[:, :count])
        if outside.any():
            raise ValueError(
                f"{self.wanted(what)}. Received: {outside.sum()} others, {array[outside][0]:g} the first"
            )

    def give(self, outputs: Array) -> Any:
        """A pandas data frame of codes: see `frame`."""
        return self.frame(outputs)

    def show(
        self, samples: Any, path: PathLike, columns: int | None = None, least: int = 256
    ) -> pathlib.Path:
        """Writes rows, codes or a data frame, as a CSV file, the columns' names first."""
        if is_frame(samples):
            raws = raw_columns(samples, self.names)
            arrays = [_as_decoded(c, raw) for c, raw in zip(self.columns, raws, strict=True)]
        else:
            arrays = self.decode(samples)
        return self.write(path, list(map(_texts_in_parts, self.columns, arrays)))

    def open(self, source: Any, split: str = "train", labels: bool = False, **reading: Any) -> Any:
        """Opens a table with these columns: see `keras_gen.data.open_mixed_table`."""
        from keras_gen.data import open_mixed_table

        self.check_reading(reading)
        return open_mixed_table(source, split, columns=self.columns, **reading)

    def read(
        self, source: PathLike, separator: str | None = None, decimal: str | None = None
    ) -> list[RawColumn]:
        """Those of the columns that a CSV or Parquet file has, and others: `keras_gen.data` reads them."""
        from keras_gen.data.mixed_tables import raw_columns_of_file

        return raw_columns_of_file(source, self.columns, separator, decimal)

    def score(self, real: ArrayLike, made: ArrayLike) -> dict[str, float]:
        """How far generated rows are from real ones: see `keras_gen.metrics.mixed_table_scores`."""
        from keras_gen.metrics.mixed_tables import mixed_table_scores

        return mixed_table_scores(self.decode(real), self.decode(made), self.names, self.numbers)

    def check_beside(  # type: ignore[override]
        self, held_out: bool, target: str | None = None, picture: PathLike | None = None
    ) -> None:
        """Refuses a target that can't be predicted, and a picture that can't be drawn.

        Args:
            held_out: Boolean, whether rows were held out of a training whose own are there.
            target: String, a column's name, or None.
            picture: String or path, or None.

        Raises:
            ValueError: If there is no such column or none held out, or the file is no picture's.
            ImportError: If matplotlib is not installed.
        """
        from keras_gen.metrics.table_picture import check_picture
        from keras_gen.metrics.tables_efficacy import place_of

        if target is not None:
            place_of(target, self.names)
            if not held_out:
                raise ValueError(
                    "`target` is for rows held out of a training whose own are there: evaluate the test split "
                    f"of a folder with train.csv and test.csv. Received: target={target!r}, and no such rows"
                )
        if picture is not None:
            check_picture(picture)

    def score_beside(  # type: ignore[override]
        self,
        report: Report,
        train: OpenedData | None,
        real: ArrayLike,
        made: ArrayLike,
        seed: int,
        target: str | None = None,
        picture: PathLike | None = None,
    ) -> Report:
        """Adds what needs the rows learnt from, privacy and efficacy, and draws a picture.

        Args:
            report: As in `Arrays.score_beside`.
            train: Likewise.
            real: Array `(n, slots)`, codes of real rows.
            made: Array `(m, slots)`, codes of generated rows.
            seed: Integer, of the models that predict the target.
            target: String, the column to predict: see `keras_gen.metrics.table_efficacy`. None: there is no
                efficacy.
            picture: String or path of a picture's file: see `keras_gen.metrics.draw_table_report`. None: there
                is none.

        Returns:
            The report: in `scores` those of `keras_gen.metrics.table_privacy`, and those of models trained on
            generated rows; in `floor` what real rows come to.
        """
        from keras_gen.metrics.table_picture import draw_table_report

        of_real, of_made = self.decode(real), self.decode(made)
        notes = []
        if train is None:
            notes.append(
                "Privacy and efficacy need rows held out: a folder with train.csv and test.csv has them."
            )
        else:
            scores, floor = self._beside(train, of_real, of_made, target, seed)
            report = {
                **report,
                "scores": _means_first(report["scores"], scores),
                "floor": _means_first(report.get("floor", {}), floor),
            }
        if picture is not None:
            means = {k: v for k, v in report["scores"].items() if " of " not in k}
            path = draw_table_report(
                of_real, of_made, self.names, self.numbers, picture, scores=means
            )
            notes.append(f"Wrote {path}.")
        return {**report, "notes": report.get("notes", []) + notes} if notes else report

    def _beside(self, train, real, made, target, seed):
        """Scores that need rows held out, and what real rows come to in their place."""
        from keras_gen.metrics.tables_efficacy import table_efficacy
        from keras_gen.metrics.tables_privacy import table_privacy

        scores, floor = {}, {}
        learnt = self.decode(train.rows)
        if target is not None:
            as_many = np.arange(len(made[0])) * len(learnt[0]) // len(made[0])
            some = [values[np.unique(as_many)] for values in learnt]
            found = table_efficacy(some, real, made, self.names, self.numbers, target, seed)
            mean = next(iter(found["made"]))
            scores |= {mean: found["made"][mean], f"{mean} lost": found["lost"][mean]}
            floor |= {mean: found["real"][mean], f"{mean} lost": 0.0}
            scores |= found["made"]
            floor |= found["real"]
        privacy = table_privacy(learnt, real, made, self.numbers)
        floor |= {
            "nearer to training": 0.5,
            "membership auc": 0.5,
            "copied": privacy.pop("copied by chance"),
        }
        return scores | privacy, floor


def _means_first(scores, others):
    """Scores with others behind the means, before those of single columns."""
    means = {name: value for name, value in scores.items() if not name.startswith("shape of ")}
    return means | others | scores


def _as_kept(column: MixedColumn, raw: RawColumn) -> RawColumn:
    """A column in the form of the one that was measured."""
    if column.kind == "categorical" and raw.values.dtype.kind == "f":
        values = raw.values.astype(object)
        whole = [v if v != v or v % 1 else int(v) for v in raw.values.tolist()]
        values[:] = whole
        values[raw.gaps] = None
        return RawColumn(raw.name, values, raw.dtype)
    return raw


def _as_decoded(column: MixedColumn, raw: RawColumn) -> Array:
    """A raw column's values in the form that `MixedColumn.decode` gives."""
    return instants_of(raw, column.format) if column.kind == "datetime" else raw.values


def _texts_in_parts(column: MixedColumn, values: Array) -> Iterator[str]:
    """Texts of values, of which few are held at a time."""
    for start in range(0, len(values), _WRITTEN):
        yield from column.texts(values[start : start + _WRITTEN])
