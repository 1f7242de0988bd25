"""The options that all the pipelines share, checked."""

import dataclasses
import numbers
import secrets
from collections.abc import Sequence
from typing import Any

DTYPES = ("float32", "uint8")
AUGMENTATIONS = ("flip", "crop")
# Isola et al. enlarge 256 to 286 and crop 256 of it; other sizes are enlarged in proportion.
JITTER = 286 / 256


@dataclasses.dataclass(frozen=True)
class Settings:
    """Options of `images`, `paired` and `unpaired`; see there."""

    image_size: int | Sequence[int] | None = None
    batch_size: int = 128
    augment: Sequence[str] = ()
    shuffle: bool = True
    seed: int | None = 0
    drop_remainder: bool = True
    cache: bool = True
    first_epoch: int = 0
    shard: tuple = (0, 1)
    dtype: str = "float32"

    def __post_init__(self):
        size = self.image_size
        if size is not None:
            size = (size, size) if _is_integer(size) else tuple(size)
            if len(size) != 2 or not all(_is_integer(side) and side > 0 for side in size):
                raise ValueError(
                    "`image_size` must be a positive integer or (height, width). "
                    f"Received: image_size={self.image_size!r}"
                )
        augment = (self.augment,) if isinstance(self.augment, str) else tuple(self.augment or ())
        if not set(augment) <= set(AUGMENTATIONS):
            raise ValueError(
                f"`augment` must be some of {AUGMENTATIONS}. Received: augment={self.augment!r}"
            )
        for name, least in (("batch_size", 1), ("first_epoch", 0)):
            value = getattr(self, name)
            if not _is_integer(value) or value < least:
                raise ValueError(
                    f"`{name}` must be an integer of at least {least}. Received: {name}={value!r}"
                )
        self._check_shard()
        if self.dtype not in DTYPES:
            raise ValueError(f"`dtype` must be one of {DTYPES}. Received: dtype={self.dtype!r}")
        if self.seed is not None and not _is_integer(self.seed):
            raise ValueError(f"`seed` must be an integer or None. Received: seed={self.seed!r}")
        seed = secrets.randbits(31) if self.seed is None else int(self.seed)
        for name, value in {"image_size": size, "augment": augment, "seed": seed}.items():
            object.__setattr__(self, name, value)

    def _check_shard(self):
        shard = self.shard
        if not (
            isinstance(shard, (tuple, list)) and len(shard) == 2 and all(map(_is_integer, shard))
        ):
            shard = (0, 0)
        index, count = shard
        if not 0 <= index < count:
            raise ValueError(
                "`shard` must be (index, count), integers with 0 <= index < count. "
                f"Received: shard={self.shard!r}"
            )
        if self.batch_size % count or (count > 1 and not self.drop_remainder):
            raise ValueError(
                f"`batch_size` must be a multiple of the {count} shards, and `drop_remainder` True. "
                f"Received: batch_size={self.batch_size}, drop_remainder={self.drop_remainder}"
            )
        if count > 1 and self.seed is None:
            raise ValueError(
                "`seed` must be an integer where there are shards, which share one order. "
                "Received: seed=None"
            )

    @property
    def rows(self):
        """Slice of the rows of each batch that this shard has."""
        index, count = self.shard
        size = self.batch_size // count
        return slice(index * size, (index + 1) * size)

    def held_size(self, size):
        """Height and width that images are kept at, so that a crop of `size` can be taken."""
        if "crop" not in self.augment:
            return size
        return tuple(max(side + 1, round(side * JITTER)) for side in size)

    def steps(self, count):
        """The batches of a pass over `count` examples.

        Raises:
            ValueError: If there is not one whole batch.
        """
        if self.drop_remainder and count < self.batch_size:
            raise ValueError(
                f"`batch_size` must be at most the number of examples, {count}. "
                f"Received: batch_size={self.batch_size}"
            )
        return count // self.batch_size if self.drop_remainder else -(-count // self.batch_size)


def for_both(channels: Any) -> tuple[Any, Any]:
    """`channels` as a tuple of two, for pairs of images.

    Raises:
        ValueError: If it is a tuple of another length.
    """
    both = tuple(channels) if isinstance(channels, (tuple, list)) else (channels, channels)
    if len(both) != 2:
        raise ValueError(
            "`channels` must be one number, or one each of the two images of a pair. "
            f"Received: channels={channels!r}"
        )
    return both


def _is_integer(value):
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)
