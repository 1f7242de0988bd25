"""What the models that make images from latents share."""

import keras

from keras_gen.engine import GenerativeModel
from keras_gen.models import checks
from keras_gen.models.moving_average import clone_for_averaging, update_average
from keras_gen.models.sample_evaluation import SampleEvaluation


class LatentModel(SampleEvaluation, GenerativeModel):
    """Base of the models with a generator of latents and a discriminator. Abstract.

    Args:
        generator: Built `keras.Model` whose first input is latents `(batch, latent_dim)`.
        discriminator: Built `keras.Model` whose first input is images.
        latent_dim: Integer, the length of a latent vector.
        ema_decay: Float in [0, 1) or None: the decay of a moving average of the generator.
        name: String or None.
    """

    def __init__(self, generator, discriminator, latent_dim, ema_decay=None, name=None):
        super().__init__(name=name)
        checks.check_positive_integer("latent_dim", latent_dim)
        _, self.image_shape = checks.check_network("generator", generator, (latent_dim,))
        checks.check_network("discriminator", discriminator, self.image_shape)
        if ema_decay is not None and not 0.0 <= ema_decay < 1.0:
            raise ValueError(
                f"`ema_decay` must be None or a number in [0, 1). Received: ema_decay={ema_decay!r}"
            )
        self.generator = generator
        self.discriminator = discriminator
        self.latent_dim = latent_dim
        self.ema_decay = ema_decay
        self.ema_generator = None if ema_decay is None else clone_for_averaging(generator)
        self.built = True

    @property
    def sampler(self):
        """The network that makes images: the averaged generator where there is one."""
        return self.generator if self.ema_generator is None else self.ema_generator

    def call(self, inputs, training=False):
        return self.sampler(inputs, training=training)

    def sample_latents(self, count):
        """Draws training latents: a standard normal tensor of shape `(count, latent_dim)`."""
        return keras.random.normal((count, self.latent_dim), seed=self.seed_generator)

    def after_phase(self, phase):
        if phase == "generator" and self.ema_generator is not None:
            step = self.optimizer["generator"].iterations
            update_average(self.ema_generator, self.generator, self.ema_decay, step)
