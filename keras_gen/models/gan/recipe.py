"""How `keras-gen train gan` makes a GAN."""

from typing import TYPE_CHECKING, ClassVar

from keras_gen.recipes import option
from keras_gen.recipes.adversarial import PROJECTED, DCGANRecipe, projected_judge

if TYPE_CHECKING:
    from keras_gen.models.gan.model import GAN
    from keras_gen.types import OpenedData


class GANRecipe(DCGANRecipe):
    """DCGAN with a moving average of the generator."""

    family = "gan"
    title = "Images from latents, by a generator and a discriminator (DCGAN)."

    generator: str = option(
        "dcgan",
        "DCGAN's network, or FastGAN's, for few pictures of 64 pixels and more.",
        choices=("dcgan", "fast_gan"),
    )
    projected: bool = option(False, PROJECTED)

    # What learnt emoji of 64 x 64 from some thousands of them: see the zoo's gan_fluent_people.
    brings: ClassVar = {
        "projected": {
            "generator": "fast_gan",
            "batch_size": 16,
            "latent_dim": 128,
            "learning_rate": 4e-4,
            "discriminator_learning_rate": 4e-4,
            "loss": "hinge",
            "ema_decay": 0.998,
            "diff_augment": "color,translation,cutout",
        }
    }

    def build(self, opened: "OpenedData", updates: int) -> "GAN":
        from keras_gen import networks
        from keras_gen.models.gan.model import GAN

        (shape,) = self.image_shapes(opened)
        generators = {"dcgan": networks.dcgan_generator, "fast_gan": networks.fast_gan_generator}
        generator = generators[self.generator]
        if self.projected:
            discriminator = projected_judge(shape)
        else:
            discriminator = networks.dcgan_discriminator(shape, self.base_filters)
        gan = GAN(
            generator(shape, self.latent_dim, self.base_filters),
            discriminator,
            latent_dim=self.latent_dim,
            ema_decay=self.ema_decay or None,
        )
        return self.compile(gan, updates, share_forward=True)
