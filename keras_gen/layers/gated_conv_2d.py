from typing import Any

import keras
from keras import ops

from keras_gen.checks import check_int
from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class GatedConv2D(keras.layers.Layer):
    """A convolution whose features are multiplied by gates that a second one learns.

    `outputs = activation(features) * sigmoid(gates)`, where features and gates are convolutions of the same
    inputs, made by one kernel. A network of pictures with holes learns by the gates, place by place, what is
    a picture and what is a hole. Edges are padded with zeros so that a stride alone changes the size.

    Args:
        filters: Integer above 0, channels of the output.
        kernel_size: Integer above 0, the kernel's side.
        strides: Integer above 0. Defaults to 1.
        gates: `"full"`, one gate for each feature (Yu et al., 2019), or `"single"`, one for all features of
            a place (Yi et al., 2020), which takes half of the time. Defaults to `"full"`.
        activation: What a Keras layer takes as one, of the features. Defaults to `"elu"`, the paper's.
        kernel_initializer: Initialiser of the kernel, features' and gates'. Defaults to `"he_normal"`.
        gate_bias_initializer: Initialiser of the gates' biases. Defaults to `"ones"`: gates that begin half
            closed, one layer after the other, would leave little of a signal.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.

    Returns:
        Tensor `(batch, ceil(height / strides), ceil(width / strides), filters)`.

    Raises:
        ValueError: If an argument is none of those above.

    Example:

    >>> layer = GatedConv2D(1, 1, activation="linear", kernel_initializer="ones",
    ...     gate_bias_initializer="zeros")
    >>> outputs = layer(keras.ops.reshape([0.0, 2.0], (1, 1, 2, 1)))  # 2 x sigmoid(2)
    >>> keras.ops.convert_to_numpy(outputs).astype(float).round(3).ravel().tolist()
    [0.0, 1.762]

    Reference: Yu et al., 2019, Free-Form Image Inpainting with Gated Convolution,
    https://arxiv.org/abs/1806.03589; single gates: Yi et al., 2020, https://arxiv.org/abs/2005.09704
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        gates: str = "full",
        activation: Any = "elu",
        kernel_initializer: Any = "he_normal",
        gate_bias_initializer: Any = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_int("filters", filters)
        check_int("kernel_size", kernel_size)
        check_int("strides", strides)
        if gates not in ("full", "single"):
            raise ValueError(f"`gates` must be 'full' or 'single'. Received: gates={gates!r}")
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.gates = gates
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.gate_bias_initializer = keras.initializers.get(gate_bias_initializer)

    def build(self, input_shape: Any) -> None:
        gates = self.filters if self.gates == "full" else 1
        self.kernel = self.add_weight(
            shape=(self.kernel_size, self.kernel_size, input_shape[-1], self.filters + gates),
            initializer=self.kernel_initializer,
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        self.gate_bias = self.add_weight(
            shape=(gates,), initializer=self.gate_bias_initializer, name="gate_bias"
        )

    def call(self, inputs: Tensor) -> Tensor:
        both = ops.conv(
            inputs, self.kernel, self.strides, padding="same", data_format="channels_last"
        )
        features = both[..., : self.filters] + self.bias
        gates = both[..., self.filters :] + self.gate_bias
        return self.activation(features) * ops.sigmoid(gates)

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, *sides, _ = input_shape
        sides = (None if side is None else -(-side // self.strides) for side in sides)
        return (batch, *sides, self.filters)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "gates": self.gates,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "gate_bias_initializer": keras.initializers.serialize(self.gate_bias_initializer),
        }
