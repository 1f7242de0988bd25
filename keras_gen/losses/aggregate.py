"""What latents of a whole batch look like together, beside how each lies to the prior."""

import math

from keras import ops

from keras_gen.losses._tensors import float32, same_shape
from keras_gen.types import Tensor


def total_correlation(latents: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """How far latents of a batch are from independent of each other, in nats.

    `mean(log q(z) - sum(log q(z_j)))`, where `q` is the mixture of the batch's posteriors. In a small batch it
    is estimated high, since each latent lies at its own posterior.

    Args:
        latents: Float tensor `(batch, latent_dim)`, drawn from the posteriors.
        mean: Float tensor of the same shape.
        log_variance: Float tensor of the same shape.

    Returns:
        Scalar float32 tensor.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> import keras
    >>> none = keras.ops.zeros((4, 3))  # posteriors that are all one
    >>> float(total_correlation(none + 0.5, none, none))
    0.0

    Reference: Chen et al., 2018, https://arxiv.org/abs/1802.04942
    """
    latents, mean, log_variance = same_shape(latents=latents, mean=mean, log_variance=log_variance)
    away = latents[:, None] - mean[None]
    # Of each latent at each posterior, dimension by dimension.
    log_densities = -0.5 * (
        away**2 * ops.exp(-log_variance)[None] + log_variance[None] + math.log(2.0 * math.pi)
    )
    log_count = ops.log(ops.cast(ops.shape(mean)[0], "float32"))
    joint = ops.logsumexp(ops.sum(log_densities, axis=2), axis=1) - log_count
    each = ops.logsumexp(log_densities, axis=1) - log_count
    return ops.mean(joint - ops.sum(each, axis=1))


def maximum_mean_discrepancy(x: Tensor, y: Tensor) -> Tensor:
    """Squared maximum mean discrepancy of two sets of latents, by a Gaussian kernel.

    The kernel is `exp(-|x - y|^2 / (2 latent_dim))`, as wide as normal latents are apart. The estimate is
    without bias: of equal distributions it is 0 on average, and may be a little below. A single latent, as
    a last batch may have, tells nothing of its distribution: the estimate is 0.

    Args:
        x: Float tensor `(n, latent_dim)`.
        y: Float tensor `(m, latent_dim)`.

    Returns:
        Scalar float32 tensor, at most 2.

    Example:

    >>> import keras
    >>> x = keras.ops.zeros((3, 2))
    >>> round(float(maximum_mean_discrepancy(x, x + 1.0)), 4)  # 2 - 2 exp(-1 / 2)
    0.7869

    Reference: Gretton et al., 2012, A Kernel Two-Sample Test; Zhao et al., 2017 (InfoVAE),
    https://arxiv.org/abs/1706.02262
    """
    x, y = float32(x, y)

    def kernel(a, b):
        squared = ops.sum((a[:, None] - b[None]) ** 2, axis=2)
        return ops.exp(-squared / (2.0 * x.shape[1]))

    def within(a):
        count = ops.cast(ops.shape(a)[0], "float32")
        return (ops.sum(kernel(a, a)) - count) / ops.maximum(count * (count - 1.0), 1.0)

    fewest = ops.cast(ops.minimum(ops.shape(x)[0], ops.shape(y)[0]), "float32")
    known = ops.minimum(fewest - 1.0, 1.0)
    return known * (within(x) + within(y) - 2.0 * ops.mean(kernel(x, y)))
