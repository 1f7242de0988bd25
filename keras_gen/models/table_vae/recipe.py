"""How `keras-gen train table_vae` makes a TableVAE."""

from typing import TYPE_CHECKING

from keras_gen.recipes import TableRecipe, option

if TYPE_CHECKING:
    from keras_gen.models.table_vae.model import TableVAE
    from keras_gen.types import OpenedData


class TableVAERecipe(TableRecipe):
    """Dense networks with a Gaussian likelihood."""

    family = "table_vae"
    title = (
        "Rows of a table of numbers to latents and back: encodes, generates, finds strange ones."
    )

    beta: float = option(1.0, "Weight of the KL term.", min=0.0)
    standard_deviation: float = option(
        0.2, "Noise of the likelihood, in deviations of each column.", min=1e-3
    )

    def build(self, opened: "OpenedData", updates: int) -> "TableVAE":
        import keras

        from keras_gen import networks
        from keras_gen.models.table_vae.model import TableVAE
        from keras_gen.recipes.rates import falling

        size = len(opened.names)
        vae = TableVAE(
            networks.mlp_encoder(size, self.latent_dim, self.width, self.depth),
            networks.mlp_decoder(self.latent_dim, size, self.width, self.depth),
            latent_dim=self.latent_dim,
            columns=opened.columns,
            beta=self.beta,
            standard_deviation=self.standard_deviation,
        )
        vae.compile(keras.optimizers.Adam(falling(self.learning_rate, updates)))
        return vae
