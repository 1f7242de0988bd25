"""R3GAN: a relativistic GAN with penalties at real and at generated images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from keras_gen import losses
from keras_gen.checks import check_non_negative
from keras_gen.core.adversary import Adversary
from keras_gen.core.learning_rates import Schedule
from keras_gen.core.network_calls import without_updates
from keras_gen.core.networks import check_network
from keras_gen.core.phase import Phase
from keras_gen.layers import MinibatchStandardDeviation
from keras_gen.models.latent_gan import LatentGAN
from keras_gen.types import Array, ArrayLike, Augmentation, ClassLabels, Data, Optimizer, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update


@keras.saving.register_keras_serializable(package="keras_gen")
class R3GAN(LatentGAN):
    """A GAN that comes to rest: each real image is set against a generated one, and the discriminator is flat.

    The loss looks at pairs, so that no mode can be left out; the penalties R1 and R2, on the discriminator's
    gradient at real and at generated images and at every step, let the game converge. Nothing is normalised.
    A step runs the generator once, and the discriminator's loss with both penalties is one run on both halves.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]; with `num_classes` labels beside them. It logs
    `discriminator_loss`, `generator_loss`, `r1_penalty` and `r2_penalty`.

    Args:
        generator: Built `keras.Model`, latents `(batch, latent_dim)` to images.
        discriminator: Built `keras.Model`, images to logits `(batch, 1)`, each by itself: without
            BatchNormalization, dropout and spectral normalisation.
        latent_dim: Integer, the length of a latent vector.
        num_classes: Integer or None. With it both networks take labels beside their other input, and
            `fit` and `generate` do, as in `ConditionalGAN`.
        class_names: List of as many strings, by which `generate` can be asked, or None.
        ema_decay: Float in [0, 1) or None, as in `GAN`.
        name: String or None.

    Raises:
        ValueError: If a network is not built, the shapes do not fit, or a layer of the discriminator keeps
            or draws something.

    Example:
    >>> import keras_gen
    >>> shape = (8, 8, 1)
    >>> gan = keras_gen.R3GAN(
    ...     keras_gen.networks.r3gan_generator(shape, latent_dim=4, base_filters=4, blocks=1),
    ...     keras_gen.networks.r3gan_discriminator(shape, base_filters=4, blocks=1),
    ...     latent_dim=4,
    ... )
    >>> gan.compile(gamma=0.5)
    >>> history = gan.fit(keras.ops.zeros((4, 8, 8, 1)), batch_size=2, verbose=0)
    >>> sorted(history.history)
    ['discriminator_loss', 'generator_loss', 'loss', 'r1_penalty', 'r2_penalty']
    >>> gan.generate(3, seed=0).shape
    (3, 8, 8, 1)

    Reference: Huang et al., 2025, The GAN is dead; long live the GAN!, https://arxiv.org/abs/2501.05441
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int,
        num_classes: int | None = None,
        class_names: Sequence[str] | None = None,
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            generator, discriminator, latent_dim, num_classes, class_names, ema_decay, name
        )
        check_network("discriminator", discriminator, outputs=[None])
        mixing = _layers_that_mix(discriminator)
        if mixing:
            raise ValueError(
                "`discriminator` must judge each image by itself: the penalties look at the gradient of one "
                "image's score, so leave BatchNormalization, dropout, spectral normalisation and minibatch "
                f"deviation out. Received: discriminator={discriminator.name!r} with {mixing[0].name!r}"
            )

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        gamma: Any = 1.0,
        augmentation: Augmentation | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to the paper's
                Adam(2e-4, beta_1=0, beta_2=0.99).
            discriminator_optimizer: Likewise, an optimizer of its own.
            gamma: Number from 0 up, the weight of both penalties; or a schedule of Keras of the training
                step. The paper lets it fall to a tenth: from 0.05 on CIFAR-10, from 2 on faces of 64 pixels.
            augmentation: Keras layer of images to images, `keras_gen.layers.DiffAugment` say, or None, as in
                `GAN.compile`. The penalties look at what comes out of it.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        if not isinstance(gamma, Schedule):
            check_non_negative("gamma", gamma)
        self.gamma = gamma
        self.oppose(Adversary("relativistic", augmentation=augmentation))

        def default():
            return keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.99)

        self.compile_phases(
            {
                "discriminator": discriminator_optimizer or default(),
                "generator": generator_optimizer or default(),
            },
            {"gamma": gamma, "augmentation": augmentation},
            **trainer_options,
        )

    def phases(self) -> dict[str, Phase]:
        return {
            "discriminator": Phase([self.discriminator], ["r1_penalty", "r2_penalty"]),
            "generator": Phase([self.generator]),
        }

    def step(self, data: Data, update: Update) -> None:
        reals, labels = self.take_with_labels(data)
        training = update.training
        latents = self.sample_latents(ops.shape(reals)[0])
        made = update.record(self.generator, latents if labels is None else [latents, labels])
        self.update_discriminator(
            update, lambda: self.discriminator_loss(reals, made.outputs, labels, training)
        )
        update(
            "generator",
            lambda fakes: self.generator_loss(reals, fakes, labels, training),
            at=made,
        )
        self.follow_generator(update)

    def discriminator_loss(
        self, reals: Tensor, fakes: Tensor, labels: Tensor | None, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the discriminator on pairs of a real and a generated image, and the penalties."""
        scores, norms = losses.scores_and_squared_gradient_norms(
            without_updates(self.discriminator, inputs_of=lambda images: _beside(images, labels)),
            self._shown(reals, fakes, training),
        )
        real_scores, fake_scores = ops.split(scores, 2)
        r1_penalty, r2_penalty = (0.5 * ops.mean(part) for part in ops.split(norms, 2))
        loss = self.adversary.discriminator_loss(real_scores, fake_scores)
        loss = loss + self.current_gamma() * (r1_penalty + r2_penalty)
        return loss, {"r1_penalty": r1_penalty, "r2_penalty": r2_penalty}

    def generator_loss(
        self, reals: Tensor, fakes: Tensor, labels: Tensor | None, training: bool
    ) -> Tensor:
        """Loss of the generator on the same pairs."""
        shown = self._shown(reals, fakes, training)
        scores = self.discriminator(_beside(shown, labels), training=training)
        real_scores, fake_scores = ops.split(scores, 2)
        return self.adversary.generator_loss(fake_scores, real_scores)

    def current_gamma(self) -> Tensor | float:
        """The weight of the penalties in this step."""
        if isinstance(self.gamma, Schedule):
            return self.gamma(self.optimizer.iterations)
        return self.gamma

    def _shown(self, reals, fakes, training):
        both = ops.concatenate([ops.cast(reals, "float32"), ops.cast(fakes, "float32")])
        return self.adversary.augment(both, training)

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
        labels: ClassLabels | None = None,
        per_class: bool = False,
    ) -> Array:
        """Makes images: see `GAN.generate`, and with classes `ConditionalGAN.generate`."""
        return self.sample(n, labels, per_class, seed, latents, batch_size)


def _beside(images, labels):
    """What a discriminator is given: images of both halves, and the labels once for each."""
    if labels is None:
        return images
    return [images, ops.concatenate([labels, labels])]


def _layers_that_mix(network):
    """The layers that keep numbers which are not learnt, draw some, or look at a batch whole."""
    return [
        layer
        for layer in network._flatten_layers()
        if layer._non_trainable_variables
        or layer._seed_generators
        or isinstance(layer, MinibatchStandardDeviation)
    ]
