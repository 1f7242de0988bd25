"""StyleGAN2: a GAN whose generator is told the style of each level of detail."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_non_negative, check_positive_integer, is_integer
from keras_gen.core.adversary import Adversary, TrainsAdversarially
from keras_gen.core.averages import average_of
from keras_gen.core.model import GenerativeModel
from keras_gen.core.network_calls import without_updates
from keras_gen.core.networks import check_network, check_scales, scales_of
from keras_gen.core.phase import Phase
from keras_gen.core.priors import Normal
from keras_gen.modalities import parts_of, spec_of
from keras_gen.models.style_gan2.inverter import StyleInverter
from keras_gen.tasks.from_latents import GeneratesFromLatents
from keras_gen.tasks.mixing import Mixes
from keras_gen.types import Array, ArrayLike, Augmentation, Data, LossLike, Optimizer, Spec, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update
    from keras_gen.modalities.spec import Arrays

PATH_LENGTHS_EVERY = 4  # steps
_STYLE_MEMORY = 0.995  # of the mean code
_LENGTH_MEMORY = 0.99  # of the mean path length


@keras.saving.register_keras_serializable(package="keras_gen")
class StyleGAN2(TrainsAdversarially, GeneratesFromLatents, Mixes, GenerativeModel):
    """A GAN whose latents become codes of style, one for each level of detail from coarse to fine.

    A mapping network makes a code of a latent, and a synthesis network an image of as many codes as it has
    levels. In training most images have two latents' codes, which meet at a random level, so that levels come
    to mean things of their own: `mix` takes the coarse ones of one image and the fine ones of another. The
    running mean of all codes is the mean image's, towards which `generate` may draw (`truncation`). `invert`
    finds the codes of images that there are, `edit` moves codes in one of their `directions`, and `decode`
    makes images of codes.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]. It logs `discriminator_loss`, `generator_loss`, and the
    penalties in use: `r1_penalty`, `path_length_penalty`.

    Args:
        mapping: Built `keras.Model`, latents `(batch, latent_dim)` to codes `(batch, style_dim)`.
        synthesis: Built `keras.Model`, codes `(batch, levels, style_dim)` to images.
        discriminator: Built `keras.Model`, images to logits `(batch, 1)` or maps of them, one or a list.
        latent_dim: Integer, the length of a latent vector.
        ema_decay: Float in [0, 1) or None: the decay of a moving average of mapping and synthesis, which then
            make images.
        name: String or None.

    Raises:
        ValueError: If a network is not built, or the shapes do not fit.

    Example:
    >>> import keras_gen
    >>> shape = (8, 8, 1)
    >>> gan = keras_gen.StyleGAN2(
    ...     keras_gen.networks.style_gan2_mapping(latent_dim=4, style_dim=8),
    ...     keras_gen.networks.style_gan2_synthesis(shape, style_dim=8, base_filters=4),
    ...     keras_gen.networks.style_gan2_discriminator(shape, base_filters=4),
    ...     latent_dim=4,
    ... )
    >>> gan.compile()
    >>> history = gan.fit(keras.ops.zeros((4, 8, 8, 1)), batch_size=2, verbose=0)
    >>> sorted(history.history)
    ['discriminator_loss', 'generator_loss', 'loss', 'r1_penalty']
    >>> gan.generate(3, seed=0, truncation=0.7).shape
    (3, 8, 8, 1)
    >>> gan.mix([0, 1, 2], [3, 4], levels=[0, 1]).shape
    (3, 2, 8, 8, 1)
    >>> gan.edit(gan.codes(3, seed=0), gan.directions(1)[0], amounts=[-1, 0, 1]).shape
    (3, 3, 8, 8, 1)

    Reference: Karras et al., 2019, Analyzing and Improving the Image Quality of StyleGAN,
    https://arxiv.org/abs/1912.04958; Karras et al., 2020 (small data), https://arxiv.org/abs/2006.06676
    """

    call_in_words = "images = model.generate(16, seed=0, truncation=0.8)"
    parts_in_words = "discriminator, and average where one is kept, among them"

    def __init__(
        self,
        mapping: keras.Model,
        synthesis: keras.Model,
        discriminator: keras.Model,
        latent_dim: int,
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.prior = Normal(latent_dim)
        _, (code, *_) = check_network("mapping", mapping, [(latent_dim,)])
        (codes, *_), (image_shape, *_) = check_network("synthesis", synthesis, [(None, *code)])
        check_network("discriminator", discriminator, [image_shape])
        check_scales("discriminator", discriminator)
        self.image_shape = _known(synthesis, image_shape)
        self.levels, self.style_dim = _known(synthesis, codes)
        self.mapping = mapping
        self.synthesis = synthesis
        self.discriminator = discriminator
        self.latent_dim = latent_dim
        self.ema_decay = ema_decay
        self.averages = [
            each for each in (average_of(n, ema_decay) for n in (mapping, synthesis)) if each
        ]
        self.ema_mapping, self.ema_synthesis = (
            [average.network for average in self.averages] if self.averages else (None, None)
        )
        self.mean_code = self._running_mean((self.style_dim,), "mean_code")
        self.mean_path_length = self._running_mean((), "mean_path_length")
        inverter = StyleInverter(self.makers[1])
        self._inverter = lambda: inverter  # In a function: it is no part of the model's file.
        self.built = True

    def _running_mean(self, shape, name):
        return self.add_weight(
            shape=shape,
            initializer="zeros",
            trainable=False,
            dtype="float32",
            autocast=False,
            aggregation="only_first_replica",
            name=name,
        )

    @property
    def takes(self) -> dict[str, Spec]:
        return parts_of(self.gives)

    @property
    def gives(self) -> Arrays:
        return spec_of(self.image_shape)

    @property
    def makers(self) -> tuple[keras.Model, keras.Model]:
        """Mapping and synthesis that make images: the averages where there are some."""
        if self.ema_mapping is None:
            return self.mapping, self.synthesis
        return self.ema_mapping, self.ema_synthesis

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        loss: LossLike = "non_saturating",
        r1_weight: float | None = None,
        r2_weight: float = 0.0,
        penalties_every: int = 1,
        path_length_weight: float = 0.0,
        style_mixing: float = 0.9,
        augmentation: Augmentation | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to the paper's
                Adam(2.5e-3, beta_1=0, beta_2=0.99, epsilon=1e-8): see `paper_adam`.
            discriminator_optimizer: Likewise, an optimizer of its own.
            loss: Name of an adversarial loss, or an object, as in `GAN.compile`.
            r1_weight: Number from 0 up, the weight of the R1 penalty on real images. Defaults to None: the
                paper's rule for batches of 32, `0.0002 * height * width / 32`.
            r2_weight: Number from 0 up, the weight of the R2 penalty on generated images.
            penalties_every: Integer, as in `GAN.compile`: 16 in the paper.
            path_length_weight: Number from 0 up, the weight of the squared distance of path lengths from their
                running mean, an update of its own in every fourth step: 2 in the paper, and 0, none, for small
                images.
            style_mixing: Number in [0, 1], the share of training images that two latents make.
            augmentation: Keras layer or None, as in `GAN.compile`: `keras_gen.layers.AdaptiveAugment` for
                little data.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.

        Raises:
            ValueError: If a number is out of range.
        """
        check_non_negative("path_length_weight", path_length_weight)
        _check_share("style_mixing", style_mixing)
        if r1_weight is None:
            r1_weight = paper_r1_weight(self.image_shape)
        self.path_length_weight = path_length_weight
        self.style_mixing = style_mixing
        adversary = Adversary(loss, r1_weight, r2_weight, penalties_every, augmentation)
        paths_every = PATH_LENGTHS_EVERY if path_length_weight else 1
        self.compile_adversarial(
            adversary,
            generator_optimizer or paper_adam(every=paths_every),
            discriminator_optimizer or paper_adam(every=penalties_every),
            {"path_length_weight": path_length_weight, "style_mixing": style_mixing},
            trainer_options,
        )

    def phases(self) -> dict[str, Phase]:
        paths = ["path_length_penalty"] * bool(self.path_length_weight)
        return {
            "discriminator": Phase([self.discriminator], self.adversary.penalty_names),
            "generator": Phase([self.mapping, self.synthesis], paths),
        }

    def step(self, data: Data, update: Update) -> None:
        reals = self.take(data)
        count = ops.shape(reals)[0]
        training = update.training
        codes = self.sample_codes(count, training)
        fakes = self.synthesis(codes, training=training)
        self.update_discriminator(
            update,
            lambda: self.discriminator_loss(reals, fakes, training),
            lambda: self.penalties(reals, fakes, training),
        )
        update("generator", lambda: self.generator_loss(reals, count, training))
        if self.path_length_weight:
            update(
                "generator",
                lambda: self.path_length_loss(count, training),
                every=PATH_LENGTHS_EVERY,
            )
        if training:
            self.mean_code.assign(
                _moved(self.mean_code, ops.mean(codes, axis=(0, 1)), _STYLE_MEMORY)
            )
        self.follow_generator(update)

    def sample_codes(self, count: int | Tensor, training: bool) -> Tensor:
        """Draws codes `(count, levels, style_dim)`: in training, of two latents for most of the images.

        The first latent's code goes up to a level that is drawn, the second's goes on from there.
        """
        if not training:
            return self._at_levels(self.mapping(self.sample_latents(count), training=False))
        both = self.mapping(self.sample_latents(2 * count), training=True)
        first, second = ops.split(ops.expand_dims(ops.cast(both, "float32"), 1), 2)
        chances = keras.random.uniform((count, 2), seed=self.seed_generator)
        meeting = 1.0 + ops.floor(chances[:, :1] * (self.levels - 1))
        meeting = ops.where(chances[:, 1:] < self.style_mixing, meeting, float(self.levels))
        of_first = ops.arange(self.levels, dtype="float32") < meeting
        return ops.where(ops.expand_dims(of_first, -1), first, second)

    def sample_latents(self, count: int | Tensor) -> Tensor:
        """Draws training latents: a standard normal tensor of shape `(count, latent_dim)`."""
        return self.prior.sample(count, self.seed_generator)

    def _at_levels(self, codes):
        """One code for all levels."""
        return ops.repeat(ops.expand_dims(codes, 1), self.levels, axis=1)

    def discriminator_loss(self, reals: Tensor, fakes: Tensor, training: bool) -> tuple[Any, ...]:
        """Loss of the discriminator on real and generated images, with the penalties, and their terms."""
        return self.adversary.loss_of_discriminator(
            self.discriminator,
            reals,
            fakes,
            penalties=lambda: self.penalties(reals, fakes, training),
            training=training,
        )

    def penalties(
        self, reals: Tensor, fakes: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The penalties in use, their weighted sum and each by itself."""
        scales = scales_of(self.discriminator)
        return self.adversary.penalties(
            self.discriminator, reals, fakes, scales=scales, training=training
        )

    def generator_loss(self, reals: Tensor, count: int | Tensor, training: bool) -> Tensor:
        """Loss of mapping and synthesis on images that are drawn for it."""
        fakes = self.synthesis(self.sample_codes(count, training), training=training)
        return self.adversary.loss_of_generator(self.discriminator, reals, fakes, training=training)

    def path_length_loss(
        self, count: int | Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """How much the path lengths of codes differ from their running mean, weighted for lazy updates."""
        codes = self._at_levels(self.mapping(self.sample_latents(count), training=training))
        noise = keras.random.normal((count, *self.image_shape), seed=self.seed_generator)
        lengths = losses.path_lengths(
            without_updates(self.synthesis, training=training),
            codes,
            noise / math.prod(self.image_shape[:2]) ** 0.5,
        )
        mean = ops.stop_gradient(_moved(self.mean_path_length, ops.mean(lengths), _LENGTH_MEMORY))
        if training:
            self.mean_path_length.assign(mean)
        penalty = ops.mean(ops.square(lengths - mean))
        weight = PATH_LENGTHS_EVERY * self.path_length_weight
        return weight * penalty, {"path_length_penalty": penalty}

    def follow_generator(self, update: Update) -> None:
        """Moves the averages, where there are some, after the generator's update."""
        if update.training:
            for average in self.averages:
                average.follow(self.optimizer["generator"].iterations)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        mapping, synthesis = self.makers
        return synthesis(self._at_levels(mapping(inputs, training=training)), training=training)

    def samples_of(self, inputs: Any) -> Any:
        samples = self(inputs, training=False)
        return ops.clip(samples, -1.0, 1.0) if self.gives.kind == "images" else samples

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
        truncation: float = 1.0,
    ) -> Array:
        """Makes images.

        Args:
            n: Integer, how many.
            seed: Integer: the same images at each call and on every backend, up to rounding. None
                draws new ones.
            latents: Float array of shape `(n, latent_dim)` to use in place of drawn ones.
            batch_size: Integer, how many images are made at a time.
            truncation: Number in [0, 1], how far codes lie from their mean: below 1 images are more typical,
                and more alike; at 0 all are the mean's.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)` in [-1, 1].

        Raises:
            ValueError: If neither `n` nor `latents` is given, the latents have another shape, or the truncation
                is out of range.
        """
        return self.decode(self.codes(n, seed, latents, batch_size, truncation), batch_size)

    def codes(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
        truncation: float = 1.0,
    ) -> Array:
        """The codes of the images that `generate` makes of the same arguments.

        Args:
            n: As in `generate`, and so are the others.
            seed: As in `generate`.
            latents: As in `generate`.
            batch_size: As in `generate`.
            truncation: As in `generate`.

        Returns:
            Float32 NumPy array `(n, levels, style_dim)`, for `decode`: an image's codes are alike at all
            levels, from the coarsest, 0, to the finest.

        Raises:
            ValueError: As `generate`.
        """
        _check_share("truncation", truncation)
        codes = predict(self.makers[0], self.prior.draw(n, seed, latents), batch_size)
        mean = keras.ops.convert_to_numpy(self.mean_code)
        codes = mean + truncation * (codes - mean)
        return np.repeat(codes[:, None], self.levels, axis=1).astype("float32")

    def decode(self, codes: ArrayLike, batch_size: int = 128) -> Array:
        """Makes images of codes.

        Args:
            codes: Float array `(n, levels, style_dim)`, such as `codes` and `invert` give.
            batch_size: Integer, how many images are made at a time.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)` in [-1, 1].

        Raises:
            ValueError: If the codes have another shape.
        """
        made = predict(self.makers[1], self._checked_codes(codes), batch_size)
        made = np.clip(made, -1.0, 1.0) if self.gives.kind == "images" else made
        return self.gives.give(made)

    def _checked_codes(self, codes):
        codes = np.asarray(codes, "float32")
        if codes.ndim != 3 or codes.shape[1:] != (self.levels, self.style_dim) or not len(codes):
            raise ValueError(
                f"`codes` must have shape (n, {self.levels}, {self.style_dim}): a code for each of "
                f"{self.levels} levels. Received: shape {codes.shape}"
            )
        return codes

    def _checked_levels(self, levels):
        chosen = list(levels)
        if not all(is_integer(level) and 0 <= level < self.levels for level in chosen):
            raise ValueError(
                f"`levels` must be integers in [0, {self.levels}), from coarse to fine. "
                f"Received: levels={chosen}"
            )
        return chosen

    def mix(
        self,
        seeds_a: Sequence[int],
        seeds_b: Sequence[int],
        levels: Sequence[int],
        truncation: float = 1.0,
        batch_size: int = 128,
    ) -> Array:
        """Makes images of some levels of one image and all others of another, of every pair.

        Args:
            seeds_a: Sequence of integers, seeds of one image each, as `generate(1, seed=...)` takes them.
            seeds_b: Likewise, of the images whose codes are taken at `levels`.
            levels: Sequence of integers in [0, levels): `range(2)`, the coarsest two, which say where things
                are; those at the end say their colours.
            truncation: As in `generate`.
            batch_size: Integer, how many images are made at a time.

        Returns:
            Float32 NumPy array `(len(seeds_a), len(seeds_b), height, width, channels)` in [-1, 1].

        Raises:
            ValueError: If a seed or a level is none, or the truncation is out of range.
        """
        chosen = self._checked_levels(levels)
        of_a, of_b = (
            self._codes_of_seeds(name, seeds, truncation)
            for name, seeds in (("seeds_a", seeds_a), ("seeds_b", seeds_b))
        )
        grid = np.repeat(of_a[:, None], len(of_b), axis=1)
        grid[:, :, chosen] = of_b[None, :, chosen]
        return self._decoded(grid, batch_size)

    def _decoded(self, grid, batch_size):
        """Images of rows of codes, `(rows, columns, levels, style_dim)`."""
        images = self.decode(grid.reshape(-1, *grid.shape[2:]), batch_size)
        return images.reshape(*grid.shape[:2], *images.shape[1:])

    def _codes_of_seeds(self, argument, seeds, truncation):
        seeds = list(seeds)
        if not seeds or not all(is_integer(seed) and seed >= 0 for seed in seeds):
            raise ValueError(
                f"`{argument}` must be integers from 0 up, one at least. "
                f"Received: {argument}={seeds}"
            )
        latents = np.concatenate([self.prior.draw(1, int(seed)) for seed in seeds])
        return self.codes(latents=latents, truncation=truncation)

    def directions(self, n: int = 8, samples: int = 4096, seed: int = 0) -> Array:
        """The directions in which codes differ most, for `edit`: their principal components.

        Args:
            n: Integer in [1, style_dim], how many, the strongest first.
            samples: Integer, at least `n + 1`: the codes that are looked at.
            seed: Integer, of the latents of those.

        Returns:
            Float32 NumPy array `(n, style_dim)`, each as long as the codes' standard deviation along it. Its
            largest number is positive, so that it points the same way each time.

        Raises:
            ValueError: If a number is out of range.

        Reference: Härkönen et al., 2020 (GANSpace), https://arxiv.org/abs/2004.02546
        """
        check_positive_integer("n", n)
        check_positive_integer("samples", samples)
        if n > self.style_dim or n >= samples:
            raise ValueError(
                f"`n` must be at most {self.style_dim}, the length of a code, and below `samples`. "
                f"Received: n={n}, samples={samples}"
            )
        codes = self.codes(samples, seed)[:, 0].astype("float64")
        _, lengths, found = np.linalg.svd(codes - codes.mean(0), full_matrices=False)
        found = found[:n] * (lengths[:n, None] / (samples - 1) ** 0.5)
        largest = np.take_along_axis(found, np.abs(found).argmax(1)[:, None], 1)
        return (found * np.sign(largest)).astype("float32")

    def edit(
        self,
        codes: ArrayLike,
        direction: ArrayLike,
        amounts: Sequence[float] = (-2.0, -1.0, 0.0, 1.0, 2.0),
        levels: Sequence[int] | None = None,
        batch_size: int = 128,
    ) -> Array:
        """Makes images of codes that are moved in a direction, by several amounts.

        Args:
            codes: Float array `(n, levels, style_dim)`, such as `codes` and, of pictures, `invert` give.
            direction: Float array `(style_dim,)`, or `(levels, style_dim)` of one for each level: one of
                `directions`, say, or the mean code of some images less that of others.
            amounts: Sequence of numbers, how far; 0 is the image itself.
            levels: Sequence of integers in [0, levels) that are moved, from coarse to fine. Defaults to all.
            batch_size: Integer, how many images are made at a time.

        Returns:
            Float32 NumPy array `(n, len(amounts), height, width, channels)` in [-1, 1].

        Raises:
            ValueError: If the codes or the direction have another shape, an amount is no finite number, or a
                level is none.
        """
        chosen = self._checked_levels(range(self.levels) if levels is None else levels)
        direction = np.asarray(direction, "float32")
        wanted = ((self.style_dim,), (self.levels, self.style_dim))
        if direction.shape not in wanted or not np.isfinite(direction).all():
            raise ValueError(
                f"`direction` must be finite numbers of shape {wanted[0]} or {wanted[1]}. "
                f"Received: shape {direction.shape}"
            )
        steps = np.asarray(amounts, "float32")
        if steps.ndim != 1 or not len(steps) or not np.isfinite(steps).all():
            raise ValueError(
                f"`amounts` must be finite numbers, one at least. Received: {amounts!r}"
            )
        starts = self._checked_codes(codes)
        moved = np.zeros((self.levels, self.style_dim), "float32")
        moved[chosen] = np.broadcast_to(direction, moved.shape)[chosen]
        return self._decoded(starts[:, None] + steps[:, None, None] * moved, batch_size)

    def invert(self, images: ArrayLike, steps: int = 200, batch_size: int = 32) -> Array:
        """Finds codes of images, one for each level, by going down the distance of what they make.

        Images of the kind that was learnt come out alike, other ones as near as the network can; mixed, moved
        or averaged, and given to `decode`, the codes change the images.

        Args:
            images: Array `(n, height, width, channels)`, as `fit` takes it.
            steps: Integer above 0, of Adam, from the mean code on.
            batch_size: Integer, how many images are looked at at a time.

        Returns:
            Float32 NumPy array `(n, levels, style_dim)`, for `decode`.

        Raises:
            ValueError: If the images have another shape or range, or `steps` is none above 0.
        """
        check_positive_integer("steps", steps)
        taken = ops.convert_to_numpy(self.gives.take("`images`", images))
        inverter = self._inverter()
        inverter.steps.assign(steps)
        # A copy, since JAX's `predict` gives away the buffers of the network it runs.
        inverter.start.assign(ops.copy(self.mean_code.value))
        return predict(inverter, taken.astype("float32"), batch_size)


def paper_adam(learning_rate: float = 2.5e-3, every: int = 1) -> keras.optimizers.Optimizer:
    """The paper's Adam, whose rate and memory allow for updates by penalties in every so many steps.

    Args:
        learning_rate: Float above 0.
        every: Integer above 0: in every so many steps there are two updates.

    Returns:
        `keras.optimizers.Adam`.
    """
    share = every / (every + 1) if every > 1 else 1.0
    return keras.optimizers.Adam(
        learning_rate * share, beta_1=0.0, beta_2=0.99**share, epsilon=1e-8
    )


def paper_r1_weight(image_shape: Sequence[int], batch_size: int = 32) -> float:
    """ADA's rule for the weight of R1: `0.0002 * height * width / batch_size`."""
    return 0.0002 * math.prod(image_shape[:2]) / batch_size


def _known(synthesis, shape):
    """A shape without its batch, of sizes that are all known."""
    if None in shape:
        raise ValueError(
            "`synthesis` must take so many levels and make images of one size. "
            f"Received: synthesis={synthesis.name!r} with shape {shape}"
        )
    return shape


def _moved(variable, mean, memory):
    return memory * variable.value + (1.0 - memory) * ops.cast(mean, "float32")


def _check_share(argument, value):
    """Raises a ValueError unless `value` is a number in [0, 1]."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0.0 <= value <= 1.0:
        raise ValueError(f"`{argument}` must be a number in [0, 1]. Received: {argument}={value!r}")
