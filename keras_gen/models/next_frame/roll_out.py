"""A network that predicts the next frame, run on its own predictions."""

from typing import Any

import keras
from keras import ops

from keras_gen.types import Config, Shape, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class RollOut(keras.layers.Layer):
    """Continues clips: each predicted frame becomes the newest that the next is predicted from.

    In inference all frames are made in one loop of the compiled graph, and clipped to [-1, 1], since a network
    without an activation at its end goes beyond. In training the loop is unrolled, so that the last frame's
    error reaches the first prediction, and nothing is clipped, since a clipped pixel has no gradient.

    Args:
        generator: Built `keras.Model` from frames stacked in channels, the oldest first, to one frame.
        frames: Integer, how many frames are made.
        **options: As in `keras.layers.Layer`.
    """

    def __init__(self, generator: keras.Model, frames: int = 1, **options: Any) -> None:
        super().__init__(**{"dtype": "float32", **options})
        self.generator = generator
        self.frames = frames

    def call(self, clips: Tensor, training: bool = False) -> Tensor:
        channels = clips.shape[-1]

        def step(known, _=None):
            frame = ops.cast(self.generator(known, training=training), known.dtype)
            frame = frame if training else ops.clip(frame, -1.0, 1.0)
            known = ops.concatenate([known[..., channels:], frame], axis=-1)
            return known, known  # Keras's scan on TensorFlow wants outputs of the state's shape.

        known = stacked(clips)
        if training or self.frames == 1:
            made = []
            for _ in range(self.frames):
                known, _ = step(known)
                made.append(known[..., -channels:])
            return ops.stack(made, axis=1)
        _, states = ops.scan(step, known, length=self.frames)
        return ops.moveaxis(states[..., -channels:], 0, 1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.frames, *input_shape[2:])

    def get_config(self) -> Config:
        generator = keras.saving.serialize_keras_object(self.generator)
        return {**super().get_config(), "generator": generator, "frames": self.frames}

    @classmethod
    def from_config(cls, config: Config) -> "RollOut":
        generator = keras.saving.deserialize_keras_object(config["generator"])
        return cls(**{**config, "generator": generator})


def stacked(clips: Tensor) -> Tensor:
    """Clips as images whose channels are those of the frames, the oldest first.

    Args:
        clips: Tensor `(batch, frames, height, width, channels)`.

    Returns:
        Tensor `(batch, height, width, frames * channels)`.
    """
    _, frames, height, width, channels = clips.shape
    images = ops.transpose(clips, (0, 2, 3, 1, 4))
    return ops.reshape(images, (-1, height, width, frames * channels))
