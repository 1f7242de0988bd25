"""Tables: rows of numeric columns, and of columns of mixed types."""

from keras_gen.modalities.tables.columns import Column, columns_of
from keras_gen.modalities.tables.measuring import mixed_columns_of
from keras_gen.modalities.tables.mixed_column import MixedColumn
from keras_gen.modalities.tables.mixed_rows import MixedRows
from keras_gen.modalities.tables.raw_column import RawColumn
from keras_gen.modalities.tables.rows import Rows

__all__ = [
    "Column",
    "MixedColumn",
    "MixedRows",
    "RawColumn",
    "Rows",
    "columns_of",
    "mixed_columns_of",
]
