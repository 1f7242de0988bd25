import keras
from keras import ops

from keras_gen.types import Shape, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class PixelNormalization(keras.layers.Layer):
    """Scales each vector of channels to a mean square of 1, in float32; nothing is learnt.

    Args:
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor `(..., channels)`.

    Returns:
        Tensor of that shape.

    Example:

    >>> outputs = PixelNormalization()(keras.ops.array([[3.0, 0.0, 0.0, 0.0]]))
    >>> keras.ops.convert_to_numpy(outputs).astype(float).round(4).tolist()
    [[2.0, 0.0, 0.0, 0.0]]

    Reference: Karras et al., 2017, section 4.2, https://arxiv.org/abs/1710.10196
    """

    def call(self, inputs: Tensor) -> Tensor:
        x = ops.cast(inputs, "float32")
        x = x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-8)
        return ops.cast(x, inputs.dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape
