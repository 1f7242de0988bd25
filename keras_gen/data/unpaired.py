import os
import pathlib
from collections.abc import Sequence
from typing import Any

from keras_gen.data.folder_source import FolderSource
from keras_gen.data.folders import SPLITS
from keras_gen.data.opened import Opened
from keras_gen.data.preparing import prepared_builder
from keras_gen.data.settings import for_both
from keras_gen.data.sources import is_folder, open_source
from keras_gen.data.tfds_source import TFDSSource
from keras_gen.modalities.images.reading import resize_for_both, value_range_for_both
from keras_gen.types import Dataset, ImageSize, PathLike, ValueRange


def open_unpaired(
    source: Any,
    a: str | None = None,
    b: str | None = None,
    *,
    disjoint: bool = False,
    channels: int | Sequence[int | None] | None = None,
    split: str = "train",
    strict: bool = False,
    data_dir: PathLike | None = None,
    resize: str | Sequence[str] = "bicubic",
    value_range: ValueRange | Sequence[ValueRange | None] | None = None,
) -> Opened:
    """Opens images of two domains once, to ask them and to make pipelines of them.

    Args:
        source: As in `unpaired`, and so are all the others.
        a: String.
        b: String.
        disjoint: Boolean.
        channels: 1, 3 or 4, or a tuple.
        split: String. Defaults to `"train"`.
        strict: Boolean.
        data_dir: Path of TFDS's folder.
        resize: `"bicubic"` or `"nearest"`, or a tuple or `"nearest,bicubic"`, one each.
        value_range: `(low, high)`, or a tuple of them.

    Returns:
        `keras_gen.data.Opened`.

    Raises:
        ValueError: As `unpaired`.
        FileNotFoundError: As `unpaired`.

    Example:

    >>> domains = open_unpaired(("digits", "digits"))
    >>> domains.shapes, domains.count, domains.splits
    (((8, 8, 1), (8, 8, 1)), 1497, ('train', 'test'))
    """
    channels, ranges = for_both(channels), value_range_for_both(value_range)
    domains, splits = _open_domains(
        source, a, b, disjoint, split, channels, ranges, {"data_dir": data_dir, "strict": strict}
    )
    return Opened(
        domains,
        channels,
        resize_for_both(resize),
        split=split,
        splits=splits,
        aligned=a is not None
        and not disjoint
        and not is_folder(source)
        and _same_examples(*domains),
        reopen=lambda name: open_unpaired(
            source,
            a,
            b,
            disjoint=disjoint,
            channels=channels,
            split=name,
            strict=strict,
            data_dir=data_dir,
            resize=resize,
            value_range=value_range,
        ),
    )


def unpaired(
    source: Any,
    a: str | None = None,
    b: str | None = None,
    image_size: ImageSize | None = None,
    batch_size: int = 1,
    *,
    disjoint: bool = False,
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
    """Batches of `(a, b)` images of two domains, shuffled apart, for `CycleGAN`.

    A pass is as long as the larger domain; the smaller one begins again, shuffled anew, until it
    ends. Crops and flips are drawn apart. What is not said here is as in `images`.

    Args:
        source: One of: the name of a TFDS data set that has both domains, as splits
            (`"cycle_gan/horse2zebra"`: `trainA` and `trainB`) or as features `a` and `b`; a folder
            with the subfolders `A` and `B`, `trainA` and `trainB`, or those that `a` and `b` name;
            a tuple of any two sources that `images` takes.
        a: String, the feature or subfolder of the first domain.
        b: String, that of the second.
        image_size: Integer, or `(height, width)`. Defaults to the data's own size.
        batch_size: Integer, images of each domain in a batch: the global batch, of all replicas and
            processes together (see `shard`). Defaults to `1`.
        disjoint: Boolean, whether domain `a` takes the odd examples of a data set with two features
            and `b` the even ones. By default both take all of them, as CycleGAN's paper does with
            sets that are paired: no pair is shown as one, but both its images are in the data. Set
            it for a claim that a model never had a pair.
        channels: 1 or 3 for both domains, or a tuple, one each. Defaults to the data's own.
        split: String, as in `images`; with domains as splits, what comes before `A` and `B`.
            Defaults to `"train"`.
        augment: Some of `"flip"` and `"crop"`, as in `images`: CycleGAN's paper has both.
        shuffle: Boolean. Defaults to `True`.
        seed: Integer. Defaults to `0`.
        drop_remainder: Boolean. Defaults to `True`.
        cache: Boolean. Defaults to `True`.
        strict: Boolean, whether to refuse unreadable pictures.
        first_epoch: Integer. Defaults to `0`.
        shard: `(index, count)`, as in `images`.
        dtype: `"float32"` or `"uint8"`, as in `images`.
        data_dir: Path of TFDS's folder.
        resize: As in `images`, for both domains, or one each, in a tuple or with a comma between them.
        value_range: As in `images`, for both domains, or a tuple, one each, of which one may be None.

    Returns:
        `tf.data.Dataset` of pairs of float32 tensors `(batch, height, width, channels)` in [-1, 1], or
        uint8 ones.

    Raises:
        ValueError: If a domain is unknown, or as `images`.
        FileNotFoundError: As `images`.

    Example:

    >>> batches = unpaired(("digits", "digits"), batch_size=4)
    >>> [spec.shape for spec in batches.element_spec]
    [TensorShape([4, 8, 8, 1]), TensorShape([4, 8, 8, 1])]

    Reference: Zhu et al., 2017, https://arxiv.org/abs/1703.10593
    """
    opened = open_unpaired(
        source,
        a,
        b,
        disjoint=disjoint,
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


def _open_domains(source, a, b, disjoint, split, channels, ranges, options):
    """The sources of both domains, and the splits that both have."""
    if (a is None) != (b is None):
        raise ValueError(f"Give both of `a` and `b`, or neither. Received: a={a!r}, b={b!r}")
    if disjoint and (a is None or is_folder(source)):
        raise ValueError(
            "`disjoint=True` is for two features of one data set. "
            f"Received: source={source!r}, a={a!r}, b={b!r}"
        )
    both = [{"channels": (c,), "value_range": (r,)} for c, r in zip(channels, ranges, strict=True)]
    if isinstance(source, tuple):
        if len(source) != 2 or a is not None or b is not None:
            raise ValueError(
                "`source` must be two sources, without `a` and `b`, or one with both domains. "
                f"Received: {len(source)} sources, a={a!r}, b={b!r}"
            )
        domains = tuple(
            open_source(part, split=split, **own, **options)
            for part, own in zip(source, both, strict=True)
        )
        return domains, [name for name in domains[0].splits if name in domains[1].splits]
    if is_folder(source):
        root = pathlib.Path(source).expanduser()
        folders = _domain_folders(root, a, b, split)
        domains = tuple(
            FolderSource((folder,), strict=options["strict"], **own)
            for folder, own in zip(folders, both, strict=True)
        )
        parts = [n for n in SPLITS if None not in _find_folders(root, a, b, n, whole=False)]
        return domains, parts or ["train"]
    if not isinstance(source, str):
        raise ValueError(
            "`source` must be a data set or a folder with both domains, or a tuple of two sources. "
            f"Received: source of type {type(source).__name__}"
        )
    if a is None:
        names, splits = _domain_splits(source, split, options["data_dir"])
        domains = tuple(
            open_source(source, split=name, **own, **options)
            for name, own in zip(names, both, strict=True)
        )
        return domains, splits
    starts = (0, 1) if disjoint else (None, None)
    domains = tuple(
        TFDSSource(
            source,
            (name,),
            split,
            data_dir=options["data_dir"],
            every_other=start,
            value_range=own["value_range"],
            # Halves are disjoint where they are those of the same examples.
            beside=(a, b) if disjoint else (),
        )
        for name, start, own in zip((a, b), starts, both, strict=True)
    )
    return domains, domains[0].splits


def _same_examples(first, second):
    """Whether two features' images are of the same examples: some may lack one of them."""
    return getattr(first, "flags", None) == getattr(second, "flags", None)


def _domain_folders(root, a, b, split):
    """The folders of both domains, by the names given or by the usual ones."""
    folders = _find_folders(root, a, b, split)
    if None in folders:
        missing = " or ".join(map(os.fspath, _choices(root, a, b, split)[folders.index(None)]))
        raise ValueError(
            "`source` must have a subfolder for each domain, by the names `a` and `b` if given: "
            f"there is no {missing}. Received: source={os.fspath(root)!r}, a={a!r}, b={b!r}"
        )
    return folders


def _find_folders(root, a, b, split, whole=True):
    choices = _choices(root, a, b, split, whole)
    return [next((folder for folder in some if folder.is_dir()), None) for some in choices]


def _choices(root, a, b, split, whole=True):
    """Where each domain's folder may be: a part of the data or, of the whole, the only one."""
    if a is None:
        own = [(root / f"{split}{x}", root / split / x, root / x) for x in "AB"]
    else:
        own = [(root / split / str(x), root / str(x) / split, root / str(x)) for x in (a, b)]
    return own if split == "train" and whole else [choices[:-1] for choices in own]


def _domain_splits(source, split, data_dir):
    """The splits of both domains' images, and the names to choose them by."""
    splits = prepared_builder(source, data_dir).info.splits
    names = [f"{split}A", f"{split}B"]
    if not set(names) <= set(splits):
        raise ValueError(
            f"`source` must have the splits {names}, or `a` and `b` name two of its image "
            "features, or it must be a tuple of two sources. "
            f"Received: source={source!r} with the splits {sorted(splits)}"
        )
    return names, [name[:-1] for name in splits if name[-1:] == "A" and f"{name[:-1]}B" in splits]
