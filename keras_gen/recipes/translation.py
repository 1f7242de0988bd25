"""Recipes of models that translate images."""

import contextlib
from typing import TYPE_CHECKING, Any

from keras_gen.recipes.adversarial import (
    NONE_OR_SOME,
    PROJECTED,
    check_augmentations,
    fixed_augment,
    projected_judge,
)
from keras_gen.recipes.images import ImageRecipe
from keras_gen.recipes.options import option
from keras_gen.recipes.rates import falling

if TYPE_CHECKING:
    import keras

    from keras_gen.types import Dataset, ImageSize, OpenedData

PREVIEWED = 12  # examples in the pictures of a training's course


class AugmentedRecipe(ImageRecipe):
    """Examples that are cropped and mirrored in training, and shown by what is held out from it."""

    augment: str = option(
        "crop,flip", "crop,flip; flip, where all images are framed alike; crop; none."
    )

    def size(self, opened: "OpenedData") -> "ImageSize | None":
        """The size of a batch's images; None is the data's own."""
        return self.image_size

    def batches(
        self,
        opened: "OpenedData",
        first_epoch: int = 0,
        shard: tuple[int, int] = (0, 1),
        stage: str | None = None,
    ) -> "Dataset":
        return opened.batches(
            self.size(opened),
            self.batch_size,
            augment=() if self.augment == "none" else tuple(self.augment.split(",")),
            seed=self.seed,
            first_epoch=first_epoch,
            shard=shard,
        )

    def preview(self, opened: "OpenedData") -> Any:
        """A batch of what is held out from training where there is any: its arrays."""
        from keras_gen.data.folders import held_out

        split = held_out(opened.splits)
        if split is not None:
            # It may be empty, or of pictures of several sizes, or of others than the networks were made for.
            with contextlib.suppress(ValueError, FileNotFoundError):
                shown, size = opened.at_split(split), self.size(opened)
                if shown.shapes_at(size) == opened.shapes_at(size):
                    return self._first(shown, PREVIEWED)
        return self._first(opened, min(PREVIEWED, self.batch_size))

    def _first(self, opened, count):
        batches = opened.batches(self.size(opened), count, seed=self.seed, drop_remainder=False)
        return next(iter(batches.as_numpy_iterator()))


class TranslationRecipe(AugmentedRecipe):
    """Two images an example, by default jittered and mirrored as in the papers.

    Rates stay constant for half of the training and then fall linearly to zero.
    """

    input: str | None = option(
        None,
        "The feature or subfolder to translate; or what is made of the target: edges, grayscale, "
        "masked, masked_free_form, downsampled, downsampled_x2. Of pairs also several: line,flat.",
    )
    target: str | None = option(None, "The feature or subfolder wanted.")
    resize: str = option(
        "bicubic",
        "bicubic, or nearest for masks, whose values are not to be mixed; nearest,bicubic where the inputs "
        "alone are masks.",
    )
    value_range: str | None = option(
        None,
        "Stored values to be black and white, where it is others: 0,4095 for 12 bits; of inputs and targets "
        "by themselves 0,4095,0,255.",
    )
    base_filters: int = option(32, "Width of the networks.", min=1)
    learning_rate: float = option(2e-4, "Of all networks.", min=0.0)
    discriminator_learning_rate: float | None = option(
        None, "Of discriminators, where theirs is another.", min=0.0
    )
    loss: str = option(
        "non_saturating", "Adversarial loss: non_saturating, hinge, least_squares, ..."
    )
    upsampling: str = option(
        "transposed",
        "How generators double the size: transposed convolutions, or nearest, which leaves no checkerboard.",
        choices=("transposed", "nearest"),
    )
    ema_decay: float = option(
        0.0,
        "Of the moving average of the generators' weights, which translates; 0 for none.",
        min=0.0,
        max=1.0,
    )
    r1_weight: float = option(0.0, "Weight of the R1 penalty; 0 for none.", min=0.0)
    discriminator_normalization: str = option(
        "instance", "Of discriminators.", choices=("batch", "instance", "spectral", "none")
    )
    scales: int = option(
        1,
        "Sizes that discriminators judge images at: 2 adds the half, 3 the quarter.",
        min=1,
        max=3,
    )
    projected: bool = option(False, PROJECTED)
    diff_augment: str = option(
        "none",
        f"What discriminators' images pass through, those of a pair alike: {NONE_OR_SOME}",
    )

    def __post_init__(self):
        super().__post_init__()
        check_augmentations(self.diff_augment)
        for name in ("discriminator_normalization", "scales"):
            if self.projected and getattr(self, name) != type(self).defaults()[name]:
                raise ValueError(
                    f"`{name}` is the PatchGAN's; leave it out with `projected`. "
                    f"Received: {name}={getattr(self, name)!r}"
                )

    def discriminator(
        self, input_shape: tuple[int, int, int], target_shape: tuple[int, int, int] | None = None
    ) -> "keras.Model":
        """A PatchGAN of the options, or a projected one: see `keras_gen.networks`."""
        if self.projected:
            return projected_judge(input_shape, target_shape)
        return self.patches(input_shape, target_shape)

    def patches(
        self, input_shape: tuple[int, int, int], target_shape: tuple[int, int, int] | None = None
    ) -> "keras.Model":
        """The PatchGAN of the options."""
        from keras_gen import networks

        normalization = self.discriminator_normalization
        return networks.patch_discriminator(
            input_shape,
            target_shape,
            base_filters=self.base_filters,
            normalization=None if normalization == "none" else normalization,
            scales=self.scales,
        )

    def compile(self, model: Any, updates: int) -> Any:
        """Compiles the model and returns it."""
        model.compile(
            *self.optimizers(updates),
            loss=self.loss,
            r1_weight=self.r1_weight,
            augmentation=fixed_augment(self.diff_augment, 1.0, self.seed),
        )
        return model

    def optimizers(self, updates: int) -> "list[keras.optimizers.Optimizer]":
        """Adam for generators and discriminators, a list of two."""
        import keras

        judges = self.discriminator_learning_rate
        rates = [self.learning_rate, self.learning_rate if judges is None else judges]
        return [keras.optimizers.Adam(falling(rate, updates), beta_1=0.5) for rate in rates]
