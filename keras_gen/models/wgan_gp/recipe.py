"""How `keras-gen train wgan_gp` makes a Wasserstein GAN."""

from typing import TYPE_CHECKING

from keras_gen.recipes import AdversarialRecipe, option

if TYPE_CHECKING:
    from keras_gen.models.wgan_gp.model import WGANGP
    from keras_gen.types import OpenedData


class WGANGPRecipe(AdversarialRecipe):
    """DCGAN's networks, the critic layer-normalised, with a moving average of the generator."""

    family = "wgan_gp"
    title = "Images from latents, by a critic under a gradient penalty."

    # One critic update a step (Karras et al., 2017) at twice the rate (Heusel et al., 2017): the paper's
    # five leave the generator a fifth of the updates. Measured, see the zoo.
    learning_rate = 5e-4
    discriminator_learning_rate = 1e-3
    n_critic: int = option(1, "Critic updates in a step, each on its part of the batch.", min=1)

    def build(self, opened: "OpenedData", updates: int) -> "WGANGP":
        from keras_gen import networks
        from keras_gen.models.wgan_gp.model import WGANGP

        (shape,) = self.image_shapes(opened)
        wgan = WGANGP(
            networks.dcgan_generator(shape, self.latent_dim, self.base_filters),
            networks.dcgan_discriminator(shape, self.base_filters, normalization="layer"),
            latent_dim=self.latent_dim,
            n_critic=self.n_critic,
            ema_decay=self.ema_decay or None,
        )
        wgan.compile(*self.optimizers(updates, self.n_critic, beta_1=0.0, beta_2=0.99))
        return wgan
