"""How `keras-gen train tabular_gan` makes a TabularGAN."""

from typing import TYPE_CHECKING

from keras_gen.recipes import MixedTableRecipe, option

if TYPE_CHECKING:
    from keras_gen.models.tabular_gan.model import TabularGAN
    from keras_gen.types import OpenedData


class TabularGANRecipe(MixedTableRecipe):
    """A generator that is told a column's value, and a critic of rows in packs (CTGAN)."""

    family = "tabular_gan"
    title = "Rows of a table of numbers, categories and dates, by a generator that can be asked for values."

    latent_dim = 128
    width = 256
    learning_rate = 2e-4
    discriminator_learning_rate: float = option(2e-4, "Of the discriminator.", min=0.0)
    pac: int = option(10, "Rows that are judged together.", min=1)
    dropout: float = option(0.0, "Of the discriminator, in [0, 1).", min=0.0, max=1.0)
    ema_decay: float = option(
        0.999, "Decay of the generator's moving average; 0 for none.", min=0.0, max=1.0
    )

    def build(self, opened: "OpenedData", updates: int) -> "TabularGAN":
        import keras

        from keras_gen import networks
        from keras_gen.models.tabular_gan.model import TabularGAN
        from keras_gen.recipes.rates import falling

        rows = opened.coded
        choices, modes = sum(rows.sizes), sum(rows.modes)
        gan = TabularGAN(
            networks.tabular_generator(
                self.latent_dim, choices, modes + choices, self.width, self.depth
            ),
            networks.mlp_discriminator(
                self.pac * (rows.width + choices), self.width, self.depth, self.dropout
            ),
            latent_dim=self.latent_dim,
            columns=opened.columns,
            pac=self.pac,
            ema_decay=self.ema_decay or None,
        )
        rates = (self.learning_rate, self.discriminator_learning_rate)
        gan.compile(
            *(
                keras.optimizers.Adam(falling(rate, updates), beta_1=0.5, beta_2=0.9)
                for rate in rates
            )
        )
        return gan
