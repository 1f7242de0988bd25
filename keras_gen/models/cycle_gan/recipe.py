"""How `keras-gen train cycle_gan` makes a CycleGAN."""

from typing import TYPE_CHECKING

from keras_gen.recipes import TranslationRecipe

if TYPE_CHECKING:
    from keras_gen.data.opened import Opened
    from keras_gen.models.cycle_gan.model import CycleGAN
    from keras_gen.types import OpenedData


class CycleGANRecipe(TranslationRecipe):
    """ResNet generators and PatchGANs; rates as for Pix2Pix."""

    family = "cycle_gan"
    title = "Translates between two sets of images, without pairs."
    default_epochs = 20

    batch_size = 4
    base_filters = 16
    loss = "least_squares"

    def open(self) -> "Opened":
        from keras_gen import data

        return data.open_unpaired(self.dataset, self.input, self.target, **self.reading)

    def build(self, opened: "OpenedData", updates: int) -> "CycleGAN":
        from keras_gen import networks
        from keras_gen.models.cycle_gan.model import CycleGAN

        shape_a, shape_b = self.image_shapes(opened)
        filters = self.base_filters
        cycle_gan = CycleGAN(
            networks.resnet_generator(shape_a, shape_b[-1], filters, upsampling=self.upsampling),
            networks.resnet_generator(shape_b, shape_a[-1], filters, upsampling=self.upsampling),
            self.discriminator(shape_a),
            self.discriminator(shape_b),
            identity_weight=5.0 if shape_a == shape_b else 0.0,
            ema_decay=self.ema_decay or None,
        )
        return self.compile(cycle_gan, updates)
