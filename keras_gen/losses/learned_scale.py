"""Likelihoods whose scale is learnt: one number for all pixels, a weight of the model."""

import math
from typing import Any

import keras
from keras import ops

from keras_gen.losses._levels import discretized_logistic, values_of
from keras_gen.losses._tensors import same_shape
from keras_gen.losses.variational import gaussian_log_density, sum_per_example
from keras_gen.types import Config, Tensor

_LEVELS = 256


class LearnedScale(keras.layers.Layer):
    """Base of likelihoods about the decoder's output with one learnt scale. Abstract.

    The scale stays above `least`, at which data that are reproduced exactly would let it fall to 0.

    Args:
        scale: Float above `least`, where it begins, in the data's unit.
        bounded: Boolean, whether means lie in images' range of [-1, 1].
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Raises:
        ValueError: If `scale` isn't above `least` and finite.
    """

    least = 1e-3

    def __init__(self, scale: float, bounded: bool = True, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        if not self.least < scale < math.inf:
            raise ValueError(
                f"`scale` must be above {self.least} and finite. Received: scale={scale}"
            )
        self.scale = float(scale)
        self.bounded = bounded
        # The log of the scale lies above that of the least one by the softplus of the weight.
        above = math.log(scale) - math.log(self.least)
        self._raw = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(math.log(math.expm1(above))),
            autocast=False,
            name="log_scale",
        )
        self.built = True

    @property
    def log_scale(self) -> Tensor:
        """Scalar tensor, the log of the scale as it is now."""
        return math.log(self.least) + ops.softplus(ops.convert_to_tensor(self._raw))

    def mean(self, outputs: Tensor) -> Tensor:
        """The mean image, float32 clipped to `[-1, 1]` where it is bounded, that outputs stand for."""
        outputs = ops.cast(outputs, "float32")
        return ops.clip(outputs, -1.0, 1.0) if self.bounded else outputs

    def get_config(self) -> Config:
        return {**super().get_config(), "scale": self.scale, "bounded": self.bounded}


@keras.saving.register_keras_serializable(package="keras_gen")
class LearnedGaussianLikelihood(LearnedScale):
    """Each pixel is normal about the decoder's output, with one learnt standard deviation for all.

    Between reconstruction and divergence no weight is left to choose: the deviation comes to the root of
    the mean squared error.

    Args:
        scale: Float above 0.001, the deviation that it begins with, in the data's unit. Defaults to 1.
        bounded: Boolean, as of `GaussianLikelihood`.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Raises:
        ValueError: If `scale` isn't above 0.001 and finite.

    Example:

    >>> likelihood = LearnedGaussianLikelihood()
    >>> images = keras.ops.ones((1, 2, 1, 1))
    >>> found = keras.ops.convert_to_numpy(likelihood.log_likelihood(images, images))
    >>> round(float(found[0]), 4)  # -log(2 pi)
    -1.8379

    Reference: Rybkin et al., 2020, Simple and Effective VAE Training with Calibrated Decoders,
    https://arxiv.org/abs/2006.13202
    """

    def __init__(self, scale: float = 1.0, bounded: bool = True, **kwargs: Any) -> None:
        super().__init__(scale, bounded, **kwargs)

    def log_likelihood(self, images: Tensor, outputs: Tensor) -> Tensor:
        """Log density of images in nats, summed over pixels and channels.

        Args:
            images: Float tensor `(batch, height, width, channels)` in `[-1, 1]`, or data of another range.
            outputs: Float tensor of the same shape, the decoder's means.

        Returns:
            Float32 tensor `(batch,)`.
        """
        images, outputs = same_shape(images=images, outputs=outputs)
        return gaussian_log_density(images, outputs, 2.0 * self.log_scale)


@keras.saving.register_keras_serializable(package="keras_gen")
class DiscretizedLogisticLikelihood(LearnedScale):
    """Each pixel is one of 256 grey levels, which share a logistic distribution out among them.

    It lies about the decoder's output with one learnt scale for all; the outermost levels have its tails. It
    is a true log-likelihood of images of 8 bits: divided by `pixels log 2`, bits a pixel. Values between two
    levels are read as the nearer.

    Args:
        scale: Float above 0.001, the scale that it begins with, in images' range of [-1, 1]. Defaults to 0.1.
        bounded: Boolean; True alone makes sense of levels.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Raises:
        ValueError: If `scale` isn't above 0.001 and finite.

    Example:

    >>> likelihood = DiscretizedLogisticLikelihood(scale=1000.0)  # hardly any level is likelier than 1 / 2
    >>> white = keras.ops.ones((1, 1, 1, 1))
    >>> found = keras.ops.convert_to_numpy(likelihood.log_likelihood(white, white))
    >>> round(float(found[0]), 4)  # log(1 / 2)
    -0.6931

    Reference: Kingma et al., 2016, section 5.2, https://arxiv.org/abs/1606.04934
    """

    def __init__(self, scale: float = 0.1, bounded: bool = True, **kwargs: Any) -> None:
        super().__init__(scale, bounded, **kwargs)

    def log_likelihood(self, images: Tensor, outputs: Tensor) -> Tensor:
        """Log probability of images in nats, summed over pixels and channels.

        Args:
            images: Float tensor `(batch, height, width, channels)` in `[-1, 1]`; what lies a little beyond, as
                resizing makes it, is read as black or white.
            outputs: Float tensor of the same shape, the logistic distributions' means.

        Returns:
            Float32 tensor `(batch,)`.
        """
        images, outputs = same_shape(images=images, outputs=outputs)
        levels = ops.clip(ops.round(127.5 * (images + 1.0)), 0.0, _LEVELS - 1.0)
        away = values_of(levels, _LEVELS) - outputs
        return sum_per_example(discretized_logistic(away, levels, self.log_scale, _LEVELS))
