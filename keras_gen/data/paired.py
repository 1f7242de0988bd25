import pathlib
from collections.abc import Callable, Sequence
from typing import Any

from keras_gen.data.array_source import ArraySource
from keras_gen.data.folder_source import HALVES, FolderSource
from keras_gen.data.folders import SPLITS, known_splits, split_folder
from keras_gen.data.lazy import tf
from keras_gen.data.opened import Opened
from keras_gen.data.settings import for_both
from keras_gen.data.sources import IMAGE, is_folder, only_train, open_source
from keras_gen.data.transforms import arrangement, by_name, suggestion
from keras_gen.modalities.images.reading import resize_for_both, value_range_for_both
from keras_gen.types import Dataset, ImageSize, PathLike, Tensor, ValueRange


def open_paired(
    source: Any,
    input: str | Sequence[str] | Callable[[Tensor], Tensor] | None = None,
    target: str | None = None,
    *,
    side_by_side: bool = False,
    channels: int | Sequence[int | None] | None = None,
    split: str = "train",
    strict: bool = False,
    data_dir: PathLike | None = None,
    resize: str | Sequence[str] = "bicubic",
    value_range: ValueRange | Sequence[ValueRange | None] | None = None,
) -> Opened:
    """Opens pairs of images that show the same thing once, to ask them and to make pipelines.

    Args:
        source: As in `paired`, and so are all the others.
        input: String, several of them, or a function.
        target: String, or a function.
        side_by_side: Boolean.
        channels: 1, 3 or 4, or a tuple.
        split: String. Defaults to `"train"`.
        strict: Boolean.
        data_dir: Path of TFDS's folder.
        resize: `"bicubic"` or `"nearest"`, or a tuple or `"nearest,bicubic"`, one each.
        value_range: `(low, high)`, or a tuple of them.

    Returns:
        `keras_gen.data.Opened`.

    Raises:
        ValueError: As `paired`.
        FileNotFoundError: As `paired`.

    Example:

    >>> pairs = open_paired("digits", "edges", "image", channels=(None, 3))
    >>> pairs.shapes, pairs.count
    (((8, 8, 1), (8, 8, 3)), 1497)
    """
    both, resizes = for_both(channels), resize_for_both(resize)
    options = {
        "strict": strict,
        "channels": both,
        "value_range": value_range_for_both(value_range),
    }
    inputs, makers = _several(input), ()
    if inputs:
        opened = _open_several(source, inputs, target, side_by_side, split, data_dir, options)
    elif isinstance(source, tuple):
        given = {"input": input, "target": target, "side_by_side": side_by_side or None}
        for name, value in given.items():
            if value is not None:
                raise ValueError(
                    f"`{name}` is for one source, not for two of inputs and targets. Received: "
                    f"{name}={value!r}"
                )
        opened = _open_two(source, split, options)
    elif is_folder(source):
        opened, makers = _open_folder(source, input, target, side_by_side, split, options)
    else:
        if side_by_side:
            raise ValueError(
                "`side_by_side` is for folders of pictures. Received: side_by_side=True and "
                f"source={source if isinstance(source, str) else type(source).__name__!r}"
            )
        opened, makers = _open_features(source, input, target, split, data_dir, options)
    arrange = arrangement(*makers) if makers else _joined if inputs else None
    depths = (*[None] * len(inputs), both[1]) if inputs else both
    resizes = (*[resizes[0]] * len(inputs), resizes[1]) if inputs else resizes
    # One of them, where transforms make the others of it.
    columns = slice(0, 1) if makers and makers[0] is None else slice(-len(opened.shapes), None)
    pairs = Opened(
        (opened,),
        depths[columns],
        resizes[columns],
        arrange=arrange,
        split=split,
        splits=opened.splits,
        reopen=lambda name: open_paired(
            source,
            input,
            target,
            side_by_side=side_by_side,
            channels=both,
            split=name,
            strict=strict,
            data_dir=data_dir,
            resize=resize,
            value_range=value_range,
        ),
    )
    if inputs and both[0] not in (None, pairs.shapes[0][-1]):
        raise ValueError(
            f"`input` must have {both[0]} channels. Received: input={input!r}, which have "
            f"{pairs.shapes[0][-1]} together"
        )
    return pairs


def paired(
    source: Any,
    input: str | Sequence[str] | Callable[[Tensor], Tensor] | None = None,
    target: str | None = None,
    image_size: ImageSize | None = None,
    batch_size: int = 1,
    *,
    side_by_side: bool = False,
    channels: int | Sequence[int | None] | None = None,
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
    resize: str | Sequence[str] = "bicubic",
    value_range: ValueRange | Sequence[ValueRange | None] | None = None,
) -> Dataset:
    """Batches of `(input, target)` images that show the same thing, for `Pix2Pix`.

    A crop or flip is drawn once for both images of a pair. What is not said here is as in `images`.

    Args:
        source: One of: the name of a TFDS data set; a folder; a tuple of two folders with files of
            the same names; a tuple of two arrays, inputs and targets.
        input: What the model is given: an image feature of a TFDS data set; a subfolder; `"left"`
            or `"right"` with `side_by_side`; or a transform of the target: `"edges"`, `"grayscale"` (to
            learn colours), `"masked"` or `"masked_free_form"` (inpainting), `"downsampled"` or
            `"downsampled_x2"` (super-resolution), or a TensorFlow function of a batch of images,
            `keras_gen.data.transforms` and `functools.partial` of them included. Several features or
            subfolders, in a tuple or with commas between them, `"line,flat"`, are one input of all their
            channels. Defaults to `"left"` with `side_by_side`.
        target: What the model is to draw, named likewise: a feature, a subfolder, a half, or a transform
            of the input. Where the other one is a transform, None or `"image"` is the main image of a
            data set, and a folder's pictures; where both are, they are made of it.
        image_size: Integer, or `(height, width)`. Defaults to the data's own size.
        batch_size: Integer, pairs in a batch: the global batch, of all replicas and processes together
            (see `shard`). Defaults to `1`.
        side_by_side: Boolean, whether each picture of the folder is two of one size, left and
            right, as in Pix2Pix's own data sets. Defaults to `False`.
        channels: 1 or 3 for both images, or a tuple, one each. A transform makes its own, and several
            inputs keep theirs. Defaults to the data's own.
        split: String, as in `images`; a folder's subfolder is looked for as `split/input` and as
            `input/split`. Defaults to `"train"`.
        augment: Some of `"flip"` and `"crop"`, as in `images`: Pix2Pix's paper has both.
        shuffle: Boolean. Defaults to `True`.
        seed: Integer. Defaults to `0`.
        drop_remainder: Boolean. Defaults to `True`.
        cache: Boolean. Defaults to `True`.
        strict: Boolean, whether to refuse unreadable pictures, and files without a counterpart.
        first_epoch: Integer. Defaults to `0`.
        shard: `(index, count)`, as in `images`.
        dtype: `"float32"` or `"uint8"`, as in `images`.
        data_dir: Path of TFDS's folder.
        resize: As in `images`, for both images, or one each, in a tuple or with a comma between them:
            `"nearest,bicubic"` where the inputs are masks.
        value_range: As in `images`, for both images, or a tuple, one each, of which one may be None.

    Returns:
        `tf.data.Dataset` of pairs of float32 tensors `(batch, height, width, channels)` in [-1, 1], or
        uint8 ones.

    Raises:
        ValueError: If a feature or subfolder is unknown, files have no counterparts, or as
            `images`.
        FileNotFoundError: As `images`.

    Example:

    >>> drawings, digits = next(iter(paired("digits", "edges", "image", batch_size=4)))
    >>> drawings.shape, digits.shape
    (TensorShape([4, 8, 8, 1]), TensorShape([4, 8, 8, 1]))

    Reference: Isola et al., 2017, https://arxiv.org/abs/1611.07004
    """
    opened = open_paired(
        source,
        input,
        target,
        side_by_side=side_by_side,
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


def _several(input):
    """The names of an input that is made of several images; none of them where it is one."""
    parts = input.split(",") if isinstance(input, str) else input
    if not isinstance(parts, (list, tuple)) or len(parts) < 2:
        return ()
    if not all(isinstance(name, str) and name.strip() for name in parts):
        raise ValueError(
            f"`input` must be names of features or subfolders. Received: input={input!r}"
        )
    return tuple(name.strip() for name in parts)


def _joined(bits, *images):
    """The input, all the channels of images but the last, and the target."""
    return tf.concat(images[:-1], axis=-1), images[-1]


def _open_several(source, inputs, target, side_by_side, split, data_dir, options):
    """The source of several inputs and a target."""
    if side_by_side or isinstance(source, tuple):
        raise ValueError(
            "`input` must be one image where `source` is a tuple, and with `side_by_side`. "
            f"Received: input={inputs}"
        )
    columns, count = (*inputs, target), len(inputs)
    wanted, ranges = options["channels"], options["value_range"]
    options = options | {
        "channels": (*[None] * count, wanted[1]),
        "value_range": (*[ranges[0]] * count, ranges[1]),
    }
    if not is_folder(source):
        return open_source(source, columns, split=split, data_dir=data_dir, **options)
    return _open_subfolders(pathlib.Path(source).expanduser(), columns, split, options)


def _open_two(source, split, options):
    if len(source) != 2:
        raise ValueError(
            f"`source` must have two folders, or two arrays. Received: {len(source)} of them"
        )
    if all(is_folder(part) for part in source):
        splits = tuple(s for s in known_splits(source[0]) if s in known_splits(source[1]))
        folders = tuple(split_folder(part, split) for part in source)
        return FolderSource(folders, splits=splits, **options)
    if any(isinstance(part, (str, pathlib.Path)) for part in source):
        raise ValueError(f"`source` must be two folders or two arrays. Received: source={source!r}")
    only_train(split)
    return ArraySource(source, names=("source[0]", "source[1]"), value_range=options["value_range"])


def _open_folder(source, first, second, side_by_side, split, options):
    if side_by_side:
        first, second = first or "left", second or ("left" if first == "right" else "right")
        if {first, second} != set(HALVES):
            raise ValueError(
                "With `side_by_side=True`, `input` and `target` must be 'left' and 'right'. "
                f"Received: input={first!r}, target={second!r}"
            )
        if len(set(options["value_range"])) > 1:
            raise ValueError(
                "With `side_by_side=True`, `value_range` must be one for both images. "
                f"Received: value_range={options['value_range']}"
            )
        options |= {"halves": (first, second), "splits": known_splits(source)}
        return FolderSource((split_folder(source, split),), **options), ()
    root = pathlib.Path(source).expanduser()
    # A subfolder comes before a transform of its name.
    makers = tuple(
        None if _subfolder(root, str(name), split) else by_name(name) for name in (first, second)
    )
    if any(makers):
        name, own = _transformed(makers, first, second)
        options = options | {key: options[key][own] for key in ("channels", "value_range")}
        folder = name and _subfolder(root, name, split)
        folder = folder or (root if name in (None, IMAGE) else None)
        # A subfolder is one of the split already.
        within = split if folder in (None, root) else "train"
        opened = open_source(folder or root / name, split=within, **options)
        if folder not in (None, root):
            opened.splits = _splits(root, name)
        return opened, makers
    if first == second == IMAGE and _subfolder(root, IMAGE, split) is None:
        return open_source(source, (first, second), split=split, **options), ()
    return _open_subfolders(root, (first, second), split, options), ()


def _open_subfolders(root, names, split, options):
    folders = [name and _subfolder(root, name, split) for name in names]
    if not all(folders):
        *first, second = names
        raise ValueError(
            f"`input` and `target` must name subfolders of {root} with files of the same names, "
            "one may be a transform of the other such as 'edges', or `side_by_side=True` is needed."
            f"{suggestion(names[folders.index(None)])} Received: "
            f"input={(','.join(first) if first[1:] else first[0])!r}, target={second!r}"
        )
    return FolderSource(folders, splits=_splits(root, *names), **options)


def _transformed(makers, first, second):
    """The name of the images that transforms are made of, and the slice of the options that are theirs."""
    if all(makers):
        return None, slice(1, 2)
    return (first, slice(0, 1)) if makers[0] is None else (second, slice(1, 2))


def _subfolder(root, name, split, whole=True):
    """The first that exists of `root/split/name`, `root/name/split` and, of the whole, `root/name`."""
    folders = [root / split / name, root / name / split]
    if split == "train" and whole:
        folders.append(root / name)
    return next((folder for folder in folders if folder.is_dir()), None)


def _splits(root, *names):
    """The splits that all the subfolders of these names have; `"train"` where they are not parted."""
    parts = (s for s in SPLITS if all(_subfolder(root, name, s, whole=False) for name in names))
    return tuple(parts) or ("train",)


def _open_features(source, first, second, split, data_dir, options):
    makers = (by_name(first), by_name(second))
    if first is None or (second is None and makers[0] is None):
        raise ValueError(
            "`input` and `target` must be image features of the data set, or one of them a transform "
            f"such as 'edges'. Received: input={first!r}, target={second!r}"
        )
    columns = (first, second)
    if any(makers):
        name, own = _transformed(makers, first, second)
        columns = (name,)
        options = options | {key: options[key][own] for key in ("channels", "value_range")}
    opened = open_source(source, columns, split=split, data_dir=data_dir, **options)
    return opened, makers if any(makers) else ()
