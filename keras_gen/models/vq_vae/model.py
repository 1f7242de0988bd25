"""Vector-quantised autoencoders: images as maps of codes, and a prior over these."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_non_negative
from keras_gen.core.model import GenerativeModel
from keras_gen.core.networks import check_network
from keras_gen.core.phase import Phase
from keras_gen.core.priors import Uniform
from keras_gen.layers import VectorQuantizer
from keras_gen.modalities import parts_of, spec_of
from keras_gen.models.pixel_sampler import PixelSampler, TemperedSampler
from keras_gen.models.vq_vae.update_count import UpdateCount
from keras_gen.tasks.encoding import Encodes
from keras_gen.tasks.generating import Generates
from keras_gen.types import Array, ArrayLike, Data, Optimizer, Report, Spec, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update
    from keras_gen.modalities.spec import Arrays

STAGES = ("codes", "prior")


@keras.saving.register_keras_serializable(package="keras_gen")
class VQVAE(Encodes, Generates, GenerativeModel):
    """An autoencoder whose latents are maps of integers, codes of a learnt codebook; then a prior over them.

    It is trained in two stages. In the first, `compile(stage="codes")`, the encoder's vectors become their
    nearest codes, and the decoder makes the image of them; the loss is the mean squared error plus
    `commitment_weight` times the mean squared distance of the vectors to their codes. Gradients pass through
    the codes straight to the encoder, and the codes follow the vectors by moving averages: see
    `keras_gen.layers.VectorQuantizer`. In the second, `compile(stage="prior")`, all that stands still, and a
    PixelCNN learns the maps; only then are there images to `generate`.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]. It logs `loss`, and in the first stage
    `reconstruction_loss`, `commitment_loss` and `perplexity`, the exponential of the entropy of a batch's
    codes: `codes` if all are used alike, 1 if one alone is. In the second the loss is in nats a map, beside
    `bits_per_code`.

    Args:
        encoder: Built `keras.Model` from images to vectors `(batch, rows, columns, dim)`.
        decoder: Built `keras.Model` from those to images, unbounded.
        prior_network: Built `keras.Model` from integers `(batch, rows, columns)` to `codes` logits of each,
            which depend on those before it alone: such as
            `keras_gen.networks.pixel_cnn((rows, columns), levels=codes)`. None for an autoencoder alone.
        codes: Integer, at least 2: the size of the codebook.
        commitment_weight: Number from 0 up.
        decay: Float in [0, 1), of the codebook's moving averages.
        revive_below: Float in [0, 1]: a code is drawn anew from a batch's vectors if it is used less than so
            many times as often as it would be if all were used alike.
        name: String or None.

    Raises:
        ValueError: If a network is not built, the shapes do not fit, or another argument lies outside what
            is said above.

    Example:
    >>> import keras_gen
    >>> model = keras_gen.VQVAE(
    ...     keras_gen.networks.vq_encoder((8, 8, 1), code_dim=4, filters=4),
    ...     keras_gen.networks.vq_decoder((8, 8, 1), code_dim=4, filters=4),
    ...     keras_gen.networks.pixel_cnn((2, 2), levels=16, filters=4, blocks=1),
    ...     codes=16,
    ... )
    >>> images = keras.ops.zeros((4, 8, 8, 1))
    >>> model.compile()
    >>> history = model.fit(images, batch_size=2, verbose=0)
    >>> model.compile(stage="prior")
    >>> history = model.fit(images, batch_size=2, verbose=0)
    >>> model.encode(images).shape, model.generate(3, seed=0).shape
    ((4, 2, 2), (3, 8, 8, 1))

    Reference: van den Oord et al., 2017, Neural Discrete Representation Learning,
    https://arxiv.org/abs/1711.00937
    """

    measured = 1000
    parts_in_words = "encoder, codebook, decoder and prior"

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        prior_network: keras.Model | None = None,
        codes: int = 512,
        commitment_weight: float = 0.25,
        decay: float = 0.99,
        revive_below: float = 0.1,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        check_non_negative("commitment_weight", commitment_weight)
        (self.image_shape, *_), (vectors, *_) = check_network(
            "encoder", encoder, [(None, None, None)], [(None, None, None)]
        )
        sizes = [size for size in vectors if size is not None]
        if len(sizes) < len(vectors):
            raise ValueError(
                "`encoder` must take images of one size. "
                f"Received: encoder={encoder.name!r} with outputs of shape {vectors}"
            )
        check_network("decoder", decoder, [vectors], [self.image_shape])
        rows, columns, dim = sizes
        if prior_network is not None:
            check_network(
                "prior_network", prior_network, [(rows, columns)], [(rows, columns, codes)]
            )
        self.encoder = encoder
        self.decoder = decoder
        self.prior_network = prior_network
        self.codes = codes
        self.commitment_weight = commitment_weight
        self.decay = decay
        self.revive_below = revive_below
        self.stage = STAGES[0]
        self.quantizer = VectorQuantizer(
            codes, decay, revive_below=revive_below, dtype="float32", name="quantizer"
        )
        self.quantizer.build((None, rows, columns, dim))
        self.prior_updates = UpdateCount(name="prior_updates")
        self.code_shape = (rows, columns)
        self.prior = Uniform((rows, columns, 1))
        parts = {
            "encode": _Network([encoder, self.quantizer], self._codes_of, "encode"),
            "decode": _Network([decoder, self.quantizer], self._images_of, "decode"),
        }
        if prior_network is not None:
            prior = PixelSampler(prior_network, losses.PixelSoftmax(codes), integers=True)
            parts |= {"prior": prior, "tempered": TemperedSampler(prior)}
        self._parts = lambda: parts  # In a function: they are no part of the model's file.
        self.built = True

    @property
    def takes(self) -> dict[str, Spec]:
        return parts_of(self.gives)

    @property
    def gives(self) -> Arrays:
        return spec_of(self.image_shape)

    def compile(
        self, optimizer: Optimizer | None = None, stage: str = "codes", **trainer_options: Any
    ) -> None:
        """Configures training of one of the two stages.

        Args:
            optimizer: Keras optimizer or its name. Defaults to Adam(1e-3).
            stage: `"codes"`, of the encoder, the codebook and the decoder, or `"prior"`, of the prior alone.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.

        Raises:
            ValueError: If there is no such stage, or no prior to train.
        """
        if stage not in STAGES:
            raise ValueError(
                f"`stage` must be one of {', '.join(STAGES)}. Received: stage={stage!r}"
            )
        if stage == "prior" and self.prior_network is None:
            raise ValueError(
                "`stage` must be 'codes' of a model without a `prior_network`. Received: stage='prior'"
            )
        self.stage = stage
        optimizer = optimizer or keras.optimizers.Adam(1e-3)
        self.compile_phases({stage: optimizer}, {"stage": stage}, **trainer_options)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        return self._reconstructed(inputs, training)

    def phases(self) -> dict[str, Phase]:
        if self.stage == "prior":
            return {"prior": Phase([self.prior_network], ["bits_per_code"])}
        terms = ["reconstruction_loss", "commitment_loss", "perplexity"]
        return {"codes": Phase([self.encoder, self.decoder], terms)}

    def step(self, data: Data, update: Update) -> None:
        images = ops.cast(self.take(data), "float32")
        if self.stage == "prior":
            codes = self._codes_of(images)
            update("prior", lambda: self.prior_loss(codes, update.training))
            if update.training:
                self.prior_updates.add()
            return
        vectors = update("codes", lambda: self.autoencoder_loss(images, update.training))
        if update.training:
            self.quantizer.follow(vectors, self.seed_generator)
            self.prior_updates.clear()  # A prior of codes that were others has yet to learn these.

    def autoencoder_loss(
        self, images: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Mean squared error of reconstructions plus the commitment; and the encoder's vectors."""
        vectors = ops.cast(self.encoder(images, training=training), "float32")
        indices = self.quantizer.indices(vectors)
        nearest = self.quantizer.lookup(indices)
        made = self.decoder(vectors + ops.stop_gradient(nearest - vectors), training=training)
        reconstruction = ops.mean(ops.square(ops.cast(made, "float32") - images))
        commitment = ops.mean(ops.square(vectors - ops.stop_gradient(nearest)))
        terms = {
            "reconstruction_loss": reconstruction,
            "commitment_loss": commitment,
            "perplexity": self.perplexity(indices),
        }
        return reconstruction + self.commitment_weight * commitment, terms, vectors

    def prior_loss(self, codes: Tensor, training: bool) -> tuple[Tensor, dict[str, Tensor]]:
        """Negative log likelihood of maps of codes in nats, and in bits a code."""
        codes = ops.expand_dims(codes, -1)
        nats = -ops.mean(self._parts()["prior"].log_likelihood(codes, training=training))
        return nats, {"bits_per_code": nats / (math.log(2.0) * math.prod(self.code_shape))}

    def perplexity(self, indices: Tensor) -> Tensor:
        """The exponential of the entropy of codes, a float32 scalar in [1, codes].

        Args:
            indices: Integer tensor of any shape in [0, codes).
        """
        chosen = ops.one_hot(ops.reshape(indices, (-1,)), self.codes, dtype="float32")
        shares = ops.mean(chosen, axis=0)
        return ops.exp(-ops.sum(shares * ops.log(shares + 1e-10)))

    def _codes_of(self, images):
        return self.quantizer.indices(self.encoder(images, training=False))

    def _images_of(self, codes):
        return self._bounded(self.decoder(self.quantizer.lookup(codes), training=False))

    def _reconstructed(self, images, training=False):
        codes = self.quantizer(self.encoder(images, training=training))
        return self._bounded(self.decoder(codes, training=training))

    def _bounded(self, images):
        return ops.clip(ops.cast(images, "float32"), -1.0, 1.0)

    def encode(self, images: ArrayLike, batch_size: int = 128) -> Array:
        """Maps images to their codes.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            batch_size: Integer.

        Returns:
            Int32 NumPy array of shape `(n, rows, columns)` in [0, codes).
        """
        images = self.gives.take("`images`", images)
        return predict(self._parts()["encode"], images, batch_size)

    def decode(self, codes: ArrayLike, batch_size: int = 128) -> Array:
        """Maps codes to images.

        Args:
            codes: Integer array of shape `(n, rows, columns)` in [0, codes).
            batch_size: Integer.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)` in [-1, 1].

        Raises:
            ValueError: If they have another shape, or are no such integers.
        """
        given = np.asarray(codes)
        if given.shape[1:] != self.code_shape or not np.issubdtype(given.dtype, np.integer):
            raise ValueError(
                f"`codes` must be integers of shape (n, {', '.join(map(str, self.code_shape))}). "
                f"Received: dtype={given.dtype}, shape {given.shape}"
            )
        if given.size and (given.min() < 0 or given.max() >= self.codes):
            raise ValueError(
                f"`codes` must be in [0, {self.codes}). "
                f"Received: codes from {given.min()} to {given.max()}"
            )
        return predict(self._parts()["decode"], given.astype("int32"), batch_size)

    def reconstruct(self, images: ArrayLike, batch_size: int = 128) -> Array:
        """Encodes images and decodes their codes; shapes and ranges as `decode`."""
        return self.decode(self.encode(images, batch_size), batch_size)

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
        temperature: float = 1.0,
    ) -> Array:
        """Draws codes from the prior one by one, and decodes them.

        The prior runs once for each code of a map, in one loop of the compiled graph.

        Args:
            n: Integer, how many.
            seed: Integer, or None for new images at each call.
            latents: Float array `(n, rows, columns, 1)` of numbers in [0, 1) by which codes are chosen, in the
                place of drawn ones.
            batch_size: Integer, how many images are made at a time.
            temperature: Number above 0, that the prior's logits are divided by: below 1 images are more
                typical, and more alike.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)` in [-1, 1].

        Raises:
            ValueError: If the prior was not trained, it is not said how many images to make, or the
                temperature is none.
        """
        if not self.has_prior:
            raise ValueError(
                "A VQVAE generates once its prior is trained, after its codes: give it a `prior_network`, "
                'then `model.compile(stage="prior")` and `model.fit(images)`. Received: '
                f"{'no prior' if self.prior_network is None else 'a prior not trained on these codes'}"
            )
        numbers = self.prior.draw(n, seed, latents)
        codes = predict(self._parts()["tempered"].at(temperature), numbers, batch_size)
        return self.decode(codes[..., 0], batch_size)

    @property
    def draws_as_it_trains(self) -> bool:  # type: ignore[override]
        """Whether what is trained is the prior, by which images are made."""
        return self.stage == "prior"

    @property
    def has_prior(self) -> bool:
        """Whether there is a prior, and steps of its stage were taken since the codes last moved."""
        return self.prior_network is not None and self.prior_updates.number > 0

    def preview(self, examples: Data | None = None, seed: int = 0) -> tuple[Array, int]:
        """Makes 64 images in rows of 8; before the prior is trained, examples above their reconstructions."""
        if examples is None or self.has_prior:
            return super().preview(examples, seed)
        columns = min(8, len(examples))
        return self.reconstructions(examples[: len(examples) // columns * columns], columns)

    def exports(self) -> dict[str, Callable[[], keras.Model]]:
        """The encoder, codebook and decoder, one after the other."""
        return {"reconstruct": self._reconstruct_network}

    def _reconstruct_network(self):
        images = keras.Input(self.gives.shape, name="data")
        return keras.Model(images, self._reconstructed(images), name="reconstruct")

    def measure(self, examples: Data, **options: Any) -> Report:
        """Reconstruction error and perplexity of data, for an evaluation's report.

        Args:
            examples: Float array `(n, height, width, channels)`.
            **options: None.

        Returns:
            Dict of `losses`: mean squared differences, and the perplexity over all examples.
        """
        codes = self.encode(examples)
        images = np.asarray(self.gives.take("`examples`", examples), "float32")
        shares = np.bincount(codes.ravel()) / codes.size
        shares = shares[shares > 0]
        return {
            "losses": {
                "reconstruction_error": float(np.square(self.decode(codes) - images).mean()),
                "perplexity_of_all": float(np.exp(-np.sum(shares * np.log(shares)))),
            }
        }


class _Network(keras.Model):
    """A function that runs layers, to be run batch by batch."""

    def __init__(self, parts, function, name):
        super().__init__(name=name, dtype="float32")
        self.parts = parts
        self._function = function
        self.built = True

    def call(self, inputs):
        return self._function(inputs)
