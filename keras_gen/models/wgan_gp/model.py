"""Wasserstein GANs."""

import keras
from keras import ops

from keras_gen import losses
from keras_gen.engine import Phase, without_updates
from keras_gen.models import checks
from keras_gen.models.latent_model import LatentModel
from keras_gen.models.latent_sampling import LatentSampling
from keras_gen.models.together import run_together


@keras.saving.register_keras_serializable(package="keras_gen")
class WGANGP(LatentSampling, LatentModel):
    """A Wasserstein GAN with gradient penalty, or with clipped weights.

    A step updates the critic `n_critic` times, each time on **fresh** real images, then the generator
    once. The batch that `fit` receives is therefore split into `n_critic` equal parts: batches of 320
    make critic batches of 64 at the paper's `n_critic` of 5, and 64 images for the generator. A
    remainder is left out.

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
        generator,
        discriminator,
        latent_dim,
        n_critic=5,
        penalty_weight=10.0,
        penalty_target=1.0,
        weight_clip=None,
        drift_weight=0.0,
        ema_decay=None,
        name=None,
    ):
        super().__init__(generator, discriminator, latent_dim, ema_decay, name=name)
        checks.check_positive_integer("n_critic", n_critic)
        checks.check_non_negative("penalty_weight", penalty_weight)
        checks.check_non_negative("penalty_target", penalty_target)
        checks.check_non_negative("drift_weight", drift_weight)
        if weight_clip is not None:
            checks.check_non_negative("weight_clip", weight_clip)
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

    def compile(self, generator_optimizer=None, discriminator_optimizer=None, **trainer_options):
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

        self.compile_phases(
            {
                "discriminator": discriminator_optimizer or default(),
                "generator": generator_optimizer or default(),
            },
            **trainer_options,
        )

    def phases(self):
        terms = ["wasserstein_estimate"]
        if self._penalised:
            terms.append("gradient_penalty")
        if self.drift_weight:
            terms.append("drift_penalty")
        return {
            "discriminator": Phase([self.discriminator], self.discriminator_loss, terms),
            "generator": Phase([self.generator], self.generator_loss),
        }

    def schedule(self, data, training):
        images = checks.unpack_images(data, self.image_shape)
        if images.shape[0] is not None and images.shape[0] < self.n_critic:
            raise ValueError(
                f"A batch must hold at least n_critic={self.n_critic} images, one for each update of "
                f"the critic. Received: a batch of {images.shape[0]}"
            )
        total = ops.shape(images)[0]
        count = total // self.n_critic
        for part in range(self.n_critic):
            reals = images[part * count : (part + 1) * count]
            fakes = self.generator(self.sample_latents(count), training=training)
            epsilon = losses.interpolation_epsilon(count, seed=self.seed_generator)
            yield "discriminator", {"reals": reals, "fakes": fakes, "epsilon": epsilon}
        yield "generator", {"latents": self.sample_latents(count)}

    def discriminator_loss(self, batch, training):
        """Loss of the critic on `batch["reals"]` and `batch["fakes"]`, and its terms."""
        real_scores, fake_scores = run_together(
            self.discriminator, batch["reals"], batch["fakes"], training=training
        )
        loss = losses.wasserstein_discriminator_loss(real_scores, fake_scores)
        terms = {"wasserstein_estimate": -loss}
        if self._penalised:
            terms["gradient_penalty"] = losses.gradient_penalty(
                without_updates(self.discriminator),
                batch["reals"],
                batch["fakes"],
                batch["epsilon"],
                self.penalty_target,
            )
            loss = loss + self.penalty_weight * terms["gradient_penalty"]
        if self.drift_weight:
            terms["drift_penalty"] = losses.drift_penalty(real_scores)
            loss = loss + self.drift_weight * terms["drift_penalty"]
        return loss, terms

    def generator_loss(self, batch, training):
        """Loss of the generator on images made of `batch["latents"]`."""
        fakes = self.generator(batch["latents"], training=training)
        return losses.wasserstein_generator_loss(self.discriminator(fakes, training=training)), {}

    def after_phase(self, phase):
        super().after_phase(phase)
        if phase == "discriminator" and self.weight_clip is not None:
            for variable in self.discriminator.trainable_variables:
                variable.assign(ops.clip(variable.value, -self.weight_clip, self.weight_clip))


def _has_batch_normalization(network):
    return any(isinstance(x, keras.layers.BatchNormalization) for x in network._flatten_layers())
