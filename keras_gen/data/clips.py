from collections.abc import Sequence
from typing import Any

from keras_gen.checks import check_positive_integer
from keras_gen.data.clip_sources import open_clip_source
from keras_gen.data.opened_clips import OpenedClips
from keras_gen.modalities.images.reading import check_resize, check_value_range
from keras_gen.types import Dataset, ImageSize, PathLike, ValueRange


def open_clips(
    source: Any,
    frames: int = 5,
    *,
    context: int | None = None,
    feature: str | None = None,
    channels: int | None = None,
    split: str = "train",
    strict: bool = False,
    data_dir: PathLike | None = None,
    resize: str = "bicubic",
    value_range: ValueRange | None = None,
) -> OpenedClips:
    """Opens a data set of clips once, to ask it and to make pipelines of it.

    Args:
        source: As in `clips`, and so are all the others.
        frames: Integer.
        context: Integer, or None.
        feature: String.
        channels: 1 or 3.
        split: String.
        strict: Boolean.
        data_dir: Path of TFDS's folder.
        resize: `"bicubic"` or `"nearest"`.
        value_range: Optional `(low, high)`.

    Returns:
        `keras_gen.data.OpenedClips`.

    Raises:
        ValueError: As `clips`.
        FileNotFoundError: As `clips`.

    Example:

    >>> opened = open_clips(np.zeros((6, 20, 8, 8, 1), "uint8"), frames=5, context=4)
    >>> opened.shapes, opened.count, opened.longest
    (((4, 8, 8, 1), (1, 8, 8, 1)), 6, 20)
    """
    check_positive_integer("frames", frames)
    opened = open_clip_source(
        source,
        frames,
        feature,
        channels,
        split,
        strict=strict,
        data_dir=data_dir,
        value_range=check_value_range(value_range),
    )
    return OpenedClips(
        opened,
        frames,
        context,
        check_resize(resize),
        split,
        lambda name, frames, context: open_clips(
            source,
            frames,
            context=context,
            feature=feature,
            channels=channels,
            split=name,
            strict=strict,
            data_dir=data_dir,
            resize=resize,
            value_range=value_range,
        ),
    )


def clips(
    source: Any,
    frames: int = 5,
    image_size: ImageSize | None = None,
    batch_size: int = 16,
    *,
    context: int | None = None,
    feature: str | None = None,
    channels: int | None = None,
    split: str = "train",
    augment: Sequence[str] = (),
    shuffle: bool = True,
    seed: int | None = 0,
    drop_remainder: bool = True,
    cache: bool = True,
    strict: bool = False,
    first_epoch: int = 0,
    shard: tuple[int, int] = (0, 1),
    dtype: str = "float32",
    data_dir: PathLike | None = None,
    resize: str = "bicubic",
    value_range: ValueRange | None = None,
) -> Dataset:
    """Batches of clips: of each clip `frames` frames that follow each other, for `NextFrame`.

    With `shuffle` they begin anywhere in the clip, drawn anew in each pass; without, at its first frame. A crop
    or flip is drawn once for all frames of a clip. What is not said here is as in `images`.

    Args:
        source: One of: the name of a TFDS data set with a video feature (`"moving_digits"`); a folder; an array
            `(n, frames, height, width, channels)`, or the path of a `.npy` or `.npz` file of one. In a folder
            each animated GIF or WebP is a clip, and so are the pictures of each subfolder, in the order of
            their names, in which numbers count as numbers. Clips of a folder are held in memory; those longer
            than 20 frames, or twice `frames`, are cut into pieces; and where one is shorter, the others into
            pieces of its length, with a warning, so that any `frames` that follow each other are in one.
        frames: Integer, how many frames an element has. Shorter clips of a folder are left out, with a warning;
            others are refused. Defaults to 5.
        image_size: Integer, or `(height, width)`. Defaults to the data's own size.
        batch_size: Integer, clips in a batch. Defaults to 16.
        context: Integer below `frames`: an element is then a pair, the first so many frames and the others.
            None: it is the clip. Defaults to None.
        feature: String, which feature of a TFDS data set. Defaults to the first that holds clips.
        channels: 1 for grey, 3 for colour. Defaults to the data's own.
        split: String, as in `images`.
        augment: Some of `"flip"` and `"crop"`, as in `images`.
        shuffle: Boolean. Defaults to `True`.
        seed: Integer. Defaults to `0`.
        drop_remainder: Boolean. Defaults to `True`.
        cache: Boolean. Defaults to `True`.
        strict: Boolean, whether to refuse clips of a folder that can't be read or are too short.
        first_epoch: Integer. Defaults to `0`.
        shard: `(index, count)`, as in `images`.
        dtype: `"float32"` or `"uint8"`, as in `images`.
        data_dir: Path of TFDS's folder.
        resize: As in `images`.
        value_range: As in `images`; GIFs have colours and no such values.

    Returns:
        `tf.data.Dataset` of float32 tensors `(batch, frames, height, width, channels)` in [-1, 1], or uint8
        ones; with `context` of pairs of them.

    Raises:
        ValueError: If there are no clips of so many frames, or as `images`.
        FileNotFoundError: As `images`.

    Example:

    >>> videos = np.zeros((6, 20, 8, 8, 1), "uint8")
    >>> known, following = next(iter(clips(videos, 5, batch_size=2, context=4)))
    >>> known.shape, following.shape
    (TensorShape([2, 4, 8, 8, 1]), TensorShape([2, 1, 8, 8, 1]))
    """
    opened = open_clips(
        source,
        frames,
        context=context,
        feature=feature,
        channels=channels,
        split=split,
        strict=strict,
        data_dir=data_dir,
        resize=resize,
        value_range=value_range,
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
