"""What the models of tables of mixed types share: data frames wherever there are codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gen.checks import is_integer
from keras_gen.modalities.tables.frames import is_frame
from keras_gen.models.tabular_near import filled_gaps, near_rows
from keras_gen.types import Array, Data, PathLike

if TYPE_CHECKING:
    from keras_gen.modalities import MixedRows

DRAWS = 20  # as many rows as wanted are drawn at most, until they meet conditions
LEAST_DRAWN = 4096  # that many may always be
ROWS = 16_384  # that are held beside a network's outputs for them
POOL = 2 * ROWS  # rows of which the nearest to given ones are taken


def parts(n: int, seed: int | None) -> Iterator[tuple[slice, int | None]]:
    """Slices of so many rows that are made at a time, and a seed for each, of the first the one given.

    >>> [part for part, seed in parts(20_000, 0)]
    [slice(0, 16384, None), slice(16384, 20000, None)]
    """
    seeds = np.random.default_rng(None if seed is None else [seed, 3])
    for start in range(0, n, ROWS):
        new = None if seed is None else int(seeds.integers(2**31))
        yield slice(start, min(start + ROWS, n)), new if start else seed


class LearnsTables:
    """Takes data frames where codes are taken, and makes codes where samples are compared. Abstract.

    It stands before `GenerativeModel` among the bases, and a model has `gives`, a `MixedRows`, and
    `draw_codes`.
    """

    @property
    def gives(self) -> MixedRows:
        """The `MixedRows` that the model takes and gives."""
        raise NotImplementedError(f"{type(self).__name__} must define `gives`.")

    def encode_rows(self, rows: Any, seed: int = 0) -> Array:
        """Codes of a table's rows, which `fit` takes, too: to code them once.

        Args:
            rows: A pandas data frame with the table's columns.
            seed: Integer, by which one of several modes that a number may be of is drawn.

        Returns:
            Float32 array `(n, slots)`: see `keras_gen.modalities.MixedRows`.

        Raises:
            ValueError: If a column is missing, or holds a value that the model never saw.
        """
        return self.gives.encode(rows, seed).astype("float32")

    def draw_codes(
        self, n: int | None, seed: int | None, wanted: Mapping[int, int], batch_size: int
    ) -> Array:
        """Draws codes.

        Args:
            n: Integer, how many.
            seed: Integer, or None.
            wanted: Dict from slots to choices that rows should have, where the model can be told.
            batch_size: Integer, how many rows are made at a time.

        Returns:
            Float array `(n, slots)`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `draw_codes`.")

    def generate_codes(
        self,
        n: int | None = None,
        seed: int | None = None,
        conditions: Mapping[str, Any] | None = None,
        batch_size: int = 512,
    ) -> Array:
        """Makes rows as `generate` does, and leaves them codes: needs no pandas.

        Args:
            n: Integer, how many.
            seed: Integer, or None.
            conditions: Dict from names of columns to values, or None.
            batch_size: Integer, how many rows are made at a time.

        Returns:
            Float32 array `(n, slots)`.

        Raises:
            ValueError: If `n` is not given, or there is no such column or value.
        """
        wanted = self.gives.wanted_choices(conditions or {})
        if n is None or not is_integer(n) or n < 1:
            raise ValueError(f"`n` must be an integer above 0. Received: n={n!r}")
        codes = np.empty((n, self.gives.slots), "float32")
        for part, part_seed in parts(n, seed):
            codes[part] = self.draw_codes(len(codes[part]), part_seed, wanted, batch_size)
        if wanted:
            self._draw_again(codes, seed, wanted, batch_size)
        return codes

    def _draw_again(self, codes, seed, wanted, batch_size):
        """Puts rows that have the wanted choices in place of those that have not."""
        slots, choices = list(wanted), list(wanted.values())
        seeds = np.random.default_rng(None if seed is None else [seed, 2])
        missed = np.flatnonzero((codes[:, slots] != choices).any(axis=1))
        drawn, met = len(codes), len(codes) - len(missed)
        left = max((DRAWS - 1) * len(codes), LEAST_DRAWN)
        while len(missed) and left > 0:
            likely = 1.1 * len(missed) * (drawn + 1) / (met + 1)
            count = min(max(int(likely), 64), ROWS, left)
            again = self.draw_codes(count, int(seeds.integers(2**31)), wanted, batch_size)
            meets = again[(again[:, slots] == choices).all(axis=1)]
            codes[missed[: len(meets)]] = meets[: len(missed)]
            missed = missed[len(meets) :]
            drawn, met, left = drawn + count, met + len(meets), left - count
        if len(missed):
            told = np.zeros((len(missed), self.gives.slots), "float32")  # no number beside a choice
            known = np.zeros((len(missed), len(self.gives.sizes)), bool)
            told[:, slots], known[:, slots] = choices, True
            codes[missed] = self._filled(told, known, (), int(seeds.integers(2**31)), batch_size)

    def given_alone(self, **others: Any) -> None:
        """Refuses arguments of `generate` beside `given`.

        Args:
            **others: Arguments, None where there is none.

        Raises:
            ValueError: If there is one.
        """
        for name, value in others.items():
            if value is not None and len(value):
                raise ValueError(
                    f"`{name}` can't stand beside `given`: conditions are columns of it. Received: "
                    f"{name}={value!r} and given"
                )

    def generate_given(
        self, given: Any, n: int | None, seed: int | None, batch_size: int, **how: Any
    ) -> Any:
        """Fills given rows: what `generate` does of `given`.

        Args:
            given: A pandas data frame with some of the columns, or the path of a CSV or Parquet file.
            n: Integer, which must be the number of rows, or None.
            seed: Integer, or None.
            batch_size: Integer, how many rows are made at a time.
            **how: As in the model's `fill_codes`.

        Returns:
            pandas data frame of as many rows, in which every given cell is as it was.

        Raises:
            ValueError: If there are no rows, a column is not of the table, or holds a value that it can't.
        """
        rows = self.gives.given(given, seed or 0)
        if n not in (None, rows.count):
            raise ValueError(
                f"`n` must be the rows of `given`, {rows.count}, or None. Received: n={n!r}"
            )
        filled = self._filled(rows.codes, rows.known, rows.gapless, seed, batch_size, **how)
        return rows.frame(filled)

    def fill_codes(
        self,
        codes: Array,
        known: Array,
        gapless: Sequence[int],
        seed: int | None,
        batch_size: int,
    ) -> Array:
        """Draws what is not known of rows: from drawn rows those that are nearest in what is known.

        Args:
            codes: Float array `(n, slots)`.
            known: Boolean array `(n, columns that vary)`, which choices of `codes` are known.
            gapless: Sequence of slots, which shall have a value where they are not known.
            seed: Integer, or None.
            batch_size: Integer, how many rows are made at a time.

        Returns:
            Float array `(n, slots)`, of which what is known is not yet as in `codes`.
        """
        random = np.random.default_rng(None if seed is None else [seed, 4])
        drawn = np.concatenate(
            [
                self.draw_about(codes, known, part.stop - part.start, part_seed, batch_size)
                for part, part_seed in parts(POOL, seed)
            ]
        )
        near = near_rows(self.gives, codes, known, gapless, drawn, random)
        return filled_gaps(self.gives, near, gapless)

    def draw_about(
        self, codes: Array, known: Array, n: int, seed: int | None, batch_size: int
    ) -> Array:
        """Draws rows that are the likelier to be near to given ones the more the model can be told of them.

        Args:
            codes: Float array, what is given.
            known: Boolean array, which choices of it are known.
            n: Integer, how many.
            seed: Integer, or None.
            batch_size: Integer.

        Returns:
            Float array `(n, slots)`.
        """
        return self.draw_codes(n, seed, {}, batch_size)

    def _filled(self, codes, known, gapless, seed, batch_size, **how):
        """Codes of rows of which some choices are known, and the others drawn, in parts."""
        filled = np.empty(codes.shape, "float32")
        for part, part_seed in parts(len(codes), seed):
            drawn = self.fill_codes(codes[part], known[part], gapless, part_seed, batch_size, **how)
            filled[part] = self.gives.put_back(codes[part], known[part], drawn)
        return filled

    def meeting(self, conditions: Sequence[str]) -> dict[str, Any]:
        """Arguments of `generate` that conditions as of a command line stand for: see `Generates.meeting`."""
        wanted = {}
        for each in conditions:
            own = [name for name in self.gives.names if each.startswith(f"{name}=")]
            name = max(own, key=len, default=each.partition("=")[0])  # A name may hold the sign.
            if name == each:
                raise ValueError(
                    f"`condition` must be a column and a value, rating=5. Received: {each!r}"
                )
            wanted[name.strip()] = each[len(name) + 1 :].strip() or None
        return {"conditions": wanted} if wanted else {}

    def filling(self, given: PathLike, **reading: str | None) -> dict[str, Any]:
        """Arguments of `generate` by which rows of a file are filled: see `Generates.filling`."""
        return {"given": self.gives.read(given, **reading)}

    def samples(self, n: int, seed: int | None = None) -> tuple[Array, None]:
        """Makes samples as codes, float32 `(n, slots)`, and no labels: see `Generates.samples`."""
        return self.generate_codes(n, seed=seed), None

    def preview(self, examples: Data | None = None, seed: int = 0) -> tuple[Array, int]:
        """Makes the codes of 64 rows: see `Generates.preview`."""
        return self.generate_codes(64, seed=seed), 8

    def fit(self, x: Any = None, y: None = None, *args: Any, **kwargs: Any) -> Any:
        """Trains the model: `GenerativeModel.fit`, of a data frame, too, and `validation_data` of one.

        Args:
            x: A pandas data frame of the table's columns, codes `(n, slots)`, or a pipeline of such.
            y: None.
            *args: As in `keras.Model.fit`.
            **kwargs: As in `keras.Model.fit`, but for weights of classes or examples.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            ValueError: If the data are not what the model takes.
        """
        held_out = kwargs.get("validation_data")
        if isinstance(held_out, tuple) and held_out and is_frame(held_out[0]):
            held_out = held_out[0]
        if is_frame(held_out):
            kwargs["validation_data"] = (self.encode_rows(held_out),)
        return super().fit(x, y, *args, **kwargs)  # type: ignore[misc]

    def _for_steps(self, x, y, batch_size):
        x = self.encode_rows(x) if is_frame(x) else x
        return super()._for_steps(x, y, batch_size)
