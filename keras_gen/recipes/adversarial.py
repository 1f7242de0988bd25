"""Recipes of models whose generator of latents learns from a discriminator."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras_gen.recipes.latent import LatentRecipe
from keras_gen.recipes.options import option
from keras_gen.recipes.rates import falling

if TYPE_CHECKING:
    import keras

    from keras_gen.layers import AdaptiveAugment, DiffAugment


# Of `keras_gen.layers.DiffAugment`, which is not imported to print words.
AUGMENTATIONS = ("color", "hue", "translation", "scale", "rotation", "shear", "cutout", "flip")
NONE_OR_SOME = f"none, or some of {','.join(AUGMENTATIONS)}."


def check_augmentations(diff_augment: str) -> None:
    """Raises a ValueError unless it is `"none"` or names of `AUGMENTATIONS` with commas between.

    Args:
        diff_augment: String, an option of that name.
    """
    named = diff_augment.split(",")
    if named != ["none"] and not set(named) <= set(AUGMENTATIONS):
        raise ValueError(
            f"`diff_augment` must be none, or some of {', '.join(AUGMENTATIONS)} with commas between. "
            f"Received: diff_augment={diff_augment!r}"
        )


def warn_without_discriminator(recipe: Any, names: Sequence[str]) -> None:
    """Warns of options of a discriminator that were given where there is none, at a weight of 0.

    Args:
        recipe: A recipe with the option `adversarial_weight`.
        names: Sequence of strings, the options that are its discriminator's.
    """
    usual = type(recipe).defaults()
    given = [name for name in names if getattr(recipe, name) != usual[name]]
    if given and not recipe.adversarial_weight:
        warnings.warn(
            f"{', '.join(given)}: of no effect, since there is no discriminator where adversarial_weight is 0.",
            stacklevel=3,
        )


def fixed_augment(operations: str, share: Any, seed: int) -> "DiffAugment | None":
    """A `DiffAugment` whose share does not adapt to the training; None of no operations.

    Args:
        operations: String, as `DiffAugment` takes it, or `"none"`.
        share: Number in [0, 1], the share of images that each operation changes, or a schedule of it.
        seed: Integer.
    """
    if operations == "none":
        return None
    from keras_gen.layers import DiffAugment

    return DiffAugment(operations, share, seed=seed)


def suited_augment(
    operations: str, loss: str, images: int, seed: int
) -> "AdaptiveAugment | DiffAugment | None":
    """What adapts by the signs of a discriminator's scores; changes all images where a loss's have none.

    It can come to all of the images in a quarter of a training.

    Args:
        operations: String, as `DiffAugment` takes it, or `"none"`, of which there is None.
        loss: String, the adversarial loss.
        images: Integer, the images that the training sees in all.
        seed: Integer.
    """
    from keras_gen.layers.adaptive_augment import UNSIGNED, AdaptiveAugment

    if operations == "none" or loss in UNSIGNED:
        return fixed_augment(operations, 1.0, seed)
    return AdaptiveAugment(operations, images=min(500_000, max(1, images // 4)), seed=seed)


PROJECTED = (
    "Judge images by what a pretrained classifier sees in them, as in Projected GAN, which learns from far "
    "fewer: images of 32 pixels and more, grey or in colour."
)


def projected_judge(
    image_shape: tuple[int, int, int],
    target_shape: tuple[int, int, int] | None = None,
) -> "keras.Model":
    """A `projected_discriminator` that sees images by ImageNet's classifier of the zoo, at 128 pixels or more.

    Args:
        image_shape: `(height, width, channels)`, sides of at least 32, 1 or 3 channels.
        target_shape: As in `projected_discriminator`.

    Raises:
        ValueError: If the images are others.
    """
    from keras_gen import networks
    from keras_gen.metrics import get_feature_extractor

    for shape in filter(None, (image_shape, target_shape)):
        if shape[-1] not in (1, 3) or min(shape[:2]) < 32:
            raise ValueError(
                "`projected` takes images of at least 32 x 32 with 1 or 3 channels. "
                f"Received: images of shape {shape}"
            )
    return networks.projected_discriminator(
        image_shape,
        get_feature_extractor("classifier_imagenet_lite0").model,
        target_shape,
        enlarge=max(1, 128 // min(image_shape[:2])),
    )


class AdversarialRecipe(LatentRecipe):
    """A generator with a moving average, and a discriminator with a rate of its own.

    Rates stay constant for half of the training and then fall linearly to zero.
    """

    discriminator_learning_rate: float = option(5e-4, "Of the discriminator.", min=0.0)
    ema_decay: float = option(
        0.999, "Decay of the generator's moving average; 0 for none.", min=0.0, max=1.0
    )

    def optimizers(
        self, updates: int, discriminator_updates: int = 1, **options: Any
    ) -> "list[keras.optimizers.Optimizer]":
        """Adam for the generator and for the discriminator.

        Args:
            updates: Integer, the training steps in all.
            discriminator_updates: Integer, the discriminator's updates in a step.
            **options: As in `keras.optimizers.Adam`.

        Returns:
            List of two optimizers.
        """
        import keras

        rates = [
            falling(self.learning_rate, updates),
            falling(self.discriminator_learning_rate, updates * discriminator_updates),
        ]
        return [keras.optimizers.Adam(rate, **options) for rate in rates]


class DCGANRecipe(AdversarialRecipe):
    """DCGAN's rates, with a choice of adversarial loss and a penalty on real images."""

    # Five and two and a half times the paper's, which is for larger networks: measured, see the zoo.
    learning_rate = 1e-3
    discriminator_learning_rate = 5e-4
    loss: str = option(
        "non_saturating", "Adversarial loss: non_saturating, hinge, relativistic, ..."
    )
    r1_weight: float = option(0.0, "Weight of the R1 penalty; 0 for none.", min=0.0)
    diff_augment: str = option(
        "none",
        "What both networks' images pass through, the more of them the better the discriminator knows its "
        f"pictures by heart: for some thousands of pictures or fewer. {NONE_OR_SOME}",
    )

    def __post_init__(self):
        super().__post_init__()
        check_augmentations(self.diff_augment)

    def compile(self, gan: Any, updates: int, **settings: Any) -> Any:
        """Compiles the model, with settings of its own, and returns it."""
        gan.compile(
            *self.optimizers(updates, beta_1=0.5),
            loss=self.loss,
            r1_weight=self.r1_weight,
            augmentation=self.augmentation(updates),
            **settings,
        )
        return gan

    def augmentation(self, updates: int) -> "DiffAugment | None":
        """The layer that images pass through where `diff_augment` names some change: see `suited_augment`.

        Args:
            updates: Integer, the training steps in all.
        """
        return suited_augment(self.diff_augment, self.loss, updates * self.batch_size, self.seed)
