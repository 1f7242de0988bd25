"""A family of models that is one file of another package: tutorial 9's, as others would ship it.

Its package declares, in the entry points' group `keras_gen.families`,

    adversarial_autoencoder = adversarial_autoencoder:AdversarialAutoencoderRecipe
"""

import keras
from keras import ops

from keras_gen import core, losses, modalities
from keras_gen.recipes import ImageRecipe, option
from keras_gen.tasks import Encodes, FromLatents


@keras.saving.register_keras_serializable(package="adversarial_autoencoder")
class AdversarialAutoencoder(Encodes, FromLatents, core.GenerativeModel):
    """An autoencoder whose codes a discriminator makes Gaussian.

    Args:
        encoder: Built `keras.Model`, images to codes `(batch, latent_dim)`.
        decoder: Built `keras.Model`, codes to images in [-1, 1].
        discriminator: Built `keras.Model`, codes to logits `(batch, 1)`.
        latent_dim: Integer, the length of a code.
        name: String or None.

    Reference: Makhzani et al., 2015, https://arxiv.org/abs/1511.05644
    """

    parts_in_words = "discriminator among them"

    def __init__(self, encoder, decoder, discriminator, latent_dim, name=None):
        super().__init__(name=name)
        (self.image_shape,), _ = core.check_network("encoder", encoder, [None], [(latent_dim,)])
        core.check_network("decoder", decoder, [(latent_dim,)], [self.image_shape])
        core.check_network("discriminator", discriminator, [(latent_dim,)], [(1,)])
        self.encoder = encoder
        self.decoder = decoder
        self.discriminator = discriminator
        self.latent_dim = latent_dim
        self.prior = core.Normal(latent_dim)
        self.adversarial = losses.get("hinge")
        self.built = True

    @property
    def takes(self):
        return {"image": modalities.Images(self.image_shape)}

    def compile(
        self,
        autoencoder_optimizer="adam",
        discriminator_optimizer="adam",
        encoder_optimizer="adam",
        **trainer_options,
    ):
        optimizers = {
            "autoencoder": autoencoder_optimizer,
            "discriminator": discriminator_optimizer,
            "encoder": encoder_optimizer,
        }
        self.compile_phases(optimizers, **trainer_options)

    def call(self, images, training=False):
        return self.decoder(self.encoder(images, training=training), training=training)

    def phases(self):
        return {
            "autoencoder": core.Phase([self.encoder, self.decoder]),
            "discriminator": core.Phase([self.discriminator]),
            "encoder": core.Phase([self.encoder], ["code_size"]),
        }

    def step(self, data, update):
        images = self.take(data)
        update("autoencoder", lambda: losses.l1(images, self(images, training=update.training)))
        codes = self.encoder(images, training=update.training)
        drawn = self.prior.sample(ops.shape(codes)[0], self.seed_generator)
        update("discriminator", lambda: self.discriminator_loss(drawn, codes))
        update("encoder", lambda: self.encoder_loss(images, update.training))

    def discriminator_loss(self, drawn, codes):
        return self.adversarial.discriminator_loss(
            self.discriminator(drawn), self.discriminator(codes)
        )

    def encoder_loss(self, images, training):
        codes = self.encoder(images, training=training)
        loss = self.adversarial.generator_loss(self.discriminator(codes))
        return loss, {"code_size": ops.mean(codes**2)}

    def encode(self, images, batch_size=128):
        return core.predict(self.encoder, self.gives.take("`images`", images), batch_size)

    def decode(self, latents, batch_size=128):
        return core.predict(self.decoder, self.prior.draw(None, given=latents), batch_size)

    def reconstruct(self, images, batch_size=128):
        return self.decode(self.encode(images, batch_size), batch_size)

    def generate(self, n=None, seed=None, latents=None, batch_size=128):
        return self.decode(self.prior.draw(n, seed, latents), batch_size)


class AdversarialAutoencoderRecipe(ImageRecipe):
    """Networks of dense layers."""

    title = "Images to Gaussian codes and back, by an opponent in place of a KL term."

    latent_dim: int = option(8, "Length of a code.", min=1)
    units: int = option(256, "Units of a hidden layer; half of them in the discriminator.", min=2)
    learning_rate: float = option(1e-3, "Of all three optimizers.", min=0.0)

    def build(self, opened, updates):
        (shape,) = self.image_shapes(opened)
        model = AdversarialAutoencoder(
            *networks(shape, self.latent_dim, self.units), latent_dim=self.latent_dim
        )
        model.compile(*(keras.optimizers.Adam(self.learning_rate) for _ in model.phases()))
        return model


def networks(shape, latent_dim, units):
    """Encoder, decoder and discriminator of images of a shape."""
    pixels = shape[0] * shape[1] * shape[2]

    def dense(inputs, outputs, *ends, activation=None, before=(), width=units):
        hidden = [keras.layers.Dense(width, activation="relu") for _ in range(2)]
        last = keras.layers.Dense(outputs, activation=activation, dtype="float32")
        first = x = keras.Input(inputs)
        for layer in (*before, *hidden, last, *ends):
            x = layer(x)
        return keras.Model(first, x)

    return (
        dense(shape, latent_dim, before=[keras.layers.Flatten()]),
        dense(
            (latent_dim,), pixels, keras.layers.Reshape(shape, dtype="float32"), activation="tanh"
        ),
        dense((latent_dim,), 1, width=units // 2),
    )
