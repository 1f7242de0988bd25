"""Recipes of models that make images of latents."""

from keras_gen.recipes.images import OneImageRecipe
from keras_gen.recipes.options import option


class LatentRecipe(OneImageRecipe):
    """Latents of one length to images of one shape."""

    latent_dim: int = option(64, "Length of a latent vector.", min=1)
    base_filters: int = option(32, "Width of the networks.", min=1)
    learning_rate: float = option(
        1e-3, "Of the generator, or of all networks where there is no other.", min=0.0
    )
