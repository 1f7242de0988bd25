"""A prior of a VAE that is learnt with it: the posteriors of inputs that are learnt, too."""

import keras
import numpy as np
from keras import ops

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_int
from keras_gen.core.latent_samplers import LearnedLatents
from keras_gen.core.priors import draw_categories, noise_and_places
from keras_gen.types import Array, Shape, Tensor


class VampPrior(LearnedLatents):
    """A mixture of Gaussians of equal shares: the posteriors of pseudo-inputs, which are weights.

    Where posteriors of data together are to be like the prior, the best prior would be their mixture; this one
    is that of as few inputs as it has, and is learnt by the same bound. The encoder sees pseudo-inputs as it
    sees data once trained: it drops nothing out, and normalises by its moving statistics.

    `pseudo_inputs` is the variable `(components, *input_shape)`. It begins as grey noise; to begin with data,
    `prior.pseudo_inputs.assign(images[:100])`, which are then in the model's file.

    Args:
        encoder: Built `keras.Model`, inputs to the posterior's `[mean, log variance]`, each of shape
            `(batch, latent_dim)`.
        input_shape: Tuple of integers, the shape of an input.
        latent_dim: Integer, the length of a latent vector.
        components: Integer, how many pseudo-inputs.
        bounded: Boolean, whether inputs lie in [-1, 1]: pseudo-inputs are then kept there.

    Raises:
        ValueError: If there are none, or a side of an input is not known.

    Reference: Tomczak & Welling, 2017, VAE with a VampPrior, https://arxiv.org/abs/1705.07120
    """

    def __init__(
        self,
        encoder: keras.Model,
        input_shape: Shape,
        latent_dim: int,
        components: int,
        bounded: bool = True,
    ) -> None:
        super().__init__(latent_dim, name="vamp_prior")
        check_int("pseudo_inputs", components)
        if None in input_shape:
            raise ValueError(
                "`pseudo_inputs` are of one size, which the encoder's input must have. Received: an encoder of "
                f"{tuple(input_shape)}"
            )
        self._encoder = lambda: encoder  # In a function: its weights are the model's.
        self.pseudo_inputs = self.add_weight(
            shape=(components, *input_shape),
            initializer=keras.initializers.RandomNormal(stddev=0.5),
            constraint=_within if bounded else None,
            autocast=False,
            name="pseudo_inputs",
        )
        self.built = True

    @property
    def encoder(self) -> keras.Model:
        """The encoder of the model whose prior it is."""
        return self._encoder()

    def components(self) -> tuple[Tensor, Tensor]:
        """Means and log variances of the Gaussians, float32 tensors `(components, latent_dim)`."""
        posteriors = self.encoder(ops.convert_to_tensor(self.pseudo_inputs), training=False)
        mean, log_variance = (ops.cast(part, "float32") for part in posteriors)
        return mean, log_variance

    def log_density(self, latents: Tensor) -> Tensor:
        """Log density of latents `(n, latent_dim)` in nats, a float32 tensor `(n,)`."""
        return losses.gaussian_mixture_log_density(latents, *self.components())

    def divergence_bound(self, mean: Array, log_variance: Array, batch_size: int = 128) -> Array:
        """What posteriors diverge from it by at most, on the host: see `losses.mixture_divergence_bound`.

        Args:
            mean: Float array `(n, latent_dim)`.
            log_variance: Likewise.
            batch_size: Integer, how many at a time.

        Returns:
            Float32 array `(n,)`.
        """
        components = self._components_here()
        bounds = [
            losses.mixture_divergence_bound(mean[rows], log_variance[rows], *components)
            for rows in (slice(i, i + batch_size) for i in range(0, len(mean), batch_size))
        ]
        return np.concatenate([ops.convert_to_numpy(bound) for bound in bounds])

    def sample(self, count: int | Tensor, seed_generator: keras.random.SeedGenerator) -> Tensor:
        """Draws latents within a step: see `Normal.sample`."""
        mean, log_variance = self.components()
        chosen = draw_categories(count, self.pseudo_inputs.shape[0], seed_generator)
        noise = keras.random.normal((count, self.latent_dim), seed=seed_generator)
        deviation = ops.exp(0.5 * ops.take(log_variance, chosen, axis=0))
        return ops.take(mean, chosen, axis=0) + deviation * noise

    def _components_here(self):
        inputs = ops.convert_to_numpy(self.pseudo_inputs)
        return [np.asarray(part, "float32") for part in predict(self.encoder, inputs, 128)]

    def _drawn(self, n, seed):
        mean, log_variance = self._components_here()
        noise, places = noise_and_places(n, self.latent_dim, seed)
        chosen = np.minimum((places * len(mean)).astype(int), len(mean) - 1)
        return mean[chosen] + np.exp(0.5 * log_variance[chosen]) * noise


def _within(inputs):
    return ops.clip(inputs, -1.0, 1.0)
