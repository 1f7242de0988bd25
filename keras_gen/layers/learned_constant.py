from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_gen.checks import check_int
from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class LearnedConstant(keras.layers.Layer):
    """A learnt map, the same whatever comes in: what a generator of styles begins with.

    Args:
        size: `(height, width)` of the map, two integers above 0.
        filters: Integer above 0, its channels.
        initializer: Initialiser of the map. Defaults to None: normal numbers of deviation 1.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Tensor `(batch, ...)`, of which the batch alone counts.

    Returns:
        Tensor `(batch, height, width, filters)`.

    Raises:
        ValueError: If a number is none above 0.

    Example:

    >>> tuple(LearnedConstant((4, 4), 8)(keras.ops.ones((2, 3))).shape)
    (2, 4, 4, 8)

    Reference: Karras et al., 2018, section 2, https://arxiv.org/abs/1812.04948
    """

    def __init__(
        self, size: Sequence[int], filters: int, initializer: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.size = tuple(size)
        if len(self.size) != 2 or not all(isinstance(n, int) and n > 0 for n in self.size):
            raise ValueError(
                f"`size` must be (height, width), two integers above 0. Received: size={size!r}"
            )
        check_int("filters", filters)
        self.filters = filters
        self.initializer = keras.initializers.get(
            initializer or keras.initializers.RandomNormal(stddev=1.0)
        )

    def build(self, input_shape: Any) -> None:
        self.constant = self.add_weight(
            shape=(*self.size, self.filters), initializer=self.initializer, name="constant"
        )

    def call(self, inputs: Tensor) -> Tensor:
        maps = ops.expand_dims(ops.convert_to_tensor(self.constant), 0)
        return ops.broadcast_to(maps, (ops.shape(inputs)[0], *self.size, self.filters))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], *self.size, self.filters)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "size": list(self.size),
            "filters": self.filters,
            "initializer": keras.initializers.serialize(self.initializer),
        }
