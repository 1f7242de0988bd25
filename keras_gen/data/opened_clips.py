from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from keras_gen.checks import check_positive_integer, is_integer
from keras_gen.data.clip_sources import ClipFolder, check_length
from keras_gen.data.lazy import tf
from keras_gen.data.opened import Opened
from keras_gen.types import Dataset, ImageSize, Shape


class OpenedClips(Opened):
    """A data set of clips that was opened once. Made by `open_clips`.

    Args:
        source: Source of clips, of `keras_gen.data.clip_sources`.
        frames: Integer, how many frames an element has.
        context: Integer below `frames`, or None: how many of them are an element's first part.
        resize: String, how frames are resized.
        split: String, the split that was opened.
        reopen: Function from a split's name, `frames` and `context` to another `OpenedClips`.

    Attributes:
        frames: Integer, how many frames an element has.
        context: Integer, or None.
        longest: Integer, the most frames that an element can have: those of the clips, or of the pieces that
            long ones are cut into.

    Raises:
        ValueError: If the clips are shorter, or `context` leaves no frame.
    """

    def __init__(
        self,
        source: Any,
        frames: int,
        context: int | None,
        resize: str,
        split: str,
        reopen: Callable[[str, int, int | None], OpenedClips],
    ) -> None:
        check_positive_integer("frames", frames)
        if context is not None and not (is_integer(context) and 0 < context < frames):
            raise ValueError(
                f"`context` must be None or an integer from 1 to {frames - 1}, one less than `frames`. "
                f"Received: context={context!r}"
            )
        check_length(source.length, frames, source.name)
        self.frames = frames
        self.context = context
        self.longest = source.length
        self._depth = source.depth
        self._open = reopen
        super().__init__(
            (source,),
            (source.length * source.depth,),
            (resize,),
            arrange=self._anywhere,
            split=split,
            splits=source.splits,
            reopen=lambda name: reopen(name, frames, context),
        )

    def with_frames(self, frames: int, context: int | None = None) -> OpenedClips:
        """The same data, whose elements have another number of frames; nothing is read again.

        Args:
            frames: Integer, at most `longest`.
            context: Integer, or None.

        Returns:
            `OpenedClips`.

        Raises:
            ValueError: If the clips are shorter, or `context` leaves no frame.
        """
        opened = OpenedClips(
            self._sources[0], frames, context, self._resize[0], self.split, self._open
        )
        opened._stores = self._stores
        return opened

    def ends(self) -> OpenedClips:
        """The same data, of a folder's clips that were cut into pieces the last one alone."""
        (source,) = self._sources
        if not isinstance(source, ClipFolder):
            return self
        return OpenedClips(
            source.ends(), self.frames, self.context, self._resize[0], self.split, self._open
        )

    @property
    def own_shapes(self) -> tuple[Shape, ...]:
        return self.shapes

    def batches(
        self,
        image_size: ImageSize | None = None,
        batch_size: int = 16,
        *,
        augment: Sequence[str] = (),
        shuffle: bool = True,
        seed: int | None = 0,
        drop_remainder: bool = True,
        cache: bool = True,
        first_epoch: int = 0,
        shard: tuple[int, int] = (0, 1),
        dtype: str = "float32",
    ) -> Dataset:
        """Makes a pipeline. Another one of the same clips does not decode them again.

        Args:
            image_size: As in `keras_gen.data.clips`, and so are all the others.
            batch_size: Integer. Defaults to `16`.
            augment: Some of `"flip"` and `"crop"`.
            shuffle: Boolean. Without it every element begins with its clip.
            seed: Integer, or None. Defaults to `0`.
            drop_remainder: Boolean. Defaults to `True`.
            cache: Boolean. Defaults to `True`.
            first_epoch: Integer. Defaults to `0`.
            shard: `(index, count)`.
            dtype: `"float32"` or `"uint8"`.

        Returns:
            `tf.data.Dataset` of known length, whose every iteration is the next pass.

        Raises:
            ValueError: As `keras_gen.data.clips`.
        """
        taken = self
        if not shuffle:
            taken = copy.copy(self)
            taken._arrange = self._from_the_first
        return super(OpenedClips, taken).batches(
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

    def _anywhere(self, bits, images):
        """Elements that begin anywhere, of images as they are held and 31 random bits of each."""
        # Of a product that mixes them (Knuth's multiplicative hash): a crop is drawn of the bits themselves.
        mixed = tf.bitwise.right_shift(tf.cast(bits, tf.uint32) * 2654435761, 8)
        return self._cut(images, tf.cast(mixed, tf.int32) % (self.longest - self.frames + 1))

    def _from_the_first(self, bits, images):
        return self._cut(images, tf.zeros_like(bits))

    def _cut(self, images, starts):
        _, height, width, _ = images.shape
        images = tf.reshape(images, (-1, height, width, self.longest, self._depth))
        places = starts[:, tf.newaxis] + tf.range(self.frames)
        clips = tf.gather(images, places, axis=3, batch_dims=1)
        clips = tf.transpose(clips, (0, 3, 1, 2, 4))
        if self.context is None:
            return (clips,)
        return clips[:, : self.context], clips[:, self.context :]
