"""What the GANs without labels share: how their two networks are updated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops

from keras_gen.core.adversary import Adversary
from keras_gen.core.networks import scales_of
from keras_gen.core.phase import Phase
from keras_gen.models.latent_gan import LatentGAN
from keras_gen.types import Augmentation, Data, LossLike, Optimizer, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update


class PlainGAN(LatentGAN):
    """Base of the GANs without labels: the discriminator's update, then the generator's. Abstract.

    Arguments as in `LatentGAN`.
    """

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        loss: LossLike = "non_saturating",
        r1_weight: float = 0.0,
        r2_weight: float = 0.0,
        share_forward: bool = False,
        penalties_every: int = 1,
        augmentation: Augmentation | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to Adam(2e-4, beta_1=0.5).
            discriminator_optimizer: Likewise, an optimizer of its own.
            loss: Name of an adversarial loss (`"non_saturating"`, `"minimax"`, `"least_squares"`,
                `"hinge"`, `"wasserstein"`, `"relativistic"`) or an object such as
                `keras_gen.losses.get` returns.
            r1_weight: Number from 0 up, the weight of the R1 penalty on real images.
            r2_weight: Number from 0 up, the weight of the R2 penalty on generated images.
            share_forward: Boolean. If True, one batch of generated images serves both phases, so that
                the generator runs forward once in a step; otherwise each phase draws its own.
            penalties_every: Integer above 0. Above 1 the penalties are an update of their own in every so
                many steps, so many times as heavy, which costs a part of the time.
            augmentation: Keras layer of images to images, or None: what real and generated images pass
                through, differentiably, before the discriminator sees them.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        self.share_forward = share_forward
        self.compile_adversarial(
            Adversary(loss, r1_weight, r2_weight, penalties_every, augmentation),
            generator_optimizer,
            discriminator_optimizer,
            {"share_forward": share_forward},
            trainer_options,
        )

    def phases(self) -> dict[str, Phase]:
        return {
            "discriminator": Phase([self.discriminator], self.adversary.penalty_names),
            "generator": Phase([self.generator]),
        }

    def step(self, data: Data, update: Update) -> None:
        reals = self.take(data)
        count = ops.shape(reals)[0]
        training = update.training
        if self.share_forward and training:
            shared = update.record(self.generator, self.sample_latents(count))
            fakes = shared.outputs
        else:
            shared = None
            fakes = self.generator(self.sample_latents(count), training=training)
        self.update_discriminator(
            update,
            lambda: self.discriminator_loss(reals, fakes, training),
            lambda: self.penalties(reals, fakes, training),
        )
        if shared is not None:
            update("generator", lambda made: self.generator_loss(reals, made, training), at=shared)
        else:
            latents = self.sample_latents(count)
            update(
                "generator",
                lambda: self.generator_loss(
                    reals, self.generator(latents, training=training), training
                ),
            )
        self.follow_generator(update)

    def discriminator_loss(self, reals: Tensor, fakes: Tensor, training: bool) -> tuple[Any, ...]:
        """Loss of the discriminator on real and generated images, with the penalties, and their terms."""
        return self.adversary.loss_of_discriminator(
            self.discriminator,
            reals,
            fakes,
            penalties=lambda: self.penalties(reals, fakes, training),
            training=training,
        )

    def penalties(
        self, reals: Tensor, fakes: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The penalties in use, their weighted sum and each by itself."""
        scales = scales_of(self.discriminator)
        return self.adversary.penalties(
            self.discriminator, reals, fakes, scales=scales, training=training
        )

    def generator_loss(self, reals: Tensor, fakes: Tensor, training: bool) -> Tensor:
        """Loss of the generator on its images."""
        return self.adversary.loss_of_generator(self.discriminator, reals, fakes, training=training)
