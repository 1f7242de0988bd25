"""How `keras-gen train table_gan` makes a TableGAN."""

from typing import TYPE_CHECKING

from keras_gen.recipes import TableRecipe, option
from keras_gen.recipes.rates import falling

if TYPE_CHECKING:
    from keras_gen.models.table_gan.model import TableGAN
    from keras_gen.types import OpenedData


class TableGANRecipe(TableRecipe):
    """Dense networks with a moving average of the generator."""

    family = "table_gan"
    title = "Rows of a table of numbers, by a generator and a discriminator."

    # The discriminator learns faster (Heusel et al., 2017): at equal rates columns come out too much alike.
    learning_rate = 5e-4
    discriminator_learning_rate: float = option(2e-3, "Of the discriminator.", min=0.0)
    ema_decay: float = option(
        0.999, "Decay of the generator's moving average; 0 for none.", min=0.0, max=1.0
    )
    loss: str = option(
        "non_saturating", "Adversarial loss: non_saturating, hinge, relativistic, ..."
    )
    r1_weight: float = option(0.1, "Weight of the R1 penalty; 0 for none.", min=0.0)

    def build(self, opened: "OpenedData", updates: int) -> "TableGAN":
        import keras

        from keras_gen import networks
        from keras_gen.models.table_gan.model import TableGAN

        size = len(opened.names)
        gan = TableGAN(
            networks.mlp_generator(self.latent_dim, size, self.width, self.depth),
            networks.mlp_discriminator(size, self.width, self.depth),
            latent_dim=self.latent_dim,
            columns=opened.columns,
            ema_decay=self.ema_decay or None,
        )
        rates = (self.learning_rate, self.discriminator_learning_rate)
        gan.compile(
            *(keras.optimizers.Adam(falling(rate, updates), beta_1=0.5) for rate in rates),
            loss=self.loss,
            r1_weight=self.r1_weight,
        )
        return gan
