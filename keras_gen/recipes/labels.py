"""Recipes of models that learn classes from few labels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keras_gen.recipes.latent import LatentRecipe
from keras_gen.recipes.options import option

if TYPE_CHECKING:
    import keras

    from keras_gen.data.partly_labelled import OpenedPartlyLabelled


class PartlyLabelledRecipe(LatentRecipe):
    """Images with labels of which all but some are hidden, as many of each class, drawn by the seed."""

    labelled_examples: int = option(100, "Examples whose label is not hidden.", min=1)
    network: str = option(
        "dense",
        "The classifier's layers: dense, for small grey pictures, or convolutional.",
        choices=("dense", "convolutional"),
    )

    def open(self) -> "OpenedPartlyLabelled":
        from keras_gen import data

        return data.open_partly_labelled(
            self.dataset, self.labelled_examples, seed=self.seed, **self.reading
        )

    def classifier(self, shape: Sequence[int], classes: int, filters: int) -> "keras.Model":
        """The network of images to logits of classes; `filters` wide at first where it is convolutional."""
        from keras_gen import networks

        if self.network == "dense":
            return networks.noisy_classifier(shape, classes)
        return networks.dcgan_discriminator(shape, filters, "layer", dropout=0.3, classes=classes)
