"""Image-to-image translation without pairs."""

import keras

from keras_gen import losses
from keras_gen.engine import GenerativeModel, Phase, predict
from keras_gen.layers import ImagePool
from keras_gen.models import checks
from keras_gen.models.adversarial_training import AdversarialTraining
from keras_gen.models.together import run_together
from keras_gen.pixels import in_range


@keras.saving.register_keras_serializable(package="keras_gen")
class CycleGAN(AdversarialTraining, GenerativeModel):
    """CycleGAN: translates between two sets of images, having seen no pairs.

    A step updates the two generators jointly, on the adversarial losses, `cycle_weight` times both
    cycle losses (mean |F(G(a)) - a| and mean |G(F(b)) - b|, each of which reaches both generators) and
    `identity_weight` times both identity losses; then the two discriminators, with half their loss,
    on real images and on generated ones out of a pool of earlier ones.

    `fit` takes `(images a, images b)` or `{"a": ..., "b": ...}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]. It logs `generator_loss`, `discriminator_loss`,
    `adversarial_loss`, `cycle_loss` and, where it has a weight, `identity_loss` (unweighted sums over
    both directions). `evaluate` gives `cycle_error_a` and `cycle_error_b`, mean absolute differences
    in [-1, 1].

    Args:
        generator_ab: Built `keras.Model`, images of a to images of b.
        generator_ba: Built `keras.Model`, images of b to images of a.
        discriminator_a: Built `keras.Model`, images of a to logits, one for each patch.
        discriminator_b: Built `keras.Model`, images of b to logits.
        cycle_weight: Number from 0 up.
        identity_weight: Number from 0 up. An identity loss needs domains of the same shape.
        pool_size: Integer from 0 up, how many generated images of each domain are kept.
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

    Reference: Zhu et al., 2017, https://arxiv.org/abs/1703.10593
    """

    def __init__(
        self,
        generator_ab,
        generator_ba,
        discriminator_a,
        discriminator_b,
        cycle_weight=10.0,
        identity_weight=5.0,
        pool_size=50,
        name=None,
    ):
        super().__init__(name=name)
        checks.check_non_negative("cycle_weight", cycle_weight)
        checks.check_non_negative("identity_weight", identity_weight)
        self.shape_a, self.shape_b = checks.check_network("generator_ab", generator_ab)
        checks.check_network("generator_ba", generator_ba, self.shape_b, self.shape_a)
        checks.check_network("discriminator_a", discriminator_a, self.shape_a)
        checks.check_network("discriminator_b", discriminator_b, self.shape_b)
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
        self.pool_a = ImagePool(pool_size, name="pool_a")
        self.pool_b = ImagePool(pool_size, name="pool_b")
        self.pool_a.build((None, *self.shape_a))
        self.pool_b.build((None, *self.shape_b))
        self.built = True

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        loss="least_squares",
        **trainer_options,
    ):
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name, of both generators. Defaults to
                Adam(2e-4, beta_1=0.5).
            discriminator_optimizer: Likewise, of both discriminators.
            loss: Name of an adversarial loss, or an object, as in `GAN.compile`, but for the
                relativistic one, which pairs images.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        if getattr(losses.get(loss), "uses_real_logits", False):
            raise ValueError(
                "`loss` must not need real images' logits for the generators: CycleGAN has no pairs. "
                f"Received: loss={loss!r}"
            )
        self.compile_adversarial(
            generator_optimizer, discriminator_optimizer, loss, {}, trainer_options
        )

    def call(self, images, training=False):
        return self.generator_ab(in_range(images), training=training)

    def phases(self):
        terms = ["adversarial_loss", "cycle_loss", *["identity_loss"] * bool(self.identity_weight)]
        return {
            "generator": Phase([self.generator_ab, self.generator_ba], self.generator_loss, terms),
            "discriminator": Phase(
                [self.discriminator_a, self.discriminator_b], self.discriminator_loss
            ),
        }

    def schedule(self, data, training):
        a, b = self._unpack(data)
        made = yield "generator", {"a": a, "b": b}
        yield (
            "discriminator",
            {
                "a": a,
                "b": b,
                "fakes_a": self.pool_a(made["fakes_a"], training=training),
                "fakes_b": self.pool_b(made["fakes_b"], training=training),
            },
        )

    def _unpack(self, data):
        return checks.unpack_pair(data, ("a", "b"), (self.shape_a, self.shape_b))

    def generator_loss(self, batch, training):
        """Joint loss of the generators, its parts, and the images made on the way."""
        a, b = batch["a"], batch["b"]
        same_a = same_b = None
        if self.identity_weight:
            fakes_b, same_b = run_together(self.generator_ab, a, b, training=training)
            fakes_a, same_a = run_together(self.generator_ba, b, a, training=training)
        else:
            fakes_b = self.generator_ab(a, training=training)
            fakes_a = self.generator_ba(b, training=training)
        cycle = losses.l1(a, self.generator_ba(fakes_b, training=training)) + losses.l1(
            b, self.generator_ab(fakes_a, training=training)
        )
        adversarial = self.loss.generator_loss(
            self.discriminator_b(fakes_b, training=training)
        ) + self.loss.generator_loss(self.discriminator_a(fakes_a, training=training))
        loss = adversarial + self.cycle_weight * cycle
        made = {
            "adversarial_loss": adversarial,
            "cycle_loss": cycle,
            "fakes_a": fakes_a,
            "fakes_b": fakes_b,
        }
        if self.identity_weight:
            made["identity_loss"] = losses.l1(b, same_b) + losses.l1(a, same_a)
            loss = loss + self.identity_weight * made["identity_loss"]
        return loss, made

    def discriminator_loss(self, batch, training):
        """Half the summed loss of the two discriminators."""
        logits_a, logits_b = (
            run_together(network, batch[name], batch[f"fakes_{name}"], training=training)
            for name, network in (("a", self.discriminator_a), ("b", self.discriminator_b))
        )
        loss = self.loss.discriminator_loss(*logits_a) + self.loss.discriminator_loss(*logits_b)
        return 0.5 * loss, {}

    @property
    def evaluation_names(self):
        return ("cycle_error_a", "cycle_error_b")

    def evaluation_terms(self, data):
        a, b = self._unpack(data)
        ab, ba = self.generator_ab, self.generator_ba
        return {
            "cycle_error_a": losses.l1(a, ba(ab(a, training=False), training=False)),
            "cycle_error_b": losses.l1(b, ab(ba(b, training=False), training=False)),
        }

    def translate(self, images, direction="ab", batch_size=16):
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
        first = direction == "ab"
        images = checks.take_images("`images`", images, self.shape_a if first else self.shape_b)
        generator = self.generator_ab if first else self.generator_ba
        return predict(generator, images, batch_size)

    def cycle(self, images, direction="ab", batch_size=16):
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
