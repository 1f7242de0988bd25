"""What rows of a table are, whatever its columns hold."""

import csv
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from keras_gen.files import written_aside
from keras_gen.modalities.spec import Arrays, dtype_of
from keras_gen.types import PathLike


class Table(Arrays):
    """Rows of named columns, numbers to a model, shown as a CSV file. Abstract.

    Args:
        shape: Tuple, the shape of a row as a model takes it.
        columns: Sequence of what has a `name`.
    """

    kind = "tables"
    noun = "rows"
    suffix = ".csv"
    has_scores = True
    reading = ("separator", "decimal")
    words: ClassVar[str] = "numbers"  # what rows must be, in an error

    def __init__(self, shape: Sequence[int], columns: Sequence[Any]) -> None:
        super().__init__(shape)
        self.columns = tuple(columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Tuple of the columns' names."""
        return tuple(column.name for column in self.columns)

    def write(self, path: PathLike, texts: Sequence[Iterable[str]]) -> pathlib.Path:
        """Writes a CSV file, the columns' names first.

        Args:
            path: String or path of the file; its suffix becomes `.csv`.
            texts: Sequence of the columns' values in words, one iterable a column.

        Returns:
            `pathlib.Path` of the file that was written.
        """
        path = pathlib.Path(path).with_suffix(self.suffix)
        with written_aside(path) as aside, open(aside, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(self.names)
            writer.writerows(zip(*texts, strict=True))
        return path

    def _check_dtype(self, what, values):
        dtype = dtype_of(values)
        if not dtype.startswith(("float", "bfloat", "int", "uint")):
            raise ValueError(
                f"{what} must be {self.words}. Received: dtype={dtype}, shape {tuple(values.shape)}"
            )
