"""How `keras-gen train conditional_gan` makes a conditional GAN."""

from typing import TYPE_CHECKING

from keras_gen.recipes.adversarial import DCGANRecipe

if TYPE_CHECKING:
    from keras_gen.models.conditional_gan.model import ConditionalGAN
    from keras_gen.types import OpenedData


class ConditionalGANRecipe(DCGANRecipe):
    """DCGAN with the label as a one-hot code beside the latents, and as one-hot channels."""

    family = "conditional_gan"
    title = "Images of a chosen class, from labelled images."
    labelled = True

    def build(self, opened: "OpenedData", updates: int) -> "ConditionalGAN":
        from keras_gen import networks
        from keras_gen.models.conditional_gan.model import ConditionalGAN

        (shape,) = self.image_shapes(opened)
        classes = opened.num_classes
        gan = ConditionalGAN(
            networks.conditional_dcgan_generator(
                shape, classes, self.latent_dim, "one_hot", self.base_filters
            ),
            networks.conditional_dcgan_discriminator(
                shape, classes, "one_hot", base_filters=self.base_filters
            ),
            latent_dim=self.latent_dim,
            num_classes=classes,
            class_names=opened.class_names and list(opened.class_names),
            ema_decay=self.ema_decay or None,
        )
        return self.compile(gan, updates, share_forward=True)
