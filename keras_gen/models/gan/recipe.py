"""How `keras-gen train gan` makes a GAN."""

from typing import TYPE_CHECKING

from keras_gen.recipes import option
from keras_gen.recipes.adversarial import PROJECTED, DCGANRecipe, projected_judge

if TYPE_CHECKING:
    from keras_gen.models.gan.model import GAN
    from keras_gen.types import OpenedData


class GANRecipe(DCGANRecipe):
    """DCGAN with a moving average of the generator."""

    family = "gan"
    title = "Images from latents, by a generator and a discriminator (DCGAN)."

    projected: bool = option(False, PROJECTED)

    def build(self, opened: "OpenedData", updates: int) -> "GAN":
        from keras_gen import networks
        from keras_gen.models.gan.model import GAN

        (shape,) = self.image_shapes(opened)
        if self.projected:
            discriminator = projected_judge(shape)
        else:
            discriminator = networks.dcgan_discriminator(shape, self.base_filters)
        gan = GAN(
            networks.dcgan_generator(shape, self.latent_dim, self.base_filters),
            discriminator,
            latent_dim=self.latent_dim,
            ema_decay=self.ema_decay or None,
        )
        return self.compile(gan, updates, share_forward=True)
