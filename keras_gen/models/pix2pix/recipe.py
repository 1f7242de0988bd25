"""How `keras-gen train pix2pix` makes a Pix2Pix."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from keras_gen.recipes import TranslationRecipe
from keras_gen.recipes.options import option

if TYPE_CHECKING:
    from keras_gen.data.opened import Opened
    from keras_gen.models.pix2pix.model import Pix2Pix
    from keras_gen.types import OpenedData


class Pix2PixRecipe(TranslationRecipe):
    """U-Net with resize-convolutions, PatchGAN; rates are constant for half of the training, then fall to 0.

    The paper's batches of one image make its BatchNorm an instance normalisation; so does this, whose
    batches are larger.
    """

    family = "pix2pix"
    title = "Translates images, from pairs that show the same thing."
    default_epochs = 40

    batch_size = 16
    # Transposed convolutions leave a checkerboard, which hundreds of steps do not take away.
    upsampling = "nearest"
    # At equal minutes it is worth what its dearer steps cost, and more: docs/ablation.md.
    r1_weight = 1.0
    unsaid: ClassVar[Mapping[str, Any]] = {"upsampling": "transposed", "r1_weight": 0.0}

    side_by_side: bool = option(
        False, "Each picture is a pair, its left half and its right: --input left or right."
    )

    l1_weight: float = option(
        100.0, "Weight of the distance to the target; 10 with a judge that is projected.", min=0.0
    )

    perceptual_weight: float = option(
        0.0,
        "Weight of a distance by a classifier's maps, where L1 has the weight 1; 0 for none, 0.1 say.",
        min=0.0,
    )

    feature_matching_weight: float = option(
        0.0,
        "Weight of the distance of the discriminator's maps, pix2pixHD's is 10; 0 for none.",
        min=0.0,
    )

    def open(self) -> "Opened":
        from keras_gen import data

        return data.open_paired(
            self.dataset,
            self.input,
            self.target,
            side_by_side=self.side_by_side,
            **self.reading,
        )

    def build(self, opened: "OpenedData", updates: int) -> "Pix2Pix":
        from keras_gen import networks
        from keras_gen.models.pix2pix.model import Pix2Pix

        input_shape, target_shape = self.image_shapes(opened)
        pix2pix = Pix2Pix(
            networks.unet_generator(
                input_shape,
                target_shape[-1],
                self.base_filters,
                normalization="instance",
                upsampling=self.upsampling,
            ),
            self.discriminator(input_shape, target_shape),
            **self._distance,
            ema_decay=self.ema_decay or None,
            feature_matching_weight=self.feature_matching_weight,
        )
        return self.compile(pix2pix, updates)

    @property
    def _distance(self):
        """Arguments of the model: the distance to the target, and its weight."""
        if not self.perceptual_weight:
            return {"l1_weight": self.l1_weight}
        from keras_gen.metrics import PerceptualDistance

        distance = PerceptualDistance(pixel_weight=1.0 / self.perceptual_weight)
        return {"reconstruction": distance, "l1_weight": self.l1_weight * self.perceptual_weight}
