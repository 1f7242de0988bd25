"""What the models of tables of mixed types share: data frames wherever there are codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gen.modalities.tables.frames import is_frame
from keras_gen.types import Array, Data

if TYPE_CHECKING:
    from keras_gen.modalities import MixedRows

DRAWS = 20  # of rows, until they meet conditions


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
        codes = self.draw_codes(n, seed, wanted, batch_size)
        if wanted:
            seeds = np.random.default_rng(None if seed is None else [seed, 2])
            slots, choices = list(wanted), list(wanted.values())
            missed = (codes[:, slots] != choices).any(axis=1)
            for _ in range(DRAWS - 1):
                if not missed.any():
                    break
                again = self.draw_codes(n, int(seeds.integers(2**31)), wanted, batch_size)
                meets = again[(again[:, slots] == choices).all(axis=1)]
                places = np.flatnonzero(missed)[: len(meets)]
                codes[places] = meets[: len(places)]
                missed[places] = False
            self._give(codes, missed, wanted)
        return codes.astype("float32")

    def _give(self, codes, rows, wanted):
        """Gives rows that no draw had the wanted choices, beside which no number stands."""
        for slot, choice in wanted.items():
            codes[rows, slot] = choice
            number = self.gives.place_of_number(slot)
            if number is not None:
                codes[rows, number] = 0.0

    def meeting(self, conditions: Sequence[str]) -> dict[str, Any]:
        """Arguments of `generate` that conditions as of a command line stand for: see `Generates.meeting`."""
        pairs = [each.partition("=") for each in conditions]
        for each, (_, sign, _) in zip(conditions, pairs, strict=True):
            if not sign:
                raise ValueError(
                    f"`condition` must be a column and a value, rating=5. Received: {each!r}"
                )
        wanted = {name.strip(): value.strip() or None for name, _, value in pairs}
        return {"conditions": wanted} if wanted else {}

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
