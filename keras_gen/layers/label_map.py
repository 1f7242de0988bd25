from typing import Any

import keras
from keras import ops

from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class LabelMap(keras.layers.Layer):
    """Appends a label to a feature map: one channel a class, 1 all over in the label's own.

    Args:
        num_classes: Integer of at least 1.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: A pair of a float tensor `(batch, height, width, channels)` and an integer tensor
            of labels `(batch,)` or `(batch, 1)`, from 0 to `num_classes - 1`. Any other
            label makes a map of zeros.

    Returns:
        Tensor `(batch, height, width, channels + num_classes)`.

    Raises:
        ValueError: If `num_classes` isn't an integer of at least 1.

    Example:

    >>> features, labels = keras.ops.zeros((2, 8, 8, 3)), keras.ops.array([0, 2])
    >>> outputs = LabelMap(num_classes=4)([features, labels])
    >>> keras.ops.convert_to_numpy(outputs)[:, 5, 5].tolist()
    [[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]]

    Reference: Mirza & Osindero, 2014, https://arxiv.org/abs/1411.1784
    """

    def __init__(self, num_classes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(num_classes, int) or num_classes < 1:
            raise ValueError(
                "`num_classes` must be an integer of at least 1. "
                f"Received: num_classes={num_classes!r}"
            )
        self.num_classes = num_classes

    def call(self, inputs: Tensor) -> Tensor:
        features, labels = inputs
        labels = ops.cast(ops.reshape(labels, (-1, 1, 1, 1)), "int32")
        one_hot = ops.equal(labels, ops.arange(self.num_classes, dtype="int32"))
        label_map = ops.cast(one_hot, features.dtype) * ops.ones_like(features[..., :1])
        return ops.concatenate([features, label_map], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        *pixels, channels = input_shape[0]
        return (*pixels, channels + self.num_classes)

    def get_config(self) -> Config:
        return {**super().get_config(), "num_classes": self.num_classes}
