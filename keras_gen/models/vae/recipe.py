"""How `keras-gen train vae` makes a VAE."""

from typing import TYPE_CHECKING

from keras_gen.recipes import BoundRecipe

if TYPE_CHECKING:
    from keras_gen.models.vae.model import VAE
    from keras_gen.types import OpenedData


class VAERecipe(BoundRecipe):
    """Convolutional VAE, of Bernoulli likelihood by default."""

    family = "vae"
    title = "Images to latents and back: encodes, reconstructs, generates."

    def build(self, opened: "OpenedData", updates: int) -> "VAE":
        import keras

        from keras_gen import networks
        from keras_gen.models.vae.model import VAE

        (shape,) = self.image_shapes(opened)
        vae = VAE(
            networks.conv_encoder(shape, self.latent_dim, self.base_filters),
            networks.conv_decoder(shape, self.latent_dim, self.base_filters),
            latent_dim=self.latent_dim,
            **self.bound,
        )
        vae.compile(keras.optimizers.Adam(self.learning_rate))
        return vae
