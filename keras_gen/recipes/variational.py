"""Recipes of variational autoencoders."""

from keras_gen.recipes.latent import LatentRecipe
from keras_gen.recipes.options import option


class VariationalRecipe(LatentRecipe):
    """An encoder to a Gaussian over latents, and a decoder, at one rate."""

    default_epochs = 15
    least_steps = 5_000

    batch_size = 128
    latent_dim = 16
    beta: float = option(1.0, "Weight of the KL term.", min=0.0)
