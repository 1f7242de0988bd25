"""Conditional variational autoencoders."""

from collections.abc import Sequence

import keras
import numpy as np

from keras_gen.checks import check_positive_integer, check_steps
from keras_gen.core.latent_samplers import LatentSampler
from keras_gen.models.fits_samplers import FitsSamplers
from keras_gen.types import Array, ArrayLike, ClassLabels, LikelihoodLike


@keras.saving.register_keras_serializable(package="keras_gen")
class CVAE(FitsSamplers):
    """A conditional variational autoencoder: its encoder and its decoder are given the label.

    What the label tells the latents need not: they keep what is left, the style, which can be shown in any
    class. The loss is a `VAE`'s, a bound of the log-likelihood of the images given their labels. The
    prior is the standard normal whatever the label, so that `generate` needs no third network.

    `fit` takes `(images, labels)` or `{"image": images, "label": labels}`: float32 images of shape
    `(batch, height, width, channels)` in [-1, 1], integer labels `(batch,)` in [0, num_classes). It logs
    `loss`, `reconstruction_loss` and `kl_loss`; `evaluate` adds `elbo`, the bound itself (`beta` = 1).

    Args:
        encoder: Built `keras.Model`, `[images, labels]` to the posterior's `[mean, log variance]`, each
            of shape `(batch, latent_dim)`.
        decoder: Built `keras.Model`, `[latents, labels]` to the likelihood's parameters, of the images'
            shape: logits for `"bernoulli"`, means for `"gaussian"`.
        latent_dim: Integer, the length of a latent vector.
        num_classes: Integer.
        beta: Number from 0 up, the weight of the KL term.
        likelihood: `"bernoulli"`, `"gaussian"`, `"learned_gaussian"` (its deviation is learnt),
            `"discretized_logistic"` (of 256 grey levels, with a learnt scale), or an object such as
            `keras_gen.losses.GaussianLikelihood(standard_deviation=0.1)`.
        kl_warmup_steps: Integer. Over so many training steps the KL term's weight grows linearly from
            0 to `beta`, which keeps latents from being switched off early.
        class_names: List of `num_classes` strings, which may stand wherever labels do but in `fit` and
            `evaluate`, or None.
        name: String or None.
        objective: `"elbo"`, or `"iwae"`: the bound of `importance_samples` latents an image, which is
            tighter. Its log-likelihood and log densities weigh as in the ELBO, the latter by `beta`.
            `"beta_tc"` weighs by `beta` no more of the KL term than the total correlation, by which latents
            depend on each other: it takes them apart, and costs less of the reconstruction. `"mmd"` adds how
            far the latents of all images together are from the prior, which with a small `beta` takes the
            KL term's place.
        importance_samples: Integer, the latents an image of `"iwae"`; as many images are decoded at once.
        doubly_reparameterised: Boolean. True has the encoder of an `"iwae"` learn by gradients that do not
            drown in noise where samples are many, for one more pass through the decoder.
        free_bits: Number from 0 up. With `"elbo"`, so many nats of the KL divergence of each latent
            dimension, averaged over the batch, are free: none is pressed below.
        mmd_weight: Number from 0 up, of the squared maximum mean discrepancy in `"mmd"`.
        sampler: What `fit_sampler` makes, a part of the model's file, or None.

    Raises:
        ValueError: If a network is not built, takes no labels, or the shapes do not fit.

    Example:
    >>> import keras_gen
    >>> shape = (8, 8, 1)
    >>> cvae = keras_gen.CVAE(
    ...     encoder=keras_gen.networks.conv_encoder(
    ...         shape, latent_dim=2, base_filters=4, num_classes=3
    ...     ),
    ...     decoder=keras_gen.networks.conv_decoder(
    ...         shape, latent_dim=2, base_filters=4, num_classes=3
    ...     ),
    ...     latent_dim=2,
    ...     num_classes=3,
    ... )
    >>> cvae.compile()
    >>> images, labels = keras.ops.zeros((6, *shape)), keras.ops.array([0, 1, 2, 0, 1, 2])
    >>> history = cvae.fit(images, labels, batch_size=3, verbose=0)
    >>> cvae.generate(labels=[2, 2, 0], seed=0).shape
    (3, 8, 8, 1)
    >>> cvae.generate(4, per_class=True, seed=0).shape  # three rows of four
    (12, 8, 8, 1)

    The style of one image in another class:

    >>> mean, log_variance = cvae.encode(images[:1], [0])
    >>> cvae.decode(mean, [2]).shape
    (1, 8, 8, 1)

    Reference: Sohn et al., 2015, Learning Structured Output Representation using Deep Conditional
    Generative Models; Kingma et al., 2014 (a label beside latents), https://arxiv.org/abs/1406.5298
    """

    call_in_words = (
        "images = model.generate(10, per_class=True, seed=0)  # ten rows of one class each"
    )

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        latent_dim: int,
        num_classes: int,
        beta: float = 1.0,
        likelihood: LikelihoodLike = "bernoulli",
        kl_warmup_steps: int = 0,
        class_names: Sequence[str] | None = None,
        name: str | None = None,
        objective: str = "elbo",
        importance_samples: int = 5,
        doubly_reparameterised: bool = False,
        free_bits: float = 0.0,
        mmd_weight: float = 1000.0,
        sampler: LatentSampler | None = None,
    ) -> None:
        check_positive_integer("num_classes", num_classes)
        super().__init__(
            encoder,
            decoder,
            latent_dim,
            num_classes,
            class_names,
            beta,
            likelihood,
            kl_warmup_steps,
            name,
            objective,
            importance_samples,
            doubly_reparameterised,
            free_bits,
            mmd_weight,
        )
        self.set_sampler(sampler)

    def encode(
        self, images: ArrayLike, labels: ClassLabels, batch_size: int = 128
    ) -> tuple[Array, Array]:
        """Maps images of given classes to their posteriors.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            labels: Integer array `(n,)` in [0, num_classes), or a list of the classes' names.
            batch_size: Integer.

        Returns:
            Tuple of float32 NumPy arrays `(mean, log_variance)`, each of shape `(n, latent_dim)`.

        Raises:
            ValueError: If a label is out of range, or there are not as many as images.
        """
        return self.posteriors(images, labels, batch_size)

    def decode(self, latents: ArrayLike, labels: ClassLabels, batch_size: int = 128) -> Array:
        """Maps latents to mean images of given classes.

        Args:
            latents: Float array of shape `(n, latent_dim)`.
            labels: As in `encode`.
            batch_size: Integer.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)` in [-1, 1].

        Raises:
            ValueError: As in `encode`.
        """
        return self.gives.give(self.means_of(latents, labels, batch_size))

    def reconstruct(self, images: ArrayLike, labels: ClassLabels, batch_size: int = 128) -> Array:
        """Encodes images and decodes the posteriors' means; shapes, ranges and errors as `decode`."""
        mean, _ = self.encode(images, labels, batch_size)
        return self.decode(mean, labels, batch_size)

    def generate(
        self,
        n: int | None = None,
        labels: ClassLabels | None = None,
        per_class: bool = False,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
        sampler: str | None = None,
    ) -> Array:
        """Decodes latents, drawn as a `VAE`'s are, as given classes: see `ConditionalGAN.generate`.

        Args:
            n: As in `ConditionalGAN.generate`, and so are all but `sampler`.
            labels: Integer array `(n,)` in [0, num_classes), or a list of the classes' names.
            per_class: Boolean.
            seed: Integer or None.
            latents: Float array `(n, latent_dim)`, or None.
            batch_size: Integer.
            sampler: `"prior"` to draw from the prior though a sampler is fitted, or None.

        Returns:
            Float32 NumPy array `(n, height, width, channels)` in [-1, 1].
        """
        source = self.latents_from(sampler, latents)
        latents, labels = self.chosen(n, labels, per_class, seed, latents, source)
        return self.decode(latents, labels, batch_size)  # type: ignore[arg-type]

    def interpolate(
        self,
        start: ArrayLike,
        end: ArrayLike,
        labels: Sequence[int | str],
        steps: int = 8,
        shown_as: int | str | None = None,
    ) -> Array:
        """Decodes the straight line between the posterior means of two images.

        Args:
            start: Float array of shape `(height, width, channels)` in [-1, 1].
            end: Likewise.
            labels: Pair of integers or names, the classes of `start` and of `end`.
            steps: Integer, at least 2: how many images, both ends among them.
            shown_as: Integer or name, the class that all are decoded as, or None: each as that of the
                nearer end.

        Returns:
            Float32 NumPy array of shape `(steps, height, width, channels)`.

        Raises:
            ValueError: If a label is out of range, or there are not two.
        """
        check_steps(steps)
        mean, _ = self.encode(np.stack([start, end]), labels)
        fractions = np.linspace(0.0, 1.0, steps, dtype="float32")
        first, last = self.labels_of(labels if shown_as is None else [shown_as, shown_as])
        path = mean[0] + fractions[:, None] * (mean[1] - mean[0])
        return self.decode(path, np.where(fractions < 0.5, first, last))
