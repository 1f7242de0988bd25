from typing import Any

import keras
from keras import ops

from keras_gen.backend.seeds import ReplicaSeedGenerator
from keras_gen.types import Config, Shape, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class NoiseInjection(keras.layers.Layer):
    """Adds normal noise of a learnt strength to maps, the same to all channels of a pixel.

    In training it is drawn anew, in inference it is one map that is kept with the weights, so that the same
    codes give the same image. The strength begins at 0.

    Args:
        gain: Number, what the strength is multiplied by. Defaults to 1.
        seed: Integer that fixes the draws, or None.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.
        training: Boolean.

    Returns:
        Tensor of that shape.

    Example:

    >>> layer = NoiseInjection(seed=0)
    >>> keras.ops.convert_to_numpy(layer(keras.ops.ones((1, 1, 2, 1)))).ravel().tolist()
    [1.0, 1.0]

    Reference: Karras et al., 2018, section 2, https://arxiv.org/abs/1812.04948
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gain = gain
        self.seed = seed
        self.seed_generator = ReplicaSeedGenerator(seed)

    def build(self, input_shape: Any) -> None:
        self.strength = self.add_weight(shape=(), initializer="zeros", name="strength")
        self.noise = self.add_weight(
            shape=(*input_shape[1:3], 1),
            initializer=keras.initializers.RandomNormal(stddev=1.0, seed=self.seed),
            trainable=False,
            name="noise",
        )

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        noise = ops.convert_to_tensor(self.noise)
        if training:
            shape = (ops.shape(inputs)[0], *self.noise.shape)
            noise = keras.random.normal(shape, dtype="float32", seed=self.seed_generator)
        return inputs + self.gain * self.strength * ops.cast(noise, inputs.dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> Config:
        return {**super().get_config(), "gain": self.gain, "seed": self.seed}
