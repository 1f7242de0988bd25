"""TensorFlow Datasets' tables: data sets of which each example is a row."""

import os

import numpy as np

from keras_gen.data.lazy import tfds
from keras_gen.data.preparing import prepared_builder, quiet
from keras_gen.data.tfds_source import count_examples
from keras_gen.modalities.tables.frames import check_names
from keras_gen.modalities.tables.raw_column import RawColumn, objects_of

_ROWS = 4096  # that are read at a time


def tfds_table(name, split, columns=None):
    """The columns of a split of a TFDS table, and its splits.

    Args:
        name: String, TFDS's name of the data set, in `$TFDS_DATA_DIR` or `~/tensorflow_datasets`.
        split: String, also TFDS's slices such as `"train[:90%]"`.
        columns: Sequence of strings, those wanted, in this order, or None for all. What is nested is
            called by its own name, `alcohol` of `features/alcohol`, where no other is called so.

    Returns:
        Pair of a list of `keras_gen.modalities.tables.RawColumn` and a tuple of strings. Classes are
        texts, None where an example has none.

    Raises:
        ValueError: If there is no such data set, split or column, or a feature is no single value.
        FileNotFoundError: If the data cannot be had.
    """
    builder = prepared_builder(name, os.environ.get("TFDS_DATA_DIR"))
    features = _single_values(builder.info.features, name, columns)
    check_names(list(features), columns)
    wanted = {column: features[column] for column in columns or features}
    count_examples(builder, split)
    with quiet():
        batches = builder.as_dataset(split=split, batch_size=_ROWS, shuffle_files=False)
        batches = [
            [_inside(batch, path) for path, _ in wanted.values()]
            for batch in tfds.as_numpy(batches)
        ]
    values = map(np.concatenate, zip(*batches, strict=True))
    raws = [
        _column(column, feature, each)
        for (column, (_, feature)), each in zip(wanted.items(), values, strict=True)
    ]
    return raws, tuple(builder.info.splits)


def _single_values(features, name, columns):
    """Dict from columns to their paths and features."""
    paths = dict(_leaves(features)) if isinstance(features, tfds.features.FeaturesDict) else {}
    ends = [path[-1] for path in paths]
    found = {
        path[-1] if ends.count(path[-1]) == 1 else "/".join(path): (path, feature)
        for path, feature in paths.items()
    }
    others = [c for c, (_, feature) in found.items() if feature.shape != ()]
    if not found or any(other in (columns or found) for other in others):
        raise ValueError(
            "`source` must be a data set whose features are single values: leave others out by `columns`. "
            f"Received: source={name!r}, of which {', '.join(others) or 'the example'} is none"
        )
    return {column: place for column, place in found.items() if column not in others}


def _leaves(features, path=()):
    for key, feature in features.items():
        if isinstance(feature, tfds.features.FeaturesDict):
            yield from _leaves(feature, (*path, key))
        else:
            yield (*path, key), feature


def _inside(example, path):
    for key in path:
        example = example[key]
    return example


def _column(name, feature, values):
    if isinstance(feature, tfds.features.ClassLabel) and feature.names:
        texts = [None if value < 0 else feature.int2str(int(value)) for value in values]
        return RawColumn(name, objects_of(texts), "str")
    if values.dtype.kind in "iuf":
        return RawColumn(name, values.astype("float64"), values.dtype.name)
    if values.dtype.kind == "b":
        return RawColumn(name, objects_of(values.tolist()), "bool")
    return RawColumn(name, objects_of([value.decode() for value in values.tolist()]), "str")
