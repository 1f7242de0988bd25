"""VAE-GAN: a VAE that compares images by what a discriminator sees in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from keras_gen import losses
from keras_gen.checks import check_non_negative
from keras_gen.core.latent_samplers import LatentSampler
from keras_gen.core.model import GenerativeModel
from keras_gen.core.network_calls import run_together
from keras_gen.core.networks import check_network, with_maps
from keras_gen.core.phase import Phase
from keras_gen.losses.variational import sum_per_example
from keras_gen.models.plain_vae import PlainVAE
from keras_gen.types import Data, Optimizer, Report, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update


@keras.saving.register_keras_serializable(package="keras_gen")
class VAEGAN(PlainVAE):
    """A VAE and a GAN that share a decoder: images are compared by the features of the discriminator.

    Pixels that are a little off cost a VAE much and are hardly seen, so that it blurs. Here a reconstruction
    is to look to the discriminator as its image does: the loss is the negative log-likelihood of a hidden
    layer's features under a Gaussian of unit variance around those of the reconstruction, without its
    constant, summed over features. A step updates

    - the encoder by this `feature_loss` and the KL divergence from the standard normal prior,
    - the decoder by `gamma` times the feature loss, and to have the discriminator take for real what it makes
      of images' latents and of the prior's,
    - the discriminator to tell real images from both. The features' loss does not move it: features
      that are zeros would be alike.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]. It logs `encoder_loss` with its parts `kl_loss` and
    `feature_loss`, `decoder_loss` with its part `adversarial_loss`, `discriminator_loss`, and the sum of the
    three losses as `loss`.
    Bounds, likelihoods and `anomaly_scores` are those of pixels under a Gaussian of unit variance, for which
    the model is not trained.

    Args:
        encoder: Built `keras.Model`, images to the posterior's `[mean, log variance]`, each of shape
            `(batch, latent_dim)`.
        decoder: Built `keras.Model`, latents `(batch, latent_dim)` to images: a GAN's generator.
        discriminator: Built functional or Sequential `keras.Model`, images to logits `(batch, 1)`, or
            `(batch, h, w, 1)` for judgements of patches.
        latent_dim: Integer, the length of a latent vector.
        gamma: Number from 0 up, the weight of the feature loss in the decoder's. The more, the closer
            reconstructions are; the less, the more all images look real.
        feature_layer: Integer, which of the discriminator's hidden activations are compared: 0 is the first,
            -1 the last.
        beta: Number from 0 up, the weight of the KL term in the encoder's loss.
        kl_warmup_steps: Integer, as in `VAE`.
        ema_decay: Float in [0, 1) or None. With a decay (0.999, say) the model keeps an exponential
            moving average of the decoder's weights, which is used for all but training.
        name: String or None.
        sampler: What `fit_sampler` makes, a part of the model's file, or None.

    Raises:
        ValueError: If a network is not built, a number is out of range, or the shapes do not fit.

    Example:
    >>> import keras_gen
    >>> shape = (8, 8, 1)
    >>> model = keras_gen.VAEGAN(
    ...     encoder=keras_gen.networks.conv_encoder(shape, latent_dim=2, base_filters=4),
    ...     decoder=keras_gen.networks.dcgan_generator(shape, latent_dim=2, base_filters=4),
    ...     discriminator=keras_gen.networks.dcgan_discriminator(shape, base_filters=4),
    ...     latent_dim=2,
    ... )
    >>> model.compile()
    >>> history = model.fit(keras.ops.zeros((4, 8, 8, 1)), batch_size=2, verbose=0)
    >>> sorted(name for name in history.history if name.endswith("_loss"))  # doctest: +NORMALIZE_WHITESPACE
    ['adversarial_loss', 'decoder_loss', 'discriminator_loss', 'encoder_loss', 'feature_loss',
     'kl_loss']
    >>> model.generate(3, seed=0).shape
    (3, 8, 8, 1)

    Reference: Larsen et al., 2015, Autoencoding beyond pixels using a learned similarity metric,
    https://arxiv.org/abs/1512.09300
    """

    report_options: tuple[str, ...] = ()

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        discriminator: keras.Model,
        latent_dim: int,
        gamma: float = 1e-2,
        feature_layer: int = -1,
        beta: float = 1.0,
        kl_warmup_steps: int = 0,
        ema_decay: float | None = None,
        name: str | None = None,
        sampler: LatentSampler | None = None,
    ) -> None:
        super().__init__(
            encoder,
            decoder,
            latent_dim,
            beta=beta,
            likelihood="gaussian",
            kl_warmup_steps=kl_warmup_steps,
            name=name,
            ema_decay=ema_decay,
        )
        check_non_negative("gamma", gamma)
        check_network("discriminator", discriminator, [self.image_shape], [None])
        judge = with_maps("discriminator", discriminator)
        maps = len(judge.outputs) - 1
        if not (isinstance(feature_layer, int) and -maps <= feature_layer < maps):
            raise ValueError(
                f"`feature_layer` must be an integer in [{-maps}, {maps}): the discriminator has {maps} hidden "
                f"activations. Received: feature_layer={feature_layer!r}"
            )
        self.discriminator = discriminator
        self.gamma = gamma
        self.feature_layer = feature_layer
        # In a function, so that Keras does not look into it: the weights are the discriminator's.
        self._judge_with_maps = lambda: judge
        self.set_sampler(sampler)

    def compile(  # type: ignore[override]
        self,
        encoder_optimizer: Optimizer | None = None,
        decoder_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            encoder_optimizer: Keras optimizer or its name. Defaults to the paper's RMSprop(3e-4).
            decoder_optimizer: Likewise, an optimizer of its own.
            discriminator_optimizer: Likewise.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        optimizers = {
            "encoder": encoder_optimizer,
            "decoder": decoder_optimizer,
            "discriminator": discriminator_optimizer,
        }
        self.compile_phases(
            {name: given or keras.optimizers.RMSprop(3e-4) for name, given in optimizers.items()},
            **trainer_options,
        )

    def phases(self) -> dict[str, Phase]:
        return {
            "encoder": Phase([self.encoder], ["kl_loss", "feature_loss"]),
            "decoder": Phase([self.decoder], ["adversarial_loss"]),
            "discriminator": Phase([self.discriminator]),
        }

    def step(self, data: Data, update: Update) -> None:
        reals = self.take(data)
        training = update.training
        _, features = self.judge(reals, training)
        latents = update("encoder", lambda: self.encoder_loss(reals, features, training))
        drawn = self.normal.sample(ops.shape(reals)[0], self.seed_generator)
        made = update.record(self.decoder, ops.concatenate([latents, drawn]))
        update("decoder", lambda images: self.decoder_loss(features, images, training), at=made)
        update("discriminator", lambda: self.discriminator_loss(reals, made.outputs, training))
        if training and self.average is not None:
            self.average.follow(self.optimizer["decoder"].iterations)

    def judge(self, images: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        """What the discriminator says of images, and the features that they are compared by."""
        logits, *maps = self._judge_with_maps()(images, training=training)
        return logits, maps[self.feature_layer]

    def encoder_loss(
        self, reals: Tensor, features: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """KL term and feature loss of images of known features, each by itself, and the drawn latents."""
        mean, log_variance = self.encoder(reals, training=training)
        latents = self.sample_posterior(mean, log_variance)
        _, remade = self.judge(self.decoder(latents, training=training), training)
        terms = {
            "kl_loss": ops.mean(losses.gaussian_kl_divergence(mean, log_variance)),
            "feature_loss": self.feature_loss(features, remade),
        }
        loss = self._kl_weight(training) * terms["kl_loss"] + terms["feature_loss"]
        return loss, terms, latents

    def decoder_loss(
        self, features: Tensor, made: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of reconstructions of images of known features, and of as many images of the prior behind."""
        logits, remade = self.judge(made, training)
        # Both kinds count whole, as in `discriminator_loss`. The decoder raises log D, where the paper has it
        # lower log(1 - D), which has next to no gradient at first.
        adversarial = 2.0 * losses.non_saturating_generator_loss(logits)
        feature = self.feature_loss(features, remade[: ops.shape(features)[0]])
        return self.gamma * feature + adversarial, {"adversarial_loss": adversarial}

    def discriminator_loss(self, reals: Tensor, made: Tensor, training: bool) -> Tensor:
        """Minus log D of images, and log(1 - D) of reconstructions and of as many images of the prior."""
        logits, made_logits = run_together(self.discriminator, reals, made, training=training)
        return ops.mean(ops.softplus(-logits)) + 2.0 * ops.mean(ops.softplus(made_logits))

    def feature_loss(self, features: Tensor, remade: Tensor) -> Tensor:
        """Half the squared distance of features, averaged over the batch.

        Args:
            features: Float tensor `(batch, ...)`, of images.
            remade: The same, of reconstructions.

        Returns:
            Float32 scalar, in nats: a Gaussian's negative log-likelihood without its constant.
        """
        difference = ops.cast(features, "float32") - ops.cast(remade, "float32")
        return 0.5 * ops.mean(sum_per_example(ops.square(difference)))

    def evaluation_terms(self, data: Data) -> dict[str, Tensor]:
        return GenerativeModel.evaluation_terms(self, data)  # There is no bound among them.

    @property
    def evaluation_names(self) -> tuple[str, ...]:
        return self._phase_names

    def measure(self, examples: Data) -> Report:  # type: ignore[override]
        """Reconstruction error and active units of images `(n, ...)`, for an evaluation's report."""
        return {
            "losses": {
                "reconstruction_error": float(self.reconstruction_errors(examples).mean()),
                "active_units": len(self.active_units(examples)),
            },
            "latent_dim": self.latent_dim,
        }
