"""Holes in pictures: masks that are drawn in a step, on the host, and the same for every evaluation."""

import math
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from keras_gen.checks import check_shares_of_holes
from keras_gen.types import Array, Tensor

KINDS = ("box", "free_form", "mixed")
# Brush strokes of a free-form hole, and the straight parts of each.
_STROKES, _PARTS = 4, 5
_BOX = 4
_FREE_FORM = _STROKES * (4 + 2 * _PARTS)
_NUMBERS = 1 + max(_BOX, _FREE_FORM)
# Of an evaluation's batch the n-th picture has the n-th of so many masks.
_FIXED = 256
_AT_ONCE = 2**20  # pixels of masks, each of which all lines are held against


class Holes:
    """Masks of holes, 1 where a picture is hidden.

    Their shapes are those of `keras_gen.data.transforms.masked`. They are defined a second time since
    pipelines are TensorFlow's on every backend, and steps are the running backend's; a test holds the two
    against each other, number by number.

    Args:
        kind: `"box"`, a rectangle anywhere in the picture; `"free_form"`, four strokes of a brush; or
            `"mixed"`, the one or the other.
        smallest: Float in (0, 1), the least share of the picture's height, and of its width, that a box
            takes.
        largest: Float, the greatest share. A brush is from 1/12 to 1/4 of these shares of the shorter side
            wide.

    Raises:
        ValueError: If the kind is unknown, or a hole could hide a whole picture, or none of it.

    Example:

    >>> masks = Holes("box", 0.5, 0.5).draw(2, (8, 8), seed=0)
    >>> masks.shape, masks.sum((1, 2, 3)).tolist()  # 4 x 4 pixels
    ((2, 8, 8, 1), [16.0, 16.0])

    Reference: Yu et al., 2019, Free-Form Image Inpainting, https://arxiv.org/abs/1806.03589
    """

    def __init__(self, kind: str = "mixed", smallest: float = 0.25, largest: float = 0.5) -> None:
        if kind not in KINDS:
            raise ValueError(f"`holes` must be one of {KINDS}. Received: holes={kind!r}")
        check_shares_of_holes(smallest, largest)
        self.kind = kind
        self.smallest = smallest
        self.largest = largest

    def sample(
        self, count: int | Tensor, size: Sequence[int], seed_generator: keras.random.SeedGenerator
    ) -> Tensor:
        """Draws masks within a step.

        Args:
            count: Integer, or scalar integer tensor.
            size: Pair of integers, height and width.
            seed_generator: `keras.random.SeedGenerator`, the model's.

        Returns:
            Float32 tensor `(count, height, width, 1)` of zeros and ones.
        """
        draws = keras.random.uniform((count, _NUMBERS), dtype="float32", seed=seed_generator)
        return self.masks(draws, size)

    def fixed(self, count: int | Tensor, size: Sequence[int]) -> Tensor:
        """The masks of an evaluation's batch, the same for each: `sample`, but nothing is drawn."""
        table = ops.convert_to_tensor(_uniform(_FIXED, 0))
        return self.masks(ops.take(table, ops.arange(count) % _FIXED, axis=0), size)

    def draw(self, n: int, size: Sequence[int], seed: int | None = None) -> Array:
        """Draws masks on the host, the same on every backend.

        Args:
            n: Integer, how many.
            size: Pair of integers, height and width.
            seed: Integer, or None for others at each call.

        Returns:
            Float32 array `(n, height, width, 1)` of zeros and ones. The first do not depend on `n`.
        """
        draws, count = _uniform(n, seed), max(1, _AT_ONCE // math.prod(size))
        masks = np.empty((n, *size, 1), "float32")
        for k in range(0, n, count):
            masks[k : k + count] = ops.convert_to_numpy(self.masks(draws[k : k + count], size))
        return masks

    def masks(self, draws: Tensor, size: Sequence[int]) -> Tensor:
        """The masks that random numbers stand for.

        Args:
            draws: Float32 tensor `(count, 57)`, uniform in [0, 1).
            size: Pair of integers, height and width.

        Returns:
            Float32 tensor `(count, height, width, 1)` of zeros and ones.
        """
        draws, size = ops.convert_to_tensor(draws), tuple(size)
        drawn = draws[:, 1:]
        if self.kind == "box":
            hidden = self.boxes(drawn[:, :_BOX], size)
        elif self.kind == "free_form":
            hidden = self.strokes(drawn, size)
        else:
            hidden = ops.where(
                draws[:, 0, None, None] < 0.5,
                self.boxes(drawn[:, :_BOX], size),
                self.strokes(drawn, size),
            )
        return ops.cast(hidden, "float32")[..., None]

    def boxes(self, draws: Tensor, size: tuple[int, ...]) -> Tensor:
        """Boolean `(count, *size)`, true in a rectangle of each, of draws `(count, 4)`."""
        inside = []
        for axis, side in enumerate(size):
            share = self.smallest + (self.largest - self.smallest) * draws[:, 2 * axis]
            length = ops.clip(ops.round(share * side), 1, side - 1)
            start = ops.floor(draws[:, 2 * axis + 1] * (side - length + 1))
            places = ops.arange(side, dtype="float32")
            begun = places >= start[:, None]
            inside.append(ops.logical_and(begun, places < (start + length)[:, None]))
        return ops.logical_and(inside[0][:, :, None], inside[1][:, None, :])

    def strokes(self, draws: Tensor, size: tuple[int, ...]) -> Tensor:
        """Boolean `(count, *size)`, true under the strokes of a brush, of draws `(count, 56)`."""
        short = float(min(size))
        sides = _constant(size)
        draws = ops.reshape(draws, (-1, _STROKES, 4 + 2 * _PARTS))
        starts = draws[..., None, :2] * sides
        thin, thick = self.smallest / 12, self.largest / 4
        radii = short * (thin + (thick - thin) * draws[..., 2]) / 2
        # As Yu et al. turn: by some 72 degrees, forth and back.
        turns = 2 * math.pi / 5 + (2 * draws[..., 4 : 4 + _PARTS] - 1) * 2 * math.pi / 15
        signs = _constant([(-1.0) ** part for part in range(_PARTS)])
        angles = 2 * math.pi * draws[..., 3:4] + ops.cumsum(turns * signs, axis=-1)
        lengths = short * (0.1 + 0.2 * draws[..., 4 + _PARTS :])
        steps = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1) * lengths[..., None]
        ends = ops.minimum(ops.maximum(starts + ops.cumsum(steps, axis=2), 0.0), sides)
        begins = ops.concatenate([starts, ends[:, :, :-1]], axis=2)

        # All lines of all pictures at once, (count, lines, height, width).
        def of_lines(values):
            return ops.reshape(values, (-1, _STROKES * _PARTS, 1, 1))

        top, left = of_lines(begins[..., 0]), of_lines(begins[..., 1])
        down, across = of_lines(ends[..., 0]) - top, of_lines(ends[..., 1]) - left
        radius = ops.maximum(of_lines(ops.repeat(radii[..., None], _PARTS, axis=-1)), 0.75)
        rows, columns = (_constant(range(side)) + 0.5 for side in size)
        y, x = rows[:, None] - top, columns[None, :] - left
        along = (y * down + x * across) / ops.maximum(down**2 + across**2, 1e-6)
        along = ops.clip(along, 0.0, 1.0)
        far = (y - along * down) ** 2 + (x - along * across) ** 2
        return ops.any(far <= radius**2, axis=1)


def _constant(values):
    return ops.convert_to_tensor(np.array(values, "float32"))


def _uniform(n, seed):
    return np.random.default_rng(seed).random((n, _NUMBERS), dtype="float32")
