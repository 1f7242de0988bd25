import os
import pathlib

from keras_gen.data.folder_source import FolderSource
from keras_gen.data.pipeline import build
from keras_gen.data.preparing import prepared_builder
from keras_gen.data.settings import Settings, for_both
from keras_gen.data.sources import is_folder, open_source
from keras_gen.data.tfds_source import TFDSSource


def unpaired(
    source,
    a=None,
    b=None,
    image_size=None,
    batch_size=1,
    *,
    disjoint=False,
    channels=None,
    split="train",
    augment=(),
    shuffle=True,
    seed=0,
    drop_remainder=True,
    cache=True,
    strict=False,
    first_epoch=0,
    shard=(0, 1),
    dtype="float32",
    data_dir=None,
):
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
    settings = Settings(
        image_size,
        batch_size,
        augment,
        shuffle,
        seed,
        drop_remainder,
        cache,
        first_epoch,
        shard,
        dtype,
    )
    wanted = for_both(channels)
    options = {"data_dir": data_dir, "strict": strict}
    if (a is None) != (b is None):
        raise ValueError(f"Give both of `a` and `b`, or neither. Received: a={a!r}, b={b!r}")
    if isinstance(source, tuple):
        if len(source) != 2 or a is not None or b is not None:
            raise ValueError(
                "`source` must be two sources, without `a` and `b`, or one with both domains. "
                f"Received: {len(source)} sources, a={a!r}, b={b!r}"
            )
        domains = [open_source(part, split=split, **options) for part in source]
    elif is_folder(source):
        folders = _domain_folders(pathlib.Path(source).expanduser(), a, b, split)
        domains = [FolderSource((folder,), strict=strict) for folder in folders]
    elif not isinstance(source, str):
        raise ValueError(
            "`source` must be a data set or a folder with both domains, or a tuple of two sources. "
            f"Received: source of type {type(source).__name__}"
        )
    elif a is None:
        splits = _domain_splits(source, split, data_dir)
        domains = [open_source(source, split=name, **options) for name in splits]
    else:
        starts = (0, 1) if disjoint else (None, None)
        domains = [
            TFDSSource(source, (name,), split, data_dir=data_dir, every_other=start)
            for name, start in zip((a, b), starts, strict=True)
        ]
    if disjoint and (a is None or is_folder(source)):
        raise ValueError(
            "`disjoint=True` is for two features of one data set. "
            f"Received: source={source!r}, a={a!r}, b={b!r}"
        )

    def finish(first, second):
        return first[0][0], second[0][0]

    return build(tuple(domains), tuple((c,) for c in wanted), settings, finish)


def _domain_folders(root, a, b, split):
    """The folders of both domains, by the names given or by the usual ones."""
    if a is None:
        names = [(root / f"{split}{x}", root / split / x) for x in "AB"]
        if split == "train":
            names = [(*choices, root / x) for choices, x in zip(names, "AB", strict=True)]
    else:
        names = [(root / split / str(x), root / str(x)) for x in (a, b)]
    folders = [next((f for f in choices if f.is_dir()), None) for choices in names]
    if None in folders:
        missing = " or ".join(os.fspath(f) for f in names[folders.index(None)])
        raise ValueError(
            "`source` must have a subfolder for each domain, by the names `a` and `b` if given: "
            f"there is no {missing}. Received: source={os.fspath(root)!r}, a={a!r}, b={b!r}"
        )
    return folders


def _domain_splits(source, split, data_dir):
    splits = prepared_builder(source, data_dir).info.splits
    names = [f"{split}A", f"{split}B"]
    if not set(names) <= set(splits):
        raise ValueError(
            f"`source` must have the splits {names}, or `a` and `b` name two of its image "
            "features, or it must be a tuple of two sources. "
            f"Received: source={source!r} with the splits {sorted(splits)}"
        )
    return names
