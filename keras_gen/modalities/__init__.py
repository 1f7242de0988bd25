"""Kinds of data: what one part of a batch is, checked and taken, shown, and scored."""

from keras_gen.modalities.batches import check, look, name_of, split, take
from keras_gen.modalities.clips import Clips
from keras_gen.modalities.looking import in_native_order, is_stream, look_at, saying_it_of_data
from keras_gen.modalities.masks import Masks
from keras_gen.modalities.spec import Arrays, Images, Labels, parts_of, spec_of
from keras_gen.modalities.tables import (
    Column,
    MixedColumn,
    MixedRows,
    RawColumn,
    Rows,
    columns_of,
    mixed_columns_of,
)

__all__ = [
    "Arrays",
    "Clips",
    "Column",
    "Images",
    "Labels",
    "Masks",
    "MixedColumn",
    "MixedRows",
    "RawColumn",
    "Rows",
    "check",
    "columns_of",
    "in_native_order",
    "is_stream",
    "look",
    "look_at",
    "mixed_columns_of",
    "name_of",
    "parts_of",
    "saying_it_of_data",
    "spec_of",
    "split",
    "take",
]
