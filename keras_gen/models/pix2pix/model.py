"""Image-to-image translation from pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_gen.backend import predict
from keras_gen.checks import check_non_negative
from keras_gen.core.adversary import Adversary
from keras_gen.core.networks import check_network
from keras_gen.modalities import spec_of
from keras_gen.models.paired_translator import PairedTranslator
from keras_gen.types import Array, ArrayLike, Augmentation, LossLike, Optimizer, Spec, Tensor


@keras.saving.register_keras_serializable(package="keras_gen")
class Pix2Pix(PairedTranslator):
    """Pix2Pix: translates images, having seen pairs.

    A step makes the outputs once; the discriminator is updated on (input, target) against
    (input, output), with half its loss as in the paper, then the generator, through the updated
    discriminator, on the adversarial loss plus `l1_weight` times the distance to the target. A discriminator
    of several outputs judges at as many scales, and its losses are averaged over them (pix2pixHD).

    `fit` takes `(inputs, targets)` or `{"input": inputs, "target": targets}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]; the two may have different channels. It logs
    `discriminator_loss`, `generator_loss` and its parts `adversarial_loss` and `reconstruction_loss`, and with
    a `feature_matching_weight` `feature_matching_loss`.
    `evaluate` on pairs gives `l1` (mean absolute difference in [-1, 1]), `psnr` (decibels) and `ssim`.

    Args:
        generator: Built `keras.Model`, inputs to outputs of the targets' shape.
        discriminator: Built `keras.Model`, `[inputs, targets]` to logits, one for each patch; or to a list of
            them, one for each scale.
        l1_weight: Number from 0 up, the weight of the distance to the target.
        reconstruction: `"l1"`, `"l2"`, or a callable `(targets, outputs) -> scalar`: that distance.
        ema_decay: Float in [0, 1) or None. With a decay (0.999, say) the model keeps an exponential
            moving average of the generator's weights, which `translate` and `predict` use.
        name: String or None.
        feature_matching_weight: Number from 0 up, pix2pixHD's is 10: the weight of the mean absolute
            difference between what the discriminator's activations give for targets and for outputs, averaged
            over layers and scales (the paper sums over layers). It needs a functional discriminator.

    Raises:
        ValueError: If a network is not built, the shapes of the two do not fit, or with a
            `feature_matching_weight` the discriminator shows no maps.

    Example:
    >>> import keras_gen
    >>> model = keras_gen.Pix2Pix(
    ...     generator=keras_gen.networks.unet_generator((8, 8, 1), 3, base_filters=4),
    ...     discriminator=keras_gen.networks.patch_discriminator((8, 8, 1), (8, 8, 3), base_filters=4),
    ... )
    >>> model.compile()
    >>> inputs, targets = keras.ops.zeros((2, 8, 8, 1)), keras.ops.zeros((2, 8, 8, 3))
    >>> history = model.fit(inputs, targets, batch_size=1, verbose=0)
    >>> model.translate(inputs).shape
    (2, 8, 8, 3)

    Reference: Isola et al., 2017, https://arxiv.org/abs/1611.07004; scales and feature matching: Wang et al.,
    2017, https://arxiv.org/abs/1711.11585
    """

    parts_in_words = "discriminator among them"
    discriminator_weight = 0.5  # as in the paper

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        l1_weight: float = 100.0,
        reconstruction: str | Callable[[Tensor, Tensor], Tensor] = "l1",
        ema_decay: float | None = None,
        name: str | None = None,
        feature_matching_weight: float = 0.0,
    ) -> None:
        check_non_negative("l1_weight", l1_weight)
        shapes = check_network("generator", generator, [None], [None])
        (input_shape,), (image_shape,) = shapes
        check_network("discriminator", discriminator, [input_shape, image_shape])
        super().__init__(
            generator, discriminator, reconstruction, ema_decay, name, feature_matching_weight
        )
        self.l1_weight = l1_weight
        self.input_image_shape, self.image_shape = input_shape, image_shape

    @property
    def takes(self) -> dict[str, Spec]:
        return {"input": spec_of(self.input_image_shape), "target": spec_of(self.image_shape)}

    @property
    def distance_weight(self) -> float:  # type: ignore[override]
        """The weight of the distance to the target."""
        return self.l1_weight

    def judged(self, inputs: Tensor) -> Callable[[Tensor], list[Tensor]]:
        """The discriminator sees images beside their inputs."""
        return lambda images: [inputs, images]

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        loss: LossLike = "non_saturating",
        r1_weight: float = 0.0,
        r2_weight: float = 0.0,
        penalties_every: int = 1,
        augmentation: Augmentation | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to Adam(2e-4, beta_1=0.5).
            discriminator_optimizer: Likewise, an optimizer of its own.
            loss: Name of an adversarial loss, or an object, as in `GAN.compile`. The default is the
                paper's cross-entropy.
            r1_weight: Number from 0 up, the weight of the R1 penalty on true pairs.
            r2_weight: Number from 0 up, the weight of the R2 penalty on inputs with the outputs.
            penalties_every: Integer, as in `GAN.compile`.
            augmentation: Keras layer or None, as in `GAN.compile`, of targets and outputs. A
                `keras_gen.layers.DiffAugment` changes input, target and output of an example alike.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        self.build_distance()
        self.compile_adversarial(
            Adversary(loss, r1_weight, r2_weight, penalties_every, augmentation),
            generator_optimizer,
            discriminator_optimizer,
            {},
            trainer_options,
        )

    def translate(
        self, images: ArrayLike, batch_size: int = 16, as_in_training: bool = False
    ) -> Array:
        """Translates images.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            batch_size: Integer, how many images are translated at a time.
            as_in_training: Boolean. If True, dropout stays on and BatchNorm normalises by the batch's
                own statistics, as the paper does at test time; repeated calls give other images. The
                model's statistics do not move.

        Returns:
            Float32 NumPy array of the outputs, in [-1, 1].

        Raises:
            ValueError: If the images have another shape.
        """
        taken = self.takes["input"].take("`images`", images)
        if not as_in_training:
            return predict(self.sampler, taken, batch_size)
        outputs = [
            self._run_as_in_training(taken[start : start + batch_size])
            for start in range(0, len(taken), batch_size)
        ]
        return np.concatenate(outputs)

    def _run_as_in_training(self, images):
        variables = self.sampler.non_trainable_variables
        outputs, updated = self.sampler.stateless_call(
            [v.value for v in self.sampler.trainable_variables],
            [v.value for v in variables],
            ops.convert_to_tensor(images, dtype="float32"),
            training=True,
        )
        for variable, value in zip(variables, updated, strict=True):
            if variable.name == "seed_generator_state":
                variable.assign(value)
        return ops.convert_to_numpy(outputs)
