"""CSV files of tables too large to hold as text: read in parts, measured by a sample, kept as codes."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from keras_gen.data.csv_files import encoding_of, find_separator, first_lines, is_value, rows_of
from keras_gen.data.tables import chosen
from keras_gen.modalities.tables import MixedColumn, MixedRows, RawColumn
from keras_gen.modalities.tables.raw_column import objects_of
from keras_gen.types import Array

LARGE = 256 * 2**20  # bytes of a file, above which it is read in parts
PART = 50_000  # rows that are held as text
SAMPLE = 200_000  # rows by which columns are measured, beside those that stand out
HELD = 2**30  # bytes of codes, above which they wait on disk

Typed = Callable[[dict[str, Array]], list[RawColumn]]


class LargeFile:
    """A CSV file that is read in parts of its rows.

    Args:
        path: `pathlib.Path`.
        columns: Sequence of strings, the columns wanted, or None.
        header: Boolean, or None to find it.
        separator: String, or None to find it.

    Attributes:
        names: List of strings, the columns.
        separator: String.

    Raises:
        ValueError: If the file holds no rows, or there is no such column.
    """

    def __init__(
        self, path: Any, columns: Sequence[str] | None, header: bool | None, separator: str | None
    ) -> None:
        self.path = path
        with open(path, "rb") as binary:
            self._encoding = encoding_of(binary)
        with open(path, encoding=self._encoding, newline="") as file:
            self.separator = separator or find_separator(first_lines(file))
        first = next(self._all_rows(), None)
        if first is None:
            raise ValueError(f"`source` must hold rows. Received: {path}, which is empty")
        self._fields = len(first)
        self._named = not all(map(is_value, first)) if header is None else header
        ends_empty = len(first) > 1 and not first[-1]
        if ends_empty:  # A separator at the end of every line
            first = first[:-1]
        self._kept = len(first)
        self.names, self._places = chosen(first if self._named else None, self._kept, columns)

    def _all_rows(self):
        with open(self.path, encoding=self._encoding, newline="") as file:
            for fields, _ in rows_of(file, self.separator):
                yield fields

    def parts(self) -> Iterator[list[list[str]]]:
        """Lists of at most 50,000 rows, each a list of the fields of the columns wanted.

        Raises:
            ValueError: If rows differ in their number of fields.
        """
        rows = self._all_rows()
        if self._named:
            next(rows)
        while part := list(itertools.islice(rows, PART)):
            for row in part:
                if len(row) != self._fields or any(row[self._kept :]):
                    raise ValueError(
                        f"`source` must have as many fields in every row, {self._kept} as in its first one, "
                        f"separated by {self.separator!r}. Received: {len(row)} in the row "
                        f"{self.separator.join(row)[:60]!r} of {self.path}"
                    )
            yield [[row[place] for place in self._places] for row in part]

    def sample(self, seed: int) -> tuple[list[list[str]], int]:
        """A sample of the rows, all alike likely, in the file's order; and the number of all.

        Args:
            seed: Integer.
        """
        random = np.random.default_rng([seed, 6])
        held: list[tuple[int, list[str]]] = []
        count = 0
        for part in self.parts():
            places = random.integers(np.arange(count, count + len(part)) + 1)
            for number, (row, place) in enumerate(zip(part, places.tolist(), strict=True), count):
                if number < SAMPLE:
                    held.append((number, row))
                elif place < SAMPLE:
                    held[place] = (number, row)
            count += len(part)
        held.sort(key=lambda each: each[0])
        return [row for _, row in held], count

    def standing_out(self, typed: Typed, sampled: list[RawColumn]) -> list[list[str]]:
        """Rows by which a measurement of the sample becomes one of all rows.

        They hold each column's least and largest number, one with as many decimals as any, a gap, and every
        category.

        Args:
            typed: Function from fields to raw columns.
            sampled: What it gave for the sample.
        """
        seen = {raw.name: _Seen(raw) for raw in sampled}
        found = []
        for part in self.parts():
            raws = typed(dict(zip(self.names, fields_of_rows(part, len(self.names)), strict=True)))
            places = {place for raw in raws for place in seen[raw.name].news(raw)}
            found += [part[place] for place in sorted(places)]
        return found

    def codes(
        self, typed: Typed, columns: Sequence[MixedColumn], count: int, seed: int, strays: str
    ) -> Array:
        """All rows' codes, in memory, or on disk where they are more than a GiB.

        Args:
            typed: Function from fields to raw columns.
            columns: Sequence of `MixedColumn`.
            count: Integer, the rows.
            seed: Integer.
            strays: As in `MixedRows.encode`.

        Returns:
            Float32 array `(rows, slots)`.
        """
        spec = MixedRows(columns)
        shape = (count, spec.slots)
        if 4 * count * spec.slots > HELD:
            with tempfile.TemporaryFile() as file:  # The mapping keeps it until the array is gone.
                codes: Array = np.memmap(file, "float32", "w+", shape=shape)
        else:
            codes = np.empty(shape, "float32")
        done = 0
        for number, part in enumerate(self.parts()):
            raws = typed(dict(zip(self.names, fields_of_rows(part, len(self.names)), strict=True)))
            found = spec.encode([r for r in raws if r.name in spec.names], seed + number, strays)
            codes[done : done + len(found)] = found
            done += len(found)
        return codes[:done]


class _Seen:
    """What of a column was seen, so that a row with something new is found."""

    def __init__(self, raw):
        self.number = raw.values.dtype.kind == "f"
        self.least, self.largest, self.gap, self.different = np.inf, -np.inf, False, set()
        self.unit = 0
        self.news(raw)

    def news(self, raw):
        """Places of rows with a value beyond those that were seen, which are seen from now on."""
        gaps, places = raw.gaps, []
        if gaps.any() and not self.gap:
            self.gap = True
            places.append(int(gaps.argmax()))
        if self.number and raw.values.dtype.kind == "f":
            there = np.flatnonzero(~gaps)
            values = raw.values[there]
            if len(values) and values.min() < self.least:
                self.least = values.min()
                places.append(int(there[values.argmin()]))
            if len(values) and values.max() > self.largest:
                self.largest = values.max()
                places.append(int(there[values.argmax()]))
            while self.unit <= 6:  # As decimals are counted
                more = np.round(values, self.unit) != values
                if not more.any():
                    break
                places.append(int(there[more.argmax()]))
                self.unit += 1
            return places
        for place, value in enumerate(raw.values.tolist()):
            new = value is not None and value == value and value not in self.different
            if new and len(self.different) < 2 * SAMPLE:
                self.different.add(value)
                places.append(place)
        return places


def fields_of_rows(rows: Sequence[Sequence[str]], count: int) -> list[Array]:
    """The columns of rows of text, each an array of objects."""
    return [objects_of(row[k] for row in rows) for k in range(count)]
