from typing import Any

import keras
from keras import ops

from keras_gen.checks import check_positive_integer
from keras_gen.types import Config, Shape, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class PixelShuffle(keras.layers.Layer):
    """Rearranges channels into pixels: maps with `factor` times the height and the width.

    Also called depth to space. A pixel's channels `(row * factor + column) * depth + channel` become the
    channels of the `factor` x `factor` pixels in its place. Height and width may be unknown.

    Args:
        factor: Integer of at least 1. Defaults to 2.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor `(batch, height, width, factor**2 * depth)`.

    Returns:
        Tensor `(batch, factor * height, factor * width, depth)` of the same dtype.

    Raises:
        ValueError: If `factor` is no integer of at least 1, or its square does not divide the channels.

    Example:

    >>> maps = keras.ops.reshape(keras.ops.arange(8), (1, 1, 2, 4))
    >>> keras.ops.convert_to_numpy(PixelShuffle(2)(maps))[0, :, :, 0].astype(int).tolist()
    [[0, 1, 4, 5], [2, 3, 6, 7]]

    Reference: Shi et al., 2016, https://arxiv.org/abs/1609.05158
    """

    def __init__(self, factor: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive_integer("factor", factor)
        self.factor = factor
        self.supports_masking = False

    def build(self, input_shape: tuple[Any, ...]) -> None:
        if input_shape[-1] % self.factor**2:
            raise ValueError(
                f"`inputs` must have channels that {self.factor**2} divides, the square of the factor. "
                f"Received: inputs of shape {tuple(input_shape)}"
            )
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        _, height, width, channels = ops.shape(inputs)
        factor = self.factor
        depth = channels // factor**2
        # One axis less than if rows and columns were moved at once, and the batch stays unknown.
        x = ops.reshape(inputs, (-1, width, factor, factor * depth))
        x = ops.transpose(x, (0, 2, 1, 3))
        return ops.reshape(x, (-1, factor * height, factor * width, depth))

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> Shape:
        batch, height, width, channels = input_shape
        height, width = (None if side is None else self.factor * side for side in (height, width))
        return (batch, height, width, channels // self.factor**2)

    def get_config(self) -> Config:
        return {**super().get_config(), "factor": self.factor}
