"""How `keras-gen train super_resolution` makes a SuperResolution."""

from typing import TYPE_CHECKING, Any

from keras_gen.recipes import AugmentedRecipe
from keras_gen.recipes.adversarial import warn_without_discriminator
from keras_gen.recipes.options import option
from keras_gen.recipes.rates import falling

if TYPE_CHECKING:
    import keras

    from keras_gen.data.opened import Opened
    from keras_gen.models.super_resolution.model import SuperResolution
    from keras_gen.types import ImageSize, OpenedData

LARGE_SIDE = 64  # where the data's pictures are no smaller


class SuperResolutionRecipe(AugmentedRecipe):
    """EDSR, half as wide and half as deep as its baseline, and for those who want it SRGAN's discriminator.

    Rates stay constant for half of the training and then fall linearly to zero.
    """

    family = "super_resolution"
    title = "Makes images larger, from any pictures: their small versions are made in passing."
    default_epochs = 40

    batch_size = 16
    image_size: int | None = option(
        None,
        "Side of the large images: pieces that are cut out of the pictures.",
        min=8,
        shown="64, or less where pictures are smaller",
    )
    factor: int = option(4, "How many times larger: 2, 3, 4 or 8.", min=2, max=8)
    target: str | None = option(None, "The image feature of a data set that has several.")
    blocks: int = option(8, "Residual blocks of the generator.", min=1)
    base_filters: int = option(32, "Width of the generator.", min=1)
    learning_rate: float = option(1e-3, "Of the generator.", min=0.0)
    reconstruction: str = option(
        "l1", "Distance to the targets.", choices=("l1", "l2", "charbonnier")
    )
    perceptual_weight: float = option(
        0.0,
        "Weight of a distance by a classifier's maps, where the other has the weight 1; 0 for none.",
        min=0.0,
    )
    adversarial_weight: float = option(
        0.0,
        "Weight of a discriminator's loss; 0 for no discriminator, 0.005 say makes details up.",
        min=0.0,
    )
    loss: str = option("relativistic", "Adversarial loss: relativistic, non_saturating, hinge, ...")
    r1_weight: float = option(0.0, "Weight of the R1 penalty; 0 for none.", min=0.0)
    discriminator_filters: int = option(32, "Width of the discriminator.", min=1)
    discriminator_learning_rate: float = option(2e-4, "Of the discriminator.", min=0.0)
    ema_decay: float = option(
        0.999,
        "Of the moving average of the generator's weights, which enlarges; 0 for none.",
        min=0.0,
        max=1.0,
    )

    def open(self) -> "Opened":
        from keras_gen import data

        return data.open_super_resolution(self.dataset, self.factor, self.target, **self.reading)

    def size(self, opened: "OpenedData") -> "ImageSize | None":
        """The size of the large images: a piece of 64 pixels a side, or the data's own where that is less."""
        if self.image_size is not None:
            return self.image_size
        _, (height, width, _) = opened.shapes_at(None)
        side = LARGE_SIDE - LARGE_SIDE % self.factor
        return min(side, height), min(side, width)

    def build(self, opened: "OpenedData", updates: int) -> "SuperResolution":
        from keras_gen import networks
        from keras_gen.models.super_resolution.model import SuperResolution

        _, target_shape = opened.shapes_at(self.size(opened))
        discriminator = None
        judging = ("loss", "r1_weight", "discriminator_filters", "discriminator_learning_rate")
        warn_without_discriminator(self, judging)
        if self.adversarial_weight:
            discriminator = networks.patch_discriminator(
                target_shape, base_filters=self.discriminator_filters, normalization="spectral"
            )
        model = SuperResolution(
            networks.edsr_generator(
                (None, None, target_shape[-1]), self.factor, self.base_filters, self.blocks
            ),
            discriminator,
            adversarial_weight=self.adversarial_weight / (self.perceptual_weight or 1.0),
            reconstruction=self._distance,
            ema_decay=self.ema_decay or None,
        )
        generator, opponent = self.optimizers(updates)
        model.compile(generator, opponent, loss=self.loss, r1_weight=self.r1_weight)
        return model

    def optimizers(self, updates: int) -> "list[keras.optimizers.Optimizer | None]":
        """Adam for the generator and, where there is one, for the discriminator: a list of two."""
        import keras

        generator = keras.optimizers.Adam(falling(self.learning_rate, updates))
        if not self.adversarial_weight:
            return [generator, None]
        rate = falling(self.discriminator_learning_rate, updates)
        return [generator, keras.optimizers.Adam(rate)]

    @property
    def _distance(self) -> Any:
        """The model's `reconstruction`."""
        if not self.perceptual_weight:
            return self.reconstruction
        from keras_gen.metrics import PerceptualDistance

        return PerceptualDistance(pixel_weight=1.0 / self.perceptual_weight)
