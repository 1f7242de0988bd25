from typing import Any

import keras
from keras import ops

from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class LabelProjection(keras.layers.Layer):
    """The inner product of features with the learnt embedding of a label.

    A projection discriminator adds it to its unconditional logit. The weight is named `kernel`, so
    that `SpectralNormalization` can wrap the layer.

    Args:
        num_classes: Integer of at least 1.
        kernel_initializer: Initialiser of the embeddings. Defaults to `"glorot_uniform"`.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: A pair of a float tensor of features `(batch, dim)` and an integer tensor of
            labels `(batch,)` or `(batch, 1)`, from 0 to `num_classes - 1`.

    Returns:
        Tensor `(batch, 1)`.

    Raises:
        ValueError: If `num_classes` isn't an integer of at least 1, or the features aren't of
            rank 2.

    Example:

    >>> layer = LabelProjection(num_classes=3, kernel_initializer="ones")
    >>> outputs = layer([keras.ops.array([[1.0, 2.0], [3.0, 4.0]]), keras.ops.array([2, 0])])
    >>> keras.ops.convert_to_numpy(outputs).tolist()
    [[3.0], [7.0]]

    Reference: Miyato & Koyama, 2018, cGANs with projection discriminator,
    https://arxiv.org/abs/1802.05637
    """

    def __init__(
        self, num_classes: int, kernel_initializer: Any = "glorot_uniform", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(num_classes, int) or num_classes < 1:
            raise ValueError(
                "`num_classes` must be an integer of at least 1. "
                f"Received: num_classes={num_classes!r}"
            )
        self.num_classes = num_classes
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: Any) -> None:
        features_shape = input_shape[0]
        if len(features_shape) != 2 or features_shape[-1] is None:
            raise ValueError(
                "The features must have a shape of (batch, dim) with a known dim. "
                f"Received: features.shape={features_shape}"
            )
        self.kernel = self.add_weight(
            shape=(self.num_classes, features_shape[-1]),
            initializer=self.kernel_initializer,
            name="kernel",
        )

    def call(self, inputs: Tensor) -> Tensor:
        features, labels = inputs
        labels = ops.cast(ops.reshape(labels, (-1,)), "int32")
        return ops.sum(features * ops.take(self.kernel, labels, axis=0), axis=-1, keepdims=True)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0][0], 1)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
