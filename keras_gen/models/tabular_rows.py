"""What the models of tables of mixed types share: data frames wherever there are codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras_gen.modalities.tables.frames import is_frame
from keras_gen.types import Array, Data

if TYPE_CHECKING:
    from keras_gen.modalities import MixedRows


class LearnsTables:
    """Takes data frames where codes are taken, and makes codes where samples are compared. Abstract.

    It stands before `GenerativeModel` among the bases, and a model has `gives`, a `MixedRows`, and
    `generate_codes(n, seed)`.
    """

    gives: MixedRows
    generate_codes: Any

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
        return super()._for_steps(x, y, batch_size)  # type: ignore[misc]
