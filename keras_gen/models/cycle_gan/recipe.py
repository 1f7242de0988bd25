"""How `keras-gen train cycle_gan` makes a CycleGAN."""

from typing import TYPE_CHECKING

from keras_gen.recipes import UnpairedRecipe
from keras_gen.recipes.options import option

if TYPE_CHECKING:
    from keras_gen.models.cycle_gan.model import CycleGAN
    from keras_gen.types import OpenedData


class CycleGANRecipe(UnpairedRecipe):
    """ResNet generators and PatchGANs; rates as for Pix2Pix."""

    family = "cycle_gan"
    title = "Translates between two sets of images, without pairs."
    default_epochs = 20
    cycle_weight: float = option(10.0, "Weight of what is lost there and back.", min=0.0)
    target_cycle_weight: float | None = option(
        None,
        "The same of target images, where it is another: 0 where the target tells more than the input.",
        min=0.0,
    )
    input_patches: bool = option(
        False,
        "With --projected: judge input images by a PatchGAN all the same, which sees every speck on a plain "
        "ground.",
    )
    cycle_noise: float = option(
        0.0,
        "Noise on translations before they go back, against patterns in which they hide what a "
        "translation should not tell.",
        min=0.0,
    )

    def __post_init__(self):
        super().__post_init__()
        if self.input_patches and not self.projected:
            raise ValueError(
                "`input_patches` is for `projected`: without it both judges are PatchGANs. "
                f"Received: input_patches={self.input_patches}, projected={self.projected}"
            )

    def build(self, opened: "OpenedData", updates: int) -> "CycleGAN":
        from keras_gen.models.cycle_gan.model import CycleGAN

        shape_a, shape_b = self.image_shapes(opened)
        a = b = self.cycle_weight
        if self.target_cycle_weight is not None:
            b = self.target_cycle_weight
        cycle_gan = CycleGAN(
            self.generator(shape_a, shape_b[-1]),
            self.generator(shape_b, shape_a[-1]),
            self.patches(shape_a) if self.input_patches else self.discriminator(shape_a),
            self.discriminator(shape_b),
            cycle_weight=a if a == b else (a, b),
            identity_weight=(a + b) / 4 if shape_a == shape_b else 0.0,
            ema_decay=self.ema_decay or None,
            cycle_noise=self.cycle_noise,
        )
        return self.compile(cycle_gan, updates)
