"""Image-to-image translation from pairs."""

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
from keras_gen.core.model import GenerativeModel
from keras_gen.core.networks import check_network
from keras_gen.core.phase import Phase
from keras_gen.modalities import spec_of
from keras_gen.modalities.images.range import in_range
from keras_gen.tasks.translating import Direction, Translates
from keras_gen.types import Array, ArrayLike, Augmentation, Data, LossLike, Optimizer, Spec, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update


@keras.saving.register_keras_serializable(package="keras_gen")
class Pix2Pix(Translates, TrainsAdversarially, GenerativeModel):
    """Pix2Pix: translates images, having seen pairs.

    A step makes the outputs once; the discriminator is updated on (input, target) against
    (input, output), with half its loss as in the paper, then the generator, through the updated
    discriminator, on the adversarial loss plus `l1_weight` times the distance to the target.

    `fit` takes `(inputs, targets)` or `{"input": inputs, "target": targets}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]; the two may have different channels. It logs
    `discriminator_loss`, `generator_loss` and its parts `adversarial_loss` and `reconstruction_loss`.
    `evaluate` on pairs gives `l1` (mean absolute difference in [-1, 1]), `psnr` (decibels) and `ssim`.

    Args:
        generator: Built `keras.Model`, inputs to outputs of the targets' shape.
        discriminator: Built `keras.Model`, `[inputs, targets]` to logits, one for each patch.
        l1_weight: Number from 0 up, the weight of the distance to the target.
        reconstruction: `"l1"`, `"l2"`, or a callable `(targets, outputs) -> scalar`: that distance.
        ema_decay: Float in [0, 1) or None. With a decay (0.999, say) the model keeps an exponential
            moving average of the generator's weights, which `translate` and `predict` use.
        name: String or None.

    Raises:
        ValueError: If a network is not built, or the shapes of the two do not fit.

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

    Reference: Isola et al., 2017, https://arxiv.org/abs/1611.07004
    """

    parts_in_words = "discriminator among them"

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        l1_weight: float = 100.0,
        reconstruction: str | Callable[[Tensor, Tensor], Tensor] = "l1",
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        check_non_negative("l1_weight", l1_weight)
        (self.input_image_shape,), (self.image_shape,) = check_network(
            "generator", generator, [None], [None]
        )
        check_network("discriminator", discriminator, [self.input_image_shape, self.image_shape])
        self.generator = generator
        self.discriminator = discriminator
        self.l1_weight = l1_weight
        self.reconstruction = reconstruction
        self._distance = losses.get_reconstruction(reconstruction)
        self.ema_decay = ema_decay
        self.average = average_of(generator, ema_decay)
        self.ema_generator = None if self.average is None else self.average.network
        self.built = True

    @property
    def takes(self) -> dict[str, Spec]:
        return {"input": spec_of(self.input_image_shape), "target": spec_of(self.image_shape)}

    @property
    def directions(self) -> dict[str, Direction]:
        takes, gives = self.takes.values()
        return {"": Direction(takes, gives, 1, self.translate, network=self.sampler)}

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
            augmentation: Keras layer or None, as in `GAN.compile`, of targets and outputs.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        if isinstance(self._distance, losses.NetworkDistance):
            self._distance.build()
        self.compile_adversarial(
            Adversary(loss, r1_weight, r2_weight, penalties_every, augmentation),
            generator_optimizer,
            discriminator_optimizer,
            {},
            trainer_options,
        )

    @property
    def sampler(self) -> keras.Model:
        """The network that translates: the averaged generator where there is one."""
        return self.generator if self.ema_generator is None else self.ema_generator

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        return self.sampler(in_range(inputs), training=training)

    def phases(self) -> dict[str, Phase]:
        return {
            "discriminator": Phase([self.discriminator], self.adversary.penalty_names),
            "generator": Phase([self.generator], ["adversarial_loss", "reconstruction_loss"]),
        }

    def step(self, data: Data, update: Update) -> None:
        inputs, targets = self.take(data)
        training = update.training
        shared = update.record(self.generator, inputs)
        fakes = shared.outputs
        update("discriminator", lambda: self.discriminator_loss(inputs, targets, fakes, training))
        if training and self.adversary.is_lazy:
            update(
                "discriminator",
                lambda: self.penalties(inputs, targets, fakes),
                every=self.adversary.penalties_every,
            )
        update(
            "generator",
            lambda outputs: self.generator_loss(inputs, targets, outputs, training),
            at=shared,
        )
        if training and self.average is not None:
            self.average.follow(self.optimizer["generator"].iterations)

    def discriminator_loss(
        self, inputs: Tensor, targets: Tensor, fakes: Tensor, training: bool
    ) -> Tensor | tuple[Tensor, dict[str, Tensor]]:
        """Half the loss of the discriminator on true pairs and on inputs with the outputs, and penalties."""
        real_logits, fake_logits = self.adversary.judge(
            self.discriminator,
            targets,
            fakes,
            beside=lambda images: [inputs, images],
            training=training,
        )
        loss = 0.5 * self.adversary.discriminator_loss(real_logits, fake_logits)
        if training and self.adversary.is_lazy:
            return loss
        penalty, terms = self.penalties(inputs, targets, fakes)
        return loss + penalty, terms

    def penalties(
        self, inputs: Tensor, targets: Tensor, fakes: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The penalties in use, their weighted sum and each by itself."""
        return self.adversary.penalties(
            self.discriminator, targets, fakes, beside=lambda images: [inputs, images]
        )

    def generator_loss(
        self, inputs: Tensor, targets: Tensor, fakes: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the generator by its outputs, and its two parts."""

        def judge(images):
            (logits,) = self.adversary.judge(
                self.discriminator, images, beside=lambda x: [inputs, x], training=training
            )
            return logits

        real_logits = judge(targets) if self.adversary.pairs else None
        adversarial = self.adversary.generator_loss(judge(fakes), real_logits)
        distance = self._distance(targets, fakes)
        terms = {"adversarial_loss": adversarial, "reconstruction_loss": distance}
        return adversarial + self.l1_weight * distance, terms

    @property
    def evaluation_names(self) -> tuple[str, ...]:
        return ("l1", "psnr", "ssim")

    def evaluation_terms(self, data: Data) -> dict[str, Tensor]:
        inputs, targets = self.take(data)
        return losses.paired_scores(targets, self.sampler(inputs, training=False))

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
