"""Losses that hold features against one another."""

from keras import ops

from keras_gen.checks import check_positive
from keras_gen.losses._tensors import same_shape
from keras_gen.types import Tensor


def patch_nce(queries: Tensor, keys: Tensor, temperature: float = 0.07) -> Tensor:
    """Cross-entropy of finding a position's key among those of the same image, image by image.

    The logits are cosines over the temperature, the right answer is the query's own position. Keys get no
    gradient. It is log(positions) where all features are the same.

    Args:
        queries: Float tensor `(batch, positions, features)`, the features of outputs.
        keys: Float tensor of the same shape, the features of inputs at the same positions.
        temperature: Number above 0. Defaults to 0.07.

    Returns:
        Float32 tensor `(batch,)`, each image's mean over positions.

    Raises:
        ValueError: If the shapes differ, or the temperature is not above 0.

    Example:

    >>> import keras
    >>> apart = keras.ops.eye(2)[None]
    >>> round(float(patch_nce(apart, apart, temperature=1.0)[0]), 4)  # log(1 + exp(-1))
    0.3133

    Reference: Park et al., 2020, Contrastive Learning for Unpaired Image-to-Image Translation,
    https://arxiv.org/abs/2007.15651
    """
    check_positive("temperature", temperature)
    queries, keys = same_shape(queries=queries, keys=keys)
    queries, keys = _of_length_one(queries), ops.stop_gradient(_of_length_one(keys))
    logits = ops.matmul(queries, ops.swapaxes(keys, 1, 2)) / temperature
    right = ops.sum(queries * keys, axis=-1) / temperature
    return ops.mean(ops.logsumexp(logits, axis=-1) - right, axis=-1)


def _of_length_one(vectors):
    # Zeros stay zeros, with a gradient that is finite and not steep: `ops.normalize` has none there.
    squares = ops.sum(vectors * vectors, axis=-1, keepdims=True)
    return vectors * ops.rsqrt(ops.maximum(squares, 1e-6))
