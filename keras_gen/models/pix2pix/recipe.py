"""How `keras-gen train pix2pix` makes a Pix2Pix."""

from typing import TYPE_CHECKING

from keras_gen.recipes import TranslationRecipe
from keras_gen.recipes.options import option

if TYPE_CHECKING:
    from keras_gen.data.opened import Opened
    from keras_gen.models.pix2pix.model import Pix2Pix
    from keras_gen.types import OpenedData


class Pix2PixRecipe(TranslationRecipe):
    """U-Net and PatchGAN; half of the training at a constant rate, then linearly to zero.

    The paper's batches of one image make its BatchNorm an instance normalisation; so does this, whose
    batches are larger.
    """

    family = "pix2pix"
    title = "Translates images, from pairs that show the same thing."
    default_epochs = 40

    batch_size = 16

    side_by_side: bool = option(
        False, "Each picture is a pair, its left half and its right: --input left or right."
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
        filters = self.base_filters
        pix2pix = Pix2Pix(
            networks.unet_generator(
                input_shape, target_shape[-1], filters, normalization="instance"
            ),
            networks.patch_discriminator(input_shape, target_shape, base_filters=filters),
        )
        pix2pix.compile(*self.optimizers(updates), loss=self.loss)
        return pix2pix
