from collections.abc import Sequence

import keras
from keras import ops

from keras_gen.types import Config, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class ICNR(keras.initializers.Initializer):
    """Kernels before a pixel shuffle: Glorot's, alike for all pixels of a group.

    What is shuffled is at first an enlargement by nearest neighbours: no checkerboard.

    Args:
        factor: Integer, the shuffle's.
        seed: Integer.

    Reference: Aitken et al., 2017, https://arxiv.org/abs/1707.02937
    """

    def __init__(self, factor: int, seed: int) -> None:
        self.factor = factor
        self.seed = seed

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Tensor:
        *sides, filters = shape
        kernel = keras.initializers.GlorotUniform(seed=self.seed)(
            (*sides, filters // self.factor**2), dtype=dtype
        )
        return ops.tile(kernel, (1, 1, 1, self.factor**2))

    def get_config(self) -> Config:
        return {"factor": self.factor, "seed": self.seed}
