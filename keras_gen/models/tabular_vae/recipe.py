"""How `keras-gen train tabular_vae` makes a TabularVAE."""

from typing import TYPE_CHECKING

from keras_gen.recipes import MixedTableRecipe, option

if TYPE_CHECKING:
    from keras_gen.models.tabular_vae.model import TabularVAE
    from keras_gen.types import OpenedData


class TabularVAERecipe(MixedTableRecipe):
    """Dense networks, and of each column's modes and categories their probabilities (TVAE)."""

    family = "tabular_vae"
    title = (
        "Rows of a table of numbers, categories and dates to latents and back: generates, encodes."
    )

    latent_dim = 128
    beta: float = option(0.5, "Weight of the KL term.", min=0.0)

    def build(self, opened: "OpenedData", updates: int) -> "TabularVAE":
        import keras

        from keras_gen import networks
        from keras_gen.models.tabular_vae.model import TabularVAE
        from keras_gen.recipes.rates import falling

        rows = opened.coded
        parameters = 2 * sum(rows.modes) + sum(rows.sizes)  # a mean and a deviation, and logits
        vae = TabularVAE(
            networks.mlp_encoder(rows.width, self.latent_dim, self.width, self.depth),
            networks.mlp_decoder(self.latent_dim, parameters, self.width, self.depth),
            latent_dim=self.latent_dim,
            columns=opened.columns,
            beta=self.beta,
        )
        vae.compile(keras.optimizers.Adam(falling(self.learning_rate, updates)))
        return vae
