from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from keras_gen.data import pipeline, stores
from keras_gen.data.fitting import resolve_channels
from keras_gen.data.lazy import tf
from keras_gen.data.settings import Settings
from keras_gen.types import Dataset, ImageSize, Shape

_ANY_SIDES = (5040, 10080)


class Opened:
    """A data set that was opened once: it tells what it holds and makes pipelines of it.

    Made by `open_images`, `open_paired` and `open_unpaired`. Pictures that fit in memory are decoded
    once, however many pipelines are made.

    Args:
        sources: Tuple of sources that are shuffled apart.
        channels: Tuple of the channels wanted of each image part of the sources, in order, or None.
        resize: Tuple, how each image part is resized.
        arrange: Optional function from 31 random bits an example and the image parts, batches as they are
            held, to the tuple of the images of an element.
        labels: Boolean, whether an element is `(images, labels)`.
        split: String, the split that was opened.
        splits: Tuple of strings, the names of the splits there are.
        reopen: Function from a split's name to another `Opened`.
        aligned: Boolean, whether the images of an example show the same thing, in a fixed order.

    Attributes:
        name: String, what the source is called.
        split: String, the split that was opened.
        splits: Tuple of strings, the names of the splits there are; `"train"` alone where the data
            are not parted. A folder that has others, and no part called `"train"`, has no such split,
            though the whole of it can be opened as that.
        class_names: Tuple of strings, or None where there are no classes. Numbers in names count as
            numbers: `"2"` comes before `"10"`.
        dtype: String, `"uint8"` or `"float32"`: how the images are held.
    """

    def __init__(
        self,
        sources: tuple[Any, ...],
        channels: Sequence[int | None],
        resize: Sequence[str],
        *,
        arrange: Callable[..., tuple[Any, ...]] | None = None,
        labels: bool = False,
        split: str,
        splits: Sequence[str],
        reopen: Callable[[str], Opened],
        aligned: bool = True,
    ) -> None:
        self.name = sources[0].name
        self.split = split
        self.splits = tuple(splits)
        self.aligned = aligned
        self.class_names = sources[0].class_names
        self.dtype = sources[0].dtype
        self._sources = sources
        self._arrange = arrange
        self._labels = labels
        self._reopen = reopen
        self._stores = [{} for _ in sources]
        shapes = [(source, shape) for source in sources for shape in source.shapes]
        self._channels = tuple(
            resolve_channels(wanted, shape, source.name)
            for (source, shape), wanted in zip(shapes, channels, strict=True)
        )
        if any(
            shape[-1] == 4 and c is None for (_, shape), c in zip(shapes, channels, strict=True)
        ):
            warnings.warn(
                f"The fourth channel of {self.name} is taken for opacity, and the images are laid on "
                "white: `channels=4` keeps it, `channels=3` is to say so.",
                stacklevel=3,
            )
        self._resize = resize

    @property
    def num_classes(self) -> int | None:
        """Integer, or None where there are no classes."""
        return None if self.class_names is None else len(self.class_names)

    @property
    def count(self) -> int:
        """Integer, the examples of a pass: those of the larger domain where there are two.

        Of a folder whose pictures were not read yet, all are decoded to know which can be. Where
        pipelines are wanted, too, `batches` first, which decodes them anyway, is quicker.
        """
        return max(self.counts)

    @property
    def counts(self) -> tuple[int, ...]:
        """Tuple of integers, the examples of each domain: one, or where there are two unlike ones two."""
        return tuple(source.count for source in self._sources)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Tuple of `(height, width, channels)` of each image of an element, None where it varies.

        The channels are those that `batches` yields, height and width are the data's own.
        """
        return self._arranged(shape[:2] for source in self._sources for shape in source.shapes)

    @property
    def own_shapes(self) -> tuple[Shape, ...]:
        """The shapes that the images have where they come from, before any conversion of channels."""
        sources = [(source, shape) for source in self._sources for shape in source.shapes]
        channels = [
            depth if depth == shape[-1] else resolve_channels(None, shape, source.name)
            for (source, shape), depth in zip(sources, self._channels, strict=True)
        ]
        return self._arranged((shape[:2] for _, shape in sources), channels)

    def shapes_at(self, image_size: ImageSize | None = None) -> tuple[tuple[int, int, int], ...]:
        """The shapes of the images that `batches(image_size)` yields, without reading any.

        Args:
            image_size: Integer, `(height, width)`, or None for the data's own size.

        Returns:
            Tuple of `(height, width, channels)`, one for each image of an element.

        Raises:
            ValueError: If the images differ in size and `image_size` is None.
        """
        size = Settings(image_size=image_size).image_size or self._own_size()
        return self._arranged([size] * len(self._channels))

    def at_split(self, split: str) -> Opened:
        """Opens another split of the same data.

        Args:
            split: String, one of `splits`; of a TFDS data set also a slice, `"train[:90%]"`.

        Returns:
            `Opened`; this one where it is of that split already.

        Raises:
            ValueError: If there is no such split.
        """
        if split == self.split:
            return self
        try:
            return self._reopen(split)
        except (ValueError, FileNotFoundError) as error:
            if split in self.splits:
                raise
            raise ValueError(
                f"`split` must be one of {list(self.splits)}. Received: split={split!r}"
            ) from error

    def steps(self, batch_size: int, drop_remainder: bool = True) -> int:
        """The batches of a pass.

        Raises:
            ValueError: If there is not one whole batch.
        """
        return Settings(batch_size=batch_size, drop_remainder=drop_remainder).steps(self.count)

    def batches(
        self,
        image_size: ImageSize | None = None,
        batch_size: int = 128,
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
        """Makes a pipeline. Another one of the same images does not decode them again.

        Args:
            image_size: As in `keras_gen.data.images`, and so are all the others.
            batch_size: Integer. Defaults to `128`.
            augment: Some of `"flip"` and `"crop"`.
            shuffle: Boolean. Defaults to `True`.
            seed: Integer, or None. Defaults to `0`.
            drop_remainder: Boolean. Defaults to `True`.
            cache: Boolean. Defaults to `True`.
            first_epoch: Integer. Defaults to `0`.
            shard: `(index, count)`.
            dtype: `"float32"` or `"uint8"`.

        Returns:
            `tf.data.Dataset` of known length, whose every iteration is the next pass.

        Raises:
            ValueError: As `keras_gen.data.images`.
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
        settings.steps(max(source.listed for source in self._sources))
        with tf.device("CPU"):
            size = settings.image_size or self._own_size()
            self._try_arranging(size)
            held = self._held_size(settings, size)
            made = [self._store(number, held, cache) for number in range(len(self._sources))]
            return pipeline.build(made, size, settings, self._finish)

    def _own_size(self):
        """The size of the batches' images where none is given."""
        return pipeline.own_size(self._sources)

    def _held_size(self, settings, size):
        """The size that images are kept at, so that batches of another can be cut out of them."""
        return settings.held_size(size)

    def _try_arranging(self, size):
        """Has a transform that can't take images of a size say so, outside of TensorFlow's graph."""
        if self._arrange is not None:
            images = [tf.zeros((1, *size, depth), self.dtype) for depth in self._channels]
            self._arrange(tf.zeros([1], tf.int32), *images)

    def _store(self, number, size, cache):
        """The store of a source's images at a size, made anew only where there is none."""
        source = self._sources[number]
        start = sum(len(other.shapes) for other in self._sources[:number])
        parts = slice(start, start + len(source.shapes))
        key = size, cache
        known = self._stores[number]
        if key not in known:
            store = stores.make_store(
                source, size, self._channels[parts], self._resize[parts], cache
            )
            # What earlier sizes hold in memory is let go where it would not fit beside this one.
            if sum(other.held_bytes for other in (store, *known.values())) > stores.MEMORY_BUDGET:
                known.clear()
            known[key] = store
        return known[key]

    def _finish(self, *parts):
        """An element, of each source's images, labels and random bits."""
        images = tuple(image for columns, *_ in parts for image in columns)
        if self._arrange is not None:
            images = self._arrange(parts[0][2], *images)
        if self._labels:
            return images[0], parts[0][1]
        return images[0] if len(images) == 1 else images

    def _arranged(self, sizes, channels=None):
        channels = self._channels if channels is None else channels
        shapes = [(*size, depth) for size, depth in zip(sizes, channels, strict=True)]
        if self._arrange is None:
            return tuple(shapes)
        # Of images of any size some functions can't be made: two that many numbers divide stand for them,
        # and what differs between the two varies.
        some = others = self._made(shapes, _ANY_SIDES[0])
        if any(None in shape for shape in shapes):
            others = self._made(shapes, _ANY_SIDES[1])
        return tuple(
            tuple(a if a == b else None for a, b in zip(first, second, strict=True))
            for first, second in zip(some, others, strict=True)
        )

    def _made(self, shapes, side):
        """The shapes that the function makes of these, where `side` stands for each unknown one."""
        specs = [tf.TensorSpec((None,), tf.int32)]
        specs += [
            tf.TensorSpec((None, *(side if n is None else n for n in shape)), self.dtype)
            for shape in shapes
        ]
        made = tf.function(self._arrange).get_concrete_function(*specs).structured_outputs
        return [image.shape[1:] for image in made]
