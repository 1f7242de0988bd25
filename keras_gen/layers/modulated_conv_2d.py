from typing import Any

import keras
from keras import ops

from keras_gen.checks import check_int
from keras_gen.layers.blur_2d import blurred
from keras_gen.types import Config, Tensor

_EPSILON = 1e-8


@keras.saving.register_keras_serializable(package="keras_gen")
class ModulatedConv2D(keras.layers.Layer):
    """A convolution whose kernel each example scales by its own style, one number an input channel.

    An equalised dense layer makes the style of a code, its bias 1 at first. Demodulated, each output channel
    is divided by the norm of its scaled kernel: inputs of unit variance give outputs of unit variance,
    whatever the style. Styles and norms are float32 whatever the compute dtype. The kernel is one for the
    whole batch: inputs are scaled before the convolution, outputs after it, which is the same.

    Args:
        filters: Integer above 0, channels of the output.
        kernel_size: Integer above 0, the kernel's side; 3 where sides are doubled.
        upsample: Boolean. If True the sides are doubled by a transposed convolution, and blurred as `Blur2D`
            does. Defaults to False.
        demodulate: Boolean. Defaults to True.
        level: Integer, which of an example's several codes is its own; None where there is one.
        gain: Number, what the outputs are multiplied by: the square root of 2 before a leaky ReLU, which is
            the same as after it. Defaults to 1.
        kernel_initializer: Initialiser of the kernel. Defaults to None: normal numbers of deviation 1.
        style_initializer: Initialiser of the dense layer's kernel. Defaults to None: likewise.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: A pair of float tensors: maps `(batch, height, width, channels)` and codes
            `(batch, style_dim)`, or `(batch, levels, style_dim)` where the layer has a level.

    Returns:
        Tensor `(batch, height, width, filters)`, of twice the sides where they are doubled.

    Raises:
        ValueError: If an argument is none of those above.

    Example:

    >>> layer = ModulatedConv2D(6, 3, upsample=True)
    >>> tuple(layer([keras.ops.ones((2, 4, 4, 8)), keras.ops.ones((2, 5))]).shape)
    (2, 8, 8, 6)

    Reference: Karras et al., 2019, section 2.2, https://arxiv.org/abs/1912.04958
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        upsample: bool = False,
        demodulate: bool = True,
        level: int | None = None,
        gain: float = 1.0,
        kernel_initializer: Any = None,
        style_initializer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        check_int("filters", filters)
        check_int("kernel_size", kernel_size)
        if upsample and kernel_size != 3:
            raise ValueError(
                "`kernel_size` must be 3 where sides are doubled. "
                f"Received: kernel_size={kernel_size!r}"
            )
        self.filters = filters
        self.kernel_size = kernel_size
        self.upsample = upsample
        self.demodulate = demodulate
        self.level = level
        self.gain = gain
        self.kernel_initializer, self.style_initializer = (
            keras.initializers.get(given or keras.initializers.RandomNormal(stddev=1.0))
            for given in (kernel_initializer, style_initializer)
        )

    def build(self, input_shape: Any) -> None:
        (*_, channels), (*_, style_dim) = input_shape
        self.kernel = self.add_weight(
            shape=(self.kernel_size, self.kernel_size, channels, self.filters),
            initializer=self.kernel_initializer,
            name="kernel",
            autocast=False,
        )
        self.bias = self.add_weight(
            shape=(self.filters,), initializer="zeros", name="bias", autocast=False
        )
        self.style_kernel = self.add_weight(
            shape=(style_dim, channels),
            initializer=self.style_initializer,
            name="style_kernel",
            autocast=False,
        )
        self.style_bias = self.add_weight(
            shape=(channels,), initializer="ones", name="style_bias", autocast=False
        )

    def call(self, inputs: Tensor) -> Tensor:
        maps, codes = inputs
        kernel = self.kernel * (self.kernel_size**2 * self.kernel.shape[2]) ** -0.5
        styles = self.styles(codes)
        scales = ops.convert_to_tensor(self.gain, "float32")
        if self.demodulate:
            # The outputs do not depend on the styles' size, which half precision might not hold.
            size = ops.mean(ops.square(styles), axis=1, keepdims=True)
            styles = styles * ops.rsqrt(size + _EPSILON)
            powers = ops.sum(ops.square(kernel), axis=(0, 1))
            scales = self.gain * ops.rsqrt(ops.matmul(ops.square(styles), powers) + _EPSILON)
            scales = scales[:, None, None, :]
        styles, scales, kernel, maps, bias = (
            ops.cast(each, self.compute_dtype)
            for each in (styles[:, None, None, :], scales, kernel, maps, self.gain * self.bias)
        )
        return self._convolve(maps * styles, kernel) * scales + bias

    def styles(self, codes: Tensor) -> Tensor:
        """The styles of codes, a float32 tensor `(batch, channels)`."""
        codes = ops.cast(codes if self.level is None else codes[:, self.level], "float32")
        kernel = self.style_kernel * self.style_kernel.shape[0] ** -0.5
        return ops.matmul(codes, kernel) + self.style_bias

    def _convolve(self, maps, kernel):
        if not self.upsample:
            return ops.conv(maps, kernel, padding="same", data_format="channels_last")
        kernel = ops.transpose(kernel, (0, 1, 3, 2))
        maps = ops.conv_transpose(
            maps, kernel, 2, padding="valid", data_format="channels_last"
        )  # 2 n + 1 pixels a side
        return blurred(maps, padding=1, gain=4.0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        (batch, *sides, _), _ = input_shape
        factor = 2 if self.upsample else 1
        sides = (None if side is None else factor * side for side in sides)
        return (batch, *sides, self.filters)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "upsample": self.upsample,
            "demodulate": self.demodulate,
            "level": self.level,
            "gain": self.gain,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "style_initializer": keras.initializers.serialize(self.style_initializer),
        }
