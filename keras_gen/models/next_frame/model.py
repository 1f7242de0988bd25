"""Prediction of the frames that continue a clip."""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping
from typing import Any, cast

import keras
import numpy as np
from keras import ops

from keras_gen import losses
from keras_gen.backend import predict
from keras_gen.checks import check_non_negative, check_positive_integer
from keras_gen.core.adversary import Adversary
from keras_gen.core.networks import check_network
from keras_gen.modalities import Clips, split
from keras_gen.modalities.images.range import to_uint8
from keras_gen.models.next_frame.roll_out import RollOut, stacked
from keras_gen.models.paired_translator import PairedTranslator
from keras_gen.tasks import reporting
from keras_gen.tasks.task import reading_in
from keras_gen.tasks.translating import Direction
from keras_gen.types import (
    Array,
    ArrayLike,
    Augmentation,
    Data,
    ExtractorLike,
    LossLike,
    OpenedData,
    Optimizer,
    Report,
    Spec,
    Tensor,
)

SHOWN = 6  # clips of a preview
ROLLED = 10  # frames that an evaluation and a preview roll out
BATCH_SIZE = 16  # of an evaluation


@keras.saving.register_keras_serializable(package="keras_gen")
class NextFrame(PairedTranslator):
    """Next-frame prediction: continues clips, having seen how others go on.

    The generator is given the last `context` frames, stacked in channels, the oldest first, and makes the next
    one. It is trained on the distance to the true frame, on the gradient difference loss, which a blurred
    average of the possible futures pays for, and, with a discriminator, on an adversarial loss: the
    discriminator judges the new frames beside the known ones. A step makes the frames once; the discriminator
    is updated first, with half its loss, then the generator through the updated one.

    Of the paper it has the losses and their weights. Its networks of several scales it has not: any network
    of these shapes serves, `keras_gen.networks.frame_predictor` or `unet_generator` say.

    `fit` takes `(context, target)` or `{"context": context, "target": target}`, as `keras_gen.data.clips` makes
    them: float32 `(batch, context, height, width, channels)` and `(batch, frames, height, width, channels)` in
    [-1, 1], or uint8. It logs `generator_loss` and its parts `reconstruction_loss`, `gradient_difference_loss`
    and `adversarial_loss`, and `discriminator_loss`; without a discriminator `loss` and the first two parts.
    `evaluate` gives `l1` (mean absolute difference in [-1, 1]), `psnr` (decibels), `ssim` and `sharpness` (the
    mean size of the steps between neighbouring pixels), each averaged over the target's frames.

    Args:
        generator: Built `keras.Model`, images `(height, width, context * channels)` to images
            `(height, width, channels)`.
        discriminator: Built `keras.Model`, `[known, frames]` to logits, one for each patch: images of
            `context * channels` and of `frames * channels` channels. None trains without.
        frames: Integer, how many frames are predicted one after the other in training, each from the ones
            before. Defaults to 1; more cost as many times as much, and make long continuations steadier.
        reconstruction: `"l1"`, `"l2"`, or a callable `(targets, outputs) -> scalar`: the distance, whose
            weight is 1.
        gradient_difference_weight: Number from 0 up.
        adversarial_weight: Number from 0 up; nothing comes of it without a discriminator.
        ema_decay: Float in [0, 1) or None. With a decay (0.999, say) the model keeps an exponential moving
            average of the generator's weights, which predicts.
        name: String or None.

    Attributes:
        context: Integer, how many frames the generator is given.

    Raises:
        ValueError: If a network is not built, or the shapes do not fit.

    Example:
    >>> import keras_gen
    >>> model = keras_gen.NextFrame(
    ...     keras_gen.networks.frame_predictor((16, 16, 1), context=4, filters=8, blocks=1)
    ... )
    >>> model.compile()
    >>> clips = keras.ops.zeros((2, 5, 16, 16, 1))
    >>> history = model.fit(clips[:, :4], clips[:, 4:], verbose=0)
    >>> model.predict_frames(clips[:, :4], frames=10).shape
    (2, 10, 16, 16, 1)

    Reference: Mathieu et al., 2015, https://arxiv.org/abs/1511.05440
    """

    words = "continues clips"
    distance_names = ("reconstruction_loss", "gradient_difference_loss")
    discriminator_weight = 0.5  # as Pix2Pix has it; its own paper has the whole
    report_options = ()
    baseline_in_words = "last known frame"
    call_in_words = "frames = model.predict_frames(clips, 10)  # float32 in [-1, 1]"
    parts_in_words = "networks, and average where one is kept"

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model | None = None,
        frames: int = 1,
        reconstruction: str | Callable[[Tensor, Tensor], Tensor] = "l2",
        gradient_difference_weight: float = 1.0,
        adversarial_weight: float = 0.05,
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        check_positive_integer("frames", frames)
        check_non_negative("gradient_difference_weight", gradient_difference_weight)
        check_non_negative("adversarial_weight", adversarial_weight)
        (taken,), (given,) = check_network("generator", generator, [None], [None])
        if (
            (len(taken), len(given)) != (3, 3)
            or None in (*taken, *given)
            or taken[:2] != given[:2]
            or cast(int, taken[2]) % cast(int, given[2])
        ):
            raise ValueError(
                "`generator` must take (height, width, context * channels) and give (height, width, "
                f"channels). Received: generator={generator.name!r} from {taken} to {given}"
            )
        known, image_shape = (cast(tuple[int, int, int], shape) for shape in (taken, given))
        if discriminator is not None:
            judged = (*image_shape[:2], frames * image_shape[2])
            check_network("discriminator", discriminator, [known, judged])
        super().__init__(generator, discriminator, reconstruction, ema_decay, name=name)
        self.image_shape = image_shape
        self.context = known[2] // image_shape[2]
        self.frames = frames
        self.gradient_difference_weight = gradient_difference_weight
        self.adversarial_weight = adversarial_weight
        rolled = RollOut(generator, frames)
        compiled: dict[int, keras.Model] = {}
        # In functions, so that Keras does not look into them: the weights are the generator's.
        self._rolled = lambda: rolled
        self._compiled = lambda: compiled

    @property
    def takes(self) -> dict[str, Spec]:
        return {
            "context": Clips((self.context, *self.image_shape)),
            "target": Clips((self.frames, *self.image_shape)),
        }

    @property
    def gives(self) -> Clips:
        """Spec of what it makes: clips of any number of frames."""
        return Clips((None, *self.image_shape))

    @property
    def directions(self) -> dict[str, Direction]:
        takes, gives = self.takes.values()
        network = self.network_of(self.frames)
        return {"": Direction(takes, gives, 1, self.predict_frames, network=network)}

    def compile(
        self,
        generator_optimizer: Optimizer | None = None,
        discriminator_optimizer: Optimizer | None = None,
        loss: LossLike = "non_saturating",
        r1_weight: float = 0.0,
        r2_weight: float = 0.0,
        penalties_every: int = 1,
        augmentation: Augmentation | None = None,
        optimizer: Optimizer | None = None,
        **trainer_options: Any,
    ) -> None:
        """Configures training.

        Args:
            generator_optimizer: Keras optimizer or its name. Defaults to Adam(2e-4, beta_1=0.5), without a
                discriminator to Adam(1e-3).
            discriminator_optimizer: Likewise, an optimizer of its own.
            loss: Name of an adversarial loss, or an object, as in `GAN.compile`. The default is the
                paper's cross-entropy.
            r1_weight: Number from 0 up, the weight of the R1 penalty on true frames.
            r2_weight: Number from 0 up, the weight of the R2 penalty on predicted ones.
            penalties_every: Integer, as in `GAN.compile`.
            augmentation: Keras layer or None, as in `GAN.compile`, of true and predicted frames, stacked in
                channels.
            optimizer: The `generator_optimizer` under the name that a model of one optimizer has.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.

        Raises:
            ValueError: If there is an optimizer for a discriminator and no discriminator, or there are two
                for the generator.
        """
        generator_optimizer = self.optimizer_of_generator(
            generator_optimizer, discriminator_optimizer, optimizer
        )
        if self.discriminator is None:
            generator_optimizer = generator_optimizer or keras.optimizers.Adam(1e-3)
        self.build_distance()
        if isinstance(augmentation, keras.Layer) and not augmentation.built:
            height, width, channels = self.image_shape
            augmentation.build((None, height, width, self.frames * channels))
            augmentation.built = True
        self.compile_adversarial(
            Adversary(loss, r1_weight, r2_weight, penalties_every, augmentation),
            generator_optimizer,
            discriminator_optimizer,
            {},
            trainer_options,
        )

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        taken = self.takes["context"].take("`inputs`", inputs)
        return RollOut(self.sampler, self.frames)(taken, training=training)

    @property
    def trained_network(self) -> RollOut:
        return self._rolled()

    def seen(self, images: Tensor) -> Tensor:
        """Frames stacked in channels."""
        return stacked(images)

    def judged(self, inputs: Tensor) -> Callable[[Tensor], list[Tensor]]:
        """The discriminator sees new frames beside the known ones."""
        known = stacked(inputs)
        return lambda frames: [known, frames]

    def distances(self, targets: Tensor, outputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        loss, terms = super().distances(targets, outputs)
        steps = losses.gradient_difference(targets, outputs)
        loss = loss + self.gradient_difference_weight * steps
        return loss, {**terms, "gradient_difference_loss": steps}

    @property
    def evaluation_names(self) -> tuple[str, ...]:
        return ("l1", "psnr", "ssim", "sharpness")

    def evaluation_terms(self, data: Data) -> dict[str, Tensor]:
        context, targets = self.take(data)
        outputs = RollOut(self.sampler, self.frames)(context, training=False)
        targets, outputs = (
            ops.reshape(clips, (-1, *self.image_shape)) for clips in (targets, outputs)
        )
        scores = losses.paired_scores(targets, outputs)
        return scores | {"sharpness": losses.gradient_magnitude(outputs)}

    # What it makes

    def network_of(self, frames: int) -> keras.Model:
        """The network that predicts so many frames, in one loop of its graph: `predict_frames` runs it.

        Args:
            frames: Integer above 0.

        Returns:
            `keras.Model` from clips `(batch, context, height, width, channels)` to clips of `frames` frames,
            with the weights of `sampler`.
        """
        known = self._compiled()
        if frames not in known:
            inputs = keras.Input((self.context, *self.image_shape), name="context")
            known[frames] = keras.Model(inputs, RollOut(self.sampler, frames)(inputs))
        return known[frames]

    def predict_frames(
        self, clips: ArrayLike, frames: int | None = None, batch_size: int = 16
    ) -> Array:
        """Continues clips: each new frame is predicted from the last `context`, those predicted among them.

        Args:
            clips: Array `(n, context, height, width, channels)` in [-1, 1], or uint8; of longer clips the
                last `context` frames are taken.
            frames: Integer, how many to predict. None: as many as in training.
            batch_size: Integer, how many clips are continued at a time.

        Returns:
            Float32 NumPy array `(n, frames, height, width, channels)` in [-1, 1].

        Raises:
            ValueError: If the clips have another shape or too few frames, or `frames` is no number above 0.
        """
        frames = self.frames if frames is None else frames
        check_positive_integer("frames", frames)
        if len(clips.shape) == 5:  # type: ignore[union-attr]
            clips = clips[:, -self.context :]  # type: ignore[index, call-overload]
        taken = self.takes["context"].take("`clips`", clips)
        return predict(self.network_of(frames), taken, batch_size)

    translate = predict_frames

    def open_data(
        self,
        dataset: Any,
        split: str = "train",
        input: str | None = None,
        target: str | None = None,
        **options: Any,
    ) -> OpenedData:
        """Opens a data set of clips, as pairs of known frames and those that follow them.

        Args:
            dataset: As in `keras_gen.data.clips`.
            split: String.
            input: Not looked at.
            target: Not looked at.
            **options: How clips are read: `resize`, `value_range`.

        Returns:
            `keras_gen.data.OpenedClips`.
        """
        elements = Clips((self.context + self.frames, *self.image_shape))
        reading = reading_in(options)
        return elements.open(dataset, split, context=self.context, **reading)

    def preview(self, examples: Data | None = None, seed: int = 0) -> tuple[Array, int]:
        """Lays clips out as strips: known frames and the true ones after them, below them the predicted.

        Args:
            examples: A batch of `(context, target)`, of which the first 6 are shown; as many frames are
                predicted as the target has.
            seed: Not looked at.

        Returns:
            Pair of clips, a float array `(12, frames, height, width, channels)`, and 1: how many stand in a
            row.

        Raises:
            ValueError: If there are no examples.
        """
        if examples is None:
            raise ValueError(
                "`examples` must be a batch of what a NextFrame takes, to be continued. "
                "Received: examples=None"
            )
        parts = split(examples, self.takes).values()
        context, targets = (self.gives.take("`examples`", np.asarray(p)[:SHOWN]) for p in parts)
        frames = self.predict_frames(context, targets.shape[1])
        empty = np.ones_like(context)
        rows = [np.concatenate(row, 1) for row in ((context, targets), (empty, frames))]
        return np.stack(rows, axis=1).reshape(-1, *rows[0].shape[1:]), 1

    # How good it is

    def report(
        self,
        opened: OpenedData,
        n: int = 10_000,
        features: ExtractorLike | None = None,
        seed: int = 0,
        **options: Any,
    ) -> Report:
        """Says how good predictions are: of the next frame, and of ten that are rolled out.

        `losses` are those of `evaluate`. `scores` are of a roll-out of ten frames, or as many as the clips
        have: `psnr` and `ssim` averaged over its frames and of its last one, the last one's `sharpness`, and
        its `sharpness difference`, the paper's measure in decibels. `copying` is the same of repeating the last
        known frame, the `baseline`, and `floor` has the `sharpness` of the true frames.

        Args:
            opened: What `open_data` gave.
            n: Integer, the most clips.
            features: None: no features are looked at.
            seed: Not looked at.
            **options: Not looked at.

        Returns:
            Dict, ready for JSON: see `keras_gen.evaluation.evaluate`.

        Raises:
            ValueError: If there are `features`.
        """
        if features is not None:
            raise ValueError(
                "`features` are for scores of images, which this model does not make. "
                f"Received: features={features!r}"
            )
        rolled = min(max(ROLLED, self.frames), opened.longest - self.context)
        long = opened.with_frames(self.context + rolled, self.context)
        specs = tuple(self.takes.values())
        examples, count = reporting.chosen_examples(long, specs, n, BATCH_SIZE)
        sums: dict[str, dict[str, float]] = collections.defaultdict(dict)
        for context, targets in examples.as_numpy_iterator():
            share = len(targets) / count
            made = {
                "model": self.predict_frames(context, rolled),
                "copying": np.repeat(context[:, -1:], rolled, axis=1),
            }
            found = {name: self._scored(targets, frames) for name, frames in made.items()}
            for name, scores in (found | {"floor": self._sharpness(targets)}).items():
                for score, value in scores.items():
                    sums[name][score] = sums[name].get(score, 0.0) + float(value) * share
        first = {score: sums["model"].pop(score) for score in self.evaluation_names}
        report: Report = {"losses": first, "scores": sums["model"], "copying": sums["copying"]}
        report |= {"floor": sums["floor"], "counts": {"examples": count}}
        report["baseline"] = self.baseline_in_words
        fitted = [(opened.own_shapes[0][1:], self.image_shape)]
        return report | reporting.fitting(fitted)

    def _scored(self, targets, frames):
        """Scores of a batch of continuations: of the frames of training, and of all."""
        last, number = frames[:, -1], frames.shape[1]
        every = self._pairs(targets, frames)
        scores = self._pairs(targets[:, : self.frames], frames[:, : self.frames])
        end = losses.paired_scores(targets[:, -1], last)
        for score in ("psnr", "ssim"):
            scores[f"{score}, mean of {number} frames"] = every[score]
            scores[f"{score}, frame {number}"] = end[score]
        for at, name in ((0, "frame 1"), (number - 1, f"frame {number}")):
            difference = losses.sharpness_difference(targets[:, at], frames[:, at])
            scores[f"sharpness difference, {name}"] = ops.mean(difference)
        return scores | self._sharpness(frames)

    def _sharpness(self, frames):
        """How sharp the frames of training are, and the last one."""
        return {
            "sharpness": losses.gradient_magnitude(frames[:, : self.frames]),
            f"sharpness, frame {frames.shape[1]}": losses.gradient_magnitude(frames[:, -1]),
        }

    def _pairs(self, targets, frames):
        shape = (-1, *self.image_shape)
        return losses.paired_scores(targets.reshape(shape), frames.reshape(shape))

    def golden_inputs(self, **evaluation: Any) -> dict[str, Array]:
        """The known frames of three clips of the data that it is evaluated on, as bytes.

        Args:
            **evaluation: `dataset` and `split`.
        """
        evaluation.pop("n", None)
        opened = self.open_data(**evaluation)
        batches = opened.batches(self.image_shape[:2], batch_size=3, shuffle=False)
        context, _ = next(batches.as_numpy_iterator())
        return {"clips": to_uint8(context)}

    def golden_outputs(self, inputs: Mapping[str, Array]) -> Array:
        """What the model makes of `golden_inputs`: ten frames of each."""
        return self.predict_frames(inputs["clips"] / np.float32(127.5) - 1.0, ROLLED)
