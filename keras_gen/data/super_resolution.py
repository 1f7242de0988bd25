import functools
from collections.abc import Sequence
from typing import Any

from keras_gen.checks import is_integer
from keras_gen.data import pipeline
from keras_gen.data.folder_source import FolderSource
from keras_gen.data.opened import Opened
from keras_gen.data.settings import Settings
from keras_gen.data.sources import open_source
from keras_gen.data.transforms import arrangement, downsampled
from keras_gen.modalities.images.reading import check_resize, check_value_range
from keras_gen.types import Dataset, ImageSize, PathLike, ValueRange

# Pieces are cut out of the middle of pictures that were made so small, or twice as large as a piece.
HELD = 256
# The largest pictures whose own size is taken where none is given.
LARGEST = 512
# Of a folder's pictures those are left out that have less than this share of the side that nine in ten have.
TOO_SMALL = 0.75


def open_super_resolution(
    source: Any,
    factor: int = 4,
    target: str | None = None,
    *,
    channels: int | None = None,
    split: str = "train",
    strict: bool = False,
    data_dir: PathLike | None = None,
    resize: str = "bicubic",
    value_range: ValueRange | None = None,
) -> Opened:
    """Opens pictures once, to ask them and to make pipelines of their pieces and what is made small of them.

    Args:
        source: As in `super_resolution`, and so are all the others.
        factor: Integer.
        target: String.
        channels: 1, 3 or 4.
        split: String. Defaults to `"train"`.
        strict: Boolean.
        data_dir: Path of TFDS's folder.
        resize: `"bicubic"` or `"nearest"`.
        value_range: Optional `(low, high)`.

    Returns:
        `keras_gen.data.Opened`.

    Raises:
        ValueError: As `super_resolution`.
        FileNotFoundError: As `super_resolution`.

    Example:

    >>> pairs = open_super_resolution("digits", factor=2)
    >>> pairs.shapes, pairs.count
    (((4, 4, 1), (8, 8, 1)), 1497)
    """
    if not is_integer(factor) or factor < 2:
        raise ValueError(f"`factor` must be an integer of at least 2. Received: factor={factor!r}")
    opened = open_source(
        source,
        (target,),
        split=split,
        data_dir=data_dir,
        strict=strict,
        channels=(channels,),
        value_range=(check_value_range(value_range),),
    )
    return _Pieces(
        opened,
        factor,
        channels,
        check_resize(resize),
        split=split,
        reopen=lambda name: open_super_resolution(
            source,
            factor,
            target,
            channels=channels,
            split=name,
            strict=strict,
            data_dir=data_dir,
            resize=resize,
            value_range=value_range,
        ),
    )


def super_resolution(
    source: Any,
    factor: int = 4,
    target: str | None = None,
    image_size: ImageSize | None = None,
    batch_size: int = 16,
    *,
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
    """Batches of `(small, large)` images, for `SuperResolution`: the small are made of the large.

    They are made small by bicubic interpolation with antialiasing. No picture is ever enlarged: of a
    folder those are left out, with a warning, that are smaller than the others by far, at most one in
    ten. What is not said here is as in `images`.

    Args:
        source: The name of a TFDS data set, a folder of pictures of any sizes, or an array.
        factor: Integer of at least 2, how many times smaller the small images are. Defaults to `4`.
        target: String, the image feature of a TFDS data set. Defaults to its main image.
        image_size: Integer, or `(height, width)`, of the large images: multiples of `factor`, at most the
            smallest picture's. Defaults to the pictures' own size where it is one of at most 512 pixels,
            else to the largest square, of at most 256 pixels, that fits into them all.
        batch_size: Integer. Defaults to `16`.
        channels: 1 or 3. Defaults to the data's own.
        split: String. Defaults to `"train"`.
        augment: Some of `"crop"`, a random piece of a picture that was made 256 pixels large, or twice
            `image_size` where that is more, or is that small; and `"flip"`. Without `"crop"` pictures are
            made as small as `image_size`, whole but for what makes them another shape.
        shuffle: Boolean. Defaults to `True`.
        seed: Integer. Defaults to `0`.
        drop_remainder: Boolean. Defaults to `True`.
        cache: Boolean. Defaults to `True`.
        strict: Boolean, whether to refuse unreadable pictures.
        first_epoch: Integer. Defaults to `0`.
        shard: `(index, count)`, as in `images`.
        dtype: `"float32"` or `"uint8"`, as in `images`.
        data_dir: Path of TFDS's folder.
        resize: As in `images`.
        value_range: As in `images`.

    Returns:
        `tf.data.Dataset` of pairs of float32 tensors in [-1, 1], `(batch, height / factor,
        width / factor, channels)` and `(batch, height, width, channels)`, or uint8 ones.

    Raises:
        ValueError: If `factor` does not divide `image_size`, pictures are smaller than that, or as
            `images`.
        FileNotFoundError: As `images`.

    Example:

    >>> small, large = next(iter(super_resolution("digits", factor=2, batch_size=4)))
    >>> small.shape, large.shape
    (TensorShape([4, 4, 4, 1]), TensorShape([4, 8, 8, 1]))
    """
    opened = open_super_resolution(
        source,
        factor,
        target,
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


class _Pieces(Opened):
    """Pieces of one source's pictures, and what is made small of them."""

    def __init__(self, source, factor, channels, resize, split, reopen):
        self._factor = factor
        if isinstance(source, FolderSource):
            sides = sorted(map(min, source.sizes))
            if sides:
                source.leave_out(int(TOO_SMALL * min(HELD, sides[len(sides) // 10])))
            sizes = source.sizes
        else:
            sizes = list(pipeline.sizes_of(source))
        self._least = tuple(min(sides) for sides in zip(*sizes, strict=True))
        self._are_alike = len(set(sizes)) == 1
        if min(self._least, default=factor) < factor:
            raise ValueError(
                f"`source` must have pictures of at least {factor} pixels a side, to be made so many times "
                f"smaller. Received: {source.name!r} with pictures of {min(self._least)} pixels"
            )
        super().__init__(
            (source,),
            (channels,),
            (resize,),
            arrange=arrangement(
                functools.partial(downsampled, factor=factor, keep_size=False), None
            ),
            split=split,
            splits=source.splits,
            reopen=reopen,
        )

    def _own_size(self):
        size = self._least
        if not self._are_alike or max(size) > LARGEST:
            size = (min(HELD, *size),) * 2
        return tuple(side - side % self._factor for side in size)

    def _held_size(self, settings, size):
        if any(side > least for side, least in zip(size, self._least, strict=True)):
            raise ValueError(
                f"`image_size` must be at most {self._least[0]} x {self._least[1]}, what all the pictures of "
                f"{self.name!r} have, since none is enlarged. Received: image_size={settings.image_size}"
            )
        if "crop" not in settings.augment:
            return size
        return tuple(
            min(least, max(HELD, 2 * side)) for side, least in zip(size, self._least, strict=True)
        )

    def shapes_at(self, image_size: ImageSize | None = None) -> tuple[tuple[int, int, int], ...]:
        self._held_size(Settings(image_size), Settings(image_size).image_size or self._own_size())
        return super().shapes_at(image_size)

    def _arranged(self, sizes, channels=None):
        whole = [tuple(side and side - side % self._factor for side in size[:2]) for size in sizes]
        return super()._arranged(whole, channels)
