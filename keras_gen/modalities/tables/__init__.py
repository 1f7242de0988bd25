"""Tables: rows of numeric columns."""

from keras_gen.modalities.tables.columns import Column, columns_of
from keras_gen.modalities.tables.rows import Rows

__all__ = ["Column", "Rows", "columns_of"]
