"""How `keras-gen train gan` makes a GAN."""

from keras_gen.recipes import AdversarialRecipe, option


class GANRecipe(AdversarialRecipe):
    """DCGAN with a moving average of the generator."""

    family = "gan"
    title = "Images from latents, by a generator and a discriminator (DCGAN)."

    # Five and two and a half times the paper's, which is for larger networks: measured, see the zoo.
    learning_rate = 1e-3
    discriminator_learning_rate = 5e-4
    loss: str = option(
        "non_saturating", "Adversarial loss: non_saturating, hinge, relativistic, ..."
    )
    r1_weight: float = option(0.0, "Weight of the R1 penalty; 0 for none.", min=0.0)

    def build(self, opened, updates):
        from keras_gen import networks
        from keras_gen.models.gan.model import GAN

        (shape,) = self.image_shapes(opened)
        gan = GAN(
            networks.dcgan_generator(shape, self.latent_dim, self.base_filters),
            networks.dcgan_discriminator(shape, self.base_filters),
            latent_dim=self.latent_dim,
            ema_decay=self.ema_decay or None,
        )
        return self.compile(gan, updates)

    def compile(self, gan, updates):
        """Compiles the model and returns it."""
        gan.compile(
            *self.optimizers(updates, beta_1=0.5),
            loss=self.loss,
            r1_weight=self.r1_weight,
            share_forward=True,
        )
        return gan
