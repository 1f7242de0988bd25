from typing import Any

import keras
import numpy as np
from keras import ops

from keras_gen.checks import check_positive_integer
from keras_gen.types import Config, Shape, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class BilinearUpsampling2D(keras.layers.Layer):
    """Enlarges images by bilinear interpolation, differentiable as often as one likes on every backend.

    Half-pixel centres, and beyond the outermost ones their values: what
    `keras.layers.UpSampling2D(interpolation="bilinear")` computes, whose gradient TensorFlow takes for a
    constant, so that a penalty on it, R1 say, would teach a discriminator nothing.

    Args:
        factor: Integer of at least 1. Defaults to 2.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`, of a height and width that are known.

    Returns:
        Float tensor `(batch, factor * height, factor * width, channels)`.

    Raises:
        ValueError: If `factor` is no integer of at least 1, or the height or width is not known.

    Example:

    >>> row = keras.ops.reshape(keras.ops.array([0.0, 4.0]), (1, 1, 2, 1))
    >>> keras.ops.convert_to_numpy(BilinearUpsampling2D(2)(row))[0, 0, :, 0].tolist()
    [0.0, 1.0, 3.0, 4.0]
    """

    def __init__(self, factor: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive_integer("factor", factor)
        self.factor = factor

    def build(self, input_shape: tuple[Any, ...]) -> None:
        sides = input_shape[1:3]
        if None in sides:
            raise ValueError(
                "`inputs` must be of a known height and width. "
                f"Received: inputs.shape={tuple(input_shape)}"
            )
        self._rows, self._columns = (_weights(side, self.factor) for side in sides)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        rows, columns = (ops.cast(part, inputs.dtype) for part in (self._rows, self._columns))
        x = ops.einsum("ij,bjwc->biwc", rows, inputs)
        return ops.einsum("ij,bhjc->bhic", columns, x)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> Shape:
        batch, height, width, channels = input_shape
        return batch, self.factor * height, self.factor * width, channels

    def get_config(self) -> Config:
        return {**super().get_config(), "factor": self.factor}


def _weights(side, factor):
    """What each of the enlarged side's pixels is made of, `(factor * side, side)`."""
    centres = np.clip((np.arange(factor * side) + 0.5) / factor - 0.5, 0.0, side - 1.0)
    distances = np.abs(centres[:, None] - np.arange(side))
    return np.maximum(0.0, 1.0 - distances).astype("float32")
