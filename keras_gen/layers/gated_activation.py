from typing import Any

import keras
from keras import ops

from keras_gen.types import Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class GatedActivation(keras.layers.Layer):
    """The first half of the channels, multiplied by gates of the second: `tanh(features) * sigmoid(gates)`.

    Args:
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor `(batch, ..., channels)` of an even number of channels.

    Returns:
        Tensor `(batch, ..., channels / 2)` in (-1, 1).

    Raises:
        ValueError: If the number of channels is odd.

    Example:

    >>> outputs = GatedActivation()(keras.ops.array([[1.0, 0.0]]))  # tanh(1) / 2
    >>> round(float(outputs[0, 0]), 4)
    0.3808

    Reference: van den Oord et al., 2016, equation 2, https://arxiv.org/abs/1606.05328
    """

    def build(self, input_shape: Any) -> None:
        if input_shape[-1] % 2:
            raise ValueError(
                "`inputs` must have an even number of channels. "
                f"Received: inputs.shape={tuple(input_shape)}"
            )

    def call(self, inputs: Tensor) -> Tensor:
        features, gates = ops.split(inputs, 2, axis=-1)
        return ops.tanh(features) * ops.sigmoid(gates)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], input_shape[-1] // 2)
