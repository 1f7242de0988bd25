"""Autoregressive models: each pixel given those before it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_positive_integer
from keras_gen.core.model import GenerativeModel
from keras_gen.core.networks import check_network
from keras_gen.core.phase import Phase
from keras_gen.core.priors import Uniform
from keras_gen.modalities import Masks, parts_of, spec_of
from keras_gen.models.pixel_sampler import PixelSampler, TemperedSampler
from keras_gen.tasks.from_latents import GeneratesFromLatents
from keras_gen.types import Array, ArrayLike, ClassLabels, Data, Optimizer, Spec, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update
    from keras_gen.modalities.spec import Arrays


@keras.saving.register_keras_serializable(package="keras_gen")
class PixelCNN(GeneratesFromLatents, GenerativeModel):
    """A network that tells each pixel's distribution from the pixels before it: an exact likelihood.

    Images are products of choices, one pixel after the other, from the top left in rows, and the loss is the
    negative logarithm of their probability, in nats: no bound, no opponent. `generate` makes the choices in one
    loop of the compiled graph (on PyTorch in Python). Of a network of `networks.pixel_cnn`'s layers each step
    computes that pixel alone and keeps what it will need again: an image costs about one pass, and `height *
    width` small steps that many images share. Of a network with other layers each step is a pass over the whole
    image.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1], rounded to `levels`; with `num_classes` labels beside them.
    It logs `loss`, an image's nats / (height x width x channels), and `bits_per_dim`, that / log 2.

    Args:
        network: Built `keras.Model` from images to the parameters of each pixel's distribution, float
            `(batch, height, width, parameters)`, which depend on the pixels before it alone: such as
            `keras_gen.networks.pixel_cnn`. With classes it takes `[images, labels]`.
        num_classes: Integer or None. With it `fit` and `generate` take labels, as in `ConditionalGAN`.
        class_names: List of as many strings, by which `generate` can be asked, or None.
        likelihood: `"logistic_mixture"`, of any channels; or `"softmax"`, of grey images, with a logit for
            each level.
        levels: Integer, at least 2: how many values a pixel's channel may have, evenly in [-1, 1].
        name: String or None.

    Raises:
        ValueError: If the network is not built, its outputs are not the likelihood's, or another argument
            lies outside what is said above.

    Example:
    >>> import keras_gen
    >>> network = keras_gen.networks.pixel_cnn((8, 8, 1), components=2, filters=4, blocks=1)
    >>> model = keras_gen.PixelCNN(network)
    >>> model.compile()
    >>> images = keras.ops.zeros((4, 8, 8, 1))
    >>> history = model.fit(images, batch_size=2, verbose=0)
    >>> sorted(history.history)
    ['bits_per_dim', 'loss']
    >>> model.log_likelihood(images).shape
    (4,)
    >>> model.generate(2, seed=0).shape
    (2, 8, 8, 1)

    Reference: van den Oord et al., 2016, Conditional Image Generation with PixelCNN Decoders,
    https://arxiv.org/abs/1606.05328; mixtures of logistics: Salimans et al., 2017, PixelCNN++,
    https://arxiv.org/abs/1701.05517
    """

    parts_in_words = "one network"

    def __init__(
        self,
        network: keras.Model,
        num_classes: int | None = None,
        class_names: Sequence[str] | None = None,
        likelihood: str = "logistic_mixture",
        levels: int = 256,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if num_classes is not None:
            check_positive_integer("num_classes", num_classes)
        self.set_classes(num_classes, class_names)
        labels = [] if num_classes is None else [()]
        (shape, *_), ((*_, parameters),) = check_network(
            "network", network, [(None, None, None), *labels], [(None, None, None)]
        )
        sizes = tuple(size for size in shape if size is not None)
        if len(sizes) < len(shape):
            raise ValueError(
                "`network` must take images of one size, whose pixels are drawn in turn. "
                f"Received: network={network.name!r} of shape {shape}"
            )
        self.image_shape = sizes
        *sides, channels = sizes
        distribution = losses.get_pixel_likelihood(likelihood, levels, channels)
        check_network("network", network, outputs=[(*sides, None)])
        if not distribution.fits(parameters):
            raise ValueError(
                f"`network` must give {distribution.wanted}, of each pixel where likelihood={likelihood!r}. "
                f"Received: network={network.name!r} with {parameters}"
            )
        self.network = network
        self.likelihood = likelihood
        self.levels = levels
        self.prior = Uniform((*sides, distribution.numbers))
        sampler = PixelSampler(network, distribution, num_classes)
        scorer = _Scorer(sampler)
        tempered, filler = TemperedSampler(sampler), TemperedSampler(sampler, fills=True)
        self._sampler = lambda: sampler  # In functions: they are no part of the model's file.
        self._scorer = lambda: scorer
        self._tempered = lambda: tempered
        self._filler = lambda: filler
        self.built = True

    @property
    def takes(self) -> dict[str, Spec]:
        return parts_of(self.gives, self.num_classes, self.class_names)

    @property
    def gives(self) -> Arrays:
        return spec_of(self.image_shape)

    @property
    def sampler(self) -> PixelSampler:
        """What makes levels of numbers: a `PixelSampler`."""
        return self._sampler()

    def compile(self, optimizer: Optimizer | None = None, **trainer_options: Any) -> None:
        """Configures training.

        Args:
            optimizer: Keras optimizer or its name. Defaults to Adam(1e-3).
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        self.compile_phases({"pixels": optimizer or keras.optimizers.Adam(1e-3)}, **trainer_options)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        return self.samples_of(inputs)

    def phases(self) -> dict[str, Phase]:
        return {"pixels": Phase([self.network], ["bits_per_dim"])}

    def step(self, data: Data, update: Update) -> None:
        taken = self.take(data)
        images, labels = (taken, None) if self.num_classes is None else taken
        levels = self.levels_of(images)
        update("pixels", lambda: self.pixel_loss(levels, labels, update.training))

    def pixel_loss(
        self, levels: Tensor, labels: Tensor | None, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Negative log likelihood in nats a dimension, whose gradients float16 holds, and in bits."""
        log_likelihoods = self.sampler.log_likelihood(levels, labels, training)
        nats = -ops.mean(log_likelihoods) / math.prod(self.image_shape)
        return nats, {"bits_per_dim": nats / math.log(2.0)}

    def levels_of(self, images: Tensor) -> Tensor:
        """The levels that images in [-1, 1] are rounded to, an int32 tensor of their shape."""
        shares = 0.5 * (ops.clip(ops.cast(images, "float32"), -1.0, 1.0) + 1.0)
        return ops.cast(ops.round(shares * (self.levels - 1)), "int32")

    def samples_of(self, inputs: Any) -> Any:
        return self.sampler.as_inputs(self.sampler(inputs))

    def generate_network(self) -> keras.Model:
        """Functional `keras.Model` that gives what `generate(latents=...)` does, each pixel by a whole pass.

        It is exported: ONNX Runtime refuses the loop within a loop by which `generate` is quicker.
        """
        sampler = PixelSampler(
            self.network, self.sampler.likelihood, self.num_classes, whole_passes=True
        )
        inputs = self.beside_labels(keras.Input(self.prior.shape, name="latents"))
        outputs = self.gives.give_in_graph(sampler.as_inputs(sampler(inputs)))
        return keras.Model(inputs, outputs, name="generate")

    def log_likelihood(
        self, images: ArrayLike, labels: ClassLabels | None = None, batch_size: int = 128
    ) -> Array:
        """Tells how likely images are: exactly, by one pass of the network.

        Args:
            images: Float array `(n, height, width, channels)` in [-1, 1], which is rounded to `levels`.
            labels: Integer array `(n,)` in [0, num_classes), or a list of the classes' names: for a model
                with classes alone, whose likelihood is that given the class.
            batch_size: Integer.

        Returns:
            Float32 NumPy array `(n,)`, in nats, at most 0. Divided by
            `-log(2) * height * width * channels` it is in bits per dimension.

        Raises:
            ValueError: If the images or labels are none of the model's.
        """
        images = self.gives.take("`images`", images)
        levels = ops.convert_to_numpy(self.levels_of(images))
        beside = self._labels_beside(levels, labels)
        return predict(self._scorer(), [levels, *beside] if beside else levels, batch_size)

    def fill(
        self,
        images: ArrayLike,
        masks: ArrayLike,
        seed: int | None = None,
        labels: ClassLabels | None = None,
        batch_size: int = 128,
        temperature: float = 1.0,
    ) -> Array:
        """Draws what is hidden of images, each pixel given those above it and before it in its row.

        What is known below a hole is not looked at: a lower half is drawn from all that is known of the image,
        an upper one from nothing.

        Args:
            images: Float array `(n, height, width, channels)` in [-1, 1], or uint8.
            masks: Array `(n, height, width)` or `(n, height, width, 1)`: 1 where an image is hidden, else 0.
            seed: Integer, or None for others at each call.
            labels: Integer array `(n,)` in [0, num_classes), or a list of the classes' names: for a model
                with classes alone.
            batch_size: Integer, how many are filled at a time.
            temperature: As in `generate`.

        Returns:
            Float32 NumPy array of the images' shape in [-1, 1]: the given pixels where they are known, drawn
            ones where they are hidden.

        Raises:
            ValueError: If images, masks or labels are none of the model's, a mask hides all of an image, none
                hides anything, or the temperature is none.

        Example:

        >>> import keras_gen
        >>> network = keras_gen.networks.pixel_cnn((4, 4, 1), components=2, filters=4, blocks=1)
        >>> images, masks = np.ones((2, 4, 4, 1)), np.zeros((2, 4, 4))
        >>> masks[:, 2:] = 1
        >>> filled = keras_gen.PixelCNN(network).fill(images, masks, seed=0)
        >>> bool((filled[:, :2] == 1.0).all())
        True
        """
        taken = np.asarray(self.gives.take("`images`", np.asarray(images)), "float32")
        holes = Masks(self.image_shape[:2]).of_images(masks, len(taken))
        numbers = self.prior.draw(len(taken), seed)
        levels = ops.convert_to_numpy(self.levels_of(taken))
        inputs = [numbers, levels, holes, *self._labels_beside(levels, labels)]
        made = self._images_of(predict(self._filler().at(temperature), inputs, batch_size))
        return np.where(holes == 1.0, made, taken)

    def golden_inputs(self, **evaluation: Any) -> dict[str, Array]:
        """Three images of the data that it is evaluated on, and where there are classes labels.

        Not latents: where rounding turns one draw, all after it are others.

        Args:
            **evaluation: `dataset` and `split`.
        """
        evaluation.pop("n", None)
        opened = self.open_data(**evaluation)
        batches = opened.batches(self.image_shape[:2], batch_size=3, shuffle=False)
        images, labels = self.samples_and_labels(next(batches.as_numpy_iterator()))
        beside = {} if labels is None else {"labels": labels}
        return {"images": np.asarray(images, "float32"), **beside}

    def golden_outputs(self, inputs: Mapping[str, Array]) -> Array:
        """The bits per dimension of `golden_inputs`, a float32 array `(3,)`."""
        nats = self.log_likelihood(inputs["images"], inputs.get("labels"))
        return -nats / (math.prod(self.image_shape) * math.log(2.0))

    def _labels_beside(self, images, labels):
        """The labels of images, in a list that has none of a model without classes."""
        if (labels is None) != (self.num_classes is None):
            raise ValueError(
                "`labels` must be given to a model with classes, and to no other. "
                f"Received: labels={labels!r}"
            )
        if labels is None:
            return []
        return [self.labels_for(labels, len(images), "each image")]

    def _images_of(self, levels):
        """Levels on the host as images."""
        return (2.0 * levels / (self.levels - 1) - 1.0).astype("float32")

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
        labels: ClassLabels | None = None,
        per_class: bool = False,
        temperature: float = 1.0,
    ) -> Array:
        """Draws images pixel by pixel, in `height * width` steps for each batch.

        Args:
            n: Integer, how many; with `per_class`, how many of each class.
            seed: Integer, or None for new images at each call.
            latents: Float array `(n, height, width, 1 + channels)`, `(n, height, width, 1)` of a softmax, of
                numbers in [0, 1) by which pixels are chosen, in the place of drawn ones.
            batch_size: Integer, how many images are made at a time.
            labels: Integer array `(n,)` in [0, num_classes), or a list of the classes' names. Without it and
                without `per_class` they are drawn, where there are classes.
            per_class: Boolean. If True, the result is `num_classes` rows of `n` images, every column made by
                the same numbers.
            temperature: Number above 0, that logits of levels or components are divided by, and scales of
                logistics multiplied: below 1 images are more typical, and more alike.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)` in [-1, 1], or
            `(num_classes * n, height, width, channels)` with `per_class`.

        Raises:
            ValueError: If a label is out of range, it is not said how many images to make, or the temperature
                is none.
        """
        sampler = self._tempered().at(temperature)
        levels = self.sample(n, labels, per_class, seed, latents, batch_size, sampler)
        return self._images_of(levels)


class _Scorer(keras.Model):
    """Log likelihoods of maps of levels, `(batch,)`, or of a list of them and of labels."""

    def __init__(self, sampler):
        super().__init__(name="pixel_scorer", dtype="float32")
        self.sampler = sampler
        self.built = True

    def call(self, inputs):
        levels, labels = inputs if isinstance(inputs, (list, tuple)) else (inputs, None)
        return self.sampler.log_likelihood(levels, labels)
