"""How much each draw from a posterior weighs in the likelihood of data."""

from typing import Any

import keras
from keras import ops

from keras_gen import losses
from keras_gen.backend import repeat
from keras_gen.core.vamp_prior import VampPrior
from keras_gen.types import Tensor


class ImportanceWeights(keras.Model):
    """Sums the importance weights `p(x, z) / q(z | x)` of draws: all are one loop of the compiled graph.

    Args:
        decoder: Built `keras.Model`, latents, and labels where there are classes, to the likelihood's
            parameters.
        likelihood: What `keras_gen.losses.get_likelihood` returns.
        prior: `VampPrior`, or None for the standard normal prior.
        name: String.

    Call arguments:
        inputs: List of data `(batch, ...)`, the posteriors' means and log variances `(batch, latent_dim)`,
            standard normal noise `(batch, draws, latent_dim)`, and labels `(batch,)` where there are classes.

    Returns:
        Float32 tensor `(batch,)`, the log of the sum.

    Reference: Burda et al., 2015, https://arxiv.org/abs/1509.00519
    """

    def __init__(
        self,
        decoder: keras.Model,
        likelihood: Any,
        prior: VampPrior | None = None,
        name: str = "importance_weights",
    ) -> None:
        super().__init__(name=name, dtype="float32")
        self.decoder = decoder
        self.likelihood = likelihood
        self.prior = prior
        self.encoder = None if prior is None else prior.encoder
        self.built = True

    def call(self, inputs: list[Tensor]) -> Tensor:
        data, mean, log_variance, noise, *labels = inputs
        components = None if self.prior is None else self.prior.components()

        def add(number, total):
            drawn = ops.take(noise, number, axis=1)
            latents = mean + ops.exp(0.5 * log_variance) * drawn
            outputs = self.decoder([latents, *labels] if labels else latents, training=False)
            # The posterior's density at a draw is that of its noise, by its deviations.
            log_posterior = losses.gaussian_log_density(drawn, 0.0, 0.0) - 0.5 * ops.sum(
                log_variance, axis=1
            )
            if components is None:
                log_prior = losses.gaussian_log_density(latents, 0.0, 0.0)
            else:
                log_prior = losses.gaussian_mixture_log_density(latents, *components)
            log_likelihood = self.likelihood.log_likelihood(data, outputs)
            return ops.logaddexp(total, log_likelihood + log_prior - log_posterior)

        none = ops.full((ops.shape(mean)[0],), float("-inf"), dtype="float32")
        return repeat(add, ops.shape(noise)[1], none)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[1][0],)
