"""How `keras-gen train pixel_cnn` makes a PixelCNN."""

from typing import TYPE_CHECKING

from keras_gen.recipes import OneImageRecipe, option
from keras_gen.recipes.rates import falling

if TYPE_CHECKING:
    from keras_gen.models.pixel_cnn.model import PixelCNN
    from keras_gen.types import OpenedData


class PixelCNNRecipe(OneImageRecipe):
    """A gated PixelCNN, Adam at a rate that falls to zero over the second half."""

    family = "pixel_cnn"
    title = "Images pixel by pixel, with an exact likelihood."

    default_epochs = 20
    least_steps = 5_000
    filters: int = option(32, "Width of either stack.", min=1)
    blocks: int = option(5, "Gated blocks after the first layer.", min=1)
    kernel_size: int = option(5, "Side of the blocks' kernels, odd.", min=3)
    likelihood: str = option(
        "logistic_mixture",
        "logistic_mixture, or softmax, a logit for each level of grey.",
        choices=("logistic_mixture", "softmax"),
    )
    components: int = option(5, "Logistics in the mixture.", min=1)
    levels: int = option(256, "Values that a pixel may have: others are rounded.", min=2)
    dropout: float = option(
        0.0, "Share of features that are dropped, for few data.", min=0.0, max=0.9
    )
    learning_rate: float = option(1e-3, "Of Adam.", min=0.0)
    labelled: bool = option(False, "Learn the labels, too: images of a chosen class.")

    def build(self, opened: "OpenedData", updates: int) -> "PixelCNN":
        import keras

        from keras_gen import networks
        from keras_gen.models.pixel_cnn.model import PixelCNN

        (shape,) = self.image_shapes(opened)
        classes = opened.num_classes if self.labelled else None
        model = PixelCNN(
            networks.pixel_cnn(
                shape,
                components=self.components,
                levels=self.levels if self.likelihood == "softmax" else None,
                num_classes=classes,
                filters=self.filters,
                blocks=self.blocks,
                kernel_size=self.kernel_size,
                dropout=self.dropout,
            ),
            num_classes=classes,
            class_names=opened.class_names and list(opened.class_names) if self.labelled else None,
            likelihood=self.likelihood,
            levels=self.levels,
        )
        model.compile(keras.optimizers.Adam(falling(self.learning_rate, updates)))
        return model
