"""Recipes of models that translate between two sets of images without pairs."""

from typing import TYPE_CHECKING

from keras_gen.recipes.options import option
from keras_gen.recipes.translation import TranslationRecipe

if TYPE_CHECKING:
    import keras

    from keras_gen.data.opened import Opened


class UnpairedRecipe(TranslationRecipe):
    """Two sets of images without pairs, and ResNet generators."""

    batch_size = 4
    base_filters: int = option(16, "Width of the networks.", min=1)
    loss = "least_squares"
    global_skip: bool = option(
        False,
        "Generators give what is added to their images, and so begin as copies: where the two sets "
        "differ by less than a new picture.",
    )
    generator_normalization: str = option(
        "instance",
        "Of generators. None keeps an image's own contrast.",
        choices=("batch", "instance", "none"),
    )

    def open(self) -> "Opened":
        from keras_gen import data

        return data.open_unpaired(self.dataset, self.input, self.target, **self.reading)

    def generator(self, input_shape: tuple[int, int, int], output_channels: int) -> "keras.Model":
        """A generator of the options: see `keras_gen.networks.resnet_generator`."""
        from keras_gen import networks

        normalization = self.generator_normalization
        return networks.resnet_generator(
            input_shape,
            output_channels,
            self.base_filters,
            normalization=None if normalization == "none" else normalization,
            upsampling=self.upsampling,
            global_skip=self.global_skip,
        )
