"""How `keras-gen train inpainting` makes an Inpainting."""

from typing import TYPE_CHECKING

from keras_gen.recipes import AugmentedRecipe
from keras_gen.recipes.adversarial import (
    PROJECTED,
    projected_judge,
    warn_without_discriminator,
)
from keras_gen.recipes.options import option
from keras_gen.recipes.rates import falling

if TYPE_CHECKING:
    from keras_gen.models.inpainting.model import Inpainting
    from keras_gen.types import OpenedData


class InpaintingRecipe(AugmentedRecipe):
    """U-Net of gated convolutions and a spectrally normalised PatchGAN, on pictures with drawn holes.

    Rates are constant for half of the training, then fall to 0.
    """

    family = "inpainting"
    title = "Fills the holes of pictures, or takes things out of them."
    default_epochs = 40

    batch_size = 16
    holes: str = option(
        "mixed", "free_form strokes, a box, or mixed.", choices=("mixed", "free_form", "box")
    )
    smallest: float = option(0.25, "Least share of a side that a box takes.", min=0.0, max=1.0)
    largest: float = option(0.5, "Greatest share of a side that a box takes.", min=0.0, max=1.0)
    base_filters: int = option(24, "Width of the networks.", min=1)
    gates: str = option(
        "single",
        "Gates of a convolution: full, one for each feature, or single, one for all of a place.",
        choices=("full", "single"),
    )
    learning_rate: float = option(5e-4, "Of the generator.", min=0.0)
    discriminator_learning_rate: float = option(5e-4, "Of the discriminator.", min=0.0)
    hole_weight: float = option(6.0, "Weight of the difference in the hole.", min=0.0)
    known_weight: float = option(1.0, "Weight of the difference outside.", min=0.0)
    adversarial_weight: float = option(
        0.1, "Weight of the adversarial loss; 0 for no discriminator.", min=0.0
    )
    loss: str = option(
        "hinge", "Adversarial loss: hinge, non_saturating, least_squares, relativistic, ..."
    )
    projected: bool = option(False, PROJECTED)
    perceptual_weight: float = option(
        0.0, "Weight of a distance by a classifier's maps, 1 say; 0 for none.", min=0.0
    )
    ema_decay: float = option(
        0.999, "Of the moving average of the generator's weights, which fills; 0 for none.", min=0.0
    )
    augment: str = option(
        "flip",
        "crop,flip; flip; crop; none. Crops are for photographs, not for things framed alike.",
    )

    def build(self, opened: "OpenedData", updates: int) -> "Inpainting":
        import keras

        from keras_gen import networks
        from keras_gen.models.inpainting.model import Inpainting

        ((height, width, channels),) = self.image_shapes(opened)
        discriminator, perceptual = None, None
        warn_without_discriminator(self, ("loss", "projected", "discriminator_learning_rate"))
        generator = networks.gated_unet_generator(
            (height, width, channels + 1), channels, self.base_filters, gates=self.gates
        )
        if self.adversarial_weight and self.projected:
            discriminator = projected_judge((height, width, channels))
        elif self.adversarial_weight:
            discriminator = networks.patch_discriminator(
                (height, width, 1),
                (height, width, channels),
                # As wide as the generator it would take half of a step's time.
                base_filters=max(1, self.base_filters // 2),
                normalization="spectral",
            )
        if self.perceptual_weight:
            from keras_gen.metrics import PerceptualDistance

            perceptual = PerceptualDistance()
        inpainting = Inpainting(
            generator,
            discriminator,
            holes=self.holes,
            smallest=self.smallest,
            largest=self.largest,
            hole_weight=self.hole_weight,
            known_weight=self.known_weight,
            adversarial_weight=self.adversarial_weight,
            perceptual=perceptual,
            perceptual_weight=self.perceptual_weight,
            ema_decay=self.ema_decay or None,
        )
        rates = [self.learning_rate, self.discriminator_learning_rate]
        optimizers = [
            keras.optimizers.Adam(falling(rate, updates), beta_1=0.5)
            for rate in (rates if discriminator is not None else rates[:1])
        ]
        inpainting.compile(*optimizers, loss=self.loss)
        return inpainting
