"""Image-to-image translation without pairs."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_non_negative, non_negative_pair
from keras_gen.core.adversary import Adversary, TrainsAdversarially, check_needs_no_pairs
from keras_gen.core.averages import average_of
from keras_gen.core.model import GenerativeModel
from keras_gen.core.network_calls import run_together
from keras_gen.core.networks import check_network, check_scales, scales_of
from keras_gen.core.phase import Phase
from keras_gen.layers import ImagePool
from keras_gen.modalities import spec_of
from keras_gen.modalities.images.range import in_range
from keras_gen.tasks.translating import Direction, Translates
from keras_gen.types import Array, ArrayLike, Augmentation, Data, LossLike, Optimizer, Spec, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update


@keras.saving.register_keras_serializable(package="keras_gen")
class CycleGAN(Translates, TrainsAdversarially, GenerativeModel):
    """CycleGAN: translates between two sets of images, having seen no pairs.

    A step updates the two generators jointly, on the adversarial losses, `cycle_weight` times the
    cycle losses (mean |F(G(a)) - a| and mean |G(F(b)) - b|, each of which reaches both generators) and
    `identity_weight` times both identity losses; then the two discriminators, with half their loss,
    on real images and on generated ones out of a pool of earlier ones.

    `fit` takes `(images a, images b)` or `{"a": ..., "b": ...}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]. It logs `generator_loss`, `discriminator_loss`,
    `adversarial_loss` and, where they have a weight, `cycle_loss` and `identity_loss` (unweighted sums
    over the directions that have one). `evaluate` gives `cycle_error_a` and `cycle_error_b`, mean
    absolute differences in [-1, 1].

    Args:
        generator_ab: Built `keras.Model`, images of a to images of b.
        generator_ba: Built `keras.Model`, images of b to images of a.
        discriminator_a: Built `keras.Model`, images of a to logits, one for each patch; or to a list of them,
            one for each scale, over which its losses are averaged.
        discriminator_b: Built `keras.Model`, images of b to logits.
        cycle_weight: Number from 0 up, or a pair of them: of images of a, there and back, and of images of b.
            Where b tells more than a (shaded pictures of flat ones), no generator can find b again but by what
            the other has hidden in its translations; `(10, 0)` asks for no such way back.
        identity_weight: Number from 0 up. An identity loss needs domains of the same shape.
        pool_size: Integer from 0 up, how many generated images of each domain are kept.
        ema_decay: Float in [0, 1) or None. With a decay (0.999, say) the model keeps exponential moving
            averages of both generators' weights, which `translate` and `predict` use.
        cycle_noise: Number from 0 up, the deviation of the Gaussian noise on translations before they go the
            way back. Without it generators hide in patterns of little contrast what a translation should not
            tell of its image; 0.05 to 0.1 drowns those (Bashkirova et al., 2019).
        name: String or None.

    Raises:
        ValueError: If a network is not built, or the shapes of the four do not fit.

    Example:
    >>> import keras_gen
    >>> shape = (8, 8, 3)
    >>> model = keras_gen.CycleGAN(
    ...     *(keras_gen.networks.resnet_generator(shape, base_filters=2, blocks=1) for _ in "ab"),
    ...     *(keras_gen.networks.patch_discriminator(shape, base_filters=2) for _ in "ab"),
    ... )
    >>> model.compile()
    >>> images = keras.ops.zeros((2, *shape))
    >>> history = model.fit(images, images, batch_size=1, verbose=0)
    >>> model.translate(images, direction="ba").shape
    (2, 8, 8, 3)

    Reference: Zhu et al., 2017, https://arxiv.org/abs/1703.10593; the noise: Bashkirova et al., 2019,
    https://arxiv.org/abs/1908.01517
    """

    paired = False
    parts_in_words = "discriminators among them"

    def __init__(
        self,
        generator_ab: keras.Model,
        generator_ba: keras.Model,
        discriminator_a: keras.Model,
        discriminator_b: keras.Model,
        cycle_weight: float | tuple[float, float] = 10.0,
        identity_weight: float = 5.0,
        pool_size: int = 50,
        ema_decay: float | None = None,
        cycle_noise: float = 0.0,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.cycle_weights = non_negative_pair("cycle_weight", cycle_weight)
        check_non_negative("cycle_noise", cycle_noise)
        check_non_negative("identity_weight", identity_weight)
        (self.shape_a,), (self.shape_b,) = check_network(
            "generator_ab", generator_ab, [None], [None]
        )
        check_network("generator_ba", generator_ba, [self.shape_b], [self.shape_a])
        check_network("discriminator_a", discriminator_a, [self.shape_a])
        check_network("discriminator_b", discriminator_b, [self.shape_b])
        check_scales("discriminator_a", discriminator_a)
        check_scales("discriminator_b", discriminator_b)
        if identity_weight and self.shape_a != self.shape_b:
            raise ValueError(
                "`identity_weight` must be 0 where the domains' images have different shapes. "
                f"Received: identity_weight={identity_weight}, shapes {self.shape_a}, {self.shape_b}"
            )
        self.generator_ab = generator_ab
        self.generator_ba = generator_ba
        self.discriminator_a = discriminator_a
        self.discriminator_b = discriminator_b
        self.cycle_weight = cycle_weight
        self.identity_weight = identity_weight
        self.pool_size = pool_size
        self.cycle_noise = cycle_noise
        self.pool_a = ImagePool(pool_size, name="pool_a")
        self.pool_b = ImagePool(pool_size, name="pool_b")
        self.pool_a.build((None, *self.shape_a))
        self.pool_b.build((None, *self.shape_b))
        self.ema_decay = ema_decay
        self.average_ab = average_of(generator_ab, ema_decay)
        self.average_ba = average_of(generator_ba, ema_decay)
        if self.average_ab is not None and self.average_ba is not None:
            self.ema_generator_ab = self.average_ab.network
            self.ema_generator_ba = self.average_ba.network
        self.built = True

    @property
    def takes(self) -> dict[str, Spec]:
        return {"a": spec_of(self.shape_a), "b": spec_of(self.shape_b)}

    @property
    def directions(self) -> dict[str, Direction]:
        def translate(name):
            return functools.partial(self.translate, direction=name)

        a, b = self.takes.values()
        return {
            "ab": Direction(a, b, 1, translate("ab"), "a to b", self.translator("ab")),
            "ba": Direction(b, a, -1, translate("ba"), "b to a", self.translator("ba")),
        }

    def translator(self, direction: str) -> keras.Model:
        """The network that translates: an averaged generator where there is one."""
        name = f"generator_{direction}"
        return getattr(self, name if self.ema_decay is None else f"ema_{name}")

    def kept_layers(self) -> list[keras.Layer]:
        """All but the pools, which belong to a training."""
        pools = (self.pool_a, self.pool_b)
        return [layer for layer in super().kept_layers() if layer not in pools]

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        loss: LossLike = "least_squares",
        r1_weight: float = 0.0,
        r2_weight: float = 0.0,
        penalties_every: int = 1,
        augmentation: Augmentation | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name, of both generators. Defaults to
                Adam(2e-4, beta_1=0.5).
            discriminator_optimizer: Likewise, of both discriminators.
            loss: Name of an adversarial loss, or an object, as in `GAN.compile`, but for the
                relativistic one, which pairs images.
            r1_weight: Number from 0 up, the weight of the R1 penalty on real images, summed over both
                domains.
            r2_weight: Number from 0 up, the weight of the R2 penalty on generated images, likewise.
            penalties_every: Integer, as in `GAN.compile`.
            augmentation: Keras layer or None, as in `GAN.compile`, of both domains' images.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        check_needs_no_pairs(loss, "CycleGAN")
        self.compile_adversarial(
            Adversary(loss, r1_weight, r2_weight, penalties_every, augmentation),
            generator_optimizer,
            discriminator_optimizer,
            {},
            trainer_options,
        )

    def call(self, images: Tensor, training: bool = False) -> Tensor:
        return self.translator("ab")(in_range(images), training=training)

    def phases(self) -> dict[str, Phase]:
        optional = {"cycle_loss": any(self.cycle_weights), "identity_loss": self.identity_weight}
        terms = ["adversarial_loss", *(name for name, weight in optional.items() if weight)]
        return {
            "generator": Phase([self.generator_ab, self.generator_ba], terms),
            "discriminator": Phase(
                [self.discriminator_a, self.discriminator_b], self.adversary.penalty_names
            ),
        }

    def step(self, data: Data, update: Update) -> None:
        a, b = self.take(data)
        training = update.training
        fakes_a, fakes_b = update("generator", lambda: self.generator_loss(a, b, training))
        fakes_a = self.pool_a(fakes_a, training=training)
        fakes_b = self.pool_b(fakes_b, training=training)
        self.update_discriminator(
            update,
            lambda: self.discriminator_loss(a, b, fakes_a, fakes_b, training),
            lambda: self.penalties(a, b, fakes_a, fakes_b, training),
        )
        if training and self.average_ab is not None and self.average_ba is not None:
            step = self.optimizer["generator"].iterations
            self.average_ab.follow(step)
            self.average_ba.follow(step)

    def generator_loss(
        self, a: Tensor, b: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor], tuple[Tensor, Tensor]]:
        """Joint loss of the generators, its parts, and the images made on the way, of a and of b."""
        same_a = same_b = None
        if self.identity_weight:
            fakes_b, same_b = run_together(self.generator_ab, a, b, training=training)
            fakes_a, same_a = run_together(self.generator_ba, b, a, training=training)
        else:
            fakes_b = self.generator_ab(a, training=training)
            fakes_a = self.generator_ba(b, training=training)
        adversary = self.adversary
        (logits_b,) = adversary.judge(self.discriminator_b, fakes_b, training=training)
        (logits_a,) = adversary.judge(self.discriminator_a, fakes_a, training=training)
        adversarial = adversary.generator_loss(logits_b) + adversary.generator_loss(logits_a)
        loss, terms = adversarial, {"adversarial_loss": adversarial}
        cycles = [
            (weight, losses.l1(images, back(self.noised(fakes, training), training=training)))
            for weight, images, fakes, back in zip(
                self.cycle_weights,
                (a, b),
                (fakes_b, fakes_a),
                (self.generator_ba, self.generator_ab),
                strict=True,
            )
            if weight
        ]
        if cycles:
            terms["cycle_loss"] = sum(cycle for _, cycle in cycles)
            loss = loss + sum(weight * cycle for weight, cycle in cycles)
        if self.identity_weight:
            terms["identity_loss"] = losses.l1(b, same_b) + losses.l1(a, same_a)
            loss = loss + self.identity_weight * terms["identity_loss"]
        return loss, terms, (fakes_a, fakes_b)

    def noised(self, translations: Tensor, training: bool) -> Tensor:
        """Translations as they go the way back: with noise, in training, where there is to be some."""
        if not (training and self.cycle_noise):
            return translations
        noise = keras.random.normal(
            ops.shape(translations), dtype=translations.dtype, seed=self.seed_generator
        )
        return translations + self.cycle_noise * noise

    def discriminator_loss(
        self, a: Tensor, b: Tensor, fakes_a: Tensor, fakes_b: Tensor, training: bool
    ) -> tuple[Any, ...]:
        """Half the summed loss of the two discriminators, and the penalties."""
        logits_a, logits_b = (
            self.adversary.judge(network, reals, fakes, training=training)
            for network, reals, fakes in (
                (self.discriminator_a, a, fakes_a),
                (self.discriminator_b, b, fakes_b),
            )
        )
        loss = self.adversary.discriminator_loss(*logits_a)
        loss = 0.5 * (loss + self.adversary.discriminator_loss(*logits_b))
        terms = {}
        if not (training and self.adversary.is_lazy):
            penalty, terms = self.penalties(a, b, fakes_a, fakes_b, training)
            loss = loss + penalty
        return self.adversary.result(loss, terms, logits_a[0], logits_b[0])

    def penalties(
        self, a: Tensor, b: Tensor, fakes_a: Tensor, fakes_b: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The penalties in use of both discriminators, their weighted sum and each by itself."""
        (first, terms_a), (second, terms_b) = (
            self.adversary.penalties(
                network, reals, fakes, scales=scales_of(network), training=training
            )
            for network, reals, fakes in (
                (self.discriminator_a, a, fakes_a),
                (self.discriminator_b, b, fakes_b),
            )
        )
        return first + second, {name: terms_a[name] + terms_b[name] for name in terms_a}

    @property
    def evaluation_names(self) -> tuple[str, ...]:
        return ("cycle_error_a", "cycle_error_b")

    def losses_of_copying(self) -> dict[str, float]:
        """None at all, there and back."""
        alike = self.shape_a == self.shape_b
        return dict.fromkeys(self.evaluation_names, 0.0) if alike else {}

    def evaluation_terms(self, data: Data) -> dict[str, Tensor]:
        a, b = self.take(data)
        ab, ba = self.translator("ab"), self.translator("ba")
        return {
            "cycle_error_a": losses.l1(a, ba(ab(a, training=False), training=False)),
            "cycle_error_b": losses.l1(b, ab(ba(b, training=False), training=False)),
        }

    def translate(self, images: ArrayLike, direction: str = "ab", batch_size: int = 16) -> Array:
        """Translates images.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            direction: `"ab"` or `"ba"`.
            batch_size: Integer, how many images are translated at a time.

        Returns:
            Float32 NumPy array of the outputs, in [-1, 1].

        Raises:
            ValueError: If the direction is neither, or the images have another shape.
        """
        if direction not in ("ab", "ba"):
            raise ValueError(f"`direction` must be 'ab' or 'ba'. Received: direction={direction!r}")
        images = self.takes[direction[0]].take("`images`", images)
        return predict(self.translator(direction), images, batch_size)

    def cycle(
        self, images: ArrayLike, direction: str = "ab", batch_size: int = 16
    ) -> tuple[Array, Array]:
        """Translates images there and back.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            direction: `"ab"`, for images of a, or `"ba"`.
            batch_size: Integer.

        Returns:
            Tuple `(translated, restored)` of float32 NumPy arrays.
        """
        translated = self.translate(images, direction, batch_size)
        return translated, self.translate(translated, direction[::-1], batch_size)
