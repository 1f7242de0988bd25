"""How `keras-gen train next_frame` makes a NextFrame."""

import contextlib
from typing import TYPE_CHECKING, Any

from keras_gen.recipes import ImageRecipe
from keras_gen.recipes.adversarial import warn_without_discriminator
from keras_gen.recipes.options import option
from keras_gen.recipes.rates import falling

if TYPE_CHECKING:
    from keras_gen.data.opened_clips import OpenedClips
    from keras_gen.models.next_frame.model import NextFrame
    from keras_gen.types import OpenedData

PREVIEWED = 6  # clips in the pictures of a training's course
ROLLED = 10  # frames that are predicted there


class NextFrameRecipe(ImageRecipe):
    """A residual network of patches; rates are constant for half of the training, then fall to 0."""

    family = "next_frame"
    title = "Continues clips, frame by frame."
    default_epochs = 20

    batch_size = 16

    context: int = option(4, "Frames that the next one is predicted from.", min=1)
    frames: int = option(
        1,
        "Frames that are predicted one after the other in training, each from those before.",
        min=1,
    )
    base_filters: int = option(64, "Width of the networks.", min=1)
    blocks: int = option(4, "Residual blocks of the generator.", min=1)
    patch_size: int = option(
        4, "Side of the generator's patches in pixels; 2 is finer and four times as dear.", min=1
    )
    learning_rate: float = option(1e-3, "Of the generator.", min=0.0)
    discriminator_learning_rate: float = option(2e-4, "Of the discriminator.", min=0.0)
    loss: str = option("l2", "Distance to the true frame: l1, l2.", choices=("l1", "l2"))
    gradient_difference_weight: float = option(
        1.0, "Weight of the gradient difference loss, against blur; 0 for none.", min=0.0
    )
    adversarial_weight: float = option(
        0.0, "Weight of the adversarial loss, the paper's is 0.05; 0 for no discriminator.", min=0.0
    )
    ema_decay: float = option(
        0.999,
        "Decay of the generator's moving average, which predicts; 0 for none.",
        min=0.0,
        max=1.0,
    )

    def open(self) -> "OpenedClips":
        from keras_gen import data

        frames = self.context + self.frames
        return data.open_clips(self.dataset, frames, context=self.context, **self.reading)

    def build(self, opened: "OpenedData", updates: int) -> "NextFrame":
        import keras

        from keras_gen import networks
        from keras_gen.models.next_frame.model import NextFrame

        (_, *image_shape), _ = self.image_shapes(opened)
        height, width, channels = image_shape
        discriminator = None
        warn_without_discriminator(self, ["discriminator_learning_rate"])
        if self.adversarial_weight:
            discriminator = networks.patch_discriminator(
                (height, width, self.context * channels),
                (height, width, self.frames * channels),
                base_filters=max(self.base_filters // 2, 1),
            )
        model = NextFrame(
            networks.frame_predictor(
                image_shape, self.context, self.base_filters, self.blocks, self.patch_size
            ),
            discriminator,
            self.frames,
            self.loss,
            self.gradient_difference_weight,
            self.adversarial_weight,
            ema_decay=self.ema_decay or None,
        )
        optimizers = [keras.optimizers.Adam(falling(self.learning_rate, updates))]
        if discriminator is not None:
            rate = falling(self.discriminator_learning_rate, updates)
            optimizers.append(keras.optimizers.Adam(rate, beta_1=0.5))
        model.compile(*optimizers)
        return model

    def preview(self, opened: "OpenedData") -> Any:
        """Clips held out from training where there are any, a tuple of two arrays."""
        from keras_gen.data.folders import held_out

        split, shown = held_out(opened.splits), opened
        if split is not None:
            # It may be empty, or of clips of other sizes than the networks were made for.
            with contextlib.suppress(ValueError, FileNotFoundError):
                other, size = opened.at_split(split), self.image_size
                shown = other if other.shapes_at(size) == opened.shapes_at(size) else opened
        frames = min(shown.longest, self.context + ROLLED)
        batches = shown.with_frames(frames, self.context).batches(
            self.image_size, PREVIEWED, shuffle=False, drop_remainder=False
        )
        return next(iter(batches.as_numpy_iterator()))
