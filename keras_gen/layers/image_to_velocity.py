from typing import Any

import keras
from keras import ops

from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class ImageToVelocity(keras.layers.Layer):
    """The velocity by which a noisy image comes to an image that a network takes for the one behind it.

    On a straight line from noise at time 0 to the image at time 1 it is `(image - noisy) / (1 - time)`, in
    float32 whatever the compute dtype.

    Args:
        least_left: Number in (0, 1], the least time that is taken to be left. Defaults to 0.05.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: List of the image and the noisy image, float tensors `(batch, ...)` of one shape, and the
            times `(batch,)` in [0, 1].

    Returns:
        Tensor of the images' shape, unbounded.

    Raises:
        ValueError: If `least_left` lies outside what is said above.

    Example:

    >>> image, noisy = keras.ops.ones((1, 2)), keras.ops.array([[0.0, 0.5]])
    >>> velocity = ImageToVelocity()([image, noisy, keras.ops.array([0.5])])
    >>> keras.ops.convert_to_numpy(velocity).astype(float).round(4).tolist()
    [[2.0, 1.0]]

    Reference: Li & He, 2025, Back to Basics: Let Denoising Generative Models Denoise,
    https://arxiv.org/abs/2511.13720
    """

    def __init__(self, least_left: float = 0.05, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0.0 < least_left <= 1.0:
            raise ValueError(f"`least_left` must be in (0, 1]. Received: least_left={least_left!r}")
        self.least_left = least_left
        self.autocast = False  # Half precision would round the times, and small differences.

    def call(self, inputs: list[Tensor]) -> Tensor:
        image, noisy, times = (ops.cast(part, "float32") for part in inputs)
        left = ops.maximum(1.0 - times, self.least_left)
        left = ops.reshape(left, (-1, *[1] * (len(image.shape) - 1)))
        return ops.cast((image - noisy) / left, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0]

    def get_config(self) -> Config:
        return {**super().get_config(), "least_left": self.least_left}
