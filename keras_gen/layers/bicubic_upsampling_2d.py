from typing import Any

import keras
import numpy as np
from keras import ops

from keras_gen.checks import check_positive_integer
from keras_gen.layers.pixel_shuffle import PixelShuffle
from keras_gen.types import Config, Shape, Tensor

REACH = 2  # pixels to each side that an output pixel is made of


@keras.saving.register_keras_serializable(package="keras_gen")
class BicubicUpsampling2D(keras.layers.Layer):
    """Enlarges images by bicubic interpolation, with the same numbers on every backend.

    Keys's kernel (a = -0.5) with half-pixel centres; at the border the weights of the pixels that there
    are add up to 1: as `tf.image.resize(method="bicubic")` and Pillow do. PyTorch's own has another
    kernel. Values may overshoot those of the image. Height and width may be unknown, from 1 up.

    Args:
        factor: Integer of at least 1. Defaults to 2.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.

    Returns:
        Float tensor `(batch, factor * height, factor * width, channels)`.

    Raises:
        ValueError: If `factor` is no integer of at least 1.

    Example:

    >>> ramp = keras.ops.reshape(keras.ops.arange(8.0), (1, 1, 8, 1))
    >>> keras.ops.convert_to_numpy(BicubicUpsampling2D(2)(ramp))[0, 0, 6:10, 0].tolist()
    [2.75, 3.25, 3.75, 4.25]

    Reference: Keys, 1981, https://doi.org/10.1109/TASSP.1981.1163711
    """

    def __init__(self, factor: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_positive_integer("factor", factor)
        self.factor = factor
        self._shuffle = PixelShuffle(factor, dtype=self.dtype_policy)

    def build(self, input_shape: tuple[Any, ...]) -> None:
        # A channel of ones beside the image's: what became of it says how much of the weights lay within.
        self._kernel = _kernel(self.factor, input_shape[-1] + 1)
        self._shuffle.build((*input_shape[:-1], self._kernel.shape[-1]))
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        x = ops.concatenate([inputs, ops.ones_like(inputs[..., :1])], axis=-1)
        kernel = ops.cast(ops.convert_to_tensor(self._kernel), x.dtype)
        x = ops.conv(x, kernel, padding="same", data_format="channels_last")
        x = self._shuffle(x)
        return x[..., :-1] / x[..., -1:]

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> Shape:
        shape = (*input_shape[:-1], input_shape[-1] * self.factor**2)
        return self._shuffle.compute_output_shape(shape)

    def get_config(self) -> Config:
        return {**super().get_config(), "factor": self.factor}


def _kernel(factor, channels):
    """Weights `(5, 5, channels, factor * factor * channels)`, every channel by itself."""
    phases = (np.arange(factor) + 0.5) / factor - 0.5
    distances = np.abs(np.arange(-REACH, REACH + 1)[:, None] - phases)
    near = (1.5 * distances - 2.5) * distances**2 + 1.0
    far = ((-0.5 * distances + 2.5) * distances - 4.0) * distances + 2.0
    taps = np.where(distances < 1.0, near, np.where(distances < 2.0, far, 0.0))
    kernel = np.einsum("ap,bq,cd->abcpqd", taps, taps, np.eye(channels))
    return kernel.reshape(*kernel.shape[:3], -1).astype("float32")
