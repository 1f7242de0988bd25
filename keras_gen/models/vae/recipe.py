"""How `keras-gen train vae` makes a VAE."""

from typing import TYPE_CHECKING

from keras_gen.recipes import BoundRecipe, option

if TYPE_CHECKING:
    from keras_gen.models.vae.model import VAE
    from keras_gen.types import OpenedData


class VAERecipe(BoundRecipe):
    """Convolutional VAE, of Bernoulli likelihood by default."""

    family = "vae"
    title = "Images to latents and back: encodes, reconstructs, generates."

    pseudo_inputs: int = option(
        0,
        "Images that are learnt, whose posteriors are the prior (VampPrior); 0: the normal prior.",
        min=0,
    )

    def build(self, opened: "OpenedData", updates: int) -> "VAE":
        from keras_gen import networks
        from keras_gen.models.vae.model import VAE

        (shape,) = self.image_shapes(opened)
        vae = VAE(
            networks.conv_encoder(shape, self.latent_dim, self.base_filters),
            networks.conv_decoder(shape, self.latent_dim, self.base_filters),
            latent_dim=self.latent_dim,
            pseudo_inputs=self.pseudo_inputs,
            **self.bound,
        )
        vae.compile(self.optimizer(updates))
        return vae
