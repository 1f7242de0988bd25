from typing import Any

import keras
from keras import ops

from keras_gen.checks import check_int
from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class EqualizedConv2D(keras.layers.Layer):
    """A convolution whose kernel is scaled when it runs, so that all layers learn at one rate.

    `gain * (conv(inputs, kernel / sqrt(n)) + bias)` where n numbers of the inputs make one of the outputs:
    kernels begin as normal numbers of deviation 1, and a step of Adam moves each by the same share of it.

    Args:
        filters: Integer above 0, channels of the output.
        kernel_size: Integer above 0, the kernel's side.
        strides: Integer above 0. Defaults to 1.
        padding: `"same"` or `"valid"`. Defaults to `"same"`.
        use_bias: Boolean. Defaults to True.
        gain: Number, what the outputs are multiplied by: the square root of 2 before a leaky ReLU, which is
            the same as after it. Defaults to 1.
        kernel_initializer: Initialiser of the kernel. Defaults to None, the one above.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.

    Returns:
        Tensor `(batch, ceil(height / strides), ceil(width / strides), filters)`, or what is left of it where
        nothing is padded.

    Raises:
        ValueError: If an argument is none of those above.

    Example:

    >>> layer = EqualizedConv2D(1, 1, kernel_initializer="ones")
    >>> float(layer(keras.ops.ones((1, 1, 1, 4)))[0, 0, 0, 0])  # 4 / sqrt(4)
    2.0

    Reference: Karras et al., 2017, section 4.1, https://arxiv.org/abs/1710.10196
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        padding: str = "same",
        use_bias: bool = True,
        gain: float = 1.0,
        kernel_initializer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        check_int("filters", filters)
        check_int("kernel_size", kernel_size)
        check_int("strides", strides)
        if padding not in ("same", "valid"):
            raise ValueError(f"`padding` must be 'same' or 'valid'. Received: padding={padding!r}")
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.padding = padding
        self.use_bias = use_bias
        self.gain = gain
        self.kernel_initializer = keras.initializers.get(
            kernel_initializer or keras.initializers.RandomNormal(stddev=1.0)
        )

    def build(self, input_shape: Any) -> None:
        self.fan_in = self.kernel_size**2 * input_shape[-1]
        self.kernel = self.add_weight(
            shape=(self.kernel_size, self.kernel_size, input_shape[-1], self.filters),
            initializer=self.kernel_initializer,
            name="kernel",
            autocast=False,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.filters,), initializer="zeros", name="bias", autocast=False
            )

    def call(self, inputs: Tensor) -> Tensor:
        kernel = ops.cast(self.kernel * (self.gain * self.fan_in**-0.5), self.compute_dtype)
        outputs = ops.conv(
            ops.cast(inputs, self.compute_dtype),
            kernel,
            self.strides,
            padding=self.padding,
            data_format="channels_last",
        )
        if not self.use_bias:
            return outputs
        return outputs + ops.cast(self.bias * self.gain, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, *sides, _ = input_shape
        lost = self.kernel_size - 1 if self.padding == "valid" else 0
        sides = (None if side is None else -(-(side - lost) // self.strides) for side in sides)
        return (batch, *sides, self.filters)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "use_bias": self.use_bias,
            "gain": self.gain,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
