import keras
from keras import ops

from keras_gen.types import Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class Cropping2D(keras.layers.Cropping2D):
    """`keras.layers.Cropping2D` whose gradient is quick on TensorFlow.

    The arguments, the shapes and the numbers are those of Keras's layer. That one takes a strided
    slice, whose gradient TensorFlow computes on one thread, in ten times as long as a plain slice's.

    Args:
        cropping: Integer, for all four sides; a pair `(height, width)`; or
            `((top, bottom), (left, right))`.
        **kwargs: Those of `keras.layers.Cropping2D`.

    Call arguments:
        inputs: Tensor of rank 4, `(batch, height, width, channels)` by default.

    Returns:
        Tensor of the inputs' shape, less what is cropped.

    Raises:
        ValueError: As Keras's layer, if `cropping` is none of these or leaves nothing.

    Example:

    >>> Cropping2D(((1, 0), (1, 0)))(keras.ops.ones((2, 9, 9, 3))).shape == (2, 8, 8, 3)
    True
    """

    def call(self, inputs: Tensor) -> Tensor:
        first = [0, 0, 0, 0]
        sizes = list(ops.shape(inputs))
        axes = (2, 3) if self.data_format == "channels_first" else (1, 2)
        for axis, (before, after) in zip(axes, self.cropping, strict=True):
            first[axis] = before
            sizes[axis] = sizes[axis] - before - after
        return ops.slice(inputs, first, sizes)
