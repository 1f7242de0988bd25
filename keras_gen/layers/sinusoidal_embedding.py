from typing import Any

import keras
import numpy as np
from keras import ops

from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class SinusoidalEmbedding(keras.layers.Layer):
    """Numbers as sines and cosines of many wavelengths, which a network tells apart better than the numbers.

    The angles are the number times frequencies from 1 to `max_frequency`, evenly spaced in their logarithm,
    in float32 whatever the compute dtype.

    Args:
        units: Even integer of at least 4, the length of the embedding: half of it are sines.
        max_frequency: Number above 1, in radians per unit. Defaults to 1000, for times in [0, 1].
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: Float tensor of any shape, `(batch,)` say.

    Returns:
        Tensor `(*shape, units)` in [-1, 1].

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> embedded = SinusoidalEmbedding(4, max_frequency=10.0)(keras.ops.array([0.0, 0.5]))
    >>> keras.ops.convert_to_numpy(embedded).astype(float).round(2).tolist()
    [[0.0, 0.0, 1.0, 1.0], [0.48, -0.96, 0.88, 0.28]]

    Reference: Vaswani et al., 2017, section 3.5, https://arxiv.org/abs/1706.03762; Ho et al., 2020,
    https://arxiv.org/abs/2006.11239
    """

    def __init__(self, units: int, max_frequency: float = 1000.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(units, int) or units < 4 or units % 2:
            raise ValueError(
                f"`units` must be an even integer of at least 4. Received: units={units!r}"
            )
        if not max_frequency > 1.0:
            raise ValueError(
                f"`max_frequency` must be above 1. Received: max_frequency={max_frequency!r}"
            )
        self.units = units
        self.max_frequency = max_frequency
        self._frequencies = np.geomspace(1.0, max_frequency, units // 2).astype("float32")
        self.autocast = False  # Half precision would round the angles.

    def call(self, inputs: Tensor) -> Tensor:
        frequencies = ops.convert_to_tensor(self._frequencies)
        angles = ops.expand_dims(ops.cast(inputs, "float32"), -1) * frequencies
        embedded = ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)
        return ops.cast(embedded, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape, self.units)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "units": self.units,
            "max_frequency": self.max_frequency,
        }
