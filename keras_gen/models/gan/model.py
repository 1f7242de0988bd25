"""Generative adversarial networks."""

import keras

from keras_gen.core.networks import check_scales
from keras_gen.models.plain_gan import PlainGAN
from keras_gen.types import Array, ArrayLike


@keras.saving.register_keras_serializable(package="keras_gen")
class GAN(PlainGAN):
    """A generative adversarial network: DCGAN's recipe with any adversarial loss.

    A step updates the discriminator on a batch of real images and as many generated ones, then the
    generator against the updated discriminator. Both networks run in training mode in both phases.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in the generator's range, [-1, 1] for those of
    `keras_gen.networks`. It logs `discriminator_loss`, `generator_loss`,
    the penalties in use, and the sum of the two losses as `loss`. A generator of other shapes than images
    makes points, signals or volumes in the same way, of floats of any range.

    Args:
        generator: Built `keras.Model`, latents `(batch, latent_dim)` to images.
        discriminator: Built `keras.Model`, images to logits `(batch, 1)`, or `(batch, h, w, 1)` for
            judgements of patches.
        latent_dim: Integer, the length of a latent vector.
        ema_decay: Float in [0, 1) or None. With a decay (0.999, say) the model keeps an exponential
            moving average of the generator's weights, which `generate` and `predict` use.
        name: String or None.

    Raises:
        ValueError: If a network is not built, or the shapes of the three do not fit.

    Example:
    >>> import keras_gen
    >>> gan = keras_gen.GAN(
    ...     generator=keras_gen.networks.dcgan_generator((8, 8, 1), latent_dim=4, base_filters=4),
    ...     discriminator=keras_gen.networks.dcgan_discriminator((8, 8, 1), base_filters=4),
    ...     latent_dim=4,
    ... )
    >>> gan.compile()
    >>> history = gan.fit(keras.ops.zeros((4, 8, 8, 1)), batch_size=2, verbose=0)
    >>> sorted(history.history)
    ['discriminator_loss', 'generator_loss', 'loss']
    >>> gan.generate(3, seed=0).shape
    (3, 8, 8, 1)

    Reference: Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661; Radford et al., 2015 (DCGAN),
    https://arxiv.org/abs/1511.06434
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int,
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(generator, discriminator, latent_dim, ema_decay=ema_decay, name=name)
        check_scales("discriminator", discriminator)

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
    ) -> Array:
        """Makes images.

        Args:
            n: Integer, how many.
            seed: Integer: the same images at each call and on every backend, up to rounding. None
                draws new ones.
            latents: Float array of shape `(n, latent_dim)` to use in place of drawn ones.
            batch_size: Integer, how many images are made at a time.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)`, in the generator's range.

        Raises:
            ValueError: If neither `n` nor `latents` is given, or the latents have another shape.
        """
        return self.sample(n, seed=seed, latents=latents, batch_size=batch_size)
