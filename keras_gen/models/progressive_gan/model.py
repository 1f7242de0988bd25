"""GANs that grow: small images first, then larger ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from keras_gen import losses
from keras_gen.checks import check_int, check_non_negative
from keras_gen.core.critic import critic_loss, critic_terms
from keras_gen.core.phase import Phase
from keras_gen.models.latent_gan import LatentGAN
from keras_gen.models.progressive_gan.cuts import discriminator_at, fades_of, generator_at
from keras_gen.types import Array, ArrayLike, Data, Optimizer, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update


@keras.saving.register_keras_serializable(package="keras_gen")
class ProgressiveGAN(LatentGAN):
    """A GAN that learns images of 4 or 8 pixels first, and grows: layers of larger sizes fade in.

    Steps at small sizes are quick, and what is in a picture is learnt before its details are. A stage is one
    size, `compile(size=16, fade_steps=1000)`: in its first steps the new layers' share of the images goes
    linearly from 0 to 1, and with it that of the details in the real images. Layers of larger sizes do not run
    and are not changed. The smaller ones stay as they are when it grows, and learn on with the new ones;
    optimizers begin anew. One loop trains it all:

        for size in gan.sizes:  # 4, 8, 16, ...
            gan.compile(size=size, fade_steps=0 if size == 4 else 1000)
            gan.fit(images, epochs=10)

    At every stage it takes and gives images of the full size: real ones are reduced within the step, generated
    ones enlarged. Size and share are kept in files, from which a training goes on as if it had not stopped.

    The loss is WGAN-GP's with a drift term, one update of each network in a step.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]. It logs `discriminator_loss`, `generator_loss`,
    `wasserstein_estimate`, `gradient_penalty` and `drift_penalty`, as `WGANGP` does.

    Args:
        generator: What `keras_gen.networks.progressive_generator` makes, or a functional `keras.Model` with
            layers of the same names.
        discriminator: What `keras_gen.networks.progressive_discriminator` makes, or likewise.
        latent_dim: Integer, the length of a latent vector.
        penalty_weight: Number from 0 up, the weight of the gradient penalty.
        drift_weight: Number from 0 up, the weight of the mean square of the scores of real images.
        ema_decay: Float in [0, 1) or None, as in `GAN`.
        name: String or None.

    Raises:
        ValueError: If a network is not built, has not the layers to grow, or the shapes do not fit.

    Example:
    >>> import keras_gen
    >>> shape = (8, 8, 1)
    >>> gan = keras_gen.ProgressiveGAN(
    ...     keras_gen.networks.progressive_generator(shape, latent_dim=4, base_filters=4),
    ...     keras_gen.networks.progressive_discriminator(shape, base_filters=4),
    ...     latent_dim=4,
    ... )
    >>> images = keras.ops.zeros((4, 8, 8, 1))
    >>> gan.compile(size=4)
    >>> history = gan.fit(images, batch_size=2, verbose=0)
    >>> gan.compile(size=8, fade_steps=4)
    >>> history = gan.fit(images, batch_size=2, epochs=2, verbose=0)
    >>> gan.share  # of the last of four steps
    0.75
    >>> gan.generate(3, seed=0).shape
    (3, 8, 8, 1)

    Reference: Karras et al., 2017, Progressive Growing of GANs, https://arxiv.org/abs/1710.10196
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int,
        penalty_weight: float = 10.0,
        drift_weight: float = 0.001,
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(generator, discriminator, latent_dim, ema_decay=ema_decay, name=name)
        check_non_negative("penalty_weight", penalty_weight)
        check_non_negative("drift_weight", drift_weight)
        self.penalty_weight = penalty_weight
        self.drift_weight = drift_weight
        of_generator = fades_of("generator", generator, self.image_shape[0])
        of_discriminator = fades_of("discriminator", discriminator, self.image_shape[0])
        self.sizes = (4, *of_generator)
        fades = {size: (of_generator[size], of_discriminator[size]) for size in of_generator}
        self._fades = lambda: fades  # In a function: they are parts of the networks alone.
        self._stand_at(self.sizes[-1], 0)

    def _stand_at(self, size, fade_steps):
        self.size = size
        self.fade_steps = fade_steps
        cuts = generator_at(self.generator, size), discriminator_at(self.discriminator, size)
        self._cuts = lambda: cuts  # Likewise.

    @property
    def is_critic(self) -> bool:
        """Always: the discriminator estimates a distance, and is meant to win."""
        return True

    @property
    def share(self) -> float:
        """How far the layers of the present size have faded in: a number in [0, 1]."""
        fades = self._fades().get(self.size)
        return 1.0 if fades is None else float(ops.convert_to_numpy(fades[0].share))

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        size: int | None = None,
        fade_steps: int = 0,
        **trainer_options: Any,
    ) -> None:
        """Configures training at one size: another one, after a training at one, lets the networks grow.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to the paper's
                Adam(1e-3, beta_1=0, beta_2=0.99, epsilon=1e-8).
            discriminator_optimizer: Likewise, an optimizer of its own.
            size: Integer, one of `sizes`: the side of the images that are learnt. Defaults to None, the full
                one.
            fade_steps: Integer from 0 up, the steps in which the size's layers fade in: in the paper half of a
                stage. Defaults to 0: they are there at once.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.

        Raises:
            ValueError: If there is no such size, or it could not fade in.
        """
        size = self.sizes[-1] if size is None else size
        if size not in self.sizes:
            raise ValueError(
                f"`size` must be one of {', '.join(map(str, self.sizes))}. Received: size={size!r}"
            )
        check_int("fade_steps", fade_steps, 0)
        if fade_steps and size == self.sizes[0]:
            raise ValueError(
                f"`fade_steps` must be 0 at the smallest size, {size}, which nothing comes before. "
                f"Received: fade_steps={fade_steps}"
            )

        def default():
            return keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99, epsilon=1e-8)

        self._stand_at(size, fade_steps)
        self.warn_of_ends(stacklevel=3)
        self.compile_phases(
            {
                "discriminator": discriminator_optimizer or default(),
                "generator": generator_optimizer or default(),
            },
            {"size": size, "fade_steps": fade_steps},
            **trainer_options,
        )
        self.fade(self.share_after(0))

    def share_after(self, steps: int | Tensor) -> Tensor | float:
        """The share of the present size's layers after so many steps of its stage, linear up to 1."""
        if not self.fade_steps:
            return 1.0
        return ops.minimum(1.0, ops.cast(steps, "float32") / self.fade_steps)

    def fade(self, share: Tensor | float) -> None:
        """Sets the present size's share in both networks; that of smaller sizes is 1, of larger ones 0."""
        for size, fades in self._fades().items():
            of_size = share if size == self.size else float(size < self.size)
            for layer in fades:
                layer.share.assign(of_size)

    def phases(self) -> dict[str, Phase]:
        generator, discriminator = self._cuts()
        return {
            "discriminator": Phase(
                [discriminator], critic_terms(self.penalty_weight, self.drift_weight)
            ),
            "generator": Phase([generator]),
        }

    def step(self, data: Data, update: Update) -> None:
        training = update.training
        if training:
            self.fade(self.share_after(self.optimizer["generator"].iterations))
        reals = self.reduced(self.take(data))
        count = ops.shape(reals)[0]
        fakes = self.make(self.sample_latents(count), training)
        epsilon = losses.interpolation_epsilon(count, seed=self.seed_generator)
        update("discriminator", lambda: self.discriminator_loss(reals, fakes, epsilon, training))
        latents = self.sample_latents(count)
        update("generator", lambda: self.generator_loss(latents, training))
        if training and self.average is not None:
            self.average.follow(self.optimizer.iterations)  # Of all stages, where they are counted.

    def reduced(self, images: Tensor) -> Tensor:
        """Images of the present size of those of the full one; details that are new fade in.

        Args:
            images: Float tensor `(batch, height, width, channels)`.

        Returns:
            Float32 tensor `(batch, size, size, channels)`.
        """
        images = _averaged(ops.cast(images, "float32"), self.sizes[-1] // self.size)
        if not self.fade_steps:
            return images
        generator_fade, _ = self._fades()[self.size]
        coarse = _averaged(images, 2)
        for axis in (1, 2):
            coarse = ops.repeat(coarse, 2, axis=axis)
        return generator_fade([coarse, images])

    def make(self, latents: Tensor, training: bool) -> Tensor:
        """Images of the present size."""
        return self._cuts()[0](latents, training=training)

    def discriminator_loss(
        self, reals: Tensor, fakes: Tensor, epsilon: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the critic on real and generated images of the present size, and its terms."""
        return critic_loss(
            self._cuts()[1],
            reals,
            fakes,
            epsilon,
            penalty_weight=self.penalty_weight,
            penalty_target=1.0,
            drift_weight=self.drift_weight,
            training=training,
        )

    def generator_loss(self, latents: Tensor, training: bool) -> Tensor:
        """Loss of the generator on images made of latents."""
        scores = self._cuts()[1](self.make(latents, training), training=training)
        return losses.wasserstein_generator_loss(scores)

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
    ) -> Array:
        """Makes images of the full size, at a stage before the last by enlarging: see `GAN.generate`."""
        return self.sample(n, seed=seed, latents=latents, batch_size=batch_size)


def _averaged(images, factor):
    """Images of which every square of so many pixels a side has become one."""
    if factor == 1:
        return images
    return ops.average_pool(images, factor, factor, data_format="channels_last")
