from collections.abc import Sequence
from typing import Any

import keras

from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class LearnedBasis(keras.layers.Layer):
    """Makes a small map of a vector: each of its numbers is the strength of one learnt picture.

    Args:
        size: `(height, width)` of the map, two integers above 0.
        basis_initializer: Initialiser of the pictures. Defaults to None: normal numbers of deviation 1.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor `(batch, channels)`.

    Returns:
        Tensor `(batch, height, width, channels)`: channel c is `inputs[:, c]` times picture c.

    Raises:
        ValueError: If the size is none.

    Example:

    >>> layer = LearnedBasis((4, 4))
    >>> tuple(layer(keras.ops.ones((2, 8))).shape)
    (2, 4, 4, 8)

    Reference: Huang et al., 2025, The GAN is dead, https://arxiv.org/abs/2501.05441; Karras et al., 2018, for
    a learnt first map, https://arxiv.org/abs/1812.04948
    """

    def __init__(self, size: Sequence[int], basis_initializer: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.basis_initializer = keras.initializers.get(
            basis_initializer or keras.initializers.RandomNormal(stddev=1.0)
        )
        self.size = tuple(size)
        if len(self.size) != 2 or not all(isinstance(n, int) and n > 0 for n in self.size):
            raise ValueError(
                f"`size` must be (height, width), two integers above 0. Received: size={size!r}"
            )

    def build(self, input_shape: Any) -> None:
        self.basis = self.add_weight(
            shape=(*self.size, input_shape[-1]),
            initializer=self.basis_initializer,
            name="basis",
        )

    def call(self, inputs: Tensor) -> Tensor:
        return inputs[:, None, None, :] * self.basis

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], *self.size, input_shape[-1])

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "size": list(self.size),
            "basis_initializer": keras.initializers.serialize(self.basis_initializer),
        }
