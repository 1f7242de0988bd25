from __future__ import annotations

import dataclasses
from typing import Any

from keras_gen.data.preparing import OWN_BUILDERS, find_builder, prepared_builder
from keras_gen.data.sources import is_folder, open_source
from keras_gen.data.tfds_source import class_names, count_examples, image_feature
from keras_gen.types import PathLike


@dataclasses.dataclass(frozen=True)
class Description:
    """What is known of a data set before it is read.

    Args:
        name: String.
        image_shape: Tuple `(height, width, channels)`; height and width are None where they vary.
        num_examples: Integer, or None where the data set is not yet downloaded.
        class_names: Tuple of strings, or None where there are no classes.
    """

    name: str
    image_shape: tuple
    num_examples: int | None
    class_names: tuple | None

    @property
    def num_classes(self) -> int | None:
        """Integer, or None where there are no classes."""
        return None if self.class_names is None else len(self.class_names)


def describe(
    source: Any,
    *,
    feature: str | None = None,
    split: str = "train",
    data_dir: PathLike | None = None,
) -> Description:
    """Describe a source of `images` without reading its pictures or downloading it.

    Args:
        source: As in `images`.
        feature: String, which image feature of a TFDS data set. Defaults to its main one.
        split: String. Defaults to `"train"`.
        data_dir: Path of TFDS's folder.

    Returns:
        `Description`. Of a folder, the pictures' headers are read.

    Raises:
        ValueError: If the data set or the split is unknown, or a folder has no picture.
        FileNotFoundError: If there is no such folder.

    Example:

    >>> digits = describe("digits", split="test")
    >>> digits.image_shape, digits.num_examples, digits.num_classes
    ((8, 8, 1), 300, 10)
    """
    if isinstance(source, str) and not is_folder(source):
        return _describe_dataset(source, feature, split, data_dir)
    opened = open_source(source, (feature,), split=split)
    return Description(opened.name, opened.shapes[0], opened.listed, opened.class_names)


def _describe_dataset(source, feature, split, data_dir):
    # The package's own are prepared in seconds.
    own = source.split("/")[0] in OWN_BUILDERS
    builder = (prepared_builder if own else find_builder)(source, data_dir)
    info = builder.info
    column = image_feature(info, feature, source)
    height, width, channels = info.features[column].shape
    shape = (height, width, 3 if channels in (None, 4) else channels)
    count = count_examples(builder, split, (column,)) if info.splits else None
    return Description(source, shape, count, class_names(info, source))
