"""Recipes of variational autoencoders."""

from typing import Any

from keras_gen.recipes.latent import LatentRecipe
from keras_gen.recipes.options import option

LIKELIHOODS = ("bernoulli", "gaussian", "learned_gaussian", "discretized_logistic")
OBJECTIVES = ("elbo", "iwae", "beta_tc", "mmd")
BINARIZATIONS = ("dynamic", "static")


class VariationalRecipe(LatentRecipe):
    """An encoder to a Gaussian over latents, and a decoder, at one rate."""

    default_epochs = 15
    least_steps = 5_000

    batch_size = 128
    latent_dim = 16
    beta: float = option(1.0, "Weight of the KL term.", min=0.0)


class BoundRecipe(VariationalRecipe):
    """What is maximised, under which likelihood, and whether of images drawn black and white."""

    likelihood: str = option("bernoulli", f"{', '.join(LIKELIHOODS)}.", choices=LIKELIHOODS)
    objective: str = option(
        "elbo",
        "elbo, iwae (a tighter bound, of several latents an image), beta_tc (--beta weighs what latents tell "
        "of each other alone), or mmd (all latents together as the prior's).",
        choices=OBJECTIVES,
    )
    importance_samples: int = option(5, "Latents an image of --objective iwae.", min=1)
    free_bits: float = option(
        0.0, "Nats of each latent that the KL term leaves free, of --objective elbo.", min=0.0
    )
    binarize: str | None = option(
        None,
        "Black and white drawn by brightness: dynamic, anew in each pass, or static, once.",
        choices=BINARIZATIONS,
    )

    @property
    def reading(self) -> dict[str, Any]:
        return {**super().reading, "binarize": self.binarize}

    @property
    def bound(self) -> dict[str, Any]:
        """What is maximised: options of the models."""
        return {
            "beta": self.beta,
            "likelihood": self.likelihood,
            "objective": self.objective,
            "importance_samples": self.importance_samples,
            "free_bits": self.free_bits,
        }
