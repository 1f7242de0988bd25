"""Generative adversarial networks."""

import keras

from keras_gen.engine import Phase, record
from keras_gen.models import checks
from keras_gen.models.adversarial_training import AdversarialTraining
from keras_gen.models.latent_model import LatentModel
from keras_gen.models.latent_sampling import LatentSampling
from keras_gen.models.together import run_together


@keras.saving.register_keras_serializable(package="keras_gen")
class GAN(AdversarialTraining, LatentSampling, LatentModel):
    """A generative adversarial network: DCGAN's recipe with any adversarial loss.

    A step updates the discriminator on a batch of real images and as many generated ones, then the
    generator against the updated discriminator. Both networks run in training mode in both phases.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in the generator's range, [-1, 1] for those of
    `keras_gen.networks`. It logs `discriminator_loss`, `generator_loss`,
    the penalties in use, and the sum of the two losses as `loss`.

    Args:
        generator: Built `keras.Model`, latents `(batch, latent_dim)` to images.
        discriminator: Built `keras.Model`, images to logits `(batch, 1)`, or `(batch, h, w, 1)` for
            judgements of patches.
        latent_dim: Integer, the length of a latent vector.
        ema_decay: Float in [0, 1) or None. With a decay (0.999, say) the model keeps an exponential
            moving average of the generator's weights, which `generate` and `predict` use.
        name: String or None.

    Raises:
        ValueError: If a network is not built, or the shapes of the three do not fit.

    Example:
    >>> import keras_gen
    >>> gan = keras_gen.GAN(
    ...     generator=keras_gen.networks.dcgan_generator((8, 8, 1), latent_dim=4, base_filters=4),
    ...     discriminator=keras_gen.networks.dcgan_discriminator((8, 8, 1), base_filters=4),
    ...     latent_dim=4,
    ... )
    >>> gan.compile()
    >>> history = gan.fit(keras.ops.zeros((4, 8, 8, 1)), batch_size=2, verbose=0)
    >>> sorted(history.history)
    ['discriminator_loss', 'generator_loss', 'loss']
    >>> gan.generate(3, seed=0).shape
    (3, 8, 8, 1)

    Reference: Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661; Radford et al., 2015 (DCGAN),
    https://arxiv.org/abs/1511.06434
    """

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        loss="non_saturating",
        r1_weight=0.0,
        r2_weight=0.0,
        share_forward=False,
        **trainer_options,
    ):
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
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        self.share_forward = share_forward
        self.compile_adversarial(
            generator_optimizer,
            discriminator_optimizer,
            loss,
            {**self.set_penalties(r1_weight, r2_weight), "share_forward": share_forward},
            trainer_options,
        )

    def phases(self):
        return {
            "discriminator": Phase(
                [self.discriminator],
                self.discriminator_loss,
                self.penalty_names,
            ),
            "generator": Phase([self.generator], self.generator_loss),
        }

    def schedule(self, data, training):
        reals = checks.unpack_images(data, self.image_shape)
        count = keras.ops.shape(reals)[0]
        if self.share_forward and training:
            recorded = record(self.generator, self.sample_latents(count))
            yield "discriminator", {"reals": reals, "fakes": recorded.outputs}
            yield "generator", {"reals": reals, "recorded": recorded}
        else:
            fakes = self.generator(self.sample_latents(count), training=training)
            yield "discriminator", {"reals": reals, "fakes": fakes}
            yield "generator", {"reals": reals, "latents": self.sample_latents(count)}

    def discriminator_loss(self, batch, training):
        """Loss of the discriminator on `batch["reals"]` and `batch["fakes"]`, and the penalties."""
        logits = run_together(self.discriminator, batch["reals"], batch["fakes"], training=training)
        loss = self.loss.discriminator_loss(*logits)
        penalty, terms = self.penalties(batch["reals"], batch["fakes"])
        return loss + penalty, terms

    def generator_loss(self, batch, training):
        """Loss of the generator on `batch["fakes"]`, or on images made of `batch["latents"]`."""
        fakes = (
            batch["fakes"]
            if "fakes" in batch
            else self.generator(batch["latents"], training=training)
        )
        fake_logits = self.discriminator(fakes, training=training)
        real_logits = None
        if getattr(self.loss, "uses_real_logits", False):
            real_logits = self.discriminator(batch["reals"], training=training)
        return self.loss.generator_loss(fake_logits, real_logits), {}
