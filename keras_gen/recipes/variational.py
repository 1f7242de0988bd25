"""Recipes of variational autoencoders."""

import dataclasses
from typing import TYPE_CHECKING, Any

from keras_gen.recipes.images import ImageRecipe
from keras_gen.recipes.latent import LatentRecipe
from keras_gen.recipes.options import option
from keras_gen.recipes.rates import falling

if TYPE_CHECKING:
    import keras

    from keras_gen.types import OpenedData

LIKELIHOODS = ("bernoulli", "gaussian", "learned_gaussian", "discretized_logistic")
OBJECTIVES = ("elbo", "iwae", "beta_tc", "mmd")
BINARIZATIONS = ("dynamic", "static")
SCHEDULES = ("constant", "falling")
SAMPLERS = ("gmm", "flow")
SAMPLER = (
    "Fitted to the latents at the end, to draw from in place of the prior: gmm (a mixture of up to a hundred "
    "Gaussians) or flow (a RealNVP)."
)
_FITTED_TO = 60_000  # images at most


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

    schedule: str = option(
        "constant",
        "Of the rate: constant, or falling, which holds it for half of the training and lets it fall to zero.",
        choices=SCHEDULES,
    )
    sampler: str | None = option(None, SAMPLER, choices=SAMPLERS)

    alone = ("sampler",)

    def finish(self, model: Any, opened: "OpenedData") -> str | None:
        if self.sampler is None:
            return None
        if self.binarize is None:
            return fit_sampler(self.sampler, model, opened, self)
        # Grey images as they are: what `generate` makes is grey, too.
        grey = dataclasses.replace(self, binarize=None)
        return fit_sampler(self.sampler, model, grey.open(), grey)

    @property
    def reading(self) -> dict[str, Any]:
        return {**super().reading, "binarize": self.binarize}

    def optimizer(self, updates: int) -> "keras.optimizers.Optimizer":
        """Adam at the rate of so many updates."""
        import keras

        falls = self.schedule == "falling"
        return keras.optimizers.Adam(
            falling(self.learning_rate, updates) if falls else self.learning_rate
        )

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


def fit_sampler(kind: str, model: Any, opened: "OpenedData", recipe: ImageRecipe) -> str:
    """Fits what a trained model draws latents from, and says so.

    Args:
        kind: One of `SAMPLERS`.
        model: A model with a `fit_sampler`.
        opened: The images, as they are to be encoded.
        recipe: The recipe it was trained by.
    """
    batches = recipe.batches(opened)
    steps = min(len(batches), -(-_FITTED_TO // recipe.batch_size))
    count = steps * recipe.batch_size
    model.fit_sampler(kind, batches.take(steps), seed=recipe.seed)
    return f"The sampler ({kind}) is fitted to the latents of {count} images."
