from typing import Any

import keras
from keras import ops

from keras_gen.types import Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class SiLU(keras.layers.Layer):
    """The activation `x * sigmoid(x)`.

    It is Keras's `"silu"`, whose gradient TensorFlow registers for the life of the process, and with it the
    graph of every training step that has one.

    Args:
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor.

    Returns:
        Tensor of that shape.

    Example:

    >>> keras.ops.convert_to_numpy(SiLU()(keras.ops.array([-1.0, 0.0, 1.0]))).astype(float).round(3).tolist()
    [-0.269, 0.0, 0.731]

    Reference: Elfwing et al., 2017, https://arxiv.org/abs/1702.03118
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        return inputs * ops.sigmoid(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
