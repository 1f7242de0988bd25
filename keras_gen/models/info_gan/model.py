"""InfoGAN: a GAN some of whose latents can be told from its images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_non_negative
from keras_gen.core.adversary import Adversary
from keras_gen.core.networks import check_network
from keras_gen.core.phase import Phase
from keras_gen.core.priors import NormalWithCodes
from keras_gen.models.latent_gan import LatentGAN
from keras_gen.tasks.task import reading_in
from keras_gen.types import (
    Array,
    ArrayLike,
    Augmentation,
    ClassLabels,
    Data,
    LossLike,
    OpenedData,
    Optimizer,
    Report,
    Tensor,
)

if TYPE_CHECKING:
    from keras_gen.core.update import Update

COLUMNS = 8  # of each block of a preview


@keras.saving.register_keras_serializable(package="keras_gen")
class InfoGAN(LatentGAN):
    """A GAN whose codes come to mean something, without labels: a digit's class, its slant, its width.

    A latent is noise beside codes: a category, one-hot and uniform, and numbers, uniform in [-1, 1]. A second
    head of the discriminator, Q, tells the codes from the images. How well it does is a lower bound on the
    mutual information of codes and images, which generator and discriminator raise together beside their game.
    Each phase draws noise and codes anew.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in the generator's range. It logs `discriminator_loss`,
    `generator_loss`, the penalties in use, and `information`, the bound in nats: for the category at most the
    logarithm of its number of values. The numbers are told with a variance of 1, and add at best -0.23 each.

    Args:
        generator: Built `keras.Model`, latents `(batch, noise_dim + categories + continuous)` to images.
        discriminator: Built `keras.Model`, images to a list of logits `(batch, 1)`, and of what Q says,
            `(batch, categories + continuous)`: logits of the category, and the numbers' means.
        noise_dim: Integer, the length of the noise.
        categories: Integer, at least 2: the values of the categorical code.
        continuous: Integer from 0 up, how many codes are numbers.
        ema_decay: Float in [0, 1) or None, as in `GAN`.
        noise_deviation: Number from 0 up, the standard deviation of the noise. Below 1 the category counts for
            more of a latent than the noise does (Mukherjee et al., 2019, have 0.1).
        name: String or None.

    Raises:
        ValueError: If a network is not built, a number is out of range, or the shapes do not fit.

    Example:
    >>> import keras_gen
    >>> shape = (8, 8, 1)
    >>> gan = keras_gen.InfoGAN(
    ...     generator=keras_gen.networks.dcgan_generator(shape, latent_dim=4 + 3 + 2, base_filters=4),
    ...     discriminator=keras_gen.networks.dcgan_discriminator(shape, base_filters=4, codes=3 + 2),
    ...     noise_dim=4,
    ...     categories=3,
    ...     continuous=2,
    ... )
    >>> gan.compile()
    >>> history = gan.fit(keras.ops.zeros((4, 8, 8, 1)), batch_size=2, verbose=0)
    >>> sorted(history.history)
    ['discriminator_loss', 'generator_loss', 'information', 'loss']
    >>> images = gan.generate(5, seed=0, codes={"category": 2, "continuous": [0.5, -1.0]})
    >>> images.shape
    (5, 8, 8, 1)
    >>> told = gan.infer_codes(images)
    >>> told["category"].shape, told["continuous"].shape
    ((5, 3), (5, 2))

    Reference: Chen et al., 2016, InfoGAN, https://arxiv.org/abs/1606.03657; noise of another deviation:
    Mukherjee et al., 2019, ClusterGAN, https://arxiv.org/abs/1809.03627
    """

    call_in_words = 'images = model.generate(16, seed=0, codes={"category": 3})'
    measured = 10_000

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        noise_dim: int,
        categories: int = 10,
        continuous: int = 2,
        ema_decay: float | None = None,
        noise_deviation: float = 1.0,
        name: str | None = None,
    ) -> None:
        prior = NormalWithCodes(noise_dim, categories, continuous, noise_deviation)
        (latent_dim,) = prior.shape
        super().__init__(generator, discriminator, latent_dim, ema_decay=ema_decay, name=name)
        check_network(
            "discriminator",
            discriminator,
            [self.image_shape],
            [None, (categories + continuous,)],
        )
        self.prior: NormalWithCodes = prior
        self.noise_dim = noise_dim
        self.categories = categories
        self.continuous = continuous
        self.noise_deviation = noise_deviation

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        loss: LossLike = "non_saturating",
        r1_weight: float = 0.0,
        r2_weight: float = 0.0,
        category_weight: float = 1.0,
        continuous_weight: float = 0.1,
        penalties_every: int = 1,
        augmentation: Augmentation | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to Adam(2e-4, beta_1=0.5).
            discriminator_optimizer: Likewise, an optimizer of its own, Q's too.
            loss: Name of an adversarial loss, or an object, as in `GAN.compile`.
            r1_weight: Number from 0 up, the weight of the R1 penalty on real images.
            r2_weight: Number from 0 up, the weight of the R2 penalty on generated images.
            category_weight: Number from 0 up, the weight of the category's cross-entropy.
            continuous_weight: Number from 0 up, the weight of the numbers' negative log density.
            penalties_every: Integer, as in `GAN.compile`.
            augmentation: Keras layer or None, as in `GAN.compile`. Q sees what comes out of it.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        check_non_negative("category_weight", category_weight)
        check_non_negative("continuous_weight", continuous_weight)
        self.category_weight = category_weight
        self.continuous_weight = continuous_weight
        self.compile_adversarial(
            Adversary(loss, r1_weight, r2_weight, penalties_every, augmentation),
            generator_optimizer,
            discriminator_optimizer,
            {"category_weight": category_weight, "continuous_weight": continuous_weight},
            trainer_options,
        )

    def phases(self) -> dict[str, Phase]:
        return {
            "discriminator": Phase([self.discriminator], self.adversary.penalty_names),
            "generator": Phase([self.generator], ["information"]),
        }

    def step(self, data: Data, update: Update) -> None:
        reals = self.take(data)
        count = ops.shape(reals)[0]
        training = update.training
        shown = self.sample_latents(count)
        fakes = self.generator(shown, training=training)
        self.update_discriminator(
            update,
            lambda: self.discriminator_loss(reals, fakes, shown, training),
            lambda: self._penalties(reals, fakes, training),
        )
        latents = self.sample_latents(count)
        update(
            "generator",
            lambda: self.generator_loss(
                reals, self.generator(latents, training=training), latents, training
            ),
        )
        self.follow_generator(update)

    def discriminator_loss(
        self, reals: Tensor, fakes: Tensor, latents: Tensor, training: bool
    ) -> tuple[Any, ...]:
        """Loss of the discriminator, and of Q on images of the latents, and the penalties."""
        (real_logits, _), (fake_logits, told) = self.adversary.judge(
            self.discriminator, reals, fakes, training=training
        )
        loss = self.adversary.discriminator_loss(real_logits, fake_logits)
        loss, terms = loss + self.code_loss(latents, told), {}
        if not (training and self.adversary.is_lazy):
            penalty, terms = self._penalties(reals, fakes, training)
            loss = loss + penalty
        return self.adversary.result(loss, terms, real_logits)

    def _penalties(self, reals, fakes, training):
        return self.adversary.penalties(self.discriminator, reals, fakes, training=training)

    def generator_loss(
        self, reals: Tensor, fakes: Tensor, latents: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the generator, and of Q on its images of the latents, and the information."""
        batches = (fakes, reals) if self.adversary.pairs else (fakes,)
        judged = self.adversary.judge(self.discriminator, *batches, training=training)
        loss = self.adversary.generator_loss(*(logits for logits, _ in judged))
        _, told = judged[0]
        information = self.prior.entropy - sum(self.surprises(latents, told))
        return loss + self.code_loss(latents, told), {"information": information}

    def code_loss(self, latents: Tensor, told: Tensor) -> Tensor:
        """What is taken from the game for codes that Q does not tell: a weighted sum of `surprises`."""
        category, numbers = self.surprises(latents, told)
        return self.category_weight * category + self.continuous_weight * numbers

    def surprises(self, latents: Tensor, told: Tensor) -> tuple[Tensor, Tensor]:
        """Minus the log of what Q gave the codes that there were: of the category, and of the numbers.

        The entropy of the codes without the two is the lower bound on their mutual information with images.

        Args:
            latents: Float tensor `(batch, noise_dim + categories + continuous)`.
            told: Float tensor `(batch, categories + continuous)`, what Q says of images of the latents.

        Returns:
            Pair of float32 scalars, in nats, averaged over the batch.
        """
        told = ops.cast(told, "float32")
        _, one_hot, numbers = self.prior.parts(latents)
        logits, means = told[:, : self.categories], told[:, self.categories :]
        category = ops.categorical_crossentropy(one_hot, logits, from_logits=True)
        density = losses.gaussian_log_density(numbers, means, 0.0)
        return ops.mean(category), -ops.mean(density)

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
        codes: Mapping[str, Any] | None = None,
    ) -> Array:
        """Makes images, of given codes where there are some.

        Args:
            n: Integer, how many. It may be left out where there are latents, or codes for each image.
            seed: Integer, or None for new images at each call.
            latents: Float array `(n, noise_dim + categories + continuous)` to use in place of drawn ones.
            batch_size: Integer, how many images are made at a time.
            codes: Dict, or None for codes that are drawn: `"category"`, an integer in [0, categories) or
                integers `(n,)`, and `"continuous"`, numbers `(continuous,)` or `(n, continuous)`, which may
                go beyond [-1, 1]. One may be left out.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)`, in the generator's range.

        Raises:
            ValueError: If it is not said how many images to make, or latents or codes have another shape or
                range.
        """
        latents, _ = self.chosen(n, seed=seed, latents=latents, codes=codes)
        return self.sample(latents=latents, batch_size=batch_size)

    def chosen(
        self,
        n: int | None = None,
        labels: ClassLabels | None = None,
        per_class: bool = False,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        codes: Mapping[str, Any] | None = None,
    ) -> tuple[Array, Array | None]:
        """The latents that arguments of `generate` stand for, its codes put in: see `FromLatents.chosen`."""
        if codes is not None:
            n, latents = None, self.prior.draw(n, seed, latents, codes)
        return super().chosen(n, labels, per_class, seed, latents)

    def infer_codes(self, images: ArrayLike, batch_size: int = 128) -> dict[str, Array]:
        """What Q tells of images, real or generated.

        Args:
            images: Array `(n, height, width, channels)`, as `fit` takes it.
            batch_size: Integer, how many images are looked at at a time.

        Returns:
            Dict of float32 arrays: `"category"`, probabilities `(n, categories)`, and `"continuous"`, means
            `(n, continuous)`.
        """
        from scipy.special import softmax

        images = self.gives.take("`images`", images)
        told = np.asarray(predict(self.discriminator, images, batch_size)[1], "float32")
        return {
            "category": softmax(told[:, : self.categories], axis=1),
            "continuous": told[:, self.categories :],
        }

    def code_accuracy(self, images: ArrayLike, labels: ClassLabels, batch_size: int = 128) -> float:
        """How often the category names a label, where each is given the label that suits them all best.

        Args:
            images: Array `(n, height, width, channels)`.
            labels: Integers `(n,)` from 0 up.
            batch_size: Integer, how many images are looked at at a time.

        Returns:
            Float in [0, 1], the share of the images. A category stands for one label, and a label for one
            category: where they differ in number, some stand for none.

        Raises:
            ValueError: If the labels are not as many integers from 0 up.
        """
        from scipy.optimize import linear_sum_assignment

        images, labels = np.asarray(images), np.asarray(labels)
        whole = labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer)
        if not whole or len(labels) != len(images) or not len(labels) or labels.min() < 0:
            raise ValueError(
                f"`labels` must be {len(images)} integers from 0 up, one an image. "
                f"Received: shape {labels.shape}, dtype {labels.dtype}"
            )
        told = self.infer_codes(images, batch_size)["category"].argmax(axis=1)
        counts = np.zeros((self.categories, labels.max() + 1), "int64")
        np.add.at(counts, (told, labels), 1)
        return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / len(labels))

    def preview(self, examples: Data | None = None, seed: int = 0) -> tuple[Array, int]:
        """Makes a row of each category: of eight noises, then each number from -2 to 2 at the first noise.

        Args:
            examples: Not looked at.
            seed: Integer.

        Returns:
            Pair of the images and how many of them stand in a row.
        """
        drawn = self.prior.draw(COLUMNS, seed)
        blocks = [drawn]
        for number in range(self.continuous):
            block = np.repeat(drawn[:1], COLUMNS, axis=0)
            _, _, numbers = self.prior.parts(block)
            numbers[:] = 0.0
            numbers[:, number] = np.linspace(-2.0, 2.0, COLUMNS)
            blocks.append(block)
        row = np.concatenate(blocks)
        categories = np.repeat(np.arange(self.categories), len(row))
        latents = np.tile(row, (self.categories, 1))
        return self.generate(latents=latents, codes={"category": categories}), len(row)

    def open_data(self, dataset: Any, split: str = "train", **options: Any) -> OpenedData:
        """Opens a data set of images, with labels where it has some: see `Task.open_data`."""
        try:
            return self.gives.open(dataset, split, labels=True, **reading_in(options))
        except ValueError:
            return self.gives.open(dataset, split, labels=False, **reading_in(options))

    def measure(self, examples: Data) -> Report:  # type: ignore[override]
        """How well the category names labels, where there are any, for an evaluation's report.

        Args:
            examples: Float array `(n, height, width, channels)`, or a tuple of it and the labels.

        Returns:
            Dict of `losses`, with `code_accuracy` where there are labels.
        """
        if not isinstance(examples, tuple):
            return {"losses": {}}
        return {"losses": {"code_accuracy": self.code_accuracy(*examples)}}
