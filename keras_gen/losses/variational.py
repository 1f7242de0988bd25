"""The terms of a variational bound, one number per example, and a decoder's likelihoods."""

import math
from typing import Self

import keras
from keras import ops

from keras_gen.losses._tensors import float32, same_shape
from keras_gen.types import Config, Tensor

_LOG_2_PI = math.log(2.0 * math.pi)


def gaussian_kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence of `N(mean, exp(log_variance))` from `N(0, 1)`, in nats.

    `0.5 * sum(mean^2 + exp(log_variance) - 1 - log_variance)`.

    Args:
        mean: Float tensor `(batch, latent_dim)`; further axes are summed over too.
        log_variance: Float tensor of the same shape.

    Returns:
        Float32 tensor `(batch,)`, at least 0.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> divergence = gaussian_kl_divergence(keras.ops.array([[1.0, 2.0]]), keras.ops.zeros((1, 2)))
    >>> float(divergence[0])  # (1 + 4) / 2
    2.5

    Reference: Kingma & Welling, 2013, appendix B, https://arxiv.org/abs/1312.6114
    """
    mean, log_variance = same_shape(mean=mean, log_variance=log_variance)
    return 0.5 * sum_per_example(mean**2 + ops.expm1(log_variance) - log_variance)


def free_bits_divergence(mean: Tensor, log_variance: Tensor, free_bits: float) -> Tensor:
    """Kullback-Leibler divergence with a floor under the part of each latent dimension.

    `sum(max(free_bits, divergence of a dimension, averaged over the batch))`: below `free_bits` it is flat,
    and no latent is pressed to say less.

    Args:
        mean: Float tensor `(batch, latent_dim)`.
        log_variance: Float tensor of the same shape.
        free_bits: Float from 0 up, in nats.

    Returns:
        Scalar float32 tensor.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> mean = keras.ops.array([[1.0, 0.0]])  # of which the divergences are 0.5 and 0
    >>> float(free_bits_divergence(mean, keras.ops.zeros((1, 2)), 0.25))
    0.75

    Reference: Kingma et al., 2016, appendix C.8, https://arxiv.org/abs/1606.04934
    """
    mean, log_variance = same_shape(mean=mean, log_variance=log_variance)
    divergences = 0.5 * ops.mean(mean**2 + ops.expm1(log_variance) - log_variance, axis=0)
    return ops.sum(ops.maximum(divergences, free_bits))


def gaussian_log_density(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Log density of `x` under `N(mean, exp(log_variance))`, in nats.

    Args:
        x: Float tensor `(batch, dim)`; further axes are summed over too.
        mean: Float tensor that broadcasts against `x`, 0 for a standard normal.
        log_variance: Float tensor that broadcasts against `x`, 0 for a standard normal.

    Returns:
        Float32 tensor `(batch,)`.

    Example:

    >>> log_density = gaussian_log_density(keras.ops.zeros((1, 2)), 0.0, 0.0)
    >>> round(float(log_density[0]), 4)  # -log(2 pi)
    -1.8379
    """
    x, mean, log_variance = float32(x, mean, log_variance)
    squared = (x - mean) ** 2 * ops.exp(-log_variance)
    return -0.5 * sum_per_example(squared + log_variance + _LOG_2_PI)


@keras.saving.register_keras_serializable(package="keras_gen")
class BernoulliLikelihood:
    """Each pixel is a coin: the decoder's outputs are the logits of its being white.

    Images in `[-1, 1]` are mapped to `[0, 1]`. Gray pixels are read as probabilities, so that the
    value is minus the cross-entropy, as is usual; it is a true log likelihood of black and white
    images only. Values beyond the range, as resizing leaves them, are read as its ends: there is no likelihood
    of them, and what stands in its formula could be raised without end.

    Example:

    >>> likelihood = BernoulliLikelihood()
    >>> white, logits = keras.ops.ones((1, 2, 2, 1)), keras.ops.zeros((1, 2, 2, 1))
    >>> round(float(likelihood.log_likelihood(white, logits)[0]), 4)  # 4 log(1/2)
    -2.7726
    >>> float(likelihood.mean(logits)[0, 0, 0, 0])
    0.0

    Reference: Kingma & Welling, 2013, appendix C.1, https://arxiv.org/abs/1312.6114
    """

    def log_likelihood(self, images: Tensor, outputs: Tensor) -> Tensor:
        """Log likelihood of images in nats, summed over pixels and channels.

        Args:
            images: Float tensor `(batch, height, width, channels)` in `[-1, 1]`.
            outputs: Float tensor of the same shape, the decoder's logits.

        Returns:
            Float32 tensor `(batch,)`.
        """
        images, logits = same_shape(images=images, outputs=outputs)
        white = 0.5 * (ops.clip(images, -1.0, 1.0) + 1.0)
        return sum_per_example(white * logits - ops.softplus(logits))

    def check_images(self, images: Tensor) -> None:
        """Refuses images of which there is no log-likelihood.

        Args:
            images: Float tensor `(batch, height, width, channels)`.

        Raises:
            ValueError: If a pixel is neither black nor white, -1 or 1.
        """
        images = ops.convert_to_numpy(images)
        grey = images[abs(images) != 1.0]
        if grey.size:
            raise ValueError(
                "`images` must be black and white, -1 and 1, for a log-likelihood under a Bernoulli "
                "likelihood: of grey ones `importance_weighted_bound` gives minus a cross-entropy. "
                "`binarize='static'` of `keras_gen.data.images` and of `keras-gen evaluate` makes them so. "
                f"Received: images with {grey.size} grey pixels, such as {float(grey[0]):.4g}"
            )

    def mean(self, outputs: Tensor) -> Tensor:
        """The mean image, float32 in `[-1, 1]`, that decoder outputs stand for."""
        return ops.tanh(0.5 * ops.cast(outputs, "float32"))

    def get_config(self) -> Config:
        return {}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


@keras.saving.register_keras_serializable(package="keras_gen")
class GaussianLikelihood:
    """Each pixel is normal about the decoder's output, with one standard deviation for all.

    Args:
        standard_deviation: Float above 0, in units of the images' range of `[-1, 1]`: the smaller,
            the more the reconstruction weighs against the divergence. Defaults to 1.
        bounded: Boolean, whether means lie in the images' range. False is for points, signals and other
            data of any range, in whose units the deviation is then. Defaults to `True`.

    Raises:
        ValueError: If `standard_deviation` isn't above 0 and finite.

    Example:

    >>> likelihood = GaussianLikelihood()
    >>> images = keras.ops.ones((1, 2, 1, 1))
    >>> round(float(likelihood.log_likelihood(images, images)[0]), 4)  # -log(2 pi)
    -1.8379

    Reference: Kingma & Welling, 2013, appendix C.2, https://arxiv.org/abs/1312.6114
    """

    def __init__(self, standard_deviation: float = 1.0, bounded: bool = True) -> None:
        if not 0.0 < standard_deviation < math.inf:
            raise ValueError(
                "`standard_deviation` must be above 0 and finite. "
                f"Received: standard_deviation={standard_deviation}"
            )
        self.standard_deviation = float(standard_deviation)
        self.bounded = bounded

    def log_likelihood(self, images: Tensor, outputs: Tensor) -> Tensor:
        """Log density of images in nats, summed over pixels and channels.

        Args:
            images: Float tensor `(batch, height, width, channels)` in `[-1, 1]`.
            outputs: Float tensor of the same shape, the decoder's means.

        Returns:
            Float32 tensor `(batch,)`.
        """
        images, outputs = same_shape(images=images, outputs=outputs)
        return gaussian_log_density(images, outputs, 2.0 * math.log(self.standard_deviation))

    def mean(self, outputs: Tensor) -> Tensor:
        """The mean image, float32 clipped to `[-1, 1]` where it is bounded, that outputs stand for."""
        outputs = ops.cast(outputs, "float32")
        return ops.clip(outputs, -1.0, 1.0) if self.bounded else outputs

    def get_config(self) -> Config:
        return {"standard_deviation": self.standard_deviation, "bounded": self.bounded}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


def sum_per_example(values):
    """Sums over all axes but the first."""
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))
