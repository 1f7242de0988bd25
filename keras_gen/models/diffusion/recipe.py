"""How `keras-gen train diffusion` makes a Diffusion."""

from typing import TYPE_CHECKING

from keras_gen.recipes import OneImageRecipe, option
from keras_gen.recipes.rates import falling

if TYPE_CHECKING:
    from keras_gen.models.diffusion.model import Diffusion
    from keras_gen.types import OpenedData


class DiffusionRecipe(OneImageRecipe):
    """A small U-Net, flow matching, Adam at a rate that falls to zero over the second half."""

    family = "diffusion"
    title = "Images of noise, step by step, by flow matching; slower to generate than a GAN."

    default_epochs = 25
    batch_size = 128
    base_filters: int = option(16, "Width of the network.", min=1)
    blocks: int = option(1, "Residual blocks at each size, on the way down and up.", min=1)
    attention: bool = option(False, "Let the pixels of the smallest map look at each other.")
    patch_size: int = option(
        1, "Side of the patches that it works on: 2 is quicker by three at 64 pixels.", min=1
    )
    predicts: str = option(
        "velocity",
        "What the network gives: velocity, or image, of which the velocity is made, for large patches.",
        choices=("velocity", "image"),
    )
    learning_rate: float = option(1e-3, "Of Adam.", min=0.0)
    times: str = option(
        "uniform",
        "How times are drawn: uniform, or logit_normal, more of the middle.",
        choices=("uniform", "logit_normal"),
    )
    pairing: str = option(
        "independent",
        "Noise that images are joined to: independent, or optimal_transport, near them, for fewer steps.",
        choices=("independent", "optimal_transport"),
    )
    ema_decay: float = option(
        0.999, "Decay of the network's moving average; 0 for none.", min=0.0, max=1.0
    )
    labelled: bool = option(False, "Learn the labels, too: images of a chosen class.")
    label_dropout: float = option(
        0.1, "Share of labels left out, for guidance; with --labelled.", min=0.0, max=1.0
    )

    def build(self, opened: "OpenedData", updates: int) -> "Diffusion":
        import keras

        from keras_gen import networks
        from keras_gen.models.diffusion.model import Diffusion

        (shape,) = self.image_shapes(opened)
        classes = opened.num_classes if self.labelled else None
        model = Diffusion(
            networks.flow_unet(
                shape,
                num_classes=classes,
                base_filters=self.base_filters,
                blocks=self.blocks,
                attention=self.attention,
                patch_size=self.patch_size,
                predicts=self.predicts,
            ),
            num_classes=classes,
            class_names=opened.class_names and list(opened.class_names) if self.labelled else None,
            ema_decay=self.ema_decay or None,
            times=self.times,
            label_dropout=self.label_dropout,
            pairing=self.pairing,
        )
        model.compile(keras.optimizers.Adam(falling(self.learning_rate, updates)))
        return model
