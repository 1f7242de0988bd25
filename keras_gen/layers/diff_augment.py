import math
from collections.abc import Sequence
from typing import Any, Self

import keras
import numpy as np
from keras import ops

from keras_gen.backend.seeds import ReplicaSeedGenerator
from keras_gen.types import Config, Tensor

OPERATIONS = ("color", "hue", "translation", "scale", "rotation", "shear", "cutout", "flip")
_MOVING = {"translation", "scale", "rotation", "shear", "flip"}
_TURN = math.pi / 8  # the furthest, each way
_LEAN = math.tan(math.pi / 8)
_STRETCH = math.log(1.25)


@keras.saving.register_keras_serializable(package="keras_gen")
class DiffAugment(keras.layers.Layer):
    """Changes images at random, differentiably, before a discriminator sees them.

    Real and generated images pass through it in both phases, so that a discriminator of few images can't
    learn them by heart, and the generator does not learn the changes. Give it to the `augmentation` of a
    GAN's `compile`. Every image draws for itself; nothing of it depends on a value, so that a step compiles
    whole under XLA. Outside of training images are left as they are.

    Args:
        operations: Some of `"color"` (brightness by up to a quarter of the range, saturation 0 to 2 times,
            contrast 0.5 to 1.5 times), `"hue"` (of three channels and more, the first three turned about
            grey by any angle), `"translation"` (whole pixels, up to an eighth of each side), `"scale"` (0.8 to
            1.25 times, height and width each by itself, about the middle), `"rotation"` (up to 22.5 degrees
            each way), `"shear"` (upright lines lean by up to 22.5 degrees each way, rows stay where they are),
            `"cutout"` (a box of half the sides, which may lie partly outside, made grey) and `"flip"` (left to
            right, one in two), as a list or in one string with commas. What comes in from outside is grey, and
            between pixels values are linear. They are applied in the order given.
        probability: Number in [0, 1], the share of images that an operation is applied to, each by itself;
            or a schedule of Keras of the training step, which the models' steps follow.
        seed: Integer or None, which draws one.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)` in [-1, 1]; or a list of several, which may
            differ in channels: what belongs to one example is then changed alike.
        training: Boolean. Defaults to True.

    Returns:
        Tensor of that shape, or a list of them.

    Raises:
        ValueError: If there is no such operation, or the probability is out of range.

    Example:

    >>> images = keras.ops.ones((2, 8, 8, 3))
    >>> tuple(DiffAugment("color,cutout", seed=0)(images).shape)
    (2, 8, 8, 3)

    Reference: Zhao et al., 2020, https://arxiv.org/abs/2006.10738; hue, scale, rotation and shear are of the
    kinds of Karras et al., 2020, https://arxiv.org/abs/2006.06676
    """

    def __init__(
        self,
        operations: str | Sequence[str] = ("color", "translation", "cutout"),
        probability: Any = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        names = operations.split(",") if isinstance(operations, str) else operations
        self.operations = tuple(name.strip() for name in names)
        unknown = [name for name in self.operations if name not in OPERATIONS]
        if unknown or not self.operations:
            raise ValueError(
                f"`operations` must be some of {', '.join(OPERATIONS)}. "
                f"Received: operations={operations!r}"
            )
        scheduled = isinstance(probability, keras.optimizers.schedules.LearningRateSchedule)
        number = isinstance(probability, (int, float)) and not isinstance(probability, bool)
        if not scheduled and not (number and 0.0 <= probability <= 1.0):
            raise ValueError(
                "`probability` must be a number in [0, 1] or a schedule of Keras. "
                f"Received: probability={probability!r}"
            )
        self.schedule = probability if scheduled else None
        self._start = 0.0 if scheduled else float(probability)
        self.seed = seed
        self.seed_generator = ReplicaSeedGenerator(seed)
        self.probability = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(self._start),
            trainable=False,
            dtype="float32",
            autocast=False,
            aggregation="only_first_replica",
            name="probability",
        )
        self.built = True

    @property
    def moves(self) -> bool:
        """Whether one of its operations moves pixels."""
        return not _MOVING.isdisjoint(self.operations)

    def follow(self, step: Tensor) -> None:
        """Sets the probability to what its schedule says of a training step, where there is one."""
        if self.schedule is not None:
            self.probability.assign(ops.cast(self.schedule(step), "float32"))

    def call(self, inputs: Any, training: bool = True) -> Any:
        if not training:
            return inputs
        several = isinstance(inputs, (list, tuple))
        parts = list(inputs) if several else [inputs]
        batches = [ops.cast(part, "float32") for part in parts]
        for name in self.operations:
            change = getattr(self, f"_{name}")(batches[0])
            batches = [change(images) for images in batches]
        results = [ops.cast(b, p.dtype) for b, p in zip(batches, parts, strict=True)]
        return results if several else results[0]

    # Each operation draws once, and gives a function of the images that the draw is for.

    def _draw(self, images, count):
        """As many uniform numbers an image, each `(batch, 1, 1, 1)`, and whether it is changed."""
        shape = (count + 1, ops.shape(images)[0], 1, 1, 1)
        chosen, *numbers = ops.unstack(
            keras.random.uniform(shape, dtype="float32", seed=self.seed_generator), count + 1
        )
        return ops.cast(chosen < self.probability, "float32"), numbers

    def _color(self, images):
        changed, (brightness, saturation, contrast) = self._draw(images, 3)

        def change(images):
            images = images + changed * (brightness - 0.5)
            mean = ops.mean(images, axis=3, keepdims=True)
            # Written as sums, an image that is not chosen stays as it is to the bit.
            images = images + (images - mean) * (changed * (2.0 * saturation - 1.0))
            mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
            return images + (images - mean) * (changed * (contrast - 0.5))

        return change

    def _hue(self, images):
        changed, (share,) = self._draw(images, 1)
        angle = (2.0 * math.pi * changed * share)[:, :, 0, 0][:, :, None]
        # Rodrigues' turn about (1, 1, 1): what it adds to a colour.
        across = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], "float32") / math.sqrt(3.0)
        first, second = (ops.convert_to_tensor(x) for x in (across, across @ across))
        added = ops.sin(angle) * first + (1.0 - ops.cos(angle)) * second

        def change(images):
            if images.shape[3] < 3:
                return images
            turned = images[..., :3] + ops.einsum("bij,bhwj->bhwi", added, images[..., :3])
            return ops.concatenate([turned, images[..., 3:]], axis=3)

        return change

    def _translation(self, images):
        changed, shares = self._draw(images, 2)
        sources = []
        for axis, share in enumerate(shares, 1):
            size = images.shape[axis]
            reach = max(1, round(size / 8))
            shift = ops.floor(share * (2 * reach + 1)) - reach
            sources.append(_places(size) - (changed * shift)[:, :, 0, 0])
        return _moved(sources)

    def _scale(self, images):
        changed, shares = self._draw(images, 2)
        sources = []
        for axis, share in enumerate(shares, 1):
            middle = (images.shape[axis] - 1) / 2
            shrink = ops.exp(_STRETCH * changed * (1.0 - 2.0 * share))[:, :, 0, 0]
            sources.append(middle + shrink * (_places(images.shape[axis]) - middle))
        return _moved(sources)

    def _rotation(self, images):
        changed, (share,) = self._draw(images, 1)
        angle = _TURN * changed[:, :, 0, 0] * (2.0 * share[:, :, 0, 0] - 1.0)
        down, right = _from_the_middle(images)
        return _gathered(
            images,
            ops.cos(angle) * down - ops.sin(angle) * right,
            ops.sin(angle) * down + ops.cos(angle) * right,
        )

    def _shear(self, images):
        changed, (share,) = self._draw(images, 1)
        lean = _LEAN * changed[:, :, 0, 0] * (2.0 * share[:, :, 0, 0] - 1.0)
        down, right = _from_the_middle(images)
        return _gathered(images, down[None], right + lean * down)

    def _cutout(self, images):
        changed, shares = self._draw(images, 2)
        inside = changed
        for axis, share in enumerate(shares, 1):
            size = images.shape[axis]
            shape = [1, 1, 1, 1]
            shape[axis] = size
            places = ops.reshape(ops.arange(size, dtype="float32"), shape)
            half = max(1, size // 4)
            centre = ops.floor(share * (size + 1))
            inside = inside * ops.cast(
                ops.logical_and(places >= centre - half, places < centre + half), "float32"
            )
        return lambda images: images * (1.0 - inside)

    def _flip(self, images):
        changed, (side,) = self._draw(images, 1)
        turned = changed * ops.cast(side < 0.5, "float32")
        return lambda images: images + turned * (ops.flip(images, axis=2) - images)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> Config:
        probability = self._start if self.schedule is None else self.schedule
        return {
            **super().get_config(),
            "operations": list(self.operations),
            "probability": keras.saving.serialize_keras_object(probability),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(
            **{
                **config,
                "probability": keras.saving.deserialize_keras_object(config["probability"]),
            }
        )


def _places(size):
    """The numbers of pixels along a side, `(1, size)`."""
    return ops.arange(size, dtype="float32")[None]


def _from_the_middle(images):
    """How far down and right of the middle each pixel is, two tensors `(height * width,)`, row by row."""
    sides = images.shape[1:3]
    return [
        ops.convert_to_tensor(places.ravel() - (side - 1) / 2)
        for places, side in zip(np.indices(sides, "float32"), sides, strict=True)
    ]


def _gathered(images, down, right):
    """A function that takes each pixel of images from a place between four, outside of which is grey.

    Args:
        images: Float tensor `(batch, height, width, channels)`, for its shape.
        down: Float tensor `(batch, height * width)`, the places, from the middle; or of one for all.
        right: Likewise.

    Returns:
        Function of images of that height and width.
    """
    height, width = images.shape[1:3]
    rows, columns = (height - 1) / 2 + down, (width - 1) / 2 + right
    corners = []
    for row in (ops.floor(rows), ops.floor(rows) + 1.0):
        for column in (ops.floor(columns), ops.floor(columns) + 1.0):
            weight = (1.0 - ops.abs(rows - row)) * (1.0 - ops.abs(columns - column))
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            at = ops.clip(row, 0, height - 1) * width + ops.clip(column, 0, width - 1)
            weight = weight * ops.cast(inside, "float32")
            corners.append((ops.cast(at, "int32")[..., None], weight[..., None]))

    def change(images):
        pixels = ops.reshape(images, (-1, height * width, images.shape[3]))
        taken = sum(weight * ops.take_along_axis(pixels, at, axis=1) for at, weight in corners)
        return ops.reshape(taken, (-1, height, width, images.shape[3]))

    return change


def _moved(sources):
    """A function that takes each row and column of images from a place between two, outside of which is grey.

    Products with matrices: exact where they move by whole pixels, and quicker than a gather and its gradient.

    Args:
        sources: Pair of float tensors `(batch, height)` and `(batch, width)`, the places.

    Returns:
        Function of images `(batch, height, width, channels)`.
    """
    rows, columns = (
        ops.relu(1.0 - ops.abs(source[:, :, None] - _places(source.shape[1])[None]))
        for source in sources
    )

    def change(images):
        images = ops.einsum("bij,bjwc->biwc", rows, images)
        return ops.einsum("bij,bhjc->bhic", columns, images)

    return change
