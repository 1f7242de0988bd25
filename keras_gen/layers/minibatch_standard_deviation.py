from typing import Any

import keras
from keras import ops

from keras_gen.types import Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class MinibatchStandardDeviation(keras.layers.Layer):
    """Appends one channel that says how much the images of the batch differ from each other.

    It is the standard deviation over the batch, averaged over pixels and channels, the same all
    over: a discriminator then sees that a generator has collapsed. Its logits come to depend on the
    whole batch, so that gradient penalties, which hold per image, don't go with it. Put it near the
    end, and pass real and generated images apart.

    Args:
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.

    Returns:
        Tensor `(batch, height, width, channels + 1)`.

    Example:

    >>> images = keras.ops.reshape([-3.0, 3.0], (2, 1, 1, 1))
    >>> keras.ops.convert_to_numpy(MinibatchStandardDeviation()(images))[:, 0, 0].tolist()
    [[-3.0, 3.0], [3.0, 3.0]]

    Reference: Karras et al., 2017, section 3, https://arxiv.org/abs/1710.10196
    """

    def call(self, inputs: Tensor) -> Tensor:
        variance = ops.var(ops.cast(inputs, "float32"), axis=0)
        # Inside the square root, whose gradient is infinite at 0.
        deviation = ops.mean(ops.sqrt(variance + 1e-8))
        channel = ops.ones_like(inputs[..., :1]) * ops.cast(deviation, inputs.dtype)
        return ops.concatenate([inputs, channel], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        *pixels, channels = input_shape
        return (*pixels, channels + 1)
