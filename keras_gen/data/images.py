from collections.abc import Callable, Sequence
from typing import Any

from keras_gen.data.opened import Opened
from keras_gen.data.sources import open_source
from keras_gen.data.transforms import arrangement, with_binarization
from keras_gen.modalities.images.reading import check_resize, check_value_range
from keras_gen.types import Dataset, ImageSize, PathLike, Tensor, ValueRange


def open_images(
    source: Any,
    *,
    feature: str | None = None,
    channels: int | None = None,
    split: str = "train",
    labels: bool = False,
    strict: bool = False,
    data_dir: PathLike | None = None,
    transform: Callable[[Tensor], Tensor] | None = None,
    resize: str = "bicubic",
    value_range: ValueRange | None = None,
    binarize: str | None = None,
    classes: Sequence[str | int] | str | None = None,
) -> Opened:
    """Opens a data set's name, a folder or arrays once, to ask it and to make pipelines of it.

    Args:
        source: As in `images`, and so are all the others.
        feature: String.
        channels: 1, 3 or 4.
        split: String. Defaults to `"train"`.
        labels: Boolean.
        strict: Boolean.
        data_dir: Path of TFDS's folder.
        transform: Optional TensorFlow function of a batch of images.
        resize: `"bicubic"` or `"nearest"`.
        value_range: Optional `(low, high)`.
        binarize: `"dynamic"`, `"static"` or None.
        classes: Names or numbers of classes.

    Returns:
        `keras_gen.data.Opened`.

    Raises:
        ValueError: As `images`.
        FileNotFoundError: As `images`.

    Example:

    >>> digits = open_images("digits", labels=True)
    >>> digits.shapes, digits.count, digits.num_classes, digits.splits
    (((8, 8, 1),), 1497, 10, ('train', 'test'))
    >>> len(digits.batches(batch_size=32)), digits.at_split("test").steps(32)
    (46, 9)
    """
    arrange = with_binarization(transform, binarize)
    opened = open_source(
        source,
        (feature,),
        split=split,
        labels=labels,
        data_dir=data_dir,
        strict=strict,
        channels=(channels,),
        value_range=(check_value_range(value_range),),
        classes=classes,
    )
    return Opened(
        (opened,),
        (channels,),
        (check_resize(resize),),
        arrange=arrange and arrangement(arrange),
        labels=labels,
        split=split,
        splits=opened.splits,
        reopen=lambda name: open_images(
            source,
            feature=feature,
            channels=channels,
            split=name,
            labels=labels,
            strict=strict,
            data_dir=data_dir,
            transform=transform,
            resize=resize,
            value_range=value_range,
            binarize=binarize,
            classes=classes,
        ),
    )


def images(
    source: Any,
    image_size: ImageSize | None = None,
    batch_size: int = 128,
    *,
    feature: str | None = None,
    channels: int | None = None,
    split: str = "train",
    labels: bool = False,
    augment: Sequence[str] = (),
    transform: Callable[[Tensor], Tensor] | None = None,
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
    binarize: str | None = None,
    classes: Sequence[str | int] | str | None = None,
) -> Dataset:
    """Batches of images for `fit`, from a data set's name, a folder or arrays.

    Images that fit in memory (2 GiB) are decoded once and held there as uint8; they are perfectly
    shuffled, augmented and scaled anew in each pass. Larger sets are decoded in parallel in each
    pass, and TFDS's are shuffled within a buffer. Every pass is a function of `seed` and of its
    number.

    Args:
        source: One of: the name of a [TensorFlow Datasets](https://www.tensorflow.org/datasets)
            data set, `"digits"` and `"emoji"` included, such as `"fashion_mnist"`; a folder of
            pictures of any size and mode (PNG, JPEG, WebP, BMP, GIF, TIFF), at any depth (a folder
            named like a data set is written `"./name"`); an array `(n, height, width, channels)`,
            uint8 or floats in [-1, 1]; a tuple of an array and its integer labels.
        image_size: Integer, or `(height, width)`. Images are scaled in proportion until they cover
            it, and their middle is cut out. Defaults to the data's own size.
        batch_size: Integer, images in a batch: the global batch, of all replicas and processes together
            (see `shard`). `WGANGP` splits each batch into `n_critic` critic batches. Defaults to `128`.
        feature: String, which image feature of a TFDS data set. Defaults to its main one.
        channels: 1 for luminance, 3 for colour, 4 to keep a fourth channel. Defaults to the data's
            own, of which a fourth is taken for opacity and composited on white.
        split: String, a TFDS split or slice (`"train[:90%]"`), or a subfolder. Defaults to
            `"train"`, which for a folder without such a subfolder is the folder itself, and so it is
            where `train` is a class among others.
        labels: Boolean, whether to yield `(images, labels)`. A folder's subfolders are its classes.
        augment: Some of `"flip"` (mirrors one image in two) and `"crop"` (cuts the size at random
            out of the image enlarged by 286 / 256: 72 for 64), drawn anew for each image and pass.
        transform: Optional TensorFlow function of a batch of images, applied last, such as
            `keras_gen.data.transforms.edges`. One with an argument `bits` gets 31 random bits an example,
            int32 `(batch,)`, drawn anew in each pass.
        shuffle: Boolean. Defaults to `True`.
        seed: Integer; None for another order each time. Defaults to `0`.
        drop_remainder: Boolean, whether to leave out a last, smaller batch, which gives static
            shapes. Defaults to `True`.
        cache: Boolean, whether images may be held in memory. Defaults to `True`.
        strict: Boolean, whether to refuse unreadable pictures rather than skip them with a warning.
        first_epoch: Integer, the number of the pass that the first iteration is, to resume exactly.
        shard: `(index, count)`, integers: yield the `index`-th of `count` equal parts of each batch,
            for one of several processes that train together. The parts of all of them make up the
            batch, of `batch_size` images, that a process alone would see. Needs `drop_remainder`.
        dtype: `"float32"`, or `"uint8"` for images of 0 to 255, which the models take as well: a quarter
            of the bytes to make and to carry to a device, where the training step scales them. Floats,
            of an array or of `transform`, are rounded. Defaults to `"float32"`.
        data_dir: Path of TFDS's folder. Defaults to `$TFDS_DATA_DIR` or `~/tensorflow_datasets`.
        resize: `"bicubic"`, or `"nearest"` for masks, whose colours are not to be mixed. Defaults to
            `"bicubic"`.
        value_range: Optional `(low, high)`, the stored values that are to be black and white, or -1
            and 1: `(0, 4095)` for scans of 12 bits, `(0, 20)` for masks of 21 numbers, `(0, 1)` for
            floats. Values outside are clipped. Of a palette's picture the numbers of the colours
            are taken.
        binarize: `"dynamic"` or `"static"` for black and white images, -1 and 1, each value drawn to be
            white with the probability that its brightness is: anew in each pass, or once, by what an image
            shows, the same at every pass. Applied after `transform`. Defaults to None: left as they are.
        classes: Sequence of the names or numbers of those classes whose images are meant, or a string of them
            with commas between; labels are then numbers in this list. Defaults to None: all.

    Returns:
        `tf.data.Dataset` of known length. Its elements are float32 tensors
        `(batch, height, width, channels)` in [-1, 1], or uint8 ones, or pairs of them and int32 labels
        `(batch,)`.

    Raises:
        ValueError: If the data set, the split or an option is unknown, a folder has no picture,
            images differ in size and `image_size` is not given, values are not in their range, or
            the batch is larger than the data set.
        FileNotFoundError: If there is no such folder, or a data set is neither prepared nor
            can be downloaded; the message says how to prepare it.

    Example:

    >>> batches = images("digits", batch_size=32, labels=True)
    >>> len(batches), *(spec.shape for spec in batches.element_spec)
    (46, TensorShape([32, 8, 8, 1]), TensorShape([32]))
    """
    opened = open_images(
        source,
        feature=feature,
        channels=channels,
        split=split,
        labels=labels,
        strict=strict,
        data_dir=data_dir,
        transform=transform,
        resize=resize,
        value_range=value_range,
        binarize=binarize,
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
