"""From images to the codes that make the most like them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import keras
from keras import ops

from keras_gen.backend import input_gradient, repeat
from keras_gen.core.network_calls import without_updates
from keras_gen.types import Config, Tensor

# Adam's, the usual ones.
_BETAS = (0.9, 0.999)
_EPSILON = 1e-8


@keras.saving.register_keras_serializable(package="keras_gen")
class StyleInverter(keras.Model):
    """Finds codes, one for each level, whose images are near given ones: all steps are one compiled loop.

    From `start` at every level, Adam goes down the squared distance of pixels, of the images and of halves of
    them down to 4 pixels a side, at a rate that falls to 0 along half a cosine. Each image is by itself,
    whatever its batch. `start` and `steps` are variables: a change of them compiles nothing anew.

    Args:
        synthesis: Built `keras.Model` of codes `(batch, levels, style_dim)` to images.
        steps: Integer above 0.
        learning_rate: Float above 0, Adam's at first.
        name: String.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)` in the range of what the network makes.

    Returns:
        Float32 tensor `(batch, levels, style_dim)`.

    Reference: Abdal et al., 2019, Image2StyleGAN, https://arxiv.org/abs/1904.03189
    """

    def __init__(
        self,
        synthesis: keras.Model,
        steps: int = 200,
        learning_rate: float = 0.1,
        name: str = "style_inverter",
    ) -> None:
        super().__init__(name=name, dtype="float32")
        self.synthesis = synthesis
        self.learning_rate = learning_rate
        self.code_shape = tuple(synthesis.input_shape[1:])
        self.steps = self._kept((), "int32", "steps")
        self.steps.assign(steps)
        self.start = self._kept(self.code_shape[-1:], "float32", "start")
        self.built = True

    def _kept(self, shape, dtype, name):
        return self.add_weight(
            shape=shape,
            initializer="zeros",
            dtype=dtype,
            trainable=False,
            autocast=False,
            name=name,
        )

    def call(self, inputs: Tensor) -> Tensor:
        images = ops.cast(inputs, "float32")
        make = without_updates(self.synthesis, training=False)
        steps = ops.convert_to_tensor(self.steps)

        def step(number, state):
            codes, first, second = ops.unstack(state, 3)
            gradient = input_gradient(lambda codes: self.distances(make(codes), images), codes)
            first = _BETAS[0] * first + (1.0 - _BETAS[0]) * gradient
            second = _BETAS[1] * second + (1.0 - _BETAS[1]) * ops.square(gradient)
            number = ops.cast(number, "float32")
            done = number / ops.cast(steps, "float32")
            rate = self.learning_rate * 0.5 * (1.0 + ops.cos(math.pi * done))
            mean, power = (
                moment / (1.0 - ops.power(beta, number + 1.0))
                for moment, beta in zip((first, second), _BETAS, strict=True)
            )
            return ops.stack([codes - rate * mean / (ops.sqrt(power) + _EPSILON), first, second])

        shape = (ops.shape(images)[0], *self.code_shape)
        codes = ops.broadcast_to(ops.convert_to_tensor(self.start), shape)
        nothing = ops.zeros_like(codes)
        return repeat(step, steps, ops.stack([codes, nothing, nothing]))[0]

    def distances(self, made: Tensor, images: Tensor) -> Tensor:
        """Mean squared differences of images and of their halves, summed: a float32 tensor `(batch,)`."""
        rest = ops.cast(made, "float32") - images
        total = ops.mean(ops.square(rest), axis=(1, 2, 3))
        for _ in range(int(math.log2(min(images.shape[1:3]))) - 2):
            rest = ops.average_pool(rest, 2, strides=2, data_format="channels_last")
            total = total + ops.mean(ops.square(rest), axis=(1, 2, 3))
        return total

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], *self.code_shape)

    def get_config(self) -> Config:
        return {
            "synthesis": keras.saving.serialize_keras_object(self.synthesis),
            "steps": int(self.steps),
            "learning_rate": self.learning_rate,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: Config, custom_objects: Mapping[str, Any] | None = None) -> Self:
        synthesis = keras.saving.deserialize_keras_object(config["synthesis"], custom_objects)
        return cls(**{**config, "synthesis": synthesis})
