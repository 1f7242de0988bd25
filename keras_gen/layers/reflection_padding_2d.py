from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class ReflectionPadding2D(keras.layers.Layer):
    """Pads images by mirroring them at their edges, the edge itself not repeated.

    Args:
        padding: Integer, for all four sides; a pair `(height, width)`; or
            `((top, bottom), (left, right))`. Each less than the image's size.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Tensor `(batch, height, width, channels)`.

    Returns:
        Tensor `(batch, height + top + bottom, width + left + right, channels)`.

    Raises:
        ValueError: If `padding` is none of these, is negative, or isn't less than the image's size.

    Example:

    >>> image = keras.ops.reshape([1.0, 2.0, 3.0], (1, 1, 3, 1))
    >>> padded = ReflectionPadding2D((0, 2))(image)
    >>> keras.ops.convert_to_numpy(padded).ravel().tolist()
    [3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]
    """

    def __init__(
        self, padding: int | Sequence[int] | Sequence[Sequence[int]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.padding = _standardise(padding)
        self.input_spec = keras.InputSpec(ndim=4)

    def call(self, inputs: Tensor) -> Tensor:
        self._check_size(inputs.shape)
        if not any(size for sides in self.padding for size in sides):
            return inputs  # which PyTorch would refuse to pad
        return ops.pad(inputs, ((0, 0), *self.padding, (0, 0)), mode="reflect")

    def compute_output_shape(self, input_shape: Any) -> Any:
        self._check_size(input_shape)
        batch, *sizes, channels = input_shape
        padded = (
            None if size is None else size + sum(sides)
            for size, sides in zip(sizes, self.padding, strict=True)
        )
        return (batch, *padded, channels)

    def get_config(self) -> Config:
        return {**super().get_config(), "padding": self.padding}

    def _check_size(self, input_shape):
        for size, sides in zip(input_shape[1:3], self.padding, strict=True):
            if size is not None and max(sides) >= size:
                raise ValueError(
                    "`padding` must be less than the image's height and width. "
                    f"Received: padding={self.padding}, input_shape={tuple(input_shape)}"
                )


def _standardise(padding):
    """`((top, bottom), (left, right))` of any accepted form."""
    sides = padding if isinstance(padding, (tuple, list)) else (padding, padding)
    sides = tuple(tuple(side) if isinstance(side, (tuple, list)) else (side,) * 2 for side in sides)
    sizes = [size for side in sides for size in side]
    if (
        len(sides) != 2
        or any(len(side) != 2 for side in sides)
        or any(not isinstance(size, int) or size < 0 for size in sizes)
    ):
        raise ValueError(
            "`padding` must be an integer of at least 0, a pair of them, or a pair of pairs "
            f"((top, bottom), (left, right)). Received: padding={padding!r}"
        )
    return sides
