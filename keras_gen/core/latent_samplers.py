"""Where a model's encoder puts data: what latents are drawn from in place of the prior."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_gen.backend import predict
from keras_gen.checks import check_positive_integer
from keras_gen.core.priors import (
    DrawsLatents,
    draw_latents,
    noise_and_places,
    straight_interpolation,
)
from keras_gen.types import Array, Config, Tensor

# Latents of the encoder that a sampler keeps, to know it by.
MARKS = 4
# Latents for each Gaussian of a mixture, and the most Gaussians.
_OF_A_GAUSSIAN, _MOST_GAUSSIANS = 500, 100


class LearnedLatents(DrawsLatents, keras.layers.Layer):
    """Base of what latents are drawn from that is not fixed beforehand. Abstract.

    It has the `shape`, `draw`, `between` and `near` of a `Normal`, but walks straight: what it draws need not
    lie around the origin. A subclass defines `_drawn(n, seed)`.

    Args:
        latent_dim: Integer, the length of a latent vector.
        **kwargs: `name` and the like, as for every Keras layer.

    Raises:
        ValueError: If `latent_dim` is not above 0.
    """

    def __init__(self, latent_dim: int, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        check_positive_integer("latent_dim", latent_dim)
        self.latent_dim = latent_dim
        self.shape = (latent_dim,)

    def between(self, start: Array, end: Array, steps: int) -> Array:
        """Walks straight from one latent to another: see `straight_interpolation`."""
        return straight_interpolation(start, end, steps)

    def near(self, latent: Array, amount: float, n: int, seed: int | None = None) -> Array:
        """Latents on the way from one to others that are drawn: see `Normal.near`."""
        return np.float32(1.0 - amount) * latent + np.float32(amount) * self.draw(n, seed)


class LatentSampler(LearnedLatents):
    """Base of what is fitted to the latents of a trained model and then drawn from. Abstract.

    Its weights are part of the model's file.

    Args:
        latent_dim: Integer, the length of a latent vector.
        **kwargs: `name` and the like, as for every Keras layer.

    Raises:
        ValueError: If `latent_dim` is not above 0.
    """

    def __init__(self, latent_dim: int, **kwargs: Any) -> None:
        super().__init__(latent_dim, **kwargs)
        self.marks = self._kept("marks", (MARKS, latent_dim))
        self.built = True

    def _kept(self, name, shape):
        """A variable that no training moves."""
        return self.add_weight(
            shape=shape, initializer="zeros", trainable=False, autocast=False, name=name
        )

    def fit(self, latents: Array, seed: int | None = 0) -> None:
        """Fits it to latents.

        Args:
            latents: Float array `(n, latent_dim)`.
            seed: Integer or None.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `fit`.")

    @classmethod
    def sizes_for(cls, count: int) -> Config:
        """Options that suit so many latents, where nobody says others."""
        return {}

    def get_config(self) -> Config:
        return {**super().get_config(), "latent_dim": self.latent_dim}


@keras.saving.register_keras_serializable(package="keras_gen")
class GaussianMixtureSampler(LatentSampler):
    """A mixture of Gaussians with whole covariances, fitted by scikit-learn.

    Args:
        latent_dim: Integer, the length of a latent vector.
        components: Integer, how many Gaussians.
        **kwargs: `name` and the like, as for every Keras layer.

    Raises:
        ValueError: If one of the two is not above 0.

    Example:

    >>> sampler = GaussianMixtureSampler(latent_dim=2, components=2)
    >>> ends = np.repeat([[5.0, 0.0], [-5.0, 0.0]], 50, axis=0)
    >>> sampler.fit(ends + np.random.default_rng(0).normal(0.0, 0.1, (100, 2)))
    >>> sorted(set(sampler.draw(20, seed=0)[:, 0].round().astype(int).tolist()))
    [-5, 5]

    Reference: Ghosh et al., 2020 (density estimation after the training), https://arxiv.org/abs/1903.12436
    """

    def __init__(self, latent_dim: int, components: int = 10, **kwargs: Any) -> None:
        super().__init__(latent_dim, **kwargs)
        check_positive_integer("components", components)
        self.components = components
        self.shares = self._kept("shares", (components,))
        self.means = self._kept("means", (components, latent_dim))
        self.factors = self._kept("factors", (components, latent_dim, latent_dim))

    def fit(self, latents: Array, seed: int | None = 0) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        if len(latents) < max(2, self.components):
            raise ValueError(
                f"`components` must be no more than the examples. Received: components={self.components} "
                f"and {len(latents)} examples"
            )
        mixture = GaussianMixture(self.components, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # A few steps more change little.
            mixture.fit(np.asarray(latents, "float64"))
        self.shares.assign(mixture.weights_)
        self.means.assign(mixture.means_)
        self.factors.assign(np.linalg.cholesky(mixture.covariances_))

    @classmethod
    def sizes_for(cls, count: int) -> Config:
        return {"components": min(max(1, count // _OF_A_GAUSSIAN), _MOST_GAUSSIANS)}

    def _drawn(self, n, seed):
        shares, means, factors = map(ops.convert_to_numpy, (self.shares, self.means, self.factors))
        noise, places = noise_and_places(n, self.latent_dim, seed)
        chosen = np.searchsorted(np.cumsum(shares)[:-1], places)
        return means[chosen] + np.einsum("nij,nj->ni", factors[chosen], noise)

    def get_config(self) -> Config:
        return {**super().get_config(), "components": self.components}


@keras.saving.register_keras_serializable(package="keras_gen")
class NormalizingFlowSampler(LatentSampler):
    """A small RealNVP: couplings that take normal noise to latents, trained by maximum likelihood.

    Each coupling scales and shifts one half of the numbers by what a small network makes of the other.

    Args:
        latent_dim: Integer, the length of a latent vector, at least 2.
        couplings: Integer, how many.
        width: Integer, of the two hidden layers of a coupling's network.
        epochs: Integer, passes of `fit` over the latents.
        **kwargs: `name` and the like, as for every Keras layer.

    Raises:
        ValueError: If one of them is not above 0, or `latent_dim` is 1.

    Reference: Dinh et al., 2016, Density estimation using Real NVP, https://arxiv.org/abs/1605.08803
    """

    def __init__(
        self,
        latent_dim: int,
        couplings: int = 6,
        width: int = 64,
        epochs: int = 50,
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, **kwargs)
        for name, value in {"couplings": couplings, "width": width, "epochs": epochs}.items():
            check_positive_integer(name, value)
        if latent_dim < 2:
            raise ValueError(
                "`latent_dim` must be at least 2 for couplings of two halves. "
                f"Received: latent_dim={latent_dim}"
            )
        self.couplings = couplings
        self.width = width
        self.epochs = epochs
        self.centre = self._kept("centre", (latent_dim,))
        self.deviation = self._kept("deviation", (latent_dim,))
        self.networks = [self._network(number) for number in range(couplings)]
        walk = _Walk(self, self.from_noise)
        self._walk = lambda: walk  # In a function: no part of the sampler's file.

    def _network(self, number):
        """From the half of the numbers that a coupling leaves to the log scales and shifts of the other."""
        moved = len(range((number + 1) % 2, self.latent_dim, 2))
        dense = keras.layers.Dense
        return keras.Sequential(
            [
                keras.Input((self.latent_dim - moved,)),
                dense(self.width, activation="relu", dtype="float32"),
                dense(self.width, activation="relu", dtype="float32"),
                dense(2 * moved, kernel_initializer="zeros", dtype="float32"),
            ],
            name=f"coupling_{number}",
        )

    def _coupled(self, x, number, function):
        """Numbers of which those that a coupling moves are what the function makes of them."""
        kept, moved = x[:, number % 2 :: 2], x[:, (number + 1) % 2 :: 2]
        raw, shift = ops.split(self.networks[number](kept), 2, axis=1)
        log_scale = ops.tanh(raw)  # No scale is above e or below 1 / e: what it makes stays finite.
        moved = function(moved, log_scale, shift)
        parts = [kept, moved] if number % 2 == 0 else [moved, kept]
        columns = [
            parts[column % 2][:, column // 2 : column // 2 + 1] for column in range(self.latent_dim)
        ]
        return ops.concatenate(columns, axis=1), ops.sum(log_scale, axis=1)

    def log_density(self, latents: Tensor) -> Tensor:
        """Log density of latents in nats.

        Args:
            latents: Float tensor `(n, latent_dim)`.

        Returns:
            Float32 tensor `(n,)`.
        """
        x = ops.cast(latents, "float32") - ops.convert_to_tensor(self.centre)
        x = x / ops.convert_to_tensor(self.deviation)
        total = -ops.sum(ops.log(ops.convert_to_tensor(self.deviation)))
        for number in range(self.couplings):
            x, logs = self._coupled(x, number, lambda x, s, t: (x - t) * ops.exp(-s))
            total = total - logs
        return total - 0.5 * ops.sum(ops.square(x) + np.log(2 * np.pi), axis=1)

    def from_noise(self, noise: Tensor) -> Tensor:
        """Latents that standard normal noise `(n, latent_dim)` becomes."""
        x = ops.cast(noise, "float32")
        for number in reversed(range(self.couplings)):
            x, _ = self._coupled(x, number, lambda x, s, t: x * ops.exp(s) + t)
        return ops.convert_to_tensor(self.centre) + ops.convert_to_tensor(self.deviation) * x

    def fit(self, latents: Array, seed: int | None = 0) -> None:
        latents = np.asarray(latents, "float32")
        if len(latents) < 2:
            raise ValueError(f"`latents` must be at least two. Received: {len(latents)}")
        self.centre.assign(latents.mean(axis=0))
        self.deviation.assign(np.maximum(latents.std(axis=0), 1e-3))
        random = np.random.default_rng(seed)
        for network in self.networks:
            for layer in network.layers[:-1]:
                deviation = np.sqrt(2.0 / layer.kernel.shape[0])
                layer.kernel.assign(random.normal(0.0, deviation, layer.kernel.shape))
        trained = _Walk(self, self.log_density)
        trained.compile(
            keras.optimizers.Adam(1e-3), loss=lambda _, log_density: -ops.mean(log_density)
        )
        none = np.zeros(len(latents), "float32")
        for _ in range(self.epochs):
            rows = latents[random.permutation(len(latents))]
            trained.fit(rows, none, batch_size=256, shuffle=False, verbose=0)

    def _drawn(self, n, seed):
        noise = draw_latents(n, self.latent_dim, seed)
        return predict(self._walk(), noise, 4096)

    def get_config(self) -> Config:
        own = {"couplings": self.couplings, "width": self.width, "epochs": self.epochs}
        return {**super().get_config(), **own}


class _Walk(keras.Model):
    """A function of a sampler, as a model of its weights."""

    def __init__(self, sampler, function):
        super().__init__(name="walk", dtype="float32")
        self.sampler = sampler
        self._function = lambda inputs: function(inputs)
        self.built = True

    def call(self, inputs):
        return self._function(inputs)


SAMPLERS: dict[str, type[LatentSampler]] = {
    "gmm": GaussianMixtureSampler,
    "flow": NormalizingFlowSampler,
}
