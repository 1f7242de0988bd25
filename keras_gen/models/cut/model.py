"""Image-to-image translation without pairs, one way, by contrast of patches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_non_negative, check_positive_integer
from keras_gen.core.adversary import Adversary, TrainsAdversarially, check_needs_no_pairs
from keras_gen.core.averages import average_of
from keras_gen.core.model import GenerativeModel
from keras_gen.core.network_calls import run_together
from keras_gen.core.networks import check_network, check_scales, scales_of
from keras_gen.core.phase import Phase
from keras_gen.modalities import spec_of
from keras_gen.modalities.images.range import in_range
from keras_gen.tasks.translating import Direction, Translates
from keras_gen.types import Array, ArrayLike, Augmentation, Data, LossLike, Optimizer, Spec, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update


@keras.saving.register_keras_serializable(package="keras_gen")
class CUT(Translates, TrainsAdversarially, GenerativeModel):
    """CUT: translates images of a to b with one generator, having seen no pairs.

    The generator's own layers tell the features of an image's patches. An output's feature at a position
    must be more like the input's at that position than like the input's elsewhere (PatchNCE: see
    `keras_gen.losses.patch_nce`), through two dense layers for each of `nce_layers`, which the generator's
    optimizer trains too. Positions are drawn anew at every step, the same for all images of a batch.

    A step updates the generator, on the adversarial loss and `nce_weight` times the PatchNCE, which with
    `identity` is averaged with that of images of b and what the generator makes of them; then the
    discriminator, with half its loss. FastCUT is `nce_weight=10`, `identity=False`, `flip_equivariance=True`.

    `fit` takes `(images a, images b)` or `{"a": ..., "b": ...}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]. It logs `generator_loss`, `discriminator_loss`,
    `adversarial_loss`, `nce_loss` and, with `identity`, `identity_nce_loss` (unweighted). `evaluate` gives
    `nce_loss`.

    Args:
        generator: Built functional or Sequential `keras.Model`, images of a to images of b of the same shape.
        discriminator: Built `keras.Model`, images of b to logits, one for each patch; or to a list of them,
            one for each scale, over which its losses are averaged.
        nce_weight: Number from 0 up.
        identity: Boolean.
        flip_equivariance: Boolean. If True the generator is shown mirrored images in half of the steps, and
            the features of what it makes of them are mirrored back.
        nce_layers: Sequence of names of the generator's layers, its input's among them, whose outputs are
            maps of features `(batch, height, width, channels)`. None takes, as the paper does, the input, the
            strided convolutions, and of the residual blocks (`keras.layers.Add`) the first and the fifth, or
            the last where there are fewer.
        positions: Integer above 0, how many positions of an image are compared; all of smaller maps.
        temperature: Number above 0.
        projection_units: Integer above 0, the width of the dense layers.
        ema_decay: Float in [0, 1) or None. With a decay (0.999, say) the model keeps an exponential moving
            average of the generator's weights, which `translate` and `predict` use.
        name: String or None.

    Raises:
        ValueError: If a network is not built, the shapes do not fit, the generator has no such layers, or a
            number is out of range.

    Example:
    >>> import keras_gen
    >>> shape = (8, 8, 3)
    >>> model = keras_gen.CUT(
    ...     keras_gen.networks.resnet_generator(shape, base_filters=2, blocks=2),
    ...     keras_gen.networks.patch_discriminator(shape, base_filters=2),
    ... )
    >>> model.compile()
    >>> images = keras.ops.zeros((2, *shape))
    >>> history = model.fit(images, images, batch_size=1, verbose=0)
    >>> model.translate(images).shape
    (2, 8, 8, 3)

    Reference: Park et al., 2020, https://arxiv.org/abs/2007.15651
    """

    paired = False
    parts_in_words = "discriminator among them"

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        nce_weight: float = 1.0,
        identity: bool = True,
        flip_equivariance: bool = False,
        nce_layers: Sequence[str] | None = None,
        positions: int = 256,
        temperature: float = 0.07,
        projection_units: int = 256,
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        check_non_negative("nce_weight", nce_weight)
        check_positive_integer("positions", positions)
        check_positive_integer("projection_units", projection_units)
        check_non_negative("temperature", temperature)
        if not temperature:
            raise ValueError(
                f"`temperature` must be above 0. Received: temperature={temperature!r}"
            )
        (self.image_shape,), _ = check_network("generator", generator, [None], [None])
        check_network("generator", generator, [self.image_shape], [self.image_shape])
        check_network("discriminator", discriminator, [self.image_shape])
        check_scales("discriminator", discriminator)
        features = features_of(generator, nce_layers)
        self.generator = generator
        self.discriminator = discriminator
        self.nce_weight = nce_weight
        self.identity = identity
        self.flip_equivariance = flip_equivariance
        self.nce_layers = list(features)
        self.positions = positions
        self.temperature = temperature
        self.projection_units = projection_units
        self.heads = heads_of(features, projection_units)
        # The generator once more, by its own layers: in functions, so that no file has it twice.
        (images,), outputs = generator.inputs, generator.outputs
        encoder = keras.Model(images, list(features.values()), name="encoder")
        seeing = keras.Model(images, [*outputs, *features.values()], name="seeing")
        self._encoder, self._seeing = lambda: encoder, lambda: seeing
        self.ema_decay = ema_decay
        self.average = average_of(generator, ema_decay)
        self.ema_generator = None if self.average is None else self.average.network
        self.built = True

    @property
    def takes(self) -> dict[str, Spec]:
        return {"a": spec_of(self.image_shape), "b": spec_of(self.image_shape)}

    @property
    def directions(self) -> dict[str, Direction]:
        a, b = self.takes.values()
        return {"": Direction(a, b, 1, self.translate, network=self.sampler)}

    @property
    def sampler(self) -> keras.Model:
        """The network that translates: the averaged generator where there is one."""
        return self.generator if self.ema_generator is None else self.ema_generator

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
            generator_optimizer: Keras optimizer or its name, of the generator and the dense layers. Defaults
                to Adam(2e-4, beta_1=0.5).
            discriminator_optimizer: Likewise, an optimizer of its own.
            loss: Name of an adversarial loss, or an object, as in `GAN.compile`, but for the
                relativistic one, which pairs images.
            r1_weight: Number from 0 up, the weight of the R1 penalty on images of b.
            r2_weight: Number from 0 up, the weight of the R2 penalty on generated images.
            penalties_every: Integer, as in `GAN.compile`.
            augmentation: Keras layer or None, as in `GAN.compile`.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        check_needs_no_pairs(loss, "CUT")
        self.compile_adversarial(
            Adversary(loss, r1_weight, r2_weight, penalties_every, augmentation),
            generator_optimizer,
            discriminator_optimizer,
            {},
            trainer_options,
        )

    def call(self, images: Tensor, training: bool = False) -> Tensor:
        return self.sampler(in_range(images), training=training)

    def phases(self) -> dict[str, Phase]:
        terms = ["adversarial_loss", "nce_loss", *["identity_nce_loss"] * self.identity]
        return {
            "generator": Phase([self.generator, self.heads], terms),
            "discriminator": Phase([self.discriminator], self.adversary.penalty_names),
        }

    def step(self, data: Data, update: Update) -> None:
        a, b = self.take(data)
        training = update.training
        fakes = update("generator", lambda: self.generator_loss(a, b, training))
        self.update_discriminator(
            update,
            lambda: self.discriminator_loss(b, fakes, training),
            lambda: self.penalties(b, fakes, training),
        )
        self.follow_generator(update)

    def generator_loss(
        self, a: Tensor, b: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Loss of the generator, its parts, and what it made of images of a."""
        images = [a, b] if self.identity else [a]
        if self.flip_equivariance and training:
            made, keys, queries = self.encode_mirrored(images)
        else:
            seen = run_together(self._seeing(), *images, training=training)
            made, keys = [fakes for fakes, *_ in seen], [features for _, *features in seen]
            queries = self.encode(*made, training=training)
        contrasts = [ops.mean(self.contrast(*pair)) for pair in zip(queries, keys, strict=True)]
        adversary = self.adversary
        (logits,) = adversary.judge(self.discriminator, made[0], training=training)
        terms = {"adversarial_loss": adversary.generator_loss(logits), "nce_loss": contrasts[0]}
        if self.identity:
            terms["identity_nce_loss"] = contrasts[1]
        loss = terms["adversarial_loss"] + self.nce_weight * sum(contrasts) / len(contrasts)
        return loss, terms, made[0]

    def encode(self, *images: Tensor, training: bool) -> list[list[Tensor]]:
        """The generator's features of images, at `nce_layers`.

        Args:
            *images: Tensors `(batch, height, width, channels)`.
            training: Boolean.

        Returns:
            List of lists of maps of features, one for each of `images`.
        """
        found = run_together(self._encoder(), *images, training=training)
        return [keras.tree.flatten(features) for features in found]

    def encode_mirrored(
        self, images: Sequence[Tensor]
    ) -> tuple[list[Tensor], list[list[Tensor]], list[list[Tensor]]]:
        """In half of the steps, outputs of mirrored images; features of the images, and of the outputs.

        Args:
            images: List of tensors `(batch, height, width, channels)`.

        Returns:
            Tuple of three lists with an item for each of `images`: outputs, mirrored where the inputs were;
            features of the images as they are; features of the outputs, mirrored back.
        """
        mirrored = keras.random.uniform((), seed=self.seed_generator) < 0.5

        def mirror(maps):
            return ops.where(mirrored, ops.flip(maps, axis=2), maps)

        made = run_together(self.generator, *map(mirror, images), training=True)
        keys = self.encode(*images, training=True)
        queries = self.encode(*made, training=True)
        return made, keys, [[mirror(maps) for maps in features] for features in queries]

    def contrast(self, queries: Sequence[Tensor], keys: Sequence[Tensor]) -> Tensor:
        """PatchNCE of an output's features by its input's, averaged over the layers.

        Args:
            queries: List of tensors `(batch, height, width, channels)`, of outputs, one for each of
                `nce_layers`.
            keys: The same of the inputs.

        Returns:
            Float32 tensor `(batch,)`.
        """
        taken = [self.draw_positions(*pair) for pair in zip(queries, keys, strict=True)]
        queries, keys = (
            keras.tree.flatten(self.heads(list(side))) for side in zip(*taken, strict=True)
        )
        contrasts = [
            losses.patch_nce(*pair, self.temperature) for pair in zip(queries, keys, strict=True)
        ]
        return sum(contrasts) / len(contrasts)

    def draw_positions(self, *maps: Tensor) -> list[Tensor]:
        """The features of several maps at the same positions, drawn anew.

        Args:
            *maps: Tensors `(batch, height, width, channels)`.

        Returns:
            List of float32 tensors `(batch, positions, channels)`.
        """
        _, height, width, channels = maps[0].shape
        rows = [ops.reshape(each, (-1, height * width, channels)) for each in maps]
        if height * width > self.positions:
            noise = keras.random.uniform((height * width,), seed=self.seed_generator)
            _, drawn = ops.top_k(noise, self.positions, sorted=False)
            rows = [ops.take(each, drawn, axis=1) for each in rows]
        return [ops.cast(each, "float32") for each in rows]

    def discriminator_loss(self, b: Tensor, fakes: Tensor, training: bool) -> tuple[Any, ...]:
        """Half the discriminator's loss, and the penalties."""
        return self.adversary.loss_of_discriminator(
            self.discriminator,
            b,
            fakes,
            penalties=lambda: self.penalties(b, fakes, training),
            weight=0.5,
            training=training,
        )

    def penalties(
        self, b: Tensor, fakes: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The penalties in use, their weighted sum and each by itself."""
        scales = scales_of(self.discriminator)
        return self.adversary.penalties(
            self.discriminator, b, fakes, scales=scales, training=training
        )

    @property
    def evaluation_names(self) -> tuple[str, ...]:
        return ("nce_loss",)

    def evaluation_terms(self, data: Data) -> dict[str, Tensor]:
        a, _ = self.take(data)
        outputs = self.sampler(a, training=False)
        queries, keys = self.encode(outputs, a, training=False)
        return {"nce_loss": ops.mean(self.contrast(queries, keys))}

    def translate(self, images: ArrayLike, batch_size: int = 16) -> Array:
        """Translates images of a to b.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            batch_size: Integer, how many images are translated at a time.

        Returns:
            Float32 NumPy array of the outputs, in [-1, 1].

        Raises:
            ValueError: If the images have another shape.
        """
        return predict(self.sampler, self.takes["a"].take("`images`", images), batch_size)


def features_of(generator: keras.Model, names: Sequence[str] | None) -> dict[str, Any]:
    """Maps of features in a generator, by the names of their layers.

    Args:
        generator: Built functional or Sequential `keras.Model`.
        names: Sequence of names of layers, or None: see `CUT`.

    Returns:
        Dict from names to symbolic tensors.

    Raises:
        ValueError: If there are no such layers, or they give no maps of a known size.
    """
    if not getattr(generator, "inputs", None):
        raise ValueError(
            "`generator` must be a functional or Sequential model, whose layers can be seen. "
            f"Received: generator={generator.name!r}, a {type(generator).__name__}"
        )
    (images,) = generator.inputs
    outputs = {images.name: images} | {layer.name: layer.output for layer in generator.layers}
    if names is None:
        names = [images.name, *_encoding_layers(generator)]
    elif isinstance(names, str) or not names:
        raise ValueError(
            f"`nce_layers` must be a sequence of names of layers, or None. Received: nce_layers={names!r}"
        )
    for name in names:
        if name not in outputs:
            raise ValueError(
                f"`nce_layers` must be names of the generator's layers, {', '.join(outputs)}. "
                f"Received: {name!r}"
            )
        if len(outputs[name].shape) != 4 or None in outputs[name].shape[1:]:
            raise ValueError(
                "`nce_layers` must give maps of features (batch, height, width, channels) of a known size. "
                f"Received: {name!r} of shape {tuple(outputs[name].shape)}"
            )
    return {name: outputs[name] for name in names}


def _encoding_layers(generator):
    """Names of the strided convolutions, and of the first and the fifth or last residual block."""
    strided = [
        layer.name
        for layer in generator.layers
        if type(layer) is keras.layers.Conv2D and max(layer.strides) > 1
    ]
    blocks = [layer.name for layer in generator.layers if isinstance(layer, keras.layers.Add)]
    if not strided or not blocks:
        raise ValueError(
            "`generator` must have strided convolutions and residual blocks (`keras.layers.Add`), or "
            f"`nce_layers` must name the layers to compare. Received: generator={generator.name!r} with "
            f"{len(strided)} and {len(blocks)}"
        )
    return [*strided, *dict.fromkeys((blocks[0], blocks[:5][-1]))]


def heads_of(features: dict[str, Any], units: int) -> keras.Model:
    """Two dense layers for each map of features.

    Args:
        features: Dict from names to tensors whose last axis is channels.
        units: Integer above 0, the width of both layers.

    Returns:
        A `keras.Model`, float32: from a list of `(batch, positions, channels)` to a list of
        `(batch, positions, units)`.
    """

    def dense(name, activation=None):
        start = keras.initializers.RandomNormal(stddev=0.02)
        return keras.layers.Dense(units, activation, True, start, dtype="float32", name=name)

    inputs = [keras.Input((None, maps.shape[-1]), dtype="float32") for maps in features.values()]
    outputs = []
    for number, x in enumerate(inputs, 1):
        x = dense(f"hidden_{number}", "relu")(x)
        outputs.append(dense(f"projection_{number}")(x))
    return keras.Model(inputs, outputs, name="heads")
