"""A column of a table of mixed types: what a model keeps of it, and the way there and back."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
from typing import Any, Self

import keras
import numpy as np

from keras_gen.modalities.tables.raw_column import RawColumn, instants_of, objects_of, texts_of
from keras_gen.types import Array, Config

WIDTH = 4.0  # deviations of a mode that a number may lie from its mean: 1 as networks have it
_SLACK = 1e-9
NUMBERS = ("continuous", "integer", "datetime")


@keras.saving.register_keras_serializable(package="keras_gen")
@dataclasses.dataclass(frozen=True)
class MixedColumn:
    """A column of a table, as a model keeps it: a choice for each row, and beside some choices a number.

    The choices are, in this order, the modes of a mixture of Gaussians (of numbers that are not of `values`:
    each lies within four deviations of its mode), the `values`, and last that there is none.

    Args:
        name: String.
        kind: `"continuous"`, `"integer"`, `"datetime"`, `"categorical"`, `"boolean"` or `"constant"`.
        dtype: String, what pandas calls the column's dtype.
        values: Tuple of JSON's values: the categories; of numbers those that many rows have.
        means: Tuple of floats, of the modes.
        deviations: Tuple of floats above 0, of the modes.
        counts: Tuple of numbers, how many of the rows made each choice; of the modes about.
        low: Float, the least number, which is one of a row's own, and so is the largest. None of others.
        high: Float, the largest.
        decimals: Integer, the decimals that the numbers have; None where they have more than six.
        missing: Boolean, whether some rows have no value.
        unit: String, what numbers of a datetime count: `"D"`, `"s"`, `"ms"` or `"us"`, since 1970.
        format: String, how dates are written in the table, or None where they are no text.

    Example:

    >>> column = MixedColumn("colour", "categorical", "str", values=("blue", "red"), missing=True)
    >>> column.size, column.choice_of("red"), column.decode(np.array([1, 2]), None).tolist()
    (3, 1, ['red', None])
    >>> column.words
    'colour: categorical, 2 values, with gaps'
    """

    name: str
    kind: str
    dtype: str
    values: tuple[Any, ...] = ()
    means: tuple[float, ...] = ()
    deviations: tuple[float, ...] = ()
    counts: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    decimals: int | None = None
    missing: bool = False
    unit: str | None = None
    format: str | None = None

    def __post_init__(self):
        for name in ("values", "means", "deviations", "counts"):
            object.__setattr__(self, name, tuple(getattr(self, name)))

    @property
    def is_number(self) -> bool:
        """Whether values are numbers, or instants, which are counted."""
        return self.kind in NUMBERS

    @property
    def modes(self) -> int:
        """Integer, the first of the choices, beside which a number stands."""
        return len(self.means)

    @property
    def words(self) -> str:
        """String, what was found of the column: `"colour: categorical, 2 values, with gaps"`."""
        words = [f"{self.name}: {self.kind}"]
        if self.kind == "categorical":
            words.append(f"{len(self.values)} values")
        if self.format is not None:
            words.append(self.format)
        if self.missing:
            words.append("with gaps")
        return ", ".join(words)

    @property
    def size(self) -> int:
        """Integer, how many choices there are."""
        return self.modes + len(self.values) + self.missing

    @property
    def texts_of_values(self) -> list[str]:
        """List of strings, the `values` as they may be asked for: dates as the table writes them."""
        if self.kind != "datetime":
            return [str(value) for value in self.values]
        return self.texts(self.decode(self.modes + np.arange(len(self.values)), None))

    def get_config(self) -> Config:
        config = dataclasses.asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in config.items()}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)

    def choice_of(self, value: Any) -> int:
        """The number of the choice that a value is, where it is one of the `values`, or None, missing.

        Args:
            value: One of the `values`, or the text of one; of dates an instant, or the text of it, too.

        Raises:
            ValueError: If it is none of them; the nearest names are offered.
        """
        if value is None or value != value:
            if not self.missing:
                raise ValueError(
                    f"Column {self.name!r} must have a value, as all rows that the model learnt from had. "
                    f"Received: {value!r}"
                )
            return self.size - 1
        asked = value if isinstance(value, (str, int, float)) else str(value)
        if self.kind == "datetime":
            value = self._counted_or_not(value)
        for number, known in enumerate(self.values):
            if known == value and isinstance(known, bool) == isinstance(value, (bool, np.bool_)):
                return self.modes + number
        if not self.values:
            raise ValueError(
                f"Column {self.name!r} has no {'date' if self.kind == 'datetime' else 'number'} that many rows "
                f"have, of which one could be asked for. Received: {asked!r}"
            )
        # As a command line gives them.
        written = [str(known) for known in self.values]
        if isinstance(value, str) and value in written:
            return self.modes + written.index(value)
        texts = self.texts_of_values
        near = difflib.get_close_matches(str(asked), texts, n=3, cutoff=0.4) or texts[:5]
        raise ValueError(
            f"Column {self.name!r} must have one of its {len(texts)} values, "
            f"{' or '.join(map(repr, near))} say. Received: {asked!r}"
        )

    def _counted_or_not(self, value):
        """An instant, or the text of one, as the `values` count it; anything else as it is."""
        raw = RawColumn(self.name, objects_of([value]), self.dtype)
        for format in (self.format, None):  # As the table writes dates, or in another way.
            with contextlib.suppress(ValueError):
                instants = RawColumn(self.name, instants_of(raw, format), self.dtype)
                return self.counted(instants)[0]
        return value

    def encode(self, raw: RawColumn, random: np.random.Generator) -> tuple[Array, Array]:
        """A column's values as choices and numbers.

        Args:
            raw: `RawColumn`.
            random: Generator, by which of several modes that a number may be of one is drawn.

        Returns:
            Pair of an integer array `(n,)` of choices, -1 where a value is none that there was, and a float64
            array `(n,)` in [-1, 1], 0 where the choice has no number. Numbers beyond the range that there was
            are coded as its ends, as numbers, not as values that many rows have.

        Raises:
            ValueError: If a number is infinite.
        """
        numbers = np.zeros(len(raw.values))
        codes = np.full(len(raw.values), -1)
        gaps = raw.gaps
        if self.missing:
            codes[gaps] = self.size - 1
        if self.kind == "constant":
            codes[~gaps] = 0
            return codes, numbers
        if not self.is_number:
            kept = {value: self.modes + k for k, value in enumerate(self.values)}
            # A file has as text what a frame may have as whole numbers.
            written = {str(value): code for value, code in kept.items()}
            given = raw.values[~gaps].tolist()
            found = [kept.get(value, written.get(str(value), -1)) for value in given]
            codes[~gaps] = np.array(found, int)
            return codes, numbers
        x = self.counted(raw)
        there = np.flatnonzero(~gaps)
        given = x[there]
        if np.isinf(given).any():
            raise ValueError(
                f"Column {self.name!r} must hold finite numbers. Received: {np.isinf(given).sum()} infinite "
                "values"
            )
        if self.values:
            values = np.array(self.values, "float64")
            order = np.argsort(values)
            places = order[
                np.clip(np.searchsorted(values, given, sorter=order), 0, len(values) - 1)
            ]
            exact = values[places] == given
            codes[there[exact]] = self.modes + places[exact]
            there, given = there[~exact], given[~exact]
        if self.modes and len(there):
            codes[there], numbers[there] = self._of_modes(
                np.clip(given, self.low, self.high), random
            )
        return codes, numbers

    def counted(self, raw: RawColumn) -> Array:
        """A column's values as float64 numbers, NaN where there is none, instants counted by the `unit`."""
        if self.kind != "datetime":
            return raw.values.astype("float64")
        instants = instants_of(raw, self.format)
        counts = instants.astype("int64").astype("float64") / PER_UNIT[self.unit or "us"]
        return np.where(np.isnat(instants), np.nan, np.floor(counts))

    def _of_modes(self, x, random):
        means, deviations = np.array(self.means), np.array(self.deviations)
        alphas = (x[:, None] - means) / (WIDTH * deviations)
        reached = np.abs(alphas) <= 1.0 + _SLACK
        nearest = np.abs(alphas).argmin(axis=1)
        reached[np.arange(len(x)), nearest] = True
        # Logarithms up to a constant; a choice that does not reach the number has none.
        weights = (
            np.maximum(self.counts[: self.modes], 1e-3) if self.counts else np.ones(self.modes)
        )
        scores = np.log(weights) - np.log(deviations) - 0.5 * (WIDTH * alphas) ** 2
        scores = np.where(reached, scores, -np.inf)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True)).cumsum(axis=1)
        drawn = random.random(len(x)) * shares[:, -1]
        modes = (shares <= drawn[:, None]).sum(axis=1)
        modes = np.minimum(modes, self.modes - 1)
        return modes, np.clip(alphas[np.arange(len(x)), modes], -1.0, 1.0)

    def decode(self, codes: Array, numbers: Array | None) -> Array:
        """Values of choices and numbers: the way back of `encode`.

        Args:
            codes: Integer array `(n,)`.
            numbers: Float array `(n,)`, or None where there are no modes.

        Returns:
            Array `(n,)`: of numbers float64, NaN where there is none; of instants `datetime64[us]`; of
            others objects, None where there is none.
        """
        codes = np.asarray(codes).astype(int)
        gaps = codes >= self.size - 1 if self.missing else np.zeros(len(codes), bool)
        if not self.is_number:
            table = np.array([*self.values, None], dtype=object)
            return table[np.where(gaps, len(self.values), codes)]
        x = np.array([0.0] * self.modes + [float(v) for v in self.values] + [np.nan])[codes]
        if self.modes and numbers is not None:
            of_mode = codes < self.modes
            modes = codes[of_mode]
            alphas = np.clip(np.asarray(numbers, "float64")[of_mode], -1.0, 1.0)
            found = np.array(self.means)[modes] + WIDTH * np.array(self.deviations)[modes] * alphas
            found = np.clip(found, self.low, self.high)
            x[of_mode] = found if self.decimals is None else np.round(found, self.decimals) + 0.0
        if self.kind != "datetime":
            return x
        counts = np.where(gaps, 0, x).astype("int64") * PER_UNIT[self.unit or "us"]
        instants = counts.astype("datetime64[us]")
        instants[gaps] = np.datetime64("NaT")
        return instants

    def texts(self, values: Array) -> list[str]:
        """Decoded values as a CSV file has them, nothing where there is none."""
        return texts_of(values, self)


PER_UNIT = {"D": 86_400_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}
