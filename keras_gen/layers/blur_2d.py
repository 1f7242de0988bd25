from typing import Any

import keras
from keras import ops

from keras_gen.checks import check_int
from keras_gen.types import Config, Tensor

# Binomial: what bilinear interpolation weighs its neighbours by.
_TAPS = (0.125, 0.375, 0.375, 0.125)


def blurred(maps: Tensor, padding: int, strides: int = 1, gain: float = 1.0) -> Tensor:
    """Filters maps by [1, 3, 3, 1] / 8 along both sides: see `Blur2D`."""
    maps = ops.pad(maps, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    outer, inner, *_ = (tap * gain**0.5 for tap in _TAPS)
    for axis in (1, 2):
        before = (slice(None),) * axis
        first, second, third, last = (
            maps[(*before, slice(start, start - 3 or None, strides))] for start in range(4)
        )
        maps = outer * (first + last) + inner * (second + third)
    return maps


@keras.saving.register_keras_serializable(package="keras_gen")
class Blur2D(keras.layers.Layer):
    """Blurs maps by the filter [1, 3, 3, 1] / 8 along height and width, before they are made smaller.

    Without it a stride keeps every other pixel, and fine detail turns into coarse patterns.

    Args:
        padding: Integer from 0 up, the rows and columns of zeros put around the maps: a side becomes
            `side + 2 * padding - 3`. Defaults to 1.
        strides: Integer above 0. Defaults to 1.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.

    Returns:
        Tensor `(batch, ceil((height + 2 * padding - 3) / strides), ..., channels)`.

    Raises:
        ValueError: If a number is out of range.

    Example:

    >>> dot = keras.ops.reshape([0.0, 8.0, 0.0, 0.0], (1, 1, 4, 1))
    >>> rows = keras.ops.repeat(dot, 4, axis=1)
    >>> keras.ops.convert_to_numpy(Blur2D()(rows))[0, 1, :, 0].tolist()
    [3.0, 3.0, 1.0]

    Reference: Karras et al., 2018, A Style-Based Generator Architecture for GANs,
    https://arxiv.org/abs/1812.04948; Zhang, 2019, https://arxiv.org/abs/1904.11486
    """

    def __init__(self, padding: int = 1, strides: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_int("padding", padding, least=0)
        check_int("strides", strides)
        self.padding = padding
        self.strides = strides
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        return blurred(inputs, self.padding, self.strides)

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, *sides, channels = input_shape
        sides = (
            None if side is None else -(-(side + 2 * self.padding - 3) // self.strides)
            for side in sides
        )
        return (batch, *sides, channels)

    def get_config(self) -> Config:
        return {**super().get_config(), "padding": self.padding, "strides": self.strides}
