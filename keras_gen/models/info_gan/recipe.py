"""How `keras-gen train info_gan` makes an InfoGAN."""

from typing import TYPE_CHECKING

from keras_gen.recipes import option
from keras_gen.recipes.adversarial import NONE_OR_SOME, DCGANRecipe, fixed_augment

if TYPE_CHECKING:
    from keras_gen.layers import DiffAugment
    from keras_gen.models.info_gan.model import InfoGAN
    from keras_gen.types import OpenedData


class InfoGANRecipe(DCGANRecipe):
    """DCGAN with codes beside the noise, and a second head of the discriminator that tells them."""

    family = "info_gan"
    title = "Images from codes that come to mean something without labels (InfoGAN)."

    latent_dim: int = option(62, "Length of the noise beside the codes.", min=1)
    noise_deviation: float = option(
        1.0, "Of the noise: below 1 the category counts for more beside it.", min=0.0
    )
    categories: int = option(10, "Values of the categorical code.", min=2)
    continuous: int = option(2, "Codes that are numbers in [-1, 1].", min=0)
    category_weight: float = option(1.0, "Weight of telling the category.", min=0.0)
    continuous_weight: float = option(0.1, "Weight of telling the numbers.", min=0.0)

    diff_augment: str = option(
        "none",
        "What both networks' images pass through: the codes come to stand for what it does not change. "
        f"{NONE_OR_SOME}",
    )
    diff_augment_share: float = option(
        0.8, "Share of the images that each of them changes.", min=0.0, max=1.0
    )

    def build(self, opened: "OpenedData", updates: int) -> "InfoGAN":
        from keras_gen import networks
        from keras_gen.models.info_gan.model import InfoGAN

        (shape,) = self.image_shapes(opened)
        codes = self.categories + self.continuous
        gan = InfoGAN(
            networks.dcgan_generator(shape, self.latent_dim + codes, self.base_filters),
            networks.dcgan_discriminator(shape, self.base_filters, codes=codes),
            noise_dim=self.latent_dim,
            categories=self.categories,
            continuous=self.continuous,
            ema_decay=self.ema_decay or None,
            noise_deviation=self.noise_deviation,
        )
        return self.compile(
            gan,
            updates,
            category_weight=self.category_weight,
            continuous_weight=self.continuous_weight,
        )

    def augmentation(self, updates: int) -> "DiffAugment | None":
        return fixed_augment(self.diff_augment, self.diff_augment_share, self.seed)
