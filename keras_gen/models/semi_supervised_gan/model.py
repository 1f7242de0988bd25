"""A GAN whose discriminator tells classes, of which few examples' are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_non_negative, check_positive_integer
from keras_gen.core.adversary import Adversary
from keras_gen.core.averages import average_of
from keras_gen.core.networks import check_network, with_maps
from keras_gen.core.phase import Phase
from keras_gen.modalities import Labels
from keras_gen.models.latent_gan import LatentGAN
from keras_gen.tasks.task import reading_in
from keras_gen.types import (
    Array,
    ArrayLike,
    ClassLabels,
    Data,
    OpenedData,
    Optimizer,
    Spec,
    Tensor,
)

if TYPE_CHECKING:
    from keras_gen.core.update import Update


@keras.saving.register_keras_serializable(package="keras_gen")
class SemiSupervisedGAN(LatentGAN):
    """A classifier that learns from few labels and many images, with a generator as its opponent.

    The discriminator gives a logit for each class, and for "generated" a fixed one of 0, so that it takes an
    image for real by `Z / (Z + 1)`, where `Z` is the sum of the exponentials. It learns classes from the
    images with a label, to be sure of some class of those without, and of none of the generated ones. The
    generator learns to make images whose features, those of the discriminator's last hidden layer, are on
    average the real ones' (feature matching).

    `fit` takes `(images, labels)` or `{"image": images, "label": labels}`: float32 images of shape
    `(batch, height, width, channels)` in the generator's range, integer labels `(batch,)` in [0, classes), or
    -1 for none. `keras_gen.data.partly_labelled` makes such batches. It logs `discriminator_loss` and of it
    `supervised_loss`, `generator_loss`, and `classification_error`, the share of the images with a label that
    are taken for another class; `evaluate` gives the same of data that were held out.

    Args:
        generator: Built `keras.Model`, latents `(batch, latent_dim)` to images.
        discriminator: Built functional `keras.Model`, images to logits `(batch, classes)`, with an activation
            before its last layer. One without BatchNormalization, which sees from whole batches what is
            generated.
        latent_dim: Integer, the length of a latent vector.
        classes: Integer, at least 2.
        ema_decay: Float in [0, 1) or None. With a decay (0.999, say) the model keeps exponential moving
            averages of both networks' weights, with which `generate`, `classify` and `evaluate` work.
        name: String or None.

    Raises:
        ValueError: If a network is not built, shows no features, or the shapes do not fit.

    Example:
    >>> import keras_gen
    >>> gan = keras_gen.SemiSupervisedGAN(
    ...     generator=keras_gen.networks.dcgan_generator((8, 8, 1), latent_dim=4, base_filters=4),
    ...     discriminator=keras_gen.networks.dcgan_discriminator(
    ...         (8, 8, 1), base_filters=4, normalization="layer", classes=3
    ...     ),
    ...     latent_dim=4,
    ...     classes=3,
    ... )
    >>> gan.compile()
    >>> images, labels = keras.ops.zeros((6, 8, 8, 1)), keras.ops.array([0, -1, 1, -1, 2, -1])
    >>> history = gan.fit(images, labels, batch_size=3, verbose=0)
    >>> gan.classify(images).shape
    (6, 3)
    >>> gan.generate(2, seed=0).shape
    (2, 8, 8, 1)

    Reference: Salimans et al., 2016, Improved Techniques for Training GANs, https://arxiv.org/abs/1606.03498
    """

    call_in_words = "probabilities = model.classify(images)"

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int,
        classes: int,
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(generator, discriminator, latent_dim, ema_decay=ema_decay, name=name)
        check_positive_integer("classes", classes)
        if classes < 2:
            raise ValueError(f"`classes` must be at least 2. Received: classes={classes}")
        check_network("discriminator", discriminator, [self.image_shape], [(classes,)])
        self.classes = classes
        self.discriminator_average = average_of(discriminator, ema_decay)
        self.ema_discriminator = self.discriminator_average and self.discriminator_average.network
        judge = with_maps("discriminator", discriminator)
        # In a function, so that Keras does not look into it: the weights are the discriminator's.
        self._judge_with_maps = lambda: judge

    @property
    def takes(self) -> dict[str, Spec]:
        return super().takes | {"label": Labels(self.classes, partial=True)}

    @property
    def recogniser(self) -> keras.Model:
        """The network that classifies: the averaged discriminator where there is one."""
        return self.discriminator if self.ema_discriminator is None else self.ema_discriminator

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        unsupervised_weight: float = 1.0,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to Adam(2e-4, beta_1=0.5).
            discriminator_optimizer: Likewise, an optimizer of its own.
            unsupervised_weight: Number from 0 up, the weight in the discriminator's loss of telling real from
                generated images. Without it the classes are learnt from the labelled images alone.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        check_non_negative("unsupervised_weight", unsupervised_weight)
        self.unsupervised_weight = unsupervised_weight
        self.oppose(Adversary("non_saturating"))

        def default():
            return keras.optimizers.Adam(2e-4, beta_1=0.5)

        self.compile_phases(
            {
                "discriminator": discriminator_optimizer or default(),
                "generator": generator_optimizer or default(),
            },
            {"unsupervised_weight": unsupervised_weight},
            **trainer_options,
        )

    def phases(self) -> dict[str, Phase]:
        return {
            "discriminator": Phase(
                [self.discriminator], ["supervised_loss", "classification_error"]
            ),
            "generator": Phase([self.generator]),
        }

    def step(self, data: Data, update: Update) -> None:
        reals, labels = self.take(data)
        training = update.training
        made = update.record(self.generator, self.sample_latents(ops.shape(reals)[0]))
        self.update_discriminator(
            update, lambda: self.discriminator_loss(reals, labels, made.outputs, training)
        )
        features = self.mean_features(reals, unlabelled(labels), training)
        update("generator", lambda fakes: self.generator_loss(features, fakes, training), at=made)
        self.follow_generator(update)
        if training and self.discriminator_average is not None:
            self.discriminator_average.follow(self.optimizer["discriminator"].iterations)

    def discriminator_loss(
        self, reals: Tensor, labels: Tensor, fakes: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the classes that are known, and of being sure of some class of real images alone."""
        logits, fake_logits = self.adversary.judge(
            self.discriminator, reals, fakes, training=training
        )
        told = logits if training else self.recogniser(reals, training=False)
        supervised = losses.partial_cross_entropy(labels, told)
        # Minus the logarithms of D and of 1 - D.
        real = losses.mean_where(ops.softplus(-losses.log_odds_of_real(logits)), unlabelled(labels))
        fake = ops.mean(ops.softplus(losses.log_odds_of_real(fake_logits)))
        known = losses.count_labels(labels)
        terms = {
            "supervised_loss": (supervised, known),
            "classification_error": (losses.partial_error(labels, told), known),
        }
        return supervised + self.unsupervised_weight * (real + fake), terms

    def generator_loss(self, features: Tensor, fakes: Tensor, training: bool) -> Tensor:
        """Mean squared difference of the mean features of real and of generated images."""
        every = ops.ones(ops.shape(fakes)[:1], "bool")
        return losses.l2(features, self.mean_features(fakes, every, training))

    def mean_features(self, images: Tensor, chosen: Tensor, training: bool) -> Tensor:
        """What the discriminator's last hidden layer gives for those images of a batch, on average."""
        *_, features = self._judge_with_maps()(images, training=training)
        return losses.mean_where(features, chosen)

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
    ) -> Array:
        """Makes images: see `GAN.generate`."""
        return self.sample(n, seed=seed, latents=latents, batch_size=batch_size)

    def classify(self, images: ArrayLike, batch_size: int = 128) -> Array:
        """Says of what classes images are.

        Args:
            images: Array `(n, height, width, channels)`, as `fit` takes it.
            batch_size: Integer, how many images are looked at at a time.

        Returns:
            Float32 NumPy array `(n, classes)`: probabilities, which sum to 1.

        Raises:
            ValueError: If the images have another shape.
        """
        from scipy.special import softmax

        logits = predict(self.recogniser, self.gives.take("`images`", images), batch_size)
        return softmax(np.asarray(logits, "float32"), axis=1)

    def exports(self) -> dict[str, Callable[[], keras.Model]]:
        """The network of latents to images, and that of images to probabilities of classes."""
        return super().exports() | {"classify": self._classify_network}

    def _classify_network(self):
        images = keras.Input(self.gives.shape, name="data")
        logits = self.recogniser(self.gives.take("Inputs", images), training=False)
        probabilities = ops.softmax(ops.cast(logits, "float32"), axis=-1)
        return keras.Model(images, probabilities, name="classify")

    def discriminator_scores(
        self, samples: ArrayLike, labels: ClassLabels | None = None, batch_size: int = 128
    ) -> Array | None:
        """How real the discriminator takes samples to be, by log odds: float64 `(n,)`."""
        taken = self.gives.take("`samples`", samples)
        logits = predict(self.discriminator, taken, batch_size)
        return np.asarray(ops.convert_to_numpy(losses.log_odds_of_real(logits)), "float64")

    def open_data(self, dataset: Any, split: str = "train", **options: Any) -> OpenedData:
        """Opens a data set of images with labels: see `Task.open_data`."""
        return self.gives.open(dataset, split, labels=True, **reading_in(options))


def unlabelled(labels: Tensor) -> Tensor:
    """The rows of a batch that stand for all images: those without a label, or all where each has one."""
    without = ops.less(labels, 0)
    return ops.logical_or(without, ops.logical_not(ops.any(without)))
