"""What variational autoencoders share: the bound, its two terms, and what is measured with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_int, check_non_negative, check_positive_integer
from keras_gen.core.averages import average_of
from keras_gen.core.importance_weights import ImportanceWeights
from keras_gen.core.model import GenerativeModel
from keras_gen.core.networks import check_network
from keras_gen.core.phase import Phase
from keras_gen.core.priors import Normal
from keras_gen.core.vamp_prior import VampPrior
from keras_gen.modalities import Arrays, parts_of, spec_of
from keras_gen.tasks.encoding import Encodes
from keras_gen.tasks.from_latents import FromLatents
from keras_gen.types import (
    Array,
    ArrayLike,
    ClassLabels,
    Data,
    LikelihoodLike,
    Optimizer,
    Report,
    Spec,
    Tensor,
)

if TYPE_CHECKING:
    from keras_gen.core.update import Update
    from keras_gen.modalities.spec import Arrays

# Objectives, and the terms that each logs beside the two of the ELBO.
_TERMS = {"elbo": [], "iwae": [], "beta_tc": ["total_correlation"], "mmd": ["mmd"]}
OBJECTIVES = tuple(_TERMS)
# Numbers of noise that are held at once: 64 MiB.
_NOISE_AT_ONCE = 2**24


class LatentVAE(Encodes, FromLatents, GenerativeModel):
    """Base of the models with an encoder to a Gaussian over latents, and a decoder. Abstract.

    Args:
        encoder: Built `keras.Model`: data, and labels where there are classes, to `[mean, log variance]`,
            each of shape `(batch, latent_dim)`.
        decoder: Built `keras.Model`: latents, and labels where there are classes, to the likelihood's
            parameters, of the data's shape, or as many as the likelihood has `parameters`.
        latent_dim: Integer, the length of a latent vector.
        num_classes: Integer, or None where neither network takes labels.
        class_names: List of as many strings, or None.
        beta: Number from 0 up, the weight of the KL term.
        likelihood: Name of a likelihood, or an object such as `keras_gen.losses.get_likelihood` returns.
        kl_warmup_steps: Integer, the steps over which the KL term's weight grows from 0 to `beta`.
        objective: `"elbo"`, `"iwae"`, `"beta_tc"` or `"mmd"`.
        importance_samples: Integer, latents an example in `"iwae"`.
        doubly_reparameterised: Boolean, of `"iwae"`.
        free_bits: Number from 0 up, of `"elbo"`: nats of each latent that are not pressed lower.
        mmd_weight: Number from 0 up, of `"mmd"`.
        name: String or None.
        ema_decay: Float in [0, 1) or None: the decay of a moving average of the decoder.
        pseudo_inputs: Integer from 0 up, those of a `VampPrior`; of 0 the prior is standard normal.
    """

    report_options: tuple[str, ...] = ("iwae", "log_likelihood")
    measured = 1000
    parts_in_words = "encoder and decoder"

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        latent_dim: int,
        num_classes: int | None = None,
        class_names: Sequence[str] | None = None,
        beta: float = 1.0,
        likelihood: LikelihoodLike = "bernoulli",
        kl_warmup_steps: int = 0,
        name: str | None = None,
        objective: str = "elbo",
        importance_samples: int = 5,
        doubly_reparameterised: bool = False,
        free_bits: float = 0.0,
        mmd_weight: float = 1000.0,
        ema_decay: float | None = None,
        pseudo_inputs: int = 0,
    ) -> None:
        super().__init__(name=name)
        self.normal = Normal(latent_dim)
        self.set_classes(num_classes, class_names)
        check_non_negative("beta", beta)
        check_non_negative("kl_warmup_steps", kl_warmup_steps)
        check_positive_integer("importance_samples", importance_samples)
        check_non_negative("free_bits", free_bits)
        check_non_negative("mmd_weight", mmd_weight)
        check_int("pseudo_inputs", pseudo_inputs, least=0)
        _check_objective(objective, doubly_reparameterised, free_bits, pseudo_inputs)
        labels = [] if num_classes is None else [()]
        (self.image_shape, *_), _ = check_network(
            "encoder", encoder, [None, *labels], [(latent_dim,), (latent_dim,)]
        )
        self.encoder = encoder
        self.decoder = decoder
        self.latent_dim = latent_dim
        self.beta = beta
        if spec_of(self.image_shape).kind != "images":
            likelihood = _unbounded(likelihood)
        self.likelihood = losses.get_likelihood(likelihood)
        parameters = getattr(self.likelihood, "parameters", None)
        outputs = (parameters,) if isinstance(parameters, int) else self.image_shape
        check_network("decoder", decoder, [(latent_dim,), *labels], [outputs])
        self.kl_warmup_steps = kl_warmup_steps
        self.objective = objective
        self.importance_samples = importance_samples
        self.doubly_reparameterised = doubly_reparameterised
        self.free_bits = free_bits
        self.mmd_weight = mmd_weight
        self.ema_decay = ema_decay
        self.average = average_of(decoder, ema_decay)
        self.ema_decoder = None if self.average is None else self.average.network
        self.pseudo_inputs = pseudo_inputs
        self.vamp_prior = None
        if pseudo_inputs:
            bounded = self.gives.kind == "images"
            shape = self.gives.shape
            self.vamp_prior = VampPrior(encoder, shape, latent_dim, pseudo_inputs, bounded)
        weigher = ImportanceWeights(self.shown_decoder, self.likelihood, self.vamp_prior)
        self._weigher = lambda: weigher  # In a function: no part of the model's file.
        self.built = True

    @property
    def prior(self) -> Any:  # type: ignore[override]
        """What `generate` draws latents from."""
        return self.own_prior

    @property
    def own_prior(self) -> Any:
        """The prior of the bound: the `VampPrior` where there is one, or the standard normal prior."""
        return self.normal if self.vamp_prior is None else self.vamp_prior

    @property
    def shown_decoder(self) -> keras.Model:
        """The network that decodes outside of training: the averaged decoder where there is one."""
        return self.decoder if self.ema_decoder is None else self.ema_decoder

    @property
    def gives(self) -> Arrays:
        return spec_of(self.image_shape)

    @property
    def takes(self) -> dict[str, Spec]:
        spec = self.gives
        bounded = isinstance(self.likelihood, losses.BernoulliLikelihood) or getattr(
            self.likelihood, "bounded", False
        )
        if spec.kind == "arrays" and bounded:
            spec = Arrays(self.image_shape, bounded=True)
        return parts_of(spec, self.num_classes, self.class_names)

    def compile(self, optimizer: Optimizer | None = None, **trainer_options: Any) -> None:
        """Configures training.

        Args:
            optimizer: Keras optimizer or its name. Defaults to Adam(1e-3).
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        self.compile_phases({"vae": optimizer or keras.optimizers.Adam(1e-3)}, **trainer_options)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        images, labels = (inputs, None) if self.num_classes is None else inputs
        images = self.gives.take("Inputs", images)
        mean, _ = self.encoder(_beside(images, labels), training=training)
        return self.likelihood.mean(self.shown_decoder(_beside(mean, labels), training=training))

    def phases(self) -> dict[str, Phase]:
        parts = [self.encoder, self.decoder]
        if isinstance(self.likelihood, keras.layers.Layer):  # It learns, too.
            parts.append(self.likelihood)
        if self.vamp_prior is not None:
            parts.append(self.vamp_prior)
        terms = ["reconstruction_loss", "kl_loss", *_TERMS[self.objective]]
        return {"vae": Phase(parts, terms)}

    def step(self, data: Data, update: Update) -> None:
        taken = self.take(data)
        images, labels = (taken, None) if self.num_classes is None else taken
        loss = {
            "elbo": self.negative_elbo,
            "iwae": self.negative_iwae,
            "beta_tc": self.negative_factorised_elbo,
            "mmd": self.matching_loss,
        }[self.objective]
        update("vae", lambda: loss(images, labels, update.training))

    def negative_elbo(
        self, images: Tensor, labels: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Negative ELBO of images, the KL term weighted, and its two parts unweighted."""
        (mean, log_variance), _, terms = self._terms(images, labels, training)
        cost = terms["kl_loss"]
        if self.free_bits:
            cost = losses.free_bits_divergence(mean, log_variance, self.free_bits)
        return terms["reconstruction_loss"] + self._kl_weight(training) * cost, terms

    def negative_factorised_elbo(
        self, images: Tensor, labels: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Negative ELBO of which the latents' total correlation alone is weighted (beta-TC-VAE)."""
        posterior, latents, terms = self._terms(images, labels, training)
        correlation = losses.total_correlation(latents, *posterior)
        loss = terms["reconstruction_loss"] + terms["kl_loss"]
        loss = loss + (self._kl_weight(training) - 1.0) * correlation
        return loss, terms | {"total_correlation": correlation}

    def matching_loss(
        self, images: Tensor, labels: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Negative ELBO, and beside it how far all latents are from the prior's (InfoVAE)."""
        _, latents, terms = self._terms(images, labels, training)
        drawn = self.own_prior.sample(keras.ops.shape(latents)[0], self.seed_generator)
        discrepancy = losses.maximum_mean_discrepancy(latents, drawn)
        loss = terms["reconstruction_loss"] + self._kl_weight(training) * terms["kl_loss"]
        return loss + self.mmd_weight * discrepancy, terms | {"mmd": discrepancy}

    def _terms(self, images, labels, training):
        """Posteriors, the latents drawn from them, and the two parts of the ELBO."""
        mean, log_variance = self.encoder(_beside(images, labels), training=training)
        latents = self.sample_posterior(mean, log_variance)
        outputs = self.decoder(_beside(latents, labels), training=training)
        reconstruction = -keras.ops.mean(self.likelihood.log_likelihood(images, outputs))
        if self.vamp_prior is None:
            divergence = losses.gaussian_kl_divergence(mean, log_variance)
        else:  # of the draws
            log_posterior = losses.gaussian_log_density(latents, mean, log_variance)
            divergence = log_posterior - self.vamp_prior.log_density(latents)
        terms = {"reconstruction_loss": reconstruction, "kl_loss": keras.ops.mean(divergence)}
        return (mean, log_variance), latents, terms

    def negative_iwae(
        self, images: Tensor, labels: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Negative importance-weighted bound of images, and the two parts of the ELBO."""
        ops, count = keras.ops, self.importance_samples
        mean, log_variance = self.encoder(_beside(images, labels), training=training)
        kl = losses.gaussian_kl_divergence(mean, log_variance)
        repeated = [
            None if part is None else ops.repeat(part, count, axis=0)
            for part in (images, labels, mean, log_variance)
        ]
        images, labels, *posterior = repeated
        latents = self.sample_posterior(*posterior)

        def weigh(latents):
            outputs = self.decoder(_beside(latents, labels), training=training)
            log_likelihood = self.likelihood.log_likelihood(images, outputs)
            if self.vamp_prior is None:
                log_prior = losses.gaussian_log_density(latents, 0.0, 0.0)
            else:
                log_prior = self.vamp_prior.log_density(latents)
            log_ratio = log_prior - losses.gaussian_log_density(latents, *posterior)
            log_weights = log_likelihood + self._kl_weight(training) * log_ratio
            return log_likelihood, log_ratio, ops.reshape(log_weights, (-1, count))

        if self.doubly_reparameterised and training:
            # The encoder learns by the latents alone, and each draw by the square of its share: once by
            # the bound itself, and once more by what comes back to the latents. By its share alone learns
            # what a KL weight other than 1 leaves of the score.
            posterior = [ops.stop_gradient(part) for part in posterior]
            drawn = ops.stop_gradient(latents)
            shares = ops.stop_gradient(ops.softmax(weigh(drawn)[2], axis=1))
            kl_weight = self._kl_weight(training)
            shares = (1.0 - kl_weight) + kl_weight * shares
            latents = drawn + ops.reshape(shares, (-1, 1)) * (latents - drawn)
        log_likelihood, log_ratio, log_weights = weigh(latents)
        if self.vamp_prior is not None:
            kl = -log_ratio  # of the draws
        loss = math.log(count) - ops.mean(ops.logsumexp(log_weights, axis=1))
        return loss, {"reconstruction_loss": -ops.mean(log_likelihood), "kl_loss": ops.mean(kl)}

    def sample_posterior(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Draws latents from N(mean, exp(log_variance)), differentiable in both."""
        mean = keras.ops.cast(mean, "float32")
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.seed_generator)
        return mean + keras.ops.exp(0.5 * keras.ops.cast(log_variance, "float32")) * noise

    def _kl_weight(self, training):
        if not training or not self.kl_warmup_steps:
            return self.beta
        step = keras.ops.cast(self.optimizer.iterations, "float32")
        return self.beta * keras.ops.minimum(1.0, step / self.kl_warmup_steps)

    def evaluation_terms(self, data: Data) -> dict[str, Tensor]:
        terms = super().evaluation_terms(data)
        return terms | {"elbo": -terms["reconstruction_loss"] - terms["kl_loss"]}

    @property
    def evaluation_names(self) -> tuple[str, ...]:
        return (*super().evaluation_names, "elbo")

    def samples_of(self, inputs: Any) -> Any:
        return self.likelihood.mean(self.shown_decoder(inputs, training=False))

    def exports(self) -> dict[str, Callable[[], keras.Model]]:
        """The decoder's means of latents; the encoder; the one after the other."""
        return {
            "generate": self.generate_network,
            "reconstruct": lambda: self._network_of_data("reconstruct", self._reconstructed),
            "encode": lambda: self._network_of_data("encode", self._encoded),
        }

    def _network_of_data(self, name, function):
        inputs = self.beside_labels(keras.Input(self.gives.shape, name="data"))
        data, labels = (inputs, None) if self.num_classes is None else inputs
        outputs = function(self.gives.take("Inputs", data), labels)
        return keras.Model(inputs, outputs, name=name)

    def _encoded(self, data, labels):
        posterior = self.encoder(_beside(data, labels), training=False)
        return [keras.ops.cast(part, "float32") for part in posterior]

    def _reconstructed(self, data, labels):
        mean, _ = self.encoder(_beside(data, labels), training=False)
        return self.gives.give_in_graph(self.samples_of(_beside(mean, labels)))

    # What `encode`, `decode` and their like are made of, with labels or without

    def posteriors(
        self, images: ArrayLike, labels: ClassLabels | None, batch_size: int
    ) -> tuple[Array, Array]:
        """Means and log variances of images' posteriors, NumPy arrays `(n, latent_dim)`.

        Args:
            images: Float array `(n, ...)`, in [-1, 1] where it is of images.
            labels: Labels or names `(n,)`, or None where there are no classes.
            batch_size: Integer.

        Raises:
            ValueError: If one of the two is not what the model takes.
        """
        taken = self.gives.take("`images`", images)
        labels = self._as_many(labels, len(taken))
        mean, log_variance = predict(self.encoder, _beside(taken, labels), batch_size)
        return mean, log_variance

    def outputs_of(self, latents: ArrayLike, labels: ClassLabels | None, batch_size: int) -> Array:
        """The likelihood's parameters at latents, a NumPy array `(n, ...)`; arguments as in `posteriors`."""
        latents = self.normal.draw(None, given=latents)
        labels = self._as_many(labels, len(latents))
        return predict(self.shown_decoder, _beside(latents, labels), batch_size)

    def means_of(self, latents: ArrayLike, labels: ClassLabels | None, batch_size: int) -> Array:
        """The likelihood's mean at latents, a float32 NumPy array `(n, ...)` as the networks have data."""
        outputs = self.outputs_of(latents, labels, batch_size)
        return keras.ops.convert_to_numpy(self.likelihood.mean(outputs))

    def _as_many(self, labels, n):
        """Labels as integers, one for each of `n`; None where there are no classes."""
        if labels is None and self.num_classes is None:
            return None
        if labels is None:
            raise ValueError(
                f"`labels` must be given to a {type(self).__name__}. Received: labels=None"
            )
        return self.labels_for(labels, n)

    # What is measured

    def active_units(
        self,
        images: ArrayLike,
        threshold: float = 0.01,
        batch_size: int = 128,
        labels: ClassLabels | None = None,
    ) -> Array:
        """Finds the latents that the encoder uses, those whose posterior means vary over images.

        A latent that the decoder has learned to ignore has a posterior that is the prior's, whatever
        the image, and a mean that hardly moves.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            threshold: Number from 0 up: the variance over images above which a latent is active.
            batch_size: Integer.
            labels: Integer array `(n,)` or names, for a model with classes alone.

        Returns:
            Integer NumPy array, the indices of the active latents; its length is their number.

        Reference: Burda et al., 2015, https://arxiv.org/abs/1509.00519
        """
        check_non_negative("threshold", threshold)
        mean, _ = self.posteriors(images, labels, batch_size)
        return np.flatnonzero(mean.astype("float64").var(axis=0) > threshold)

    def reconstruction_errors(
        self, images: ArrayLike, batch_size: int = 128, labels: ClassLabels | None = None
    ) -> Array:
        """Mean squared differences of images and their reconstructions.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            batch_size: Integer.
            labels: Integer array `(n,)` or names, for a model with classes alone.

        Returns:
            Float32 NumPy array of shape `(n,)`, in [0, 4]; averaged over pixels.
        """
        mean, _ = self.posteriors(images, labels, batch_size)
        reconstructions = self.means_of(mean, labels, batch_size)
        images = self.gives.take("`images`", images)
        difference = np.asarray(images, "float32") - reconstructions
        return np.square(difference).reshape(len(difference), -1).mean(axis=1)

    def anomaly_scores(
        self, images: ArrayLike, batch_size: int = 128, labels: ClassLabels | None = None
    ) -> Array:
        """Says how unlike the training data images are: the higher the score, the stranger.

        The score is the negative ELBO with the latents at the posterior's mean: the reconstruction's
        negative log-likelihood, summed over pixels, plus the KL term (unweighted, whatever `beta`),
        in nats. Nothing is drawn, so that an image always scores the same. Under a Bernoulli
        likelihood gray pixels cost more than black and white ones even if they are reconstructed
        perfectly; `reconstruction_errors` does without that. From a `VampPrior` a posterior diverges by
        a bound that needs no draws, `losses.mixture_divergence_bound`.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            batch_size: Integer.
            labels: Integer array `(n,)` or names, for a model with classes alone: how strange an image is
                as one of its class.

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
        mean, log_variance = self.posteriors(images, labels, batch_size)
        images = self.gives.take("`images`", images)
        outputs = self.outputs_of(mean, labels, batch_size)
        log_likelihood = self.likelihood.log_likelihood(images, outputs)
        if self.vamp_prior is None:
            divergence = losses.gaussian_kl_divergence(mean, log_variance)
        else:
            bounds = self.vamp_prior.divergence_bound(mean, log_variance, batch_size)
            divergence = keras.ops.convert_to_tensor(bounds)
        return keras.ops.convert_to_numpy(divergence - log_likelihood)

    def importance_weighted_bound(
        self,
        images: ArrayLike,
        num_samples: int = 100,
        seed: int | None = 0,
        batch_size: int = 128,
        labels: ClassLabels | None = None,
    ) -> Array:
        """Bounds the log-likelihood of images more tightly than the ELBO, by importance sampling.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            num_samples: Integer, latents drawn for each image. With 1 the bound's mean is the ELBO.
            seed: Integer or None, of the draws.
            batch_size: Integer, how many latents are decoded at a time.
            labels: Integer array `(n,)` or names, for a model with classes alone, whose bound is of the
                likelihood given the class.

        Returns:
            Float32 NumPy array of shape `(n,)`, in nats.

        Reference: Burda et al., 2015, https://arxiv.org/abs/1509.00519
        """
        check_positive_integer("num_samples", num_samples)
        mean, log_variance = self.posteriors(images, labels, batch_size)
        images = keras.ops.convert_to_numpy(self.gives.take("`images`", images))
        beside = [] if labels is None else [self._as_many(labels, len(mean))]
        random = np.random.default_rng(seed)
        at_once = max(1, _NOISE_AT_ONCE // mean.size)
        total = np.full(len(mean), -np.inf)
        for first in range(0, num_samples, at_once):
            count = min(at_once, num_samples - first)
            noise = random.standard_normal((count, *mean.shape), dtype="float32")
            inputs = [images, mean, log_variance, noise.swapaxes(0, 1), *beside]
            total = np.logaddexp(total, predict(self._weigher(), inputs, batch_size))
        return (total - np.log(num_samples)).astype("float32")

    def log_likelihood(
        self,
        images: ArrayLike,
        samples: int = 5000,
        seed: int | None = 0,
        batch_size: int = 128,
        labels: ClassLabels | None = None,
    ) -> Array:
        """Estimates `log p(x)` of images, by importance sampling: what papers report.

        It is `importance_weighted_bound` of many samples: at least the ELBO in expectation, it grows with
        the samples and comes to the log-likelihood. Under a Bernoulli likelihood images must be black and
        white. Under a Gaussian one it is a log density, which depends on the unit of the values.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            samples: Integer, latents drawn for each image.
            seed: Integer or None, of the draws.
            batch_size: Integer, how many latents are decoded at a time.
            labels: Integer array `(n,)` or names, for a model with classes alone: the likelihood is that
                given the class.

        Returns:
            Float32 NumPy array of shape `(n,)`, in nats.

        Raises:
            ValueError: If images are grey under a Bernoulli likelihood: what there is then is minus a
                cross-entropy, which `importance_weighted_bound` gives.

        Reference: Burda et al., 2015, https://arxiv.org/abs/1509.00519
        """
        check_positive_integer("samples", samples)
        check = getattr(self.likelihood, "check_images", None)
        if check is not None:
            check(self.gives.take("`images`", images))
        return self.importance_weighted_bound(images, samples, seed, batch_size, labels)

    def measure(  # type: ignore[override]
        self, examples: Data, iwae: int = 20, log_likelihood: int | None = None
    ) -> Report:
        """Bound, reconstruction error and active units of data, for an evaluation's report.

        Args:
            examples: Float array `(n, ...)`, or where there are classes a tuple of it and the labels.
            iwae: Integer, latents an example in the importance-weighted bound.
            log_likelihood: Integer, latents an example in the estimate of the log-likelihood; None for none.

        Returns:
            Dict of `losses`; of `bound`, the `samples` and the `images` of it; and of `latent_dim`.
        """
        images, labels = (examples, None) if self.num_classes is None else examples
        estimates = {}
        if log_likelihood is not None:
            found = self.log_likelihood(images, log_likelihood, labels=labels)
            estimates[f"log_likelihood ({log_likelihood} samples)"] = float(found.mean())
        bounds = self.importance_weighted_bound(images, iwae, labels=labels)
        errors = self.reconstruction_errors(images, labels=labels)
        return {
            "losses": {
                "importance_weighted_bound": float(bounds.mean()),
                **estimates,
                "reconstruction_error": float(errors.mean()),
                "active_units": len(self.active_units(images, labels=labels)),
            },
            "bound": {"samples": iwae, "images": len(images)},
            "latent_dim": self.latent_dim,
        }


def _check_objective(objective, doubly_reparameterised, free_bits, pseudo_inputs):
    if objective not in OBJECTIVES:
        raise ValueError(
            f"`objective` must be one of {OBJECTIVES}. Received: objective={objective!r}"
        )
    if objective != "iwae" and doubly_reparameterised:
        raise ValueError(
            "`doubly_reparameterised` is for objective='iwae'. Received: doubly_reparameterised=True, "
            f"objective={objective!r}"
        )
    if objective != "elbo" and free_bits:
        raise ValueError(
            "`free_bits` are of the ELBO's KL term: objective='elbo'. Received: "
            f"free_bits={free_bits}, objective={objective!r}"
        )
    if pseudo_inputs and (free_bits or objective == "beta_tc"):
        raise ValueError(
            "`pseudo_inputs` are of a prior whose latents depend on each other: `free_bits` and "
            "objective='beta_tc' are for the standard normal prior. Received: "
            f"pseudo_inputs={pseudo_inputs}, free_bits={free_bits}, objective={objective!r}"
        )


def _unbounded(likelihood):
    """A likelihood by its name for data that are no images."""
    if likelihood == "gaussian":
        return losses.GaussianLikelihood(bounded=False)
    if likelihood == "learned_gaussian":
        return losses.LearnedGaussianLikelihood(bounded=False)
    if likelihood == "discretized_logistic" or isinstance(
        likelihood, losses.DiscretizedLogisticLikelihood
    ):
        raise ValueError(
            "`likelihood` must be another for data that are no images, which have no grey levels. "
            f"Received: likelihood={likelihood!r}"
        )
    return likelihood


def _beside(x, labels):
    """A network's inputs: the labels beside `x` where there are any."""
    return x if labels is None else [x, labels]
