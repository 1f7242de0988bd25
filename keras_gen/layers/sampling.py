from typing import Any

import keras
from keras import ops

from keras_gen.backend.seeds import ReplicaSeedGenerator
from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class Sampling(keras.layers.Layer):
    """Draws from a normal by its mean and log variance, so that gradients reach both.

    `mean + exp(log_variance / 2) * noise`, in float32 whatever the compute dtype.

    Args:
        seed: Integer that makes the draws repeatable, or `None`. Defaults to `None`.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: A pair of float tensors of one shape, `(mean, log_variance)`.

    Returns:
        Tensor of that shape. It is drawn in training and in inference alike.

    Example:

    >>> mean, log_variance = keras.ops.ones((2, 3)), keras.ops.full((2, 3), -80.0)
    >>> keras.ops.convert_to_numpy(Sampling(seed=0)([mean, log_variance])).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]

    Reference: Kingma & Welling, 2013, section 2.4, https://arxiv.org/abs/1312.6114
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = ReplicaSeedGenerator(seed)

    def call(self, inputs: Tensor) -> Tensor:
        mean, log_variance = (ops.cast(value, "float32") for value in inputs)
        noise = keras.random.normal(ops.shape(mean), dtype="float32", seed=self.seed_generator)
        return ops.cast(mean + ops.exp(0.5 * log_variance) * noise, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0]

    def get_config(self) -> Config:
        return {**super().get_config(), "seed": self.seed}
