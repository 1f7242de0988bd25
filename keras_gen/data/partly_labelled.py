from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_gen.checks import check_positive_integer
from keras_gen.data.lazy import tf
from keras_gen.data.opened import Opened
from keras_gen.data.sources import open_source
from keras_gen.modalities.images.reading import check_resize, check_value_range
from keras_gen.types import Array, Dataset, ImageSize, PathLike, ValueRange

# One example of so many in a batch has a label.
SHARE = 4


class OpenedPartlyLabelled(Opened):
    """Images of whose labels some are known, opened once. Made by `open_partly_labelled`.

    Args:
        source: Source of images with labels, of which most are hidden.
        labelled: Array of integers, the examples whose label is not.
        channels: 1, 3, 4 or None.
        resize: String, how images are resized.
        split: String, the split that was opened.
        reopen: Function from a split's name to another `OpenedPartlyLabelled`.

    Attributes:
        labelled: Integer array, the numbers of the examples whose label is known, in order.
    """

    def __init__(
        self,
        source: Any,
        labelled: Array,
        channels: int | None,
        resize: str,
        split: str,
        reopen: Any,
    ) -> None:
        self.labelled = labelled
        super().__init__(
            (source, _Some(source, labelled)),
            (channels, channels),
            (resize, resize),
            split=split,
            splits=source.splits,
            reopen=reopen,
        )

    def _arranged(self, sizes, channels=None):
        return super()._arranged(sizes, channels)[:1]

    def _finish(self, every, labelled):
        """Examples with a label among others, of all that there are, without.

        They are spread over the batch: devices that share it have as many of them each.
        """
        (images,), labels, _ = every
        (known,), known_labels, _ = labelled
        place = tf.range(tf.shape(labels)[0])
        turn = place // SHARE
        has_label = (place % SHARE == 0) & (turn < tf.maximum(tf.size(place) // SHARE, 1))
        wide = tf.reshape(has_label, [-1, *[1] * (len(images.shape) - 1)])
        return (
            tf.where(wide, tf.gather(known, turn), images),
            tf.where(has_label, tf.gather(known_labels, turn), -1),
        )


def open_partly_labelled(
    source: Any,
    labelled_examples: int = 100,
    *,
    seed: int = 0,
    feature: str | None = None,
    channels: int | None = None,
    split: str = "train",
    strict: bool = False,
    data_dir: PathLike | None = None,
    resize: str = "bicubic",
    value_range: ValueRange | None = None,
    classes: Sequence[str | int] | str | None = None,
) -> OpenedPartlyLabelled:
    """Opens images of which few have a label once, to ask them and to make pipelines of them.

    Args:
        source: As in `partly_labelled`, and so are all the others.
        labelled_examples: Integer. Defaults to 100.
        seed: Integer, by which those that keep their label are drawn. Defaults to 0.
        feature: String.
        channels: 1, 3 or 4.
        split: String. Defaults to `"train"`.
        strict: Boolean.
        data_dir: Path of TFDS's folder.
        resize: `"bicubic"` or `"nearest"`.
        value_range: Optional `(low, high)`.
        classes: Names or numbers of classes, as in `images`.

    Returns:
        `keras_gen.data.Opened`, whose `labelled` are the numbers of the examples that keep their label.

    Raises:
        ValueError: As `partly_labelled`.
        FileNotFoundError: As `partly_labelled`.

    Example:

    >>> digits = open_partly_labelled("digits", labelled_examples=20)
    >>> digits.shapes, digits.count, len(digits.labelled)
    (((8, 8, 1),), 1497, 20)
    """
    opened = open_source(
        source,
        (feature,),
        split=split,
        labels=True,
        data_dir=data_dir,
        strict=strict,
        channels=(channels,),
        value_range=(check_value_range(value_range),),
        classes=classes,
    )
    return OpenedPartlyLabelled(
        opened,
        balanced(opened.all_labels(), opened.class_names, labelled_examples, seed),
        channels,
        check_resize(resize),
        split,
        lambda name: open_partly_labelled(
            source,
            labelled_examples,
            seed=seed,
            feature=feature,
            channels=channels,
            split=name,
            strict=strict,
            data_dir=data_dir,
            resize=resize,
            value_range=value_range,
            classes=classes,
        ),
    )


def partly_labelled(
    source: Any,
    labelled_examples: int = 100,
    image_size: ImageSize | None = None,
    batch_size: int = 128,
    *,
    feature: str | None = None,
    channels: int | None = None,
    split: str = "train",
    augment: Sequence[str] = (),
    shuffle: bool = True,
    seed: int = 0,
    drop_remainder: bool = True,
    cache: bool = True,
    strict: bool = False,
    first_epoch: int = 0,
    shard: tuple[int, int] = (0, 1),
    dtype: str = "float32",
    data_dir: PathLike | None = None,
    resize: str = "bicubic",
    value_range: ValueRange | None = None,
    classes: Sequence[str | int] | str | None = None,
) -> Dataset:
    """Batches of `(images, labels)` of whose labels few are known, for `SemiSupervisedGAN`.

    Of a data set with labels some examples keep theirs, as many of each class. Every fourth example of a
    batch is one with its label, which come again and again, shuffled anew; the others are of the whole data
    set, with the label -1. What is not said here is as in `images`.

    Args:
        source: As in `images`, with labels: a TFDS data set with classes, a folder whose subfolders are
            classes, or a tuple of an array and its labels.
        labelled_examples: Integer, how many examples keep their label, at least one of each class. Where the
            classes do not divide it, some have one more. Defaults to 100.
        image_size: Integer, or `(height, width)`. Defaults to the data's own size.
        batch_size: Integer, as in `images`, those with a label among them. Defaults to `128`.
        feature: String, as in `images`.
        channels: 1, 3 or 4, as in `images`.
        split: String. Defaults to `"train"`.
        augment: Some of `"flip"` and `"crop"`.
        shuffle: Boolean. Defaults to `True`.
        seed: Integer, of the order, and of which examples keep their label. Defaults to `0`.
        drop_remainder: Boolean. Defaults to `True`.
        cache: Boolean. Defaults to `True`.
        strict: Boolean.
        first_epoch: Integer. Defaults to `0`.
        shard: `(index, count)`.
        dtype: `"float32"` or `"uint8"`.
        data_dir: Path of TFDS's folder.
        resize: `"bicubic"` or `"nearest"`.
        value_range: Optional `(low, high)`.
        classes: Names or numbers of classes, as in `images`.

    Returns:
        `tf.data.Dataset` of known length, whose elements are pairs of images, as in `images`, and int32
        labels `(batch,)`.

    Raises:
        ValueError: As `images`; or if fewer labels are wanted than there are classes, or more than some
            class has.
        FileNotFoundError: As `images`.

    Example:

    >>> batches = partly_labelled("digits", labelled_examples=20, batch_size=32)
    >>> images, labels = next(iter(batches))
    >>> images.shape, int((labels >= 0).numpy().sum())
    (TensorShape([32, 8, 8, 1]), 8)
    """
    opened = open_partly_labelled(
        source,
        labelled_examples,
        seed=seed,
        feature=feature,
        channels=channels,
        split=split,
        strict=strict,
        data_dir=data_dir,
        resize=resize,
        value_range=value_range,
        classes=classes,
    )
    return opened.batches(
        image_size,
        batch_size,
        augment=augment,
        shuffle=shuffle,
        seed=seed,
        drop_remainder=drop_remainder,
        cache=cache,
        first_epoch=first_epoch,
        shard=shard,
        dtype=dtype,
    )


def balanced(labels: Array, class_names: Sequence[str], count: int, seed: int) -> Array:
    """Draws examples, as many of each class, or one more of some.

    Args:
        labels: Integer array `(n,)`.
        class_names: Sequence of strings.
        count: Integer, how many in all.
        seed: Integer.

    Returns:
        Integer array `(count,)` of indices, in order.

    Raises:
        ValueError: If they are fewer than the classes, or a class has not so many.
    """
    check_positive_integer("labelled_examples", count)
    classes = len(class_names)
    if count < classes:
        raise ValueError(
            f"`labelled_examples` must be at least one of each class, {classes}. "
            f"Received: labelled_examples={count}"
        )
    random = np.random.default_rng(seed)
    shares = np.full(classes, count // classes)
    shares[random.permutation(classes)[: count % classes]] += 1
    chosen = []
    for number, share in enumerate(shares):
        there = np.flatnonzero(labels == number)
        if len(there) < share:
            raise ValueError(
                f"`labelled_examples` must be no more than each class has: of {class_names[number]!r} there "
                f"are {len(there)}, and {share} are wanted. Received: labelled_examples={count}"
            )
        chosen.append(random.choice(there, share, replace=False))
    return np.sort(np.concatenate(chosen))


class _Some:
    """Some of a source's examples, as a source.

    Args:
        source: Source of images.
        chosen: Integer array, their numbers in its order.
    """

    indexed = False

    def __init__(self, source, chosen):
        self._source = source
        self._chosen = chosen
        self.count = self.listed = len(chosen)
        self.name, self.dtype, self.shapes = source.name, source.dtype, source.shapes
        self.class_names = source.class_names

    def settle(self, keep_pictures=True):
        """All examples are good ones."""
        return np.ones(self.count, bool)

    def entries(self):
        """The examples as the source has them."""
        total = self._source.listed
        wanted = tf.constant(np.isin(np.arange(total), self._chosen))
        numbered = self._source.entries().enumerate()
        return numbered.filter(lambda number, _: wanted[number]).map(lambda _, entry: entry)

    def decode(self, entry, size=None, resize=None, keep=False):
        """The images of an entry, and its label."""
        return self._source.decode(entry, size, resize, keep)
