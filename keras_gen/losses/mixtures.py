"""Gaussian mixtures of equal shares: what a posterior's latents are compared with under a learnt prior."""

import math

from keras import ops

from keras_gen.losses._tensors import float32, same_shape
from keras_gen.types import Tensor


def gaussian_mixture_log_density(x: Tensor, means: Tensor, log_variances: Tensor) -> Tensor:
    """Log density of `x` under a mixture of Gaussians of equal shares, in nats.

    Args:
        x: Float tensor `(batch, dim)`.
        means: Float tensor `(components, dim)`.
        log_variances: Float tensor `(components, dim)`.

    Returns:
        Float32 tensor `(batch,)`.

    Example:

    >>> import keras
    >>> ends = keras.ops.array([[-1.0], [1.0]])  # as far from 0 the one as the other
    >>> log_density = gaussian_mixture_log_density(keras.ops.zeros((1, 1)), ends, keras.ops.zeros((2, 1)))
    >>> round(float(log_density[0]), 4)  # -(1 + log(2 pi)) / 2
    -1.4189

    Reference: Tomczak & Welling, 2017, VAE with a VampPrior, https://arxiv.org/abs/1705.07120
    """
    x, means, log_variances = float32(x, means, log_variances)
    squared = (x[:, None] - means) ** 2 * ops.exp(-log_variances)
    log_densities = -0.5 * ops.sum(squared + log_variances + math.log(2.0 * math.pi), axis=2)
    return ops.logsumexp(log_densities, axis=1) - _log_count(means)


def mixture_divergence_bound(
    mean: Tensor, log_variance: Tensor, means: Tensor, log_variances: Tensor
) -> Tensor:
    """Upper bound on the divergence of `N(mean, exp(log_variance))` from a mixture of equal shares, in nats.

    `-log(mean(exp(-divergence from a component)))`, over components. Nothing is drawn, and of one component
    it is the divergence itself.

    Args:
        mean: Float tensor `(batch, dim)`.
        log_variance: Float tensor of the same shape.
        means: Float tensor `(components, dim)`.
        log_variances: Float tensor `(components, dim)`.

    Returns:
        Float32 tensor `(batch,)`, at least 0.

    Raises:
        ValueError: If the shapes of the first two differ.

    Example:

    >>> import keras
    >>> mean, zeros = keras.ops.array([[1.0, 2.0]]), keras.ops.zeros((1, 2))
    >>> float(mixture_divergence_bound(mean, zeros, zeros, zeros)[0])  # (1 + 4) / 2
    2.5

    Reference: Hershey & Olsen, 2007, Approximating the Kullback Leibler divergence between Gaussian mixture
    models
    """
    mean, log_variance = same_shape(mean=mean, log_variance=log_variance)
    means, log_variances = float32(means, log_variances)
    wider = log_variance[:, None] - log_variances
    squared = (mean[:, None] - means) ** 2 * ops.exp(-log_variances)
    divergences = 0.5 * ops.sum(squared + ops.expm1(wider) - wider, axis=2)
    return _log_count(means) - ops.logsumexp(-divergences, axis=1)


def _log_count(components):
    return ops.log(ops.cast(ops.shape(components)[0], "float32"))
