"""Filling the holes of pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_non_negative
from keras_gen.core.adversary import Adversary, TrainsAdversarially
from keras_gen.core.averages import average_of
from keras_gen.core.holes import KINDS, Holes
from keras_gen.core.model import GenerativeModel
from keras_gen.core.networks import check_network, check_scales, scales_of
from keras_gen.core.phase import Phase
from keras_gen.layers import DiffAugment
from keras_gen.modalities import Masks, spec_of
from keras_gen.tasks.filling import Fills
from keras_gen.types import Array, ArrayLike, Augmentation, Data, LossLike, Optimizer, Spec, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update


@keras.saving.register_keras_serializable(package="keras_gen")
class Inpainting(Fills, TrainsAdversarially, GenerativeModel):
    """Inpainting: fills the holes of pictures, having seen whole ones.

    A step hides a part of each picture and lets the generator draw it whole. The generator pays for the
    hidden pixels (`hole_weight` times their mean absolute difference) and, less, for the known ones. With a
    discriminator, of patches and their masks, it pays for what that tells of the filled picture, too
    (Yu et al.'s SN-PatchGAN, where the discriminator's kernels are spectrally normalised); the
    discriminator is updated first, on whole pictures against filled ones.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]. With `holes="given"` it takes `(images, masks)` or
    `{"image": images, "mask": masks}`, masks of shape `(batch, height, width, 1)`, or without the 1, that
    are 1 where a picture is hidden. It logs `hole_loss` and `known_loss`, the two differences, and where
    they are in use `adversarial_loss`, `perceptual_loss`, `generator_loss` and `discriminator_loss`.
    `evaluate` gives of filled pictures `hole_l1` (mean absolute difference in the holes, in [-1, 1]),
    `psnr` (decibels) and `ssim`; the n-th picture of a batch has the same hole each time.

    Args:
        generator: Built `keras.Model`, of pictures with a channel more to pictures: their hidden pixels are
            0, and the last channel is the mask, 1 where a picture is hidden. Such is
            `keras_gen.networks.gated_unet_generator`.
        discriminator: Built `keras.Model`, `[masks, images]` or images alone to logits, one for each patch, or
            None.
        holes: `"free_form"`, strokes of a brush; `"box"`, a rectangle; `"mixed"`, the one or the other; or
            `"given"`, with the data.
        smallest: Float in (0, 1), the least share of a side that a box takes, as in
            `keras_gen.data.transforms.masked`.
        largest: Float in (0, 1), the greatest.
        hole_weight: Number from 0 up, the weight of the difference in the hole.
        known_weight: Number from 0 up, the weight of the difference outside, which `fill` never shows: it
            teaches the generator to see what is there.
        adversarial_weight: Number from 0 up, the weight of the adversarial loss.
        perceptual: Callable `(images, filled) -> scalar`, a `keras_gen.metrics.PerceptualDistance` say, or
            None.
        perceptual_weight: Number from 0 up, its weight.
        ema_decay: Float in [0, 1) or None. With a decay (0.999, say) the model keeps an exponential
            moving average of the generator's weights, which `fill` and `predict` use.
        name: String or None.

    Raises:
        ValueError: If a network is not built, the shapes of the two do not fit, or a number is out of range.

    Example:
    >>> import keras_gen
    >>> model = keras_gen.Inpainting(
    ...     keras_gen.networks.gated_unet_generator((8, 8, 4), output_channels=3, base_filters=4),
    ...     keras_gen.networks.patch_discriminator(
    ...         (8, 8, 1), (8, 8, 3), base_filters=4, normalization="spectral"
    ...     ),
    ... )
    >>> model.compile()
    >>> images, masks = np.zeros((2, 8, 8, 3), "float32"), np.zeros((2, 8, 8))
    >>> history = model.fit(images, verbose=0)
    >>> masks[:, :4] = 1  # the upper half
    >>> filled = model.fill(images, masks)
    >>> filled.shape, bool((filled[:, 4:] == images[:, 4:]).all())
    ((2, 8, 8, 3), True)

    Reference: Yu et al., 2019, Free-Form Image Inpainting with Gated Convolution,
    https://arxiv.org/abs/1806.03589; the two weights: Liu et al., 2018, https://arxiv.org/abs/1804.07723
    """

    parts_in_words = "networks, and average where one is kept"

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model | None = None,
        holes: str = "mixed",
        smallest: float = 0.25,
        largest: float = 0.5,
        hole_weight: float = 6.0,
        known_weight: float = 1.0,
        adversarial_weight: float = 0.1,
        perceptual: Callable[[Tensor, Tensor], Tensor] | None = None,
        perceptual_weight: float = 1.0,
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        for argument, value in (
            ("hole_weight", hole_weight),
            ("known_weight", known_weight),
            ("adversarial_weight", adversarial_weight),
            ("perceptual_weight", perceptual_weight),
        ):
            check_non_negative(argument, value)
        if holes not in (*KINDS, "given"):
            raise ValueError(
                f"`holes` must be one of {(*KINDS, 'given')}. Received: holes={holes!r}"
            )
        (taken,), (self.image_shape,) = check_network("generator", generator, [None], [None])
        *size, channels = self.image_shape
        if channels is None or None in size or taken != (*size, channels + 1):
            raise ValueError(
                "`generator` must take what it makes, of one size, with a channel more, the mask. "
                f"Received: a generator of {taken} to {self.image_shape}"
            )
        self._masks_are_judged = False
        if discriminator is not None:
            taken_by_it, _ = check_network("discriminator", discriminator)
            self._masks_are_judged = len(taken_by_it) != 1
            seen = [(*size, 1), self.image_shape] if self._masks_are_judged else [self.image_shape]
            check_network("discriminator", discriminator, seen)
            check_scales("discriminator", discriminator)
        self.generator = generator
        self.discriminator = discriminator
        self.holes = holes
        self.smallest = smallest
        self.largest = largest
        self.drawn_holes = Holes("mixed" if holes == "given" else holes, smallest, largest)
        self.hole_weight = hole_weight
        self.known_weight = known_weight
        self.adversarial_weight = adversarial_weight
        self.perceptual = perceptual
        self._distance = None if perceptual is None else losses.get_reconstruction(perceptual)
        self.perceptual_weight = perceptual_weight
        self.ema_decay = ema_decay
        self.average = average_of(generator, ema_decay)
        self.ema_generator = None if self.average is None else self.average.network
        self.built = True

    @property
    def takes(self) -> dict[str, Spec]:
        taken: dict[str, Spec] = {"image": spec_of(self.image_shape)}
        if self.holes == "given":
            taken["mask"] = Masks(self._size)
        return taken

    @property
    def _size(self):
        return self.image_shape[:2]

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        loss: LossLike = "hinge",
        r1_weight: float = 0.0,
        r2_weight: float = 0.0,
        penalties_every: int = 1,
        augmentation: Augmentation | None = None,
        optimizer: Optimizer | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to Adam(2e-4, beta_1=0.5).
            discriminator_optimizer: Likewise, an optimizer of its own. This and the next are for a model
                with a discriminator.
            loss: Name of an adversarial loss, or an object, as in `GAN.compile`. The default is the
                paper's.
            r1_weight: Number from 0 up, the weight of the R1 penalty on whole pictures.
            r2_weight: Number from 0 up, the weight of the R2 penalty on filled ones.
            penalties_every: Integer, as in `GAN.compile`.
            augmentation: Keras layer or None, as in `GAN.compile`; where the discriminator is given masks
                one that moves no pixel, since those stay where they are.
            optimizer: Another name of `generator_optimizer`, for a model without a discriminator.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.

        Raises:
            ValueError: If there is an optimizer for a discriminator that there is not, or two for the
                generator; or the augmentation would move pictures away from their masks.
        """
        if self._masks_are_judged and isinstance(augmentation, DiffAugment) and augmentation.moves:
            raise ValueError(
                "`augmentation` must move no pixel where the discriminator is given masks, which stay where "
                f"they are: color, hue and cutout do not. Received: {','.join(augmentation.operations)}"
            )
        if isinstance(self._distance, losses.NetworkDistance):
            self._distance.build()
        generator_optimizer = self.optimizer_of_generator(
            generator_optimizer, discriminator_optimizer, optimizer
        )
        self.compile_adversarial(
            Adversary(loss, r1_weight, r2_weight, penalties_every, augmentation),
            generator_optimizer,
            discriminator_optimizer,
            {},
            trainer_options,
        )

    @property
    def sampler(self) -> keras.Model:
        """The network that fills: the averaged generator where there is one."""
        return self.generator if self.ema_generator is None else self.ema_generator

    def call(self, inputs: Any, training: bool = False) -> Tensor:
        both = (inputs["image"], inputs["mask"]) if isinstance(inputs, dict) else inputs
        images = spec_of(self.image_shape).take("Images", both[0])
        masks = Masks(self._size).take("Masks", both[1])
        made = self.sampler(hidden_inputs(images, masks), training=training)
        return completed(images, made, masks)

    def phases(self) -> dict[str, Phase]:
        terms = ["hole_loss", "known_loss"]
        terms += ["perceptual_loss"] * (self._distance is not None)
        if self.discriminator is None:
            return {"generator": Phase([self.generator], terms)}
        return {
            "discriminator": Phase([self.discriminator], self.adversary.penalty_names),
            "generator": Phase([self.generator], [*terms, "adversarial_loss"]),
        }

    def take_both(self, data: Data, training: bool) -> tuple[Tensor, Tensor]:
        """The pictures of a batch and their masks, given or drawn.

        Args:
            data: What `fit` was given, one batch of it.
            training: Boolean. If False, masks that are not given are the same each time.

        Returns:
            Pair of float tensors, `(batch, height, width, channels)` and `(batch, height, width, 1)`.
        """
        if self.holes == "given":
            return self.take(data)
        images = self.take(data)
        count, size = ops.shape(images)[0], self._size
        if training:
            return images, self.drawn_holes.sample(count, size, self.seed_generator)
        return images, self.drawn_holes.fixed(count, size)

    def step(self, data: Data, update: Update) -> None:
        training = update.training
        images, masks = self.take_both(data, training)
        shared = update.record(self.generator, hidden_inputs(images, masks))
        if self.discriminator is not None:
            fakes = completed(images, shared.outputs, masks)
            self.update_discriminator(
                update,
                lambda: self.discriminator_loss(images, fakes, masks, training),
                lambda: self.penalties(images, fakes, masks, training),
            )
        update(
            "generator",
            lambda outputs: self.generator_loss(images, outputs, masks, training),
            at=shared,
        )
        self.follow_generator(update)

    def discriminator_loss(
        self, images: Tensor, fakes: Tensor, masks: Tensor, training: bool
    ) -> tuple[Any, ...]:
        """The loss of the discriminator on whole pictures and on filled ones, and penalties."""
        return self.adversary.loss_of_discriminator(
            self.discriminator,
            images,
            fakes,
            self._beside(masks),
            penalties=lambda: self.penalties(images, fakes, masks, training),
            training=training,
        )

    def penalties(
        self, images: Tensor, fakes: Tensor, masks: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The penalties in use, their weighted sum and each by itself."""
        return self.adversary.penalties(
            self.discriminator,
            images,
            fakes,
            self._beside(masks),
            scales_of(self.discriminator),
            training=training,
        )

    def generator_loss(
        self, images: Tensor, outputs: Tensor, masks: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of the generator by its outputs, and its parts."""
        hole = ops.mean(losses.masked_l1(images, outputs, masks))
        known = ops.mean(losses.masked_l1(images, outputs, 1.0 - masks))
        terms = {"hole_loss": hole, "known_loss": known}
        loss = self.hole_weight * hole + self.known_weight * known
        filled = completed(images, outputs, masks)
        if self._distance is not None:
            terms["perceptual_loss"] = self._distance(images, filled)
            loss = loss + self.perceptual_weight * terms["perceptual_loss"]
        if self.discriminator is not None:
            terms["adversarial_loss"] = self.adversary.loss_of_generator(
                self.discriminator, images, filled, self._beside(masks), training=training
            )
            loss = loss + self.adversarial_weight * terms["adversarial_loss"]
        return loss, terms

    def _beside(self, masks):
        """Function from pictures to what the discriminator is given of them."""
        return lambda images: [masks, images] if self._masks_are_judged else images

    @property
    def evaluation_names(self) -> tuple[str, ...]:
        return ("hole_l1", "psnr", "ssim")

    def evaluation_terms(self, data: Data) -> dict[str, Tensor]:
        images, masks = self.take_both(data, training=False)
        outputs = self.sampler(hidden_inputs(images, masks), training=False)
        scores = losses.paired_scores(images, completed(images, outputs, masks))
        hole = ops.mean(losses.masked_l1(images, outputs, masks))
        return {"hole_l1": hole, "psnr": scores["psnr"], "ssim": scores["ssim"]}

    def draw_masks(self, n: int, seed: int | None = None) -> Array:
        """Draws masks like those that it is trained with; where those are given, boxes and strokes.

        Args:
            n: Integer, how many.
            seed: Integer, or None for others at each call.

        Returns:
            Float32 NumPy array `(n, height, width, 1)`, 1 where a picture is hidden and 0 elsewhere.
        """
        return self.drawn_holes.draw(n, self._size, seed)

    def fill(self, images: ArrayLike, masks: ArrayLike, batch_size: int = 16) -> Array:
        """Fills holes.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1], or uint8. What is hidden
                is not looked at.
            masks: Array of shape `(n, height, width)` or `(n, height, width, 1)`, booleans or numbers: 1
                where a picture is hidden, 0 where it is known.
            batch_size: Integer, how many pictures are filled at a time.

        Returns:
            Float32 NumPy array of the images' shape in [-1, 1]: the given pixels where they are known, bit by
            bit, and the generator's where they are hidden.

        Raises:
            ValueError: If images or masks have another shape, masks hold other values than 0 and 1, one
                hides a whole picture, or none hides anything.

        Example:
        >>> import keras_gen
        >>> generator = keras_gen.networks.gated_unet_generator((8, 8, 2), 1, base_filters=4)
        >>> images, masks = np.full((1, 8, 8, 1), 255, "uint8"), np.eye(8)[None]
        >>> filled = keras_gen.Inpainting(generator).fill(images, masks)
        >>> int((filled == 1.0).sum())  # 64 pixels, and 8 of them hidden
        56
        """
        taken = np.asarray(spec_of(self.image_shape).take("`images`", np.asarray(images)))
        taken = taken.astype("float32")
        holes = Masks(self._size).of_images(masks, len(taken))
        made = predict(self.sampler, np.asarray(hidden_inputs(taken, holes)), batch_size)
        return np.where(holes == 1.0, made, taken)

    def network_of_filling(self) -> keras.Model:
        images = keras.Input(self.image_shape, name="images")
        masks = keras.Input((*self._size, 1), name="masks")
        made = self.sampler(hidden_inputs(images, masks), training=False)
        return keras.Model([images, masks], completed(images, made, masks), name="fill")


def hidden_inputs(images: Tensor, masks: Tensor) -> Tensor:
    """What a generator is given: pictures whose hidden pixels are 0, and the mask as a last channel."""
    if isinstance(images, np.ndarray):
        return np.concatenate([np.where(masks == 1.0, np.float32(0.0), images), masks], axis=-1)
    images = ops.where(masks > 0.5, 0.0, ops.cast(images, "float32"))
    return ops.concatenate([images, masks], axis=-1)


def completed(images: Tensor, outputs: Tensor, masks: Tensor) -> Tensor:
    """Pictures with a generator's pixels where they are hidden."""
    return ops.where(masks > 0.5, outputs, ops.cast(images, outputs.dtype))
