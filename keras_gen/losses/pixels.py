"""Distributions of a pixel's values, which are levels: what an autoregressive network gives for each pixel."""

from typing import Any, Self

import keras
from keras import ops

from keras_gen.checks import check_int
from keras_gen.losses._levels import discretized_logistic, values_of
from keras_gen.types import Config, Tensor

_LEAST_LOG_SCALE = -7.0
_EDGE = 1e-6  # Uniform numbers keep so far from 0 and 1, where a logistic's value is infinite.


def _check(levels, channels):
    check_int("levels", levels, least=2)
    check_int("channels", channels)


def _drawn(logits, uniforms):
    """Choices of logits `(batch, n)` by uniform numbers `(batch, 1)`: int32 `(batch,)`."""
    shares = ops.cumsum(ops.exp(ops.log_softmax(logits, axis=-1)), axis=-1)
    # Without the last share, which rounding may leave below the number.
    return ops.sum(ops.cast(shares[:, :-1] < uniforms, "int32"), axis=-1)


@keras.saving.register_keras_serializable(package="keras_gen")
class PixelSoftmax:
    """A logit for each level of a pixel, which has one channel.

    Args:
        levels: Integer, at least 2.
        channels: 1.

    Raises:
        ValueError: If they are others.

    Example:

    >>> likelihood = PixelSoftmax(levels=4)
    >>> fair = likelihood.log_likelihood(keras.ops.zeros((1, 2, 2, 1)), keras.ops.zeros((1, 2, 2, 4)))
    >>> round(float(fair[0]), 4)  # 4 log(1/4)
    -5.5452

    Reference: van den Oord et al., 2016, Pixel Recurrent Neural Networks, https://arxiv.org/abs/1601.06759
    """

    numbers = 1  # that one pixel's draw takes

    def __init__(self, levels: int = 256, channels: int = 1) -> None:
        _check(levels, channels)
        if channels != 1:
            raise ValueError(
                "`channels` must be 1 for a softmax over levels; a mixture of logistics takes more. "
                f"Received: channels={channels}"
            )
        self.levels = levels
        self.channels = channels

    @property
    def wanted(self) -> str:
        """How many parameters a pixel has, in words."""
        return f"{self.levels}, a logit for each level"

    def fits(self, parameters: int) -> bool:
        """Whether so many parameters a pixel are those of such a distribution."""
        return parameters == self.levels

    def log_likelihood(self, levels: Tensor, outputs: Tensor) -> Tensor:
        """Log likelihood in nats, summed over pixels.

        Args:
            levels: Tensor `(batch, height, width, 1)` of whole numbers in [0, levels).
            outputs: Float tensor `(batch, height, width, levels)`, logits.

        Returns:
            Float32 tensor `(batch,)`.
        """
        logs = ops.log_softmax(ops.cast(outputs, "float32"), axis=-1)
        chosen = ops.one_hot(ops.cast(levels[..., 0], "int32"), self.levels, dtype="float32")
        return ops.sum(chosen * logs, axis=(1, 2, 3))

    def draw(self, outputs: Tensor, uniforms: Tensor, temperature: float | Tensor = 1.0) -> Tensor:
        """Draws levels of one pixel of each example.

        Args:
            outputs: Float tensor `(batch, levels)`.
            uniforms: Float32 tensor `(batch, 1)` of uniform numbers in [0, 1].
            temperature: Number above 0, or a scalar tensor, that logits are divided by.

        Returns:
            Int32 tensor `(batch, 1)`.
        """
        return ops.expand_dims(_drawn(ops.cast(outputs, "float32") / temperature, uniforms), -1)

    def get_config(self) -> Config:
        return {"levels": self.levels, "channels": self.channels}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


@keras.saving.register_keras_serializable(package="keras_gen")
class LogisticMixture:
    """A mixture of logistic distributions over a pixel's levels, to which neighbouring levels are alike.

    Levels lie evenly in [-1, 1]. A level has a logistic's probability of the interval about it, half a step to
    either side; the lowest and the highest have all that lies beyond them, so that the probabilities sum to 1.
    The channels of a pixel share the choice of a component, and the mean of each is shifted by those before it,
    by factors in (-1, 1) that the network gives.

    The parameters of a pixel with C channels are, for K components: K logits, C K means, C K logarithms of
    scales (at least -7), and C (C - 1) / 2 K factors, each group with the components innermost.

    Args:
        levels: Integer, at least 2.
        channels: Integer, at least 1.

    Raises:
        ValueError: If they are others.

    Example:

    >>> likelihood = LogisticMixture(levels=2)  # sigmoid(0) of either level where the mean is 0
    >>> fair = likelihood.log_likelihood(keras.ops.ones((1, 2, 2, 1)), keras.ops.zeros((1, 2, 2, 3)))
    >>> round(float(fair[0]), 4)  # 4 log(1/2)
    -2.7726

    Reference: Salimans et al., 2017, PixelCNN++, sections 2.1 and 2.2, https://arxiv.org/abs/1701.05517
    """

    def __init__(self, levels: int = 256, channels: int = 1) -> None:
        _check(levels, channels)
        self.levels = levels
        self.channels = channels
        self.numbers = 1 + channels

    @property
    def _parameters(self):
        """How many there are of each component."""
        return 1 + 2 * self.channels + self.channels * (self.channels - 1) // 2

    @property
    def wanted(self) -> str:
        """How many parameters a pixel has, in words."""
        return f"a multiple of {self._parameters}, so many for each component"

    def fits(self, parameters: int) -> bool:
        """Whether so many parameters a pixel are those of such a distribution."""
        return parameters > 0 and parameters % self._parameters == 0

    def log_likelihood(self, levels: Tensor, outputs: Tensor) -> Tensor:
        """Log likelihood in nats, summed over pixels and channels.

        Args:
            levels: Tensor `(batch, height, width, channels)` of whole numbers in [0, levels).
            outputs: Float tensor `(batch, height, width, parameters)`.

        Returns:
            Float32 tensor `(batch,)`.
        """
        levels = ops.cast(levels, "float32")
        logits, means, log_scales, factors = self._parts(outputs)
        values = ops.expand_dims(values_of(levels, self.levels), -1)  # (..., channels, 1)
        total = ops.log_softmax(logits, axis=-1)
        for channel in range(self.channels):
            value, level = values[..., channel, :], levels[..., channel : channel + 1]
            mean = self._mean(means, factors, values, channel)
            total = total + discretized_logistic(
                value - mean, level, log_scales[..., channel, :], self.levels
            )
        return ops.sum(ops.logsumexp(total, axis=-1), axis=(1, 2))

    def draw(self, outputs: Tensor, uniforms: Tensor, temperature: float | Tensor = 1.0) -> Tensor:
        """Draws levels of one pixel of each example.

        Args:
            outputs: Float tensor `(batch, parameters)`.
            uniforms: Float32 tensor `(batch, 1 + channels)` of uniform numbers in [0, 1].
            temperature: Number above 0, or a scalar tensor, that the components' logits are divided by and
                their scales multiplied.

        Returns:
            Int32 tensor `(batch, channels)`.
        """
        logits, *parts = self._parts(outputs)
        component = _drawn(logits / temperature, uniforms[:, :1])
        chosen = ops.one_hot(component, logits.shape[-1], dtype="float32")[:, None, :]
        means, log_scales, factors = (ops.sum(part * chosen, -1, keepdims=True) for part in parts)
        u = ops.clip(uniforms[:, 1:], _EDGE, 1.0 - _EDGE)
        logistic = temperature * (ops.log(u) - ops.log(1.0 - u))
        drawn, values = [], []
        for channel in range(self.channels):
            mean = self._mean(means, factors, values, channel)
            value = mean + ops.exp(log_scales[:, channel]) * logistic[:, channel : channel + 1]
            level = ops.round(0.5 * (ops.clip(value, -1.0, 1.0) + 1.0) * (self.levels - 1))
            drawn.append(level)
            values.append(values_of(level, self.levels))
        return ops.cast(ops.concatenate(drawn, axis=-1), "int32")

    def _parts(self, outputs):
        """Logits `(..., K)`; means, log scales and factors `(..., channels or pairs, K)`."""
        outputs = ops.cast(outputs, "float32")
        components = outputs.shape[-1] // self._parameters
        pixels = ops.shape(outputs)[:-1]
        parts = ops.reshape(outputs, (*pixels, self._parameters, components))
        c = self.channels
        log_scales = ops.maximum(parts[..., 1 + c : 1 + 2 * c, :], _LEAST_LOG_SCALE)
        factors = ops.tanh(parts[..., 1 + 2 * c :, :])
        return parts[..., 0, :], parts[..., 1 : 1 + c, :], log_scales, factors

    def _mean(self, means, factors, values, channel):
        """A channel's means, shifted by the values of the channels before it."""
        first = channel * (channel - 1) // 2
        mean = means[..., channel, :]
        for before in range(channel):
            value = values[before] if isinstance(values, list) else values[..., before, :]
            mean = mean + factors[..., first + before, :] * value
        return mean

    def get_config(self) -> Config:
        return {"levels": self.levels, "channels": self.channels}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


_LIKELIHOODS: dict[str, Any] = {"logistic_mixture": LogisticMixture, "softmax": PixelSoftmax}


def get_pixel_likelihood(name: str, levels: int, channels: int) -> Any:
    """The distribution of a pixel's levels that a name stands for.

    Args:
        name: `"logistic_mixture"` or `"softmax"`.
        levels: Integer, at least 2.
        channels: Integer, at least 1.

    Returns:
        A `LogisticMixture` or a `PixelSoftmax`.

    Raises:
        ValueError: If there is no such name, or it has no such form.

    Example:

    >>> get_pixel_likelihood("softmax", levels=16, channels=1).levels
    16
    """
    if name not in _LIKELIHOODS:
        raise ValueError(
            f"`likelihood` must be one of {', '.join(_LIKELIHOODS)}. Received: likelihood={name!r}"
        )
    return _LIKELIHOODS[name](levels, channels)
