"""Masks of pictures: what is hidden."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from keras_gen.modalities.spec import Arrays, dtype_of
from keras_gen.types import Array, ArrayLike, Tensor


class Masks(Arrays):
    """Masks `(height, width, 1)` or `(height, width)`: 1 or True where a picture is hidden, else 0 or False.

    Networks have them as float32 `(batch, height, width, 1)`.

    Args:
        size: Pair of integers, height and width.

    Example:

    >>> masks = Masks((1, 2)).take("Masks", np.array([[[True, False]]]))
    >>> keras.ops.convert_to_numpy(masks).tolist()
    [[[[1.0], [0.0]]]]
    """

    kind = "masks"
    noun = "masks"

    def __init__(self, size: Sequence[int]) -> None:
        super().__init__((*size, 1))

    def fits(self, shape: Sequence[int | None]) -> bool:
        return super().fits(shape) or super().fits((*shape, 1))

    def take(self, what: str, values: Tensor) -> Tensor:
        values = super().take(what, values)
        if len(values.shape) == 3:
            values = values[..., None]
        host = isinstance(values, np.ndarray)
        return values.astype("float32") if host else keras.ops.cast(values, "float32")

    def wanted(self, what: str) -> str:
        return f"{what} must be 1 where a picture is hidden and 0 elsewhere, or True and False"

    def strays(self, values: Tensor) -> Tensor:
        values = keras.ops.cast(values, "float32")
        known = keras.ops.logical_or(keras.ops.equal(values, 0.0), keras.ops.equal(values, 1.0))
        return keras.ops.sum(keras.ops.where(known, 0, 1))

    def check(self, what: str, array: Array, whole: bool) -> None:
        super().check(what, array, whole)
        others = np.unique(array[(array != 0) & (array != 1)])
        if others.size:
            shown = ", ".join(f"{value:g}" for value in others[:5])
            raise ValueError(f"{self.wanted(what)}. Received: the values {shown}")

    def of_images(self, masks: ArrayLike, count: int) -> Array:
        """Masks of pictures that are to be filled.

        Args:
            masks: Array `(count, height, width)` or `(count, height, width, 1)`.
            count: Integer, how many pictures there are.

        Returns:
            Float32 NumPy array `(count, height, width, 1)`.

        Raises:
            ValueError: If they are others, one hides a whole picture, or none hides anything.
        """
        masks = np.asarray(masks)
        self.check("`masks`", masks, whole=True)
        if len(masks) != count:
            raise ValueError(
                "`masks` must be as many as the images. "
                f"Received: {len(masks)} masks for {count} images"
            )
        taken = np.asarray(self.take("`masks`", masks))
        shares = taken.mean((1, 2, 3))
        if (shares == 1.0).any():
            raise ValueError(
                "`masks` must leave something of every picture. Received: a mask of ones alone, that of "
                f"picture {int(np.argmax(shares))}"
            )
        if count and not shares.any():
            raise ValueError("`masks` must hide something. Received: zeros alone")
        return taken

    def _check_dtype(self, what, values):
        dtype = dtype_of(values)
        if not dtype.startswith(("float", "bfloat", "int", "uint", "bool")):
            raise ValueError(
                f"{self.wanted(what)}. Received: dtype={dtype}, shape {tuple(values.shape)}"
            )
