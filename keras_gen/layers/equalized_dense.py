from typing import Any

import keras
from keras import ops

from keras_gen.checks import check_int, check_positive
from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class EqualizedDense(keras.layers.Layer):
    """A dense layer whose weights are scaled when it runs, so that all layers learn at one rate.

    `gain * multiplier * (inputs @ kernel / sqrt(n) + bias)` for n inputs: kernels begin as normal numbers of
    deviation `1 / multiplier`, and a step of Adam moves each by the same share of it. It runs in the compute
    dtype, and the weights are scaled in float32.

    Args:
        units: Integer above 0.
        gain: Number, what the outputs are multiplied by: the square root of 2 before a leaky ReLU, which is
            the same as after it. Defaults to 1.
        learning_rate_multiplier: Number above 0, of the optimizer's rate. Defaults to 1.
        kernel_initializer: Initialiser of the kernel. Defaults to None, the one above.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor `(batch, channels)`.

    Returns:
        Tensor `(batch, units)`.

    Raises:
        ValueError: If a number is out of range.

    Example:

    >>> layer = EqualizedDense(1, kernel_initializer="ones")
    >>> float(layer(keras.ops.ones((1, 4)))[0, 0])  # 4 / sqrt(4)
    2.0

    Reference: Karras et al., 2017, section 4.1, https://arxiv.org/abs/1710.10196; Karras et al., 2018 (the
    multiplier), https://arxiv.org/abs/1812.04948
    """

    def __init__(
        self,
        units: int,
        gain: float = 1.0,
        learning_rate_multiplier: float = 1.0,
        kernel_initializer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        check_int("units", units)
        check_positive("learning_rate_multiplier", learning_rate_multiplier)
        self.units = units
        self.gain = gain
        self.learning_rate_multiplier = learning_rate_multiplier
        self.kernel_initializer = keras.initializers.get(
            kernel_initializer
            or keras.initializers.RandomNormal(stddev=1.0 / learning_rate_multiplier)
        )

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(
            shape=(input_shape[-1], self.units),
            initializer=self.kernel_initializer,
            name="kernel",
            autocast=False,
        )
        self.bias = self.add_weight(
            shape=(self.units,), initializer="zeros", name="bias", autocast=False
        )

    def call(self, inputs: Tensor) -> Tensor:
        scale = self.gain * self.learning_rate_multiplier
        kernel = ops.cast(self.kernel * (scale * self.kernel.shape[0] ** -0.5), self.compute_dtype)
        bias = ops.cast(self.bias * scale, self.compute_dtype)
        return ops.matmul(ops.cast(inputs, self.compute_dtype), kernel) + bias

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "units": self.units,
            "gain": self.gain,
            "learning_rate_multiplier": self.learning_rate_multiplier,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
