"""How `keras-gen train vae_gan` makes a VAEGAN."""

from typing import TYPE_CHECKING, Any

from keras_gen.recipes import option
from keras_gen.recipes.adversarial import AdversarialRecipe
from keras_gen.recipes.rates import falling
from keras_gen.recipes.variational import SAMPLER, SAMPLERS, fit_sampler

if TYPE_CHECKING:
    from keras_gen.models.vae_gan.model import VAEGAN
    from keras_gen.types import OpenedData


class VAEGANRecipe(AdversarialRecipe):
    """A convolutional encoder, DCGAN's generator as the decoder, DCGAN's discriminator, all normalised."""

    family = "vae_gan"
    title = "Images to latents and back, compared by what a discriminator sees in them."

    batch_size = 64
    learning_rate: float = option(5e-4, "Of the encoder, and of the decoder.", min=0.0)
    discriminator_learning_rate = 2e-4
    gamma: float = option(
        1e-2,
        "Weight of the features' distance in the decoder's loss: the more, the closer reconstructions are, the "
        "less, the more all images look real.",
        min=0.0,
    )
    beta: float = option(1.0, "Weight of the KL term in the encoder's loss.", min=0.0)
    sampler: str | None = option(None, SAMPLER, choices=SAMPLERS)

    alone = ("sampler",)

    def build(self, opened: "OpenedData", updates: int) -> "VAEGAN":
        import keras

        from keras_gen import networks
        from keras_gen.models.vae_gan.model import VAEGAN

        (shape,) = self.image_shapes(opened)
        model = VAEGAN(
            networks.conv_encoder(shape, self.latent_dim, self.base_filters, normalization="batch"),
            networks.dcgan_generator(shape, self.latent_dim, self.base_filters),
            networks.dcgan_discriminator(shape, self.base_filters),
            latent_dim=self.latent_dim,
            gamma=self.gamma,
            beta=self.beta,
            ema_decay=self.ema_decay or None,
        )
        encoder = keras.optimizers.Adam(falling(self.learning_rate, updates), beta_1=0.5)
        model.compile(encoder, *self.optimizers(updates, beta_1=0.5))
        return model

    def finish(self, model: Any, opened: "OpenedData") -> str | None:
        if self.sampler is None:
            return None
        return fit_sampler(self.sampler, model, opened, self)
