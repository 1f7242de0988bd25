"""Tables that are known by name, as `adult` is."""

import importlib
import os
import pathlib

from keras_gen.modalities.tables.frames import check_names

_MODULES = {
    "adult": ("adult", "Adult"),
    "adult/whole": ("adult", "Adult"),
    "clothing_reviews": ("clothing_reviews", "ClothingReviews"),
}
NAMES = tuple(_MODULES)


def named_table(name, split, columns=None):
    """The columns of a split of a table, and its splits.

    Args:
        name: String, one of `NAMES`.
        split: String.
        columns: Sequence of strings, those wanted, in this order, or None for all.

    Returns:
        Pair of a list of `keras_gen.modalities.tables.RawColumn` and a tuple of strings.

    Raises:
        ValueError: If there is no such split or column.
        FileNotFoundError: If an archive is missing.
        ImportError: If pandas is needed and not installed.
    """
    module, builder = _MODULES[name]
    table = getattr(importlib.import_module(f"keras_gen.data.builders.{module}"), builder)()
    if split not in table.splits:
        raise ValueError(f"`split` must be one of {list(table.splits)}. Received: split={split!r}")
    root = os.environ.get("TFDS_DATA_DIR") or pathlib.Path.home() / "tensorflow_datasets"
    folder = pathlib.Path(root).expanduser() / "downloads" / "manual"
    raws = {raw.name: raw for raw in table.columns(name, split, folder)}
    check_names(list(raws), columns)
    return [raws[column] for column in columns or raws], table.splits
