import keras
from keras import ops

from keras_gen.backend import fused_batch_normalization
from keras_gen.types import Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` that trains with TensorFlow's fused kernel.

    The arguments, the weights, their names in files and the numbers are those of Keras's layer, up to
    rounding. On TensorFlow the statistics, the normalisation and its gradient are one kernel each in
    training, where Keras makes some twenty operations of them. On other backends, in inference, and
    where the kernel does not apply (`renorm`, `synchronized`, a mask, an axis that is not the last,
    inputs that have neither two nor four axes), it is Keras's layer.

    Args:
        **kwargs: Those of `keras.layers.BatchNormalization`.

    Call arguments:
        inputs: Float tensor, such as `(batch, height, width, channels)` or `(batch, channels)`.
        training: Boolean, whether the statistics are the batch's own and move the averages.
        mask: Boolean tensor of the inputs' shape without the channels, or None.

    Returns:
        Tensor of the inputs' shape.

    Example:

    >>> layer = BatchNormalization()
    >>> layer(keras.ops.ones((2, 4, 4, 3)), training=True).shape == (2, 4, 4, 3)
    True

    Reference: Ioffe and Szegedy, 2015, Batch Normalization, https://arxiv.org/abs/1502.03167
    """

    def call(
        self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None
    ) -> Tensor:
        if not (training and self.trainable and mask is None and self._can_fuse(inputs)):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = fused_batch_normalization(
            inputs, self.gamma, self.beta, self.epsilon
        )
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average * self.momentum + value * (1.0 - self.momentum))
        return ops.cast(outputs, self.compute_dtype)

    def _can_fuse(self, inputs):
        return (
            fused_batch_normalization is not None
            and not (self.renorm or self.synchronized)
            and len(inputs.shape) in (2, 4)
            and self.axis in (-1, len(inputs.shape) - 1)
            and keras.backend.standardize_dtype(inputs.dtype) in ("float32", "bfloat16", "float16")
        )
