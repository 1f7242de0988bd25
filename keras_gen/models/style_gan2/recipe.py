"""How `keras-gen train style_gan2` makes a StyleGAN2."""

from typing import TYPE_CHECKING, ClassVar

from keras_gen.recipes import LatentRecipe, option
from keras_gen.recipes.adversarial import (
    NONE_OR_SOME,
    PROJECTED,
    check_augmentations,
    projected_judge,
    suited_augment,
)

if TYPE_CHECKING:
    from keras_gen.models.style_gan2.model import StyleGAN2
    from keras_gen.types import OpenedData


class StyleGAN2Recipe(LatentRecipe):
    """Codes of style at every level of detail, the logistic loss, R1 in every sixteenth step or none.

    The rate is held; of the augmentation there is as much as the discriminator needs.
    """

    family = "style_gan2"
    title = "Images from styles that can be mixed and found for pictures (StyleGAN2-ADA)."

    # A projected judge is no equalised network, and some thousand steps are few: at the paper's rate for both
    # it is soon far ahead.
    brings: ClassVar = {
        "projected": {
            "batch_size": 16,
            "learning_rate": 1e-2,
            "discriminator_learning_rate": 4e-4,
            # Beyond [-1, 1] a classifier's maps tell nothing.
            "output_scale": 0.25,
            "loss": "hinge",
            "diff_augment": "color,translation,cutout",
        }
    }
    unsaid: ClassVar = {"output_scale": 1.0}
    base_filters = 16
    learning_rate = 2.5e-3
    discriminator_learning_rate: float | None = option(
        None, "Of the discriminator.", min=0.0, shown="that of the generator"
    )
    output_scale: float = option(
        1.0, "What images are multiplied by, so that those of new weights are within the range."
    )
    style_dim: int = option(64, "Length of a code of style.", min=1)
    mapping_depth: int = option(2, "Dense layers from latents to codes.", min=1)
    loss: str = option(
        "non_saturating", "Adversarial loss: non_saturating, hinge, relativistic, ..."
    )
    projected: bool = option(False, PROJECTED)
    r1_weight: float | None = option(
        None,
        "Weight of the R1 penalty; 0 for none.",
        min=0.0,
        shown="0.0002 x pixels / batch size, 0 with --projected",
    )
    penalties_every: int = option(
        16, "The R1 penalty is taken in every so many steps: 1 on several devices.", min=1
    )
    path_length_weight: float = option(
        0.0, "Weight of path lengths in every fourth step; 0 for none, 2 for large images.", min=0.0
    )
    style_mixing: float = option(
        0.9, "Share of images of two latents in training.", min=0.0, max=1.0
    )
    ema_decay: float = option(
        0.999, "Decay of the generator's moving average; 0 for none.", min=0.0, max=1.0
    )
    diff_augment: str = option(
        "none",
        "What both networks' images pass through, the more of them the better the discriminator knows its "
        f"pictures by heart: for some thousands of pictures or fewer. {NONE_OR_SOME}",
    )

    def __post_init__(self):
        super().__post_init__()
        check_augmentations(self.diff_augment)

    def build(self, opened: "OpenedData", updates: int) -> "StyleGAN2":
        from keras_gen import networks
        from keras_gen.models.style_gan2 import model

        (shape,) = self.image_shapes(opened)
        if self.projected:
            judge = projected_judge(shape)
        else:
            judge = networks.style_gan2_discriminator(shape, self.base_filters)
        gan = model.StyleGAN2(
            networks.style_gan2_mapping(self.latent_dim, self.style_dim, self.mapping_depth),
            networks.style_gan2_synthesis(
                shape,
                self.style_dim,
                self.base_filters,
                output_scale=self.output_scale,
            ),
            judge,
            latent_dim=self.latent_dim,
            ema_decay=self.ema_decay or None,
        )
        judges = self.discriminator_learning_rate
        judges = self.learning_rate if judges is None else judges
        r1_weight = self.r1_weight
        if r1_weight is None:
            r1_weight = 0.0 if self.projected else model.paper_r1_weight(shape, self.batch_size)
        # A projected judge that has no penalty takes one update a step.
        penalties_every = 1 if self.projected and not r1_weight else self.penalties_every
        paths_every = model.PATH_LENGTHS_EVERY if self.path_length_weight else 1
        gan.compile(
            model.paper_adam(self.learning_rate, paths_every),
            model.paper_adam(judges, penalties_every),
            loss=self.loss,
            r1_weight=r1_weight,
            penalties_every=penalties_every,
            path_length_weight=self.path_length_weight,
            style_mixing=self.style_mixing,
            augmentation=suited_augment(
                self.diff_augment, self.loss, updates * self.batch_size, self.seed
            ),
        )
        return gan
