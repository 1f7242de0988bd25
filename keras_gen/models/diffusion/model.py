"""Diffusion models, by flow matching."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_gen.backend import predict
from keras_gen.checks import check_positive_integer
from keras_gen.core.averages import average_of
from keras_gen.core.model import GenerativeModel
from keras_gen.core.networks import check_network
from keras_gen.core.phase import Phase
from keras_gen.core.priors import Normal
from keras_gen.modalities import Masks, parts_of, spec_of
from keras_gen.models.diffusion.flow_sampler import SOLVERS, FlowSampler
from keras_gen.models.diffusion.pairing import PAIRINGS, noise_by_transport
from keras_gen.tasks.from_latents import GeneratesFromLatents
from keras_gen.types import Array, ArrayLike, ClassLabels, Data, Optimizer, Spec, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update
    from keras_gen.modalities.spec import Arrays

TIMES = ("uniform", "logit_normal")
STEPS = 20  # of sampling


@keras.saving.register_keras_serializable(package="keras_gen")
class Diffusion(GeneratesFromLatents, GenerativeModel):
    """A network of velocities that carry noise to images, learnt by flow matching.

    Each image is joined to noise of its own by a straight line, `x_t = (1 - t) noise + t image`, and at a
    random time the network is asked for the line's velocity, `image - noise`, by the mean squared error. What
    it learns is the mean velocity of all lines through a point, along which `generate` follows an ordinary
    differential equation from noise at 0 to an image at 1: the noise is the image's latents, and nothing else
    is drawn.

    `fit` takes images, `(images, anything)` or `{"image": images}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1]; with `num_classes` labels beside them. It logs `loss`.
    `evaluate` gives the same loss of the averaged network at fixed times and noise, to be compared over epochs.

    Args:
        network: Built `keras.Model` of `[images, times]` to velocities of the images' shape: times are floats
            `(batch,)` in [0, 1]. With classes of `[images, times, labels]`, integers `(batch,)` in
            [0, num_classes], the last of which stands for no class.
        num_classes: Integer or None. With it `fit` and `generate` take labels, as in `ConditionalGAN`.
        class_names: List of as many strings, by which `generate` can be asked, or None.
        ema_decay: Float in [0, 1) or None: the decay of a moving average of the network, which generates.
        times: How training times are drawn: `"uniform"`, or `"logit_normal"`, the sigmoid of normal numbers,
            which has more of those in the middle.
        label_dropout: Float in [0, 1), the share of labels that training leaves out, so that `guidance` has
            velocities without a class.
        pairing: Which noise an image is joined to: `"independent"`, any; or `"optimal_transport"`, one of the
            batch's that lies near to it, of its own class where there are classes. Lines then cross less, so
            that the way to follow is straighter and fewer steps go it.
        name: String or None.

    Raises:
        ValueError: If the network is not built, the shapes do not fit, or another argument lies outside what
            is said above.

    Example:
    >>> import keras_gen
    >>> model = keras_gen.Diffusion(keras_gen.networks.flow_unet((8, 8, 1), base_filters=4))
    >>> model.compile()
    >>> history = model.fit(keras.ops.zeros((4, 8, 8, 1)), batch_size=2, verbose=0)
    >>> model.generate(3, seed=0, steps=2).shape
    (3, 8, 8, 1)

    Reference: Lipman et al., 2022, Flow Matching for Generative Modeling, https://arxiv.org/abs/2210.02747;
    Liu et al., 2022 (rectified flow), https://arxiv.org/abs/2209.03003; Esser et al., 2024 (logit-normal
    times), https://arxiv.org/abs/2403.03206; Ho & Salimans, 2022 (guidance),
    https://arxiv.org/abs/2207.12598; Tong et al., 2023 (pairing by optimal transport),
    https://arxiv.org/abs/2302.00482
    """

    parts_in_words = "network, and average where one is kept"

    def __init__(
        self,
        network: keras.Model,
        num_classes: int | None = None,
        class_names: Sequence[str] | None = None,
        ema_decay: float | None = 0.999,
        times: str = "uniform",
        label_dropout: float = 0.1,
        pairing: str = "independent",
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if num_classes is not None:
            check_positive_integer("num_classes", num_classes)
        if times not in TIMES:
            raise ValueError(
                f"`times` must be one of {', '.join(TIMES)}. Received: times={times!r}"
            )
        if pairing not in PAIRINGS:
            raise ValueError(
                f"`pairing` must be one of {', '.join(PAIRINGS)}. Received: pairing={pairing!r}"
            )
        if not _is_number(label_dropout) or not 0.0 <= label_dropout < 1.0:
            raise ValueError(
                "`label_dropout` must be a number in [0, 1). "
                f"Received: label_dropout={label_dropout!r}"
            )
        self.set_classes(num_classes, class_names)
        labels = [] if num_classes is None else [()]
        (self.image_shape, *_), _ = check_network("network", network, [None, (), *labels])
        check_network("network", network, outputs=[self.image_shape])
        if None in self.image_shape:
            raise ValueError(
                "`network` must take images of one size, which their noise is drawn in. "
                f"Received: network={network.name!r} of shape {self.image_shape}"
            )
        self.prior = Normal(self.image_shape)  # type: ignore[arg-type]
        self.network = network
        self.ema_decay = ema_decay
        self.times = times
        self.label_dropout = label_dropout
        self.pairing = pairing
        self.average = average_of(network, ema_decay)
        self.ema_network = None if self.average is None else self.average.network
        samplers = {
            (solver, guided): FlowSampler(self.averaged(), num_classes, solver, guided)
            for solver in SOLVERS
            for guided in ((False,) if num_classes is None else (False, True))
        }
        fillers = {name: _Filler(sampler) for name, sampler in samplers.items()}
        scorer = _Scorer(self)
        self._samplers = lambda: samplers  # In functions: they are no part of the model's file.
        self._fillers = lambda: fillers
        self._scorer = lambda: scorer
        self.built = True

    @property
    def takes(self) -> dict[str, Spec]:
        return parts_of(self.gives, self.num_classes, self.class_names)

    @property
    def gives(self) -> Arrays:
        return spec_of(self.image_shape)

    def averaged(self) -> keras.Model:
        """The network that generates: the average where there is one."""
        return self.network if self.ema_network is None else self.ema_network

    def compile(self, optimizer: Optimizer | None = None, **trainer_options: Any) -> None:
        """Configures training.

        Args:
            optimizer: Keras optimizer or its name. Defaults to Adam(5e-4).
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.
        """
        self.compile_phases({"flow": optimizer or keras.optimizers.Adam(5e-4)}, **trainer_options)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        return self.samples_of(inputs)

    def phases(self) -> dict[str, Phase]:
        return {"flow": Phase([self.network])}

    def step(self, data: Data, update: Update) -> None:
        images, labels = self._taken(data)
        noise = self.prior.sample(ops.shape(images)[0], self.seed_generator)
        noise = self._paired(images, noise, labels, self.seed_generator)
        times = self.draw_times(ops.shape(images)[0])
        labels = self.drop_labels(labels)
        update("flow", lambda: self.flow_loss(self.network, images, noise, times, labels, True))
        if self.average is not None:
            self.average.follow(self.optimizer["flow"].iterations)

    def flow_loss(
        self,
        network: keras.Model,
        images: Tensor,
        noise: Tensor,
        times: Tensor,
        labels: Tensor | None,
        training: bool,
    ) -> Tensor:
        """Mean squared error of a network's velocities on the lines from noise to images."""
        return ops.mean(self.flow_errors(network, images, noise, times, labels, training))

    def flow_errors(
        self,
        network: keras.Model,
        images: Tensor,
        noise: Tensor,
        times: Tensor,
        labels: Tensor | None,
        training: bool,
    ) -> Tensor:
        """Squared errors of a network's velocities on the lines from noise to images, of the images' shape."""
        t = ops.reshape(times, (-1, *[1] * len(self.image_shape)))
        points = (1.0 - t) * noise + t * images
        inputs = [points, times] if labels is None else [points, times, labels]
        velocities = ops.cast(network(inputs, training=training), "float32")
        return ops.square(velocities - (images - noise))

    def draw_times(self, count: int | Tensor) -> Tensor:
        """Draws training times in [0, 1], a float32 tensor `(count,)`."""
        if self.times == "logit_normal":
            return ops.sigmoid(keras.random.normal((count,), seed=self.seed_generator))
        return keras.random.uniform((count,), seed=self.seed_generator)

    def drop_labels(self, labels: Tensor | None) -> Tensor | None:
        """Puts the label of no class in the place of some, `label_dropout` of them on average."""
        if labels is None:
            return None
        drawn = keras.random.uniform(ops.shape(labels), seed=self.seed_generator)
        return ops.where(drawn < self.label_dropout, self.num_classes, labels)

    def evaluation_terms(self, data: Data) -> dict[str, Tensor]:
        """The loss at times spread evenly over a batch, with the same noise at each call."""
        images, labels = self._taken(data)
        count = ops.shape(images)[0]
        noise = keras.random.normal((count, *self.image_shape), seed=0)
        noise = self._paired(images, noise, labels, seed=1)
        times = (ops.arange(count, dtype="float32") + 0.5) / ops.cast(count, "float32")
        return {"loss": self.flow_loss(self.averaged(), images, noise, times, labels, False)}

    def _paired(self, images, noise, labels, seed):
        """Noise in the order in which images are joined to it."""
        if self.pairing == "independent":
            return noise
        return noise_by_transport(images, noise, labels, seed)

    def _taken(self, data):
        taken = self.take(data)
        images, labels = (taken, None) if self.num_classes is None else taken
        return ops.cast(images, "float32"), labels

    def sampler_of(
        self, steps: int = STEPS, guidance: float = 1.0, solver: str = "heun"
    ) -> FlowSampler:
        """What makes images of noise, before they are clipped; arguments as in `generate`.

        Raises:
            ValueError: If one of them is out of range, or there is guidance without classes.
        """
        check_positive_integer("steps", steps)
        if solver not in SOLVERS:
            raise ValueError(
                f"`solver` must be one of {', '.join(SOLVERS)}. Received: solver={solver!r}"
            )
        if not _is_number(guidance):
            raise ValueError(f"`guidance` must be a number. Received: guidance={guidance!r}")
        if guidance != 1.0 and self.num_classes is None:
            raise ValueError(
                "`guidance` is for a model with classes, made with `num_classes`. "
                f"Received: guidance={guidance!r}"
            )
        if guidance != 1.0:
            self._check_classless("`guidance` other than 1", f"guidance={guidance!r} and ")
        sampler = self._samplers()[solver, guidance != 1.0]
        sampler.steps.assign(steps)
        sampler.guidance.assign(guidance)
        return sampler

    def samples_of(self, inputs: Any) -> Any:
        samples = self.sampler_of()(inputs)
        return ops.clip(samples, -1.0, 1.0) if self.gives.kind == "images" else samples

    def _in_range(self, samples):
        """Samples on the host, within [-1, 1] where they are images."""
        return np.clip(samples, -1.0, 1.0) if self.gives.kind == "images" else samples

    def generate(
        self,
        n: int | None = None,
        seed: int | None = None,
        latents: ArrayLike | None = None,
        batch_size: int = 128,
        labels: ClassLabels | None = None,
        per_class: bool = False,
        steps: int = STEPS,
        guidance: float = 1.0,
        solver: str = "heun",
    ) -> Array:
        """Makes images of noise.

        Args:
            n: Integer, how many; with `per_class`, how many of each class.
            seed: Integer, or None for new images at each call.
            latents: Float array `(n, height, width, channels)` of normal noise to use in place of drawn.
            batch_size: Integer, how many images are made at a time.
            labels: Integer array `(n,)` in [0, num_classes), or a list of the classes' names. Without it and
                without `per_class` they are drawn, where there are classes.
            per_class: Boolean. If True, the result is `num_classes` rows of `n` images, every column made of
                the same noise.
            steps: Integer above 0, into how many the way from noise to image is cut.
            guidance: Number, how far velocities go from those without a class, at 0, to those of the class, at
                1, and beyond: images are more typical of it, and more alike. Other than 1 it takes twice the
                time.
            solver: `"heun"`, of second order, which runs the network twice a step; or `"euler"`, once.

        Returns:
            Float32 NumPy array of shape `(n, height, width, channels)` in [-1, 1], or
            `(num_classes * n, height, width, channels)` with `per_class`.

        Raises:
            ValueError: If a label or another argument is out of range, there is guidance without classes, or
                it is not said how many images to make.
        """
        sampler = self.sampler_of(steps, guidance, solver)
        return self._in_range(self.sample(n, labels, per_class, seed, latents, batch_size, sampler))

    def fill(
        self,
        images: ArrayLike,
        masks: ArrayLike,
        seed: int | None = None,
        labels: ClassLabels | None = None,
        batch_size: int = 128,
        steps: int = STEPS,
        guidance: float = 1.0,
        solver: str = "heun",
    ) -> Array:
        """Makes what is hidden of images, by a way from noise on which what is known is held.

        After each step the known pixels are put back to where their own straight line has come to, so that
        what is made comes to fit them; with more steps it fits better.

        Args:
            images: Float array `(n, height, width, channels)` in [-1, 1], or uint8.
            masks: Array `(n, height, width)` or `(n, height, width, 1)`: 1 where an image is hidden, else 0.
            seed: Integer, or None for other noise at each call.
            labels: Integer array `(n,)` in [0, num_classes), or a list of the classes' names. None where there
                are no classes, or the class is not known.
            batch_size: Integer, how many are filled at a time.
            steps: As for `generate`, and so are `guidance` and `solver`.
            guidance: Number.
            solver: String.

        Returns:
            Float32 NumPy array of the images' shape in [-1, 1]: the given pixels where they are known, made
            ones where they are hidden.

        Raises:
            ValueError: If images, masks or labels are none of the model's, a mask hides all of an image, none
                hides anything, or another argument is out of range.

        Reference: Song et al., 2021, appendix I.2, https://arxiv.org/abs/2011.13456
        """
        if len(self.image_shape) != 3:
            raise ValueError(
                "`fill` is for models of images (height, width, channels). "
                f"Received: a model of samples of shape {self.image_shape}"
            )
        taken = np.asarray(self.gives.take("`images`", np.asarray(images)), "float32")
        holes = Masks(taken.shape[1:3]).of_images(masks, len(taken))
        self.sampler_of(steps, guidance, solver)
        noise = self.prior.draw(len(taken), seed)
        inputs = [noise, taken, holes, *self._labels_beside(taken, labels)]
        made = predict(self._fillers()[solver, guidance != 1.0], inputs, batch_size)
        return np.where(holes == 1.0, self._in_range(made), taken)

    def anomaly_scores(
        self,
        images: ArrayLike,
        batch_size: int = 128,
        labels: ClassLabels | None = None,
        draws: int = 10,
    ) -> Array:
        """Says how unlike the training data images are: the higher the score, the stranger.

        The score is the mean squared error of the velocities on the lines from noise to the image, at times
        spread evenly over [0, 1] and with noise that is the same at each call.

        Args:
            images: Float array `(n, height, width, channels)` in [-1, 1].
            batch_size: Integer.
            labels: Integer array `(n,)` in [0, num_classes), or a list of the classes' names: how strange an
                image is as one of its class. None where there are no classes, or the class is not known.
            draws: Integer above 0, how many times and noises are tried for each image.

        Returns:
            Float32 NumPy array `(n,)`, at least 0.

        Raises:
            ValueError: If images or labels are none of the model's.

        Reference: Graham et al., 2023, Denoising diffusion models for out-of-distribution detection,
        https://arxiv.org/abs/2211.07740, whose errors are those of images, not of velocities.
        """
        check_positive_integer("draws", draws)
        taken = np.asarray(self.gives.take("`images`", np.asarray(images)), "float32")
        beside = self._labels_beside(taken, labels)
        scores = []
        for number, noise in enumerate(self.prior.draw(draws, seed=0)):
            times = np.full(len(taken), (number + 0.5) / draws, "float32")
            inputs = [taken, np.broadcast_to(noise, taken.shape), times, *beside]
            scores.append(predict(self._scorer(), inputs, batch_size))
        return np.mean(scores, axis=0)

    def _check_classless(self, what, received):
        """Refuses what needs velocities without a class, if none were learnt."""
        if self.label_dropout == 0.0:
            raise ValueError(
                f"{what} needs a model that has learnt without a class, too, made with a `label_dropout` above "
                f"0. Received: {received}label_dropout=0.0"
            )

    def _labels_beside(self, images, labels):
        """The labels of images, those of no class where they are not given, in a list: none without classes."""
        if labels is None:
            if self.num_classes is None:
                return []
            self._check_classless("No `labels`, for a class that is not known,", "labels=None and ")
            return [np.full(len(images), self.num_classes, "int32")]
        return [self.labels_for(labels, len(images), "each image")]


class _Filler(keras.Model):
    """Samples made to fit known ones: of `[noise, known, holes]`, and labels where there are classes."""

    def __init__(self, sampler):
        super().__init__(name="flow_filler", dtype="float32")
        self.sampler = sampler
        self.built = True

    def call(self, inputs):
        noise, known, holes, *labels = inputs
        return self.sampler.follow(noise, *(labels or [None]), known, holes)


class _Scorer(keras.Model):
    """Mean squared errors of velocities, `(batch,)`: of `[images, noise, times]`, and labels."""

    def __init__(self, model):
        super().__init__(name="flow_scorer", dtype="float32")
        self.network = model.averaged()
        errors = model.flow_errors
        self._errors = lambda *inputs: errors(self.network, *inputs)
        self.built = True

    def call(self, inputs):
        images, noise, times, *labels = inputs
        errors = self._errors(images, noise, times, *(labels or [None]), False)
        return keras.ops.mean(errors, axis=tuple(range(1, len(errors.shape))))


def _is_number(value):
    return (
        isinstance(value, numbers.Real)
        and not isinstance(value, bool)
        and abs(value) < float("inf")
    )
