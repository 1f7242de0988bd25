"""Class-conditional GANs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_gen.backend import predict
from keras_gen.checks import check_non_negative, check_positive_integer, check_steps
from keras_gen.core.adversary import Adversary
from keras_gen.core.phase import Phase
from keras_gen.core.priors import draw_latents
from keras_gen.models.latent_gan import LatentGAN
from keras_gen.types import (
    Array,
    ArrayLike,
    Augmentation,
    ClassLabels,
    Data,
    LossLike,
    Optimizer,
    Tensor,
)

if TYPE_CHECKING:
    from keras_gen.core.update import Update


@keras.saving.register_keras_serializable(package="keras_gen")
class ConditionalGAN(LatentGAN):
    """A GAN that makes images of the class it is asked for.

    Both networks are given the labels. How they use them is theirs: `keras_gen.networks` has
    embeddings, label maps and projection discriminators. A discriminator with a second output, class
    logits `(batch, num_classes)`, makes this an auxiliary-classifier GAN (AC-GAN).

    `fit` takes `(images, labels)` or `{"image": images, "label": labels}`: float32 images of shape
    `(batch, height, width, channels)` in the generator's range, integer labels `(batch,)` in
    [0, num_classes). It logs `discriminator_loss` and `generator_loss`, for an AC-GAN also
    `discriminator_class_loss` and `generator_class_loss`.

    Args:
        generator: Built `keras.Model`, `[latents, labels]` to images.
        discriminator: Built `keras.Model`, `[images, labels]` to logits `(batch, 1)`, or to
            `[logits, class logits]`.
        latent_dim: Integer, the length of a latent vector.
        num_classes: Integer.
        ema_decay: Float in [0, 1) or None, as in `GAN`.
        class_names: List of `num_classes` strings, by which `generate` can be asked, or None.
        name: String or None.

    Raises:
        ValueError: If a network is not built, takes no labels, or the shapes do not fit.

    Example:
    >>> import keras_gen
    >>> shape = (8, 8, 1)
    >>> cgan = keras_gen.ConditionalGAN(
    ...     generator=keras_gen.networks.conditional_dcgan_generator(
    ...         shape, num_classes=3, latent_dim=4, base_filters=4
    ...     ),
    ...     discriminator=keras_gen.networks.conditional_dcgan_discriminator(
    ...         shape, num_classes=3, base_filters=4
    ...     ),
    ...     latent_dim=4,
    ...     num_classes=3,
    ... )
    >>> cgan.compile()
    >>> images, labels = keras.ops.zeros((6, *shape)), keras.ops.array([0, 1, 2, 0, 1, 2])
    >>> history = cgan.fit(images, labels, batch_size=3, verbose=0)
    >>> cgan.generate(labels=[2, 2, 0], seed=0).shape
    (3, 8, 8, 1)
    >>> cgan.generate(4, per_class=True, seed=0).shape  # three rows of four
    (12, 8, 8, 1)

    Reference: Mirza & Osindero, 2014, https://arxiv.org/abs/1411.1784; Odena et al., 2016 (AC-GAN),
    https://arxiv.org/abs/1610.09585; Miyato & Koyama, 2018 (projection),
    https://arxiv.org/abs/1802.05637
    """

    call_in_words = (
        "images = model.generate(10, per_class=True, seed=0)  # ten rows of one class each"
    )

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int,
        num_classes: int,
        ema_decay: float | None = None,
        class_names: Sequence[str] | None = None,
        name: str | None = None,
    ) -> None:
        check_positive_integer("num_classes", num_classes)
        super().__init__(
            generator, discriminator, latent_dim, num_classes, class_names, ema_decay, name
        )
        self.has_classifier = len(getattr(discriminator, "outputs", ())) == 2

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        loss: LossLike = "non_saturating",
        r1_weight: float = 0.0,
        r2_weight: float = 0.0,
        classifier_weight: float = 1.0,
        share_forward: bool = False,
        penalties_every: int = 1,
        augmentation: Augmentation | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to Adam(2e-4, beta_1=0.5).
            discriminator_optimizer: Likewise, an optimizer of its own.
            loss: Name of an adversarial loss, or an object, as in `GAN.compile`.
            r1_weight: Number from 0 up, the weight of the R1 penalty on real images.
            r2_weight: Number from 0 up, the weight of the R2 penalty on generated images.
            classifier_weight: Number from 0 up, the weight of the classification terms, where the
                discriminator has class logits.
            share_forward: Boolean, as in `GAN.compile`.
            penalties_every: Integer, as in `GAN.compile`.
            augmentation: Keras layer or None, as in `GAN.compile`.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        check_non_negative("classifier_weight", classifier_weight)
        self.classifier_weight = classifier_weight
        self.share_forward = share_forward
        self.compile_adversarial(
            Adversary(loss, r1_weight, r2_weight, penalties_every, augmentation),
            generator_optimizer,
            discriminator_optimizer,
            {"classifier_weight": classifier_weight, "share_forward": share_forward},
            trainer_options,
        )

    def phases(self) -> dict[str, Phase]:
        return {
            "discriminator": Phase(
                [self.discriminator],
                self.adversary.penalty_names + ["discriminator_class_loss"] * self.has_classifier,
            ),
            "generator": Phase([self.generator], ["generator_class_loss"] * self.has_classifier),
        }

    def step(self, data: Data, update: Update) -> None:
        reals, labels = self.take(data)
        count = ops.shape(reals)[0]
        training = update.training
        if self.share_forward and training:
            shared = update.record(self.generator, [self.sample_latents(count), labels])
            fakes = shared.outputs
        else:
            shared = None
            fakes = self.generator([self.sample_latents(count), labels], training=training)
        self.update_discriminator(
            update,
            lambda: self.discriminator_loss(reals, fakes, labels, training),
            lambda: self.penalties(reals, fakes, labels, training),
        )
        if shared is not None:
            update(
                "generator",
                lambda made: self.generator_loss(reals, made, labels, training),
                at=shared,
            )
        else:
            latents = self.sample_latents(count)
            update(
                "generator",
                lambda: self.generator_loss(
                    reals, self.generator([latents, labels], training=training), labels, training
                ),
            )
        self.follow_generator(update)

    def discriminator_loss(
        self, reals: Tensor, fakes: Tensor, labels: Tensor, training: bool
    ) -> tuple[Any, ...]:
        """Loss of the discriminator on real and generated images of the same labels, and its terms."""
        judged = self._judge(reals, fakes, labels=labels, training=training)
        (real_logits, real_classes), (fake_logits, fake_classes) = judged
        penalty, terms = 0.0, {}
        if not (training and self.adversary.is_lazy):
            penalty, terms = self.penalties(reals, fakes, labels, training)
        loss = self.adversary.discriminator_loss(real_logits, fake_logits) + penalty
        if self.has_classifier:
            class_loss = _class_loss(labels, real_classes) + _class_loss(labels, fake_classes)
            loss = loss + self.classifier_weight * class_loss
            terms = terms | {"discriminator_class_loss": class_loss}
        return self.adversary.result(loss, terms, real_logits)

    def penalties(
        self, reals: Tensor, fakes: Tensor, labels: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The penalties in use, their weighted sum and each by itself."""
        return self.adversary.penalties(
            self.discriminator,
            reals,
            fakes,
            beside=lambda images: [images, labels],
            training=training,
        )

    def generator_loss(
        self, reals: Tensor, fakes: Tensor, labels: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the generator on its images of the labels, and its terms."""
        batches = (fakes, reals) if self.adversary.pairs else (fakes,)
        judged = self._judge(*batches, labels=labels, training=training)
        loss = self.adversary.generator_loss(*(logits for logits, _ in judged))
        _, fake_classes = judged[0]
        if not self.has_classifier:
            return loss, {}
        class_loss = _class_loss(labels, fake_classes)
        return loss + self.classifier_weight * class_loss, {"generator_class_loss": class_loss}

    def _judge(self, *batches, labels, training):
        """Pairs of logits and of classes' logits, or None, one for each batch of the same labels."""
        judged = self.adversary.judge(
            self.discriminator,
            *batches,
            beside=lambda images: [images, labels],
            training=training,
        )
        return judged if self.has_classifier else [(logits, None) for logits in judged]

    def generate(
        self,
        n: int | None = None,
        labels: ClassLabels | None = None,
        per_class: bool = False,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
    ) -> Array:
        """Makes images of given classes.

        Args:
            n: Integer, how many; with `per_class`, how many of each class.
            labels: Integer array `(n,)` in [0, num_classes), or a list of the classes' names. Without it
                and without `per_class` they are drawn.
            per_class: Boolean. If True, the result is `num_classes` rows of `n` images, one row for
                each class in order, every column made of the same latents.
            seed: Integer, or None for new images at each call.
            latents: Float array `(n, latent_dim)` to use in place of drawn ones.
            batch_size: Integer, how many images are made at a time.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)`, or
            `(num_classes * n, height, width, channels)` with `per_class`.

        Raises:
            ValueError: If a label is out of range, or it is not said how many images to make.
        """
        return self.sample(n, labels, per_class, seed, latents, batch_size)

    def interpolate_classes(
        self, start: int | str, end: int | str, steps: int = 8, n: int = 1, seed: int | None = None
    ) -> Array:
        """Makes images between two classes while the latents stay the same.

        What is mixed is what the generator makes of the label: its embedding, or the one-hot code.

        Args:
            start: Integer, a label, or a class's name.
            end: Likewise.
            steps: Integer, at least 2: how many images, both ends among them.
            n: Integer, how many such rows, each of its own latents.
            seed: Integer or None, of the latents.

        Returns:
            Float32 NumPy array of shape `(n * steps, height, width, channels)`: `n` rows.

        Raises:
            ValueError: If the generator is no functional model in which one layer takes the labels.
        """
        labels = self.labels_of([start, end])
        check_steps(steps)
        encode, decode = _split_at_label(self.sampler)
        latents = draw_latents(n, self.latent_dim, seed).repeat(steps, axis=0)
        first, last = (
            predict(encode, [latents, np.full(len(latents), label, "int32")], 128)
            for label in labels
        )
        fractions = np.tile(np.linspace(0.0, 1.0, steps, dtype="float32"), n)
        fractions = fractions.reshape(-1, *[1] * (first.ndim - 1))
        mixed = (1.0 - fractions) * first + fractions * last
        return predict(decode, [latents, mixed], 128)


def _class_loss(labels, logits):
    logits = ops.cast(logits, "float32")
    return ops.mean(ops.sparse_categorical_crossentropy(labels, logits, from_logits=True))


def _split_at_label(generator):
    """Cuts a functional generator behind the layer that takes the labels."""
    latents, labels = getattr(generator, "inputs", (None, None))
    takers = [
        layer
        for layer in getattr(generator, "layers", ())
        if any(tensor is labels for tensor in keras.tree.flatten(layer.input))
        and not isinstance(layer, keras.layers.InputLayer)
    ]
    if len(takers) != 1:
        raise ValueError(
            "Classes can be mixed where the generator is a functional model in which one layer takes "
            f"the labels. Received: {generator.name!r}, in which {len(takers)} do"
        )
    cut = takers[0].output
    return keras.Model([latents, labels], cut), keras.Model([latents, cut], generator.outputs[0])
