from typing import Any

import keras
from keras import ops

from keras_gen.types import Config, Shape, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class Clip(keras.layers.Layer):
    """Limits what a network gives to a range, and leaves it as it is in training.

    A generator without a last activation learns from its whole output, and gives no value outside of the
    images' range once it is used.

    Args:
        low: Number. Defaults to -1.
        high: Number above `low`. Defaults to 1.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: Float tensor of any shape.
        training: Boolean; the inputs are returned where it is True.

    Returns:
        Float tensor of the inputs' shape.

    Raises:
        ValueError: If `low` is not below `high`.

    Example:

    >>> keras.ops.convert_to_numpy(Clip()(keras.ops.array([-2.0, 0.5, 3.0]))).tolist()
    [-1.0, 0.5, 1.0]
    """

    def __init__(self, low: float = -1.0, high: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not low < high:
            raise ValueError(f"`low` must be below `high`. Received: low={low!r}, high={high!r}")
        self.low, self.high = low, high
        self.built = True

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        return inputs if training else ops.clip(inputs, self.low, self.high)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> Config:
        return {**super().get_config(), "low": self.low, "high": self.high}
