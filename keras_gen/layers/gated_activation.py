from typing import Any

import keras
from keras import ops

from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class GatedActivation(keras.layers.Layer):
    """The first half of the channels, multiplied by gates of the second: `tanh(features) * sigmoid(gates)`.

    Args:
        activation: Keras activation of the features, by name. Defaults to `"tanh"`, PixelCNN's; None makes it
            a gated linear unit.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor `(batch, ..., channels)` of an even number of channels.

    Returns:
        Tensor `(batch, ..., channels / 2)`, in (-1, 1) with tanh.

    Raises:
        ValueError: If the number of channels is odd.

    Example:

    >>> outputs = GatedActivation()(keras.ops.array([[1.0, 0.0]]))  # tanh(1) / 2
    >>> round(float(outputs[0, 0]), 4)
    0.3808
    >>> float(GatedActivation(activation=None)(keras.ops.array([[4.0, 0.0]]))[0, 0])
    2.0

    Reference: van den Oord et al., 2016, equation 2, https://arxiv.org/abs/1606.05328; the linear unit: Dauphin
    et al., 2016, https://arxiv.org/abs/1612.08083
    """

    def __init__(self, activation: str | None = "tanh", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: Any) -> None:
        if input_shape[-1] % 2:
            raise ValueError(
                "`inputs` must have an even number of channels. "
                f"Received: inputs.shape={tuple(input_shape)}"
            )

    def call(self, inputs: Tensor) -> Tensor:
        features, gates = ops.split(inputs, 2, axis=-1)
        return self.activation(features) * ops.sigmoid(gates)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], input_shape[-1] // 2)

    def get_config(self) -> Config:
        activation = keras.activations.serialize(self.activation)
        return {**super().get_config(), "activation": activation}
