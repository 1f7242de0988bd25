from typing import Any

import keras
from keras import ops

from keras_gen.types import Shape, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class FadeIn(keras.layers.Layer):
    """Blends what new layers give into what there was before them: `(1 - share) * old + share * new`.

    The share is a number that nothing learns, a weight `share`, which files keep. It is 1 until it is set
    (`layer.share.assign(0.25)`): at 0 the old is left as it is to the bit, at 1 the new.

    Args:
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: List of two float tensors of one shape, old and new.

    Returns:
        Tensor of that shape.

    Example:

    >>> layer = FadeIn()
    >>> _ = layer.share.assign(0.25)
    >>> old, new = keras.ops.array([[4.0]]), keras.ops.array([[8.0]])
    >>> float(layer([old, new])[0, 0])
    5.0

    Reference: Karras et al., 2017, section 2, https://arxiv.org/abs/1710.10196
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.share = self.add_weight(
            shape=(),
            initializer="ones",
            trainable=False,
            dtype="float32",
            autocast=False,
            aggregation="only_first_replica",
            name="share",
        )
        self.built = True

    def call(self, inputs: list[Tensor]) -> Tensor:
        old, new = (ops.cast(each, "float32") for each in inputs)
        return ops.cast((1.0 - self.share) * old + self.share * new, self.compute_dtype)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        return input_shape[0]
