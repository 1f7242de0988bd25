"""Kinds of data: what one part of a batch is, checked and taken, shown, and scored."""

from keras_gen.modalities.batches import check, split, take
from keras_gen.modalities.looking import is_stream, look_at
from keras_gen.modalities.spec import Arrays, Images, Labels, parts_of, spec_of
from keras_gen.modalities.tables import Column, Rows, columns_of

__all__ = [
    "Arrays",
    "Column",
    "Images",
    "Labels",
    "Rows",
    "check",
    "columns_of",
    "is_stream",
    "look_at",
    "parts_of",
    "spec_of",
    "split",
    "take",
]
