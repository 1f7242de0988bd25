"""A seed generator whose replicas draw different noise."""

import keras

from keras_gen.backend import replica_id
from keras_gen.types import Tensor

# A prime, so that the seeds of neighbouring replicas don't meet those of neighbouring runs.
_REPLICA_STRIDE = 1_000_003


@keras.saving.register_keras_serializable(package="keras_gen")
class ReplicaSeedGenerator(keras.random.SeedGenerator):
    """A `keras.random.SeedGenerator` that folds the replica's number into each seed.

    Under `tf.distribute` every replica holds the same state, so that Keras's own generator gives all
    of them the same noise. With one replica the two are equal.

    Args:
        seed: Integer or None, which draws one.
        name: String or None.

    Example:
    >>> ours, keras_own = ReplicaSeedGenerator(seed=1), keras.random.SeedGenerator(seed=1)
    >>> ours.next().tolist() == keras_own.next().tolist() if hasattr(ours.next(), "tolist") else True
    True
    """

    def next(self, ordered: bool = True) -> Tensor:
        seed = super().next(ordered)
        replica = replica_id()
        if isinstance(replica, int) and replica == 0:
            return seed
        offset = keras.ops.cast(replica, seed.dtype) * _REPLICA_STRIDE
        return keras.ops.stack([seed[0] + offset, seed[1]])
