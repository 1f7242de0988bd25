"""How `keras-gen train semi_supervised_gan` makes a semi-supervised GAN."""

from typing import TYPE_CHECKING

from keras_gen.recipes import AdversarialRecipe, PartlyLabelledRecipe, option

if TYPE_CHECKING:
    from keras_gen.models.semi_supervised_gan.model import SemiSupervisedGAN
    from keras_gen.types import OpenedData


class SemiSupervisedGANRecipe(AdversarialRecipe, PartlyLabelledRecipe):
    """DCGAN's generator, a discriminator that tells classes, and feature matching."""

    family = "semi_supervised_gan"
    title = "Classes of images from few labels, with a generator's help."

    batch_size = 128
    discriminator_learning_rate = 1e-3
    unsupervised_weight: float = option(
        1.0, "Weight of telling real from generated; 0 to learn from the labels alone.", min=0.0
    )

    def build(self, opened: "OpenedData", updates: int) -> "SemiSupervisedGAN":
        from keras_gen import networks
        from keras_gen.models.semi_supervised_gan.model import SemiSupervisedGAN

        (shape,) = self.image_shapes(opened)
        classes = opened.num_classes
        gan = SemiSupervisedGAN(
            networks.dcgan_generator(shape, self.latent_dim, self.base_filters),
            self.classifier(shape, classes, self.base_filters),
            latent_dim=self.latent_dim,
            classes=classes,
            ema_decay=self.ema_decay or None,
        )
        gan.compile(
            *self.optimizers(updates, beta_1=0.5), unsupervised_weight=self.unsupervised_weight
        )
        return gan
