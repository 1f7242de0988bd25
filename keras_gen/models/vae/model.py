"""Variational autoencoders."""

import keras
import numpy as np

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_non_negative, check_positive_integer, check_steps
from keras_gen.core.model import GenerativeModel
from keras_gen.core.networks import check_network
from keras_gen.core.phase import Phase
from keras_gen.core.priors import Normal
from keras_gen.modalities import spec_of
from keras_gen.tasks.encoding import Encodes
from keras_gen.tasks.generating import FromLatents


@keras.saving.register_keras_serializable(package="keras_gen")
class VAE(Encodes, FromLatents, GenerativeModel):
    """A variational autoencoder, and with `beta` above 1 a beta-VAE.

    The loss is the negative evidence lower bound (ELBO) in nats: the reconstruction's negative
    log-likelihood, **summed** over pixels, plus `beta` times the Kullback-Leibler divergence of the
    posterior from the standard normal prior, both averaged over the batch.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]. It logs `loss`, `reconstruction_loss` and `kl_loss`;
    `evaluate` adds `elbo`, the bound itself (`beta` = 1).

    Args:
        encoder: Built `keras.Model`, images to the posterior's `[mean, log variance]`, each of shape
            `(batch, latent_dim)`.
        decoder: Built `keras.Model`, latents `(batch, latent_dim)` to the likelihood's parameters, of
            the images' shape: logits for `"bernoulli"`, means for `"gaussian"`.
        latent_dim: Integer, the length of a latent vector.
        beta: Number from 0 up, the weight of the KL term.
        likelihood: `"bernoulli"`, `"gaussian"`, or an object such as
            `keras_gen.losses.GaussianLikelihood(standard_deviation=0.1)`.
        kl_warmup_steps: Integer. Over so many training steps the KL term's weight grows linearly from
            0 to `beta`, which keeps latents from being switched off early.
        name: String or None.

    Raises:
        ValueError: If a network is not built, or the shapes of the three do not fit.

    Example:
    >>> import keras_gen
    >>> vae = keras_gen.VAE(
    ...     encoder=keras_gen.networks.conv_encoder((8, 8, 1), latent_dim=2, base_filters=4),
    ...     decoder=keras_gen.networks.conv_decoder((8, 8, 1), latent_dim=2, base_filters=4),
    ...     latent_dim=2,
    ... )
    >>> vae.compile()
    >>> history = vae.fit(keras.ops.zeros((4, 8, 8, 1)), batch_size=2, verbose=0)
    >>> sorted(history.history)
    ['kl_loss', 'loss', 'reconstruction_loss']
    >>> vae.generate(3, seed=0).shape
    (3, 8, 8, 1)

    Reference: Kingma & Welling, 2013, https://arxiv.org/abs/1312.6114; Higgins et al., 2017 (beta-VAE)
    """

    report_options = ("iwae",)
    measured = 1000
    parts_in_words = "encoder and decoder"

    def __init__(
        self,
        encoder,
        decoder,
        latent_dim,
        beta=1.0,
        likelihood="bernoulli",
        kl_warmup_steps=0,
        name=None,
    ):
        super().__init__(name=name)
        self.prior = Normal(latent_dim)
        check_non_negative("beta", beta)
        check_non_negative("kl_warmup_steps", kl_warmup_steps)
        (self.image_shape,), _ = check_network(
            "encoder", encoder, [None], [(latent_dim,), (latent_dim,)]
        )
        check_network("decoder", decoder, [(latent_dim,)], [self.image_shape])
        self.encoder = encoder
        self.decoder = decoder
        self.latent_dim = latent_dim
        self.beta = beta
        self.likelihood = losses.get_likelihood(likelihood)
        self.kl_warmup_steps = kl_warmup_steps
        self.built = True

    @property
    def takes(self):
        return {"image" if self.gives.kind == "images" else "data": self.gives}

    @property
    def gives(self):
        return spec_of(self.image_shape)

    def compile(self, optimizer=None, **trainer_options):
        """Configures training.

        Args:
            optimizer: Keras optimizer or its name. Defaults to Adam(1e-3).
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        self.compile_phases({"vae": optimizer or keras.optimizers.Adam(1e-3)}, **trainer_options)

    def call(self, images, training=False):
        images = self.gives.take("Inputs", images)
        mean, _ = self.encoder(images, training=training)
        return self.likelihood.mean(self.decoder(mean, training=training))

    def phases(self):
        return {"vae": Phase([self.encoder, self.decoder], ["reconstruction_loss", "kl_loss"])}

    def step(self, data, update):
        images = self.take(data)
        update("vae", lambda: self.negative_elbo(images, update.training))

    def negative_elbo(self, images, training):
        """Negative ELBO of images, the KL term weighted, and its two parts unweighted."""
        mean, log_variance = self.encoder(images, training=training)
        latents = self.sample_posterior(mean, log_variance)
        outputs = self.decoder(latents, training=training)
        reconstruction = -keras.ops.mean(self.likelihood.log_likelihood(images, outputs))
        kl = keras.ops.mean(losses.gaussian_kl_divergence(mean, log_variance))
        loss = reconstruction + self._kl_weight(training) * kl
        return loss, {"reconstruction_loss": reconstruction, "kl_loss": kl}

    def sample_posterior(self, mean, log_variance):
        """Draws latents from N(mean, exp(log_variance)), differentiable in both."""
        mean = keras.ops.cast(mean, "float32")
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.seed_generator)
        return mean + keras.ops.exp(0.5 * keras.ops.cast(log_variance, "float32")) * noise

    def _kl_weight(self, training):
        if not training or not self.kl_warmup_steps:
            return self.beta
        step = keras.ops.cast(self.optimizer.iterations, "float32")
        return self.beta * keras.ops.minimum(1.0, step / self.kl_warmup_steps)

    def evaluation_terms(self, data):
        terms = super().evaluation_terms(data)
        return terms | {"elbo": -terms["reconstruction_loss"] - terms["kl_loss"]}

    @property
    def evaluation_names(self):
        return (*super().evaluation_names, "elbo")

    def encode(self, images, batch_size=128):
        """Maps images to their posteriors.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            batch_size: Integer.

        Returns:
            Tuple of float32 NumPy arrays `(mean, log_variance)`, each of shape `(n, latent_dim)`.
        """
        return self._posterior(self._taken(images), batch_size)

    def _taken(self, images):
        """Images as the networks have them."""
        return self.gives.take("`images`", images)

    def _posterior(self, taken, batch_size):
        mean, log_variance = predict(self.encoder, taken, batch_size)
        return mean, log_variance

    def decode(self, latents, batch_size=128):
        """Maps latents to mean images.

        Args:
            latents: Float array of shape `(n, latent_dim)`.
            batch_size: Integer.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)` in [-1, 1].
        """
        return self.gives.give(self._means(latents, batch_size))

    def _means(self, latents, batch_size):
        """The likelihood's means of latents, as the networks have images."""
        latents = self.prior.draw(None, given=latents)
        outputs = predict(self.decoder, latents, batch_size)
        return keras.ops.convert_to_numpy(self.likelihood.mean(outputs))

    def reconstruct(self, images, batch_size=128):
        """Encodes images and decodes the posteriors' means; shapes and ranges as `decode`."""
        mean, _ = self.encode(images, batch_size)
        return self.decode(mean, batch_size)

    def generate(self, n=None, seed=None, latents=None, batch_size=128):
        """Decodes latents drawn from the prior: see `GAN.generate`."""
        latents = self.prior.draw(n, seed, latents)
        return self.decode(latents, batch_size)

    def interpolate(self, start, end, steps=8):
        """Decodes the straight line between the posterior means of two images.

        Args:
            start: Float array of shape `(height, width, channels)` in [-1, 1].
            end: Likewise.
            steps: Integer, at least 2: how many images, both ends among them.

        Returns:
            Float32 NumPy array of shape `(steps, height, width, channels)`.
        """
        check_steps(steps)
        mean, _ = self.encode(np.stack([start, end]))
        fractions = np.linspace(0.0, 1.0, steps, dtype="float32")[:, None]
        return self.decode((1.0 - fractions) * mean[0] + fractions * mean[1])

    def active_units(self, images, threshold=0.01, batch_size=128):
        """Finds the latents that the encoder uses, those whose posterior means vary over images.

        A latent that the decoder has learned to ignore has a posterior that is the prior's, whatever
        the image, and a mean that hardly moves.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            threshold: Number from 0 up: the variance over images above which a latent is active.
            batch_size: Integer.

        Returns:
            Integer NumPy array, the indices of the active latents; its length is their number.

        Reference: Burda et al., 2015, https://arxiv.org/abs/1509.00519
        """
        check_non_negative("threshold", threshold)
        mean, _ = self.encode(images, batch_size)
        return np.flatnonzero(mean.astype("float64").var(axis=0) > threshold)

    def reconstruction_errors(self, images, batch_size=128):
        """Mean squared differences of images and their reconstructions.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            batch_size: Integer.

        Returns:
            Float32 NumPy array of shape `(n,)`, in [0, 4]; averaged over pixels.
        """
        images = self._taken(images)
        mean, _ = self._posterior(images, batch_size)
        difference = np.asarray(images, "float32") - self._means(mean, batch_size)
        return np.square(difference).reshape(len(difference), -1).mean(axis=1)

    def anomaly_scores(self, images, batch_size=128):
        """Says how unlike the training data images are: the higher the score, the stranger.

        The score is the negative ELBO with the latents at the posterior's mean: the reconstruction's
        negative log-likelihood, summed over pixels, plus the KL term (unweighted, whatever `beta`),
        in nats. Nothing is drawn, so that an image always scores the same. Under a Bernoulli
        likelihood gray pixels cost more than black and white ones even if they are reconstructed
        perfectly; `reconstruction_errors` does without that.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            batch_size: Integer.

        Returns:
            Float32 NumPy array of shape `(n,)`.

        Example:

        The receiver operating characteristic (ROC) of a model that has seen bright images only, on
        as many dark ones:

        >>> import keras_gen
        >>> keras.utils.set_random_seed(0)
        >>> vae = keras_gen.VAE(
        ...     encoder=keras_gen.networks.conv_encoder((8, 8, 1), latent_dim=2, base_filters=4),
        ...     decoder=keras_gen.networks.conv_decoder((8, 8, 1), latent_dim=2, base_filters=4),
        ...     latent_dim=2,
        ... )
        >>> vae.compile(keras.optimizers.Adam(1e-2))
        >>> random = np.random.default_rng(0)
        >>> bright = random.uniform(-0.1, 1.0, (256, 8, 8, 1)).astype("float32")
        >>> history = vae.fit(bright[:192], batch_size=32, epochs=5, verbose=0)
        >>> usual, strange = vae.anomaly_scores(bright[192:]), vae.anomaly_scores(-bright[192:])
        >>> thresholds = np.sort(np.concatenate([usual, strange]))[::-1]
        >>> found = np.mean(strange >= thresholds[:, None], axis=1)  # true positive rate
        >>> false_alarms = np.mean(usual >= thresholds[:, None], axis=1)  # false positive rate
        >>> bool(found[false_alarms <= 0.05].max() > 0.9)
        True
        >>> area = np.mean(strange[:, None] > usual)  # under the curve of one against the other
        >>> bool(area > 0.95)
        True

        Reference: An & Cho, 2015, Variational Autoencoder based Anomaly Detection using
        Reconstruction Probability
        """
        images = self._taken(images)
        mean, log_variance = self._posterior(images, batch_size)
        outputs = predict(self.decoder, mean, batch_size)
        log_likelihood = self.likelihood.log_likelihood(images, outputs)
        scores = losses.gaussian_kl_divergence(mean, log_variance) - log_likelihood
        return keras.ops.convert_to_numpy(scores)

    def importance_weighted_bound(self, images, num_samples=100, seed=0, batch_size=128):
        """Bounds the log-likelihood of images more tightly than the ELBO, by importance sampling.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            num_samples: Integer, latents drawn for each image. With 1 the bound's mean is the ELBO.
            seed: Integer or None, of the draws.
            batch_size: Integer, how many latents are decoded at a time.

        Returns:
            Float32 NumPy array of shape `(n,)`, in nats.

        Reference: Burda et al., 2015, https://arxiv.org/abs/1509.00519
        """
        check_positive_integer("num_samples", num_samples)
        images = self._taken(images)
        mean, log_variance = self._posterior(images, batch_size)
        random = np.random.default_rng(seed)
        log_weights = []
        for _ in range(num_samples):
            noise = random.standard_normal(mean.shape, dtype="float32")
            latents = mean + np.exp(0.5 * log_variance) * noise
            outputs = predict(self.decoder, latents, batch_size)
            log_weights.append(
                self.likelihood.log_likelihood(images, outputs)
                + losses.gaussian_log_density(latents, np.zeros_like(mean), np.zeros_like(mean))
                - losses.gaussian_log_density(latents, mean, log_variance)
            )
        log_weights = keras.ops.stack(log_weights)
        bound = keras.ops.logsumexp(log_weights, axis=0) - np.log(num_samples)
        return keras.ops.convert_to_numpy(bound)

    def measure(self, examples, iwae=20):
        """Bound, reconstruction error and active units of data, for an evaluation's report.

        Args:
            examples: Float array `(n, ...)`.
            iwae: Integer, latents an example in the importance-weighted bound.

        Returns:
            Dict of `losses`; of `bound`, the `samples` and the `images` of it; and of `latent_dim`.
        """
        return {
            "losses": {
                "importance_weighted_bound": float(
                    self.importance_weighted_bound(examples, iwae).mean()
                ),
                "reconstruction_error": float(self.reconstruction_errors(examples).mean()),
                "active_units": len(self.active_units(examples)),
            },
            "bound": {"samples": iwae, "images": len(examples)},
            "latent_dim": self.latent_dim,
        }
