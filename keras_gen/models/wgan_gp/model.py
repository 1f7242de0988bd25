"""Wasserstein GANs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from keras_gen import losses
from keras_gen.checks import check_non_negative, check_positive_integer
from keras_gen.core.critic import critic_loss, critic_terms
from keras_gen.core.networks import check_network
from keras_gen.core.phase import Phase
from keras_gen.models.latent_gan import LatentGAN
from keras_gen.types import Array, ArrayLike, ClassLabels, Data, Optimizer, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update


@keras.saving.register_keras_serializable(package="keras_gen")
class WGANGP(LatentGAN):
    """A Wasserstein GAN with gradient penalty, or with clipped weights.

    A step updates the critic `n_critic` times, each time on **fresh** real images, then the generator
    once. The batch that `fit` receives is therefore split into `n_critic` equal parts: batches of 320
    make critic batches of 64 at the paper's `n_critic` of 5, and 64 images for the generator. A
    remainder is left out; a last batch of fewer than `n_critic` images shows its last one again.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in the generator's range. It logs `discriminator_loss`,
    `generator_loss`, and apart `wasserstein_estimate`, the critic's mean score of real images less
    that of generated ones, which falls as the two come nearer, and `gradient_penalty`.

    Args:
        generator: Built `keras.Model`, latents `(batch, latent_dim)` to images.
        discriminator: Built `keras.Model`, the critic: images to scores `(batch, 1)`. Without
            BatchNormalization where there is a penalty, which looks at each image by itself.
        latent_dim: Integer, the length of a latent vector.
        n_critic: Integer, critic updates in a step.
        penalty_weight: Number from 0 up, the weight of the gradient penalty; 0 for none.
        penalty_target: Number, the gradient's norm that the penalty wants.
        weight_clip: Number above 0 or None. With one, the critic's weights are clipped to
            [-weight_clip, weight_clip] after each of its updates and there is no penalty: the
            original WGAN (0.01 in its paper).
        drift_weight: Number from 0 up, the weight of the mean square of the critic's scores of real
            images, which keeps them near 0 (0.001 in Karras et al., 2017).
        ema_decay: Float in [0, 1) or None, as in `GAN`.
        num_classes: Integer or None. With it both networks take labels beside their other input, and
            `fit` and `generate` do, as in `ConditionalGAN`.
        class_names: List of as many strings, by which `generate` can be asked, or None.
        name: String or None.

    Raises:
        ValueError: If a network is not built, the shapes do not fit, or a critic under a penalty
            holds a BatchNormalization.

    Example:
    >>> import keras_gen
    >>> wgan = keras_gen.WGANGP(
    ...     generator=keras_gen.networks.dcgan_generator((8, 8, 1), latent_dim=4, base_filters=4),
    ...     discriminator=keras_gen.networks.dcgan_discriminator(
    ...         (8, 8, 1), base_filters=4, normalization=None
    ...     ),
    ...     latent_dim=4,
    ...     n_critic=2,
    ... )
    >>> wgan.compile()
    >>> history = wgan.fit(keras.ops.zeros((8, 8, 8, 1)), batch_size=4, verbose=0)
    >>> int(wgan.optimizer["discriminator"].iterations), int(wgan.optimizer["generator"].iterations)
    (4, 2)

    Reference: Gulrajani et al., 2017, https://arxiv.org/abs/1704.00028; Arjovsky et al., 2017 (weight
    clipping), https://arxiv.org/abs/1701.07875
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int,
        n_critic: int = 5,
        penalty_weight: float = 10.0,
        penalty_target: float = 1.0,
        weight_clip: float | None = None,
        drift_weight: float = 0.0,
        ema_decay: float | None = None,
        num_classes: int | None = None,
        class_names: Sequence[str] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            generator, discriminator, latent_dim, num_classes, class_names, ema_decay, name
        )
        check_network("discriminator", discriminator, outputs=[None])
        check_positive_integer("n_critic", n_critic)
        check_non_negative("penalty_weight", penalty_weight)
        check_non_negative("penalty_target", penalty_target)
        check_non_negative("drift_weight", drift_weight)
        if weight_clip is not None:
            check_non_negative("weight_clip", weight_clip)
            if weight_clip == 0:
                raise ValueError(
                    "`weight_clip` must be a number above 0, or None for weights that are not clipped. "
                    "Received: weight_clip=0, which leaves a critic of zeros"
                )
        self.n_critic = n_critic
        self.penalty_weight = penalty_weight
        self.penalty_target = penalty_target
        self.weight_clip = weight_clip
        self.drift_weight = drift_weight
        if self._penalised and _has_batch_normalization(discriminator):
            raise ValueError(
                "`discriminator` must have no BatchNormalization under a gradient penalty, which needs "
                "each score to depend on its own image alone; use layer normalisation or none. "
                f"Received: discriminator={discriminator.name!r}"
            )

    @property
    def _penalised(self):
        return self.weight_clip is None and self.penalty_weight > 0

    @property
    def is_critic(self) -> bool:
        """Always: the discriminator estimates a distance, and is meant to win."""
        return True

    @property
    def least_batch(self) -> int:
        """One image for each update of the critic."""
        return self.n_critic

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to the paper's
                Adam(1e-4, beta_1=0, beta_2=0.9), with `weight_clip` to RMSprop(5e-5).
            discriminator_optimizer: Likewise, an optimizer of its own.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """

        def default():
            if self.weight_clip is not None:
                return keras.optimizers.RMSprop(5e-5)
            return keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9)

        self.warn_of_ends(stacklevel=3)
        self.compile_phases(
            {
                "discriminator": discriminator_optimizer or default(),
                "generator": generator_optimizer or default(),
            },
            **trainer_options,
        )

    def phases(self) -> dict[str, Phase]:
        terms = critic_terms(self._penalised, self.drift_weight)
        return {
            "discriminator": Phase([self.discriminator], terms),
            "generator": Phase([self.generator]),
        }

    def step(self, data: Data, update: Update) -> None:
        images, labels = self.take_with_labels(data)
        training = update.training
        total = ops.shape(images)[0]
        count, largest, least = total // self.n_critic, max, min
        if not isinstance(total, int):
            largest, least = ops.maximum, ops.minimum
        count = largest(count, 1)
        for part in range(self.n_critic):
            # Of a last batch that is too small for all updates the last image is taken again.
            start = least(part * count, total - count)
            reals = images[start : start + count]
            of_part = None if labels is None else labels[start : start + count]
            fakes = self.make(self.sample_latents(count), of_part, training)
            epsilon = losses.interpolation_epsilon(
                count, seed=self.seed_generator, axes=len(self.image_shape)
            )
            update(
                "discriminator",
                lambda reals=reals, fakes=fakes, epsilon=epsilon, of_part=of_part: (
                    self.discriminator_loss(reals, fakes, epsilon, of_part, training)
                ),
            )
            if training and self.weight_clip is not None:
                self._clip_weights()
        latents = self.sample_latents(count)
        of_part = None if labels is None else labels[:count]
        update("generator", lambda: self.generator_loss(latents, of_part, training))
        self.follow_generator(update)

    def make(self, latents: Tensor, labels: Tensor, training: bool) -> Tensor:
        """Images of latents, and of labels where there are classes."""
        return self.generator(latents if labels is None else [latents, labels], training=training)

    def discriminator_loss(
        self, reals: Tensor, fakes: Tensor, epsilon: Tensor, labels: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the critic on real and generated images, and its terms."""

        def inputs_of(images):
            return images if labels is None else [images, labels]

        return critic_loss(
            self.discriminator,
            reals,
            fakes,
            epsilon,
            penalty_weight=self.penalty_weight if self._penalised else 0.0,
            penalty_target=self.penalty_target,
            drift_weight=self.drift_weight,
            inputs_of=inputs_of,
            training=training,
        )

    def generator_loss(self, latents: Tensor, labels: Tensor, training: bool) -> Tensor:
        """Loss of the generator on images made of latents."""
        fakes = self.make(latents, labels, training)
        inputs = fakes if labels is None else [fakes, labels]
        return losses.wasserstein_generator_loss(self.discriminator(inputs, training=training))

    def _clip_weights(self):
        for variable in self.discriminator.trainable_variables:
            variable.assign(ops.clip(variable.value, -self.weight_clip, self.weight_clip))

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
        labels: ClassLabels | None = None,
        per_class: bool = False,
    ) -> Array:
        """Makes images: see `GAN.generate`, and with classes `ConditionalGAN.generate`."""
        return self.sample(n, labels, per_class, seed, latents, batch_size)


def _has_batch_normalization(network):
    return any(isinstance(x, keras.layers.BatchNormalization) for x in network._flatten_layers())
