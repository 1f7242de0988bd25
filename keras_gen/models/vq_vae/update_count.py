"""How often something was updated."""

import keras
from keras import ops


class UpdateCount(keras.layers.Layer):
    """Counts updates, in files and presets, too.

    Args:
        name: String.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name=name, dtype="float32")
        # 64 bits on TensorFlow, which keeps 32-bit integers on the host, out of XLA's reach.
        self.count = self.add_weight(
            shape=(),
            dtype="int",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="count",
        )
        self.built = True

    def add(self) -> None:
        """Counts one more."""
        self.count.assign(self.count.value + 1)

    def clear(self) -> None:
        """Counts from nought again."""
        self.count.assign(ops.zeros_like(self.count.value))

    @property
    def number(self) -> int:
        """Integer, how many there were."""
        return int(ops.convert_to_numpy(self.count))
