"""A VAE that tells classes, of which few examples' are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_gen import layers, losses
from keras_gen.backend import predict
from keras_gen.checks import check_non_negative, check_positive_integer
from keras_gen.core.augmenting import (
    augmented,
    build_augmentation,
    check_augmentation,
    follow_schedule,
)
from keras_gen.core.networks import check_network
from keras_gen.core.phase import Phase
from keras_gen.modalities import Labels
from keras_gen.models.latent_vae import LatentVAE
from keras_gen.types import (
    Array,
    ArrayLike,
    Augmentation,
    ClassLabels,
    Data,
    LikelihoodLike,
    Optimizer,
    Spec,
    Tensor,
)

if TYPE_CHECKING:
    from keras_gen.core.update import Update


@keras.saving.register_keras_serializable(package="keras_gen")
class SemiSupervisedVAE(LatentVAE):
    """A conditional VAE and a classifier that learn from few labels and many images: M2 of the paper.

    An image is thought to be made of its class, all being alike likely, and of a latent of the rest, its
    style. Of an image with a label the loss is a bound on the likelihood of both; of one without, of the image
    alone: the bounds of all classes, weighted by what the classifier takes to be their probabilities, less
    these probabilities' entropy. Both are averaged over the batch, and the classifier learns the labels
    there are beside.

    `fit` takes `(images, labels)` or `{"image": images, "label": labels}`: float32 images of shape
    `(batch, height, width, channels)` in [-1, 1], integer labels `(batch,)` in [0, num_classes), or -1 for
    none. `keras_gen.data.partly_labelled` makes such batches. It logs `loss`, of the bound
    `reconstruction_loss`, `kl_loss` of the latents and `class_loss` of the classes, `supervised_loss`, the
    cross-entropy of labels, and `classification_error`, the share of the images with a label that are taken
    for another class; `evaluate` adds `elbo`, the bound itself (`beta` = 1). A step costs about as much as
    one of a `CVAE` on `num_classes` times as many images.

    Args:
        encoder: Built `keras.Model`, `[images, labels]` to the posterior's `[mean, log variance]`, each
            of shape `(batch, latent_dim)`.
        decoder: Built `keras.Model`, `[latents, labels]` to the likelihood's parameters, of the images'
            shape: logits for `"bernoulli"`, means for `"gaussian"`.
        classifier: Built `keras.Model`, images to logits `(batch, num_classes)`.
        latent_dim: Integer, the length of a latent vector.
        num_classes: Integer.
        alpha: Number from 0 up, the weight of the cross-entropy of the labels there are, averaged over them.
        beta: Number from 0 up, the weight of the KL term of the latents.
        likelihood: As in `CVAE`.
        kl_warmup_steps: As in `CVAE`.
        class_names: List of `num_classes` strings, which may stand wherever labels do but in `fit` and
            `evaluate`, or None.
        name: String or None.

    Raises:
        ValueError: If a network is not built, takes no labels, or the shapes do not fit.

    Example:
    >>> import keras_gen
    >>> shape, sizes = (8, 8, 1), {"latent_dim": 2, "base_filters": 4, "num_classes": 3}
    >>> vae = keras_gen.SemiSupervisedVAE(
    ...     encoder=keras_gen.networks.conv_encoder(shape, **sizes),
    ...     decoder=keras_gen.networks.conv_decoder(shape, **sizes),
    ...     classifier=keras_gen.networks.noisy_classifier(shape, 3, units=(8, 8)),
    ...     latent_dim=2,
    ...     num_classes=3,
    ... )
    >>> vae.compile()
    >>> images, labels = keras.ops.zeros((6, *shape)), keras.ops.array([0, -1, 1, -1, 2, -1])
    >>> history = vae.fit(images, labels, batch_size=3, verbose=0)
    >>> vae.classify(images).shape
    (6, 3)
    >>> vae.generate(labels=[2, 2, 0], seed=0).shape
    (3, 8, 8, 1)

    The style of one image, of a class that nobody told, in another class:

    >>> mean, log_variance = vae.encode(images[:1])
    >>> vae.decode(mean, [2]).shape
    (1, 8, 8, 1)

    Reference: Kingma et al., 2014, Semi-supervised Learning with Deep Generative Models,
    https://arxiv.org/abs/1406.5298
    """

    call_in_words = "probabilities = model.classify(images)"

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        classifier: keras.Model,
        latent_dim: int,
        num_classes: int,
        alpha: float = 10.0,
        beta: float = 1.0,
        likelihood: LikelihoodLike = "bernoulli",
        kl_warmup_steps: int = 0,
        class_names: Sequence[str] | None = None,
        name: str | None = None,
    ) -> None:
        check_positive_integer("num_classes", num_classes)
        check_non_negative("alpha", alpha)
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
        )
        check_network("classifier", classifier, [self.image_shape], [(num_classes,)])
        self.classifier = classifier
        self.alpha = alpha
        self.augmentation: Augmentation | None = None

    def compile(
        self,
        optimizer: Optimizer | None = None,
        augmentation: Augmentation | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            optimizer: Keras optimizer or its name. Defaults to Adam(1e-3).
            augmentation: Callable of a batch of images (a Keras layer, `keras_gen.layers.DiffAugment` say) that
                those which the classifier is shown pass through in training, or None. By what changes no
                class, a shift of a digit, it learns with labels and without that the class stays the same;
                encoder and decoder are given the images as they are.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        check_augmentation(augmentation)
        if isinstance(augmentation, layers.AdaptiveAugment):
            raise ValueError(
                "`augmentation` that adapts goes by a discriminator's scores, and this model has none: take "
                f"`keras_gen.layers.DiffAugment`. Received: augmentation={augmentation!r}"
            )
        self.augmentation = augmentation  # Keras keeps its seeds.
        build_augmentation(augmentation, self.image_shape)
        self.compile_phases(
            {"vae": optimizer or keras.optimizers.Adam(1e-3)},
            {"augmentation": augmentation},
            **trainer_options,
        )

    @property
    def takes(self) -> dict[str, Spec]:
        labels = Labels(self.num_classes, self.class_names, partial=True)  # type: ignore[arg-type]
        return super().takes | {"label": labels}

    def phases(self) -> dict[str, Phase]:
        terms = ["reconstruction_loss", "kl_loss", "class_loss", "supervised_loss"]
        networks = [*super().phases()["vae"].networks, self.classifier]
        return {"vae": Phase(networks, [*terms, "classification_error"])}

    def step(self, data: Data, update: Update) -> None:
        if update.training:
            follow_schedule(self.augmentation, self.optimizer["vae"].iterations)
        super().step(data, update)

    def negative_elbo(
        self, images: Tensor, labels: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Negative ELBO of images and labels, or of images alone, with the classifier's own loss, and parts."""
        seen = augmented(images, self.augmentation, training)
        logits = ops.cast(self.classifier(seen, training=training), "float32")
        probabilities = self.class_probabilities(logits, labels)
        surprise, divergence = (
            ops.mean(ops.sum(probabilities * each, axis=1))
            for each in self.costs_by_class(images, training)
        )
        classes = ops.mean(self.class_divergence(logits, labels))
        supervised = losses.partial_cross_entropy(labels, logits)
        known = losses.count_labels(labels)
        loss = surprise + self._kl_weight(training) * divergence + classes
        return loss + self.alpha * supervised, {
            "reconstruction_loss": surprise,
            "kl_loss": divergence,
            "class_loss": classes,
            "supervised_loss": (supervised, known),
            "classification_error": (losses.partial_error(labels, logits), known),
        }

    def costs_by_class(self, images: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        """What images cost as each of the classes: all in one pass.

        Args:
            images: Float tensor `(batch, ...)`.
            training: Boolean.

        Returns:
            Pair of float32 tensors `(batch, num_classes)`, in nats: minus the log likelihood of the image,
            and the KL divergence of the latents.
        """
        count, classes = ops.shape(images)[0], self.num_classes
        each = ops.repeat(images, classes, axis=0)
        labels = ops.tile(ops.arange(classes, dtype="int32"), [count])
        mean, log_variance = self.encoder([each, labels], training=training)
        latents = self.sample_posterior(mean, log_variance)
        outputs = self.decoder([latents, labels], training=training)
        costs = (
            -self.likelihood.log_likelihood(each, outputs),
            losses.gaussian_kl_divergence(mean, log_variance),
        )
        surprise, divergence = (ops.reshape(cost, (count, classes)) for cost in costs)
        return surprise, divergence

    def class_probabilities(self, logits: Tensor, labels: Tensor) -> Tensor:
        """What each image's classes are taken to be: its label, or what the classifier says.

        Args:
            logits: Float32 tensor `(batch, num_classes)`.
            labels: Integer tensor `(batch,)`, -1 for none.

        Returns:
            Float32 tensor `(batch, num_classes)`.
        """
        known = ops.one_hot(labels, self.num_classes, dtype="float32")
        has_label = ops.expand_dims(ops.greater_equal(labels, 0), axis=1)
        return ops.where(has_label, known, ops.softmax(logits, axis=-1))

    def class_divergence(self, logits: Tensor, labels: Tensor) -> Tensor:
        """KL divergence of those from the uniform prior of classes: of a label `log(num_classes)`, in nats."""
        log_probabilities = ops.log_softmax(logits, axis=-1)
        entropy = -ops.sum(ops.exp(log_probabilities) * log_probabilities, axis=-1)
        without = ops.cast(ops.less(labels, 0), "float32")
        return float(np.log(self.num_classes)) - without * entropy  # type: ignore[arg-type]

    def evaluation_terms(self, data: Data) -> dict[str, Tensor]:
        terms = super().evaluation_terms(data)
        return terms | {"elbo": terms["elbo"] - terms["class_loss"]}

    def classify(self, images: ArrayLike, batch_size: int = 128) -> Array:
        """Says of what classes images are: see `SemiSupervisedGAN.classify`."""
        from scipy.special import softmax

        logits = predict(self.classifier, self.gives.take("`images`", images), batch_size)
        return softmax(np.asarray(logits, "float32"), axis=1)

    def encode(
        self, images: ArrayLike, labels: ClassLabels | None = None, batch_size: int = 128
    ) -> tuple[Array, Array]:
        """Maps images to their posteriors.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            labels: Integer array `(n,)` in [0, num_classes), or a list of the classes' names, or None: the
                classes that `classify` finds likeliest.
            batch_size: Integer.

        Returns:
            Tuple of float32 NumPy arrays `(mean, log_variance)`, each of shape `(n, latent_dim)`.

        Raises:
            ValueError: If a label is out of range, or there are not as many as images.
        """
        labels = self.likeliest(images, batch_size) if labels is None else labels
        return self.posteriors(images, labels, batch_size)

    def decode(self, latents: ArrayLike, labels: ClassLabels, batch_size: int = 128) -> Array:
        """Maps latents to mean images of given classes: see `CVAE.decode`."""
        return self.gives.give(self.means_of(latents, labels, batch_size))

    def reconstruct(
        self, images: ArrayLike, labels: ClassLabels | None = None, batch_size: int = 128
    ) -> Array:
        """Encodes images and decodes the posteriors' means; arguments as `encode`, the rest as `decode`."""
        labels = self.likeliest(images, batch_size) if labels is None else labels
        mean, _ = self.encode(images, labels, batch_size)
        return self.decode(mean, labels, batch_size)

    def likeliest(self, images: ArrayLike, batch_size: int = 128) -> Array:
        """The classes that the classifier takes images for: integers `(n,)`."""
        return self.classify(images, batch_size).argmax(axis=1)

    def generate(
        self,
        n: int | None = None,
        labels: ClassLabels | None = None,
        per_class: bool = False,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
    ) -> Array:
        """Decodes latents drawn from the prior as given classes: see `ConditionalGAN.generate`."""
        latents, labels = self.chosen(n, labels, per_class, seed, latents)
        return self.decode(latents, labels, batch_size)  # type: ignore[arg-type]

    def samples_and_labels(self, data: Data) -> tuple[Any, Array | None]:
        """The images of a batch and their labels; where there are none, those that are likeliest."""
        images, labels = super().samples_and_labels(data)
        if labels is not None and labels.min() < 0:
            labels = np.where(labels < 0, self.likeliest(images), labels)
        return images, labels
