"""How `keras-gen train cvae` makes a conditional VAE."""

from typing import TYPE_CHECKING

from keras_gen.recipes import BoundRecipe

if TYPE_CHECKING:
    from keras_gen.models.cvae.model import CVAE
    from keras_gen.types import OpenedData


class CVAERecipe(BoundRecipe):
    """Convolutional VAE whose networks are given the label as a one-hot code."""

    family = "cvae"
    title = "Images of a chosen class to latents and back: style apart from class."
    labelled = True

    def build(self, opened: "OpenedData", updates: int) -> "CVAE":
        from keras_gen import networks
        from keras_gen.models.cvae.model import CVAE

        (shape,) = self.image_shapes(opened)
        classes = opened.num_classes
        sizes = (shape, self.latent_dim, self.base_filters)
        cvae = CVAE(
            networks.conv_encoder(*sizes, num_classes=classes),
            networks.conv_decoder(*sizes, num_classes=classes),
            latent_dim=self.latent_dim,
            num_classes=classes,
            **self.bound,
            class_names=opened.class_names,
        )
        cvae.compile(self.optimizer(updates))
        return cvae
