"""The opponent of a generator: a loss, penalties, an augmentation, over a model's own discriminator."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_gen import backend, layers, losses
from keras_gen.checks import check_non_negative, check_positive_integer
from keras_gen.core.augmenting import (
    augmented,
    build_augmentation,
    check_augmentation,
    follow_schedule,
)
from keras_gen.core.network_calls import run_together, without_updates
from keras_gen.core.networks import last_activations
from keras_gen.layers.adaptive_augment import UNSIGNED
from keras_gen.types import Array, ArrayLike, Augmentation, ClassLabels, LossLike, Optimizer, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update


def _itself(data):
    return data


def _mean_over_scales(loss, *logits):
    """A loss of logits; of lists of them, one for each scale, the mean over these."""
    if not isinstance(logits[0], (list, tuple)):
        return loss(*logits)
    return _mean([loss(*scale) for scale in zip(*logits, strict=True)])


def _mean(values):
    return sum(values[1:], values[0]) / len(values)


def _point_of(batch, shown, beside):
    """The batch in what is shown of it, and the function from such a batch to all that is shown."""
    places = [part is batch for part in keras.tree.flatten(beside(batch))]
    parts = keras.tree.flatten(shown)

    def inputs_of(data):
        given = [data if here else part for here, part in zip(places, parts, strict=True)]
        return keras.tree.pack_sequence_as(shown, given)

    return parts[places.index(True)], inputs_of


def check_needs_no_pairs(loss: LossLike, name: str) -> None:
    """Raises where a loss pairs generated images with real ones, for a model that has no pairs.

    Args:
        loss: Name of an adversarial loss, or an object.
        name: The model's.

    Raises:
        ValueError: If the generator's loss needs real images' logits.
    """
    if getattr(losses.get(loss), "uses_real_logits", False):
        raise ValueError(
            f"`loss` must not need real images' logits for the generator: {name} has no pairs. "
            f"Received: loss={loss!r}"
        )


class Adversary:
    """What a discriminator is trained by, and a generator against it.

    Args:
        loss: Name of an adversarial loss, or an object such as `keras_gen.losses.get` returns.
        r1_weight: Number from 0 up, the weight of the R1 penalty on real data.
        r2_weight: Number from 0 up, the weight of the R2 penalty on generated data.
        penalties_every: Integer above 0. Above 1 the penalties are an update of their own in every so many
            steps, with so many times the weight (Karras et al., 2019).
        augmentation: Callable of a batch of data, differentiable in it, that real and generated data pass
            through before the discriminator sees them, in both phases; or None.

    Raises:
        ValueError: If the loss is unknown, or a number is out of range.

    Reference: Mescheder et al., 2018 (R1, R2), https://arxiv.org/abs/1801.04406; Karras et al., 2019 (lazy
    penalties), https://arxiv.org/abs/1912.04958; Zhao et al., 2020 (augmentation),
    https://arxiv.org/abs/2006.10738
    """

    def __init__(
        self,
        loss: LossLike,
        r1_weight: float = 0.0,
        r2_weight: float = 0.0,
        penalties_every: int = 1,
        augmentation: Augmentation | None = None,
    ) -> None:
        check_non_negative("r1_weight", r1_weight)
        check_non_negative("r2_weight", r2_weight)
        check_positive_integer("penalties_every", penalties_every)
        check_augmentation(augmentation)
        self.loss = losses.get(loss)
        if isinstance(augmentation, layers.AdaptiveAugment) and self.loss_name in UNSIGNED:
            raise ValueError(
                "`augmentation` that adapts goes by the sign of scores, which means nothing with the loss "
                f"{self.loss_name!r}: take another loss, 'non_saturating' say, or "
                f"`keras_gen.layers.DiffAugment`. Received: augmentation={augmentation!r}"
            )
        self.r1_weight = r1_weight
        self.r2_weight = r2_weight
        self.penalties_every = penalties_every
        self.augmentation = augmentation

    @property
    def penalty_names(self) -> list[str]:
        """Names of the penalties in use."""
        return ["r1_penalty"] * bool(self.r1_weight) + ["r2_penalty"] * bool(self.r2_weight)

    @property
    def is_lazy(self) -> bool:
        """Whether the penalties are an update of their own, in every so many steps."""
        return self.penalties_every > 1 and bool(self.penalty_names)

    def follow(self, step: Tensor) -> None:
        """Has an augmentation with a schedule keep to it, at a training step."""
        follow_schedule(self.augmentation, step)

    def observe(self, real_logits: Tensor | None) -> None:
        """Has an augmentation that adapts see the scores `result` gave it, after an update."""
        if isinstance(self.augmentation, layers.AdaptiveAugment):
            self.augmentation.observe(real_logits)

    @property
    def loss_name(self) -> str | None:
        """Name of the loss; None of an object of one's own that has none."""
        return getattr(self.loss, "name", None)

    def result(self, loss: Tensor, terms: dict[str, Tensor], *real_logits: Any) -> tuple[Any, ...]:
        """What a discriminator's loss function returns.

        Args:
            loss: Scalar tensor.
            terms: Dict of scalar tensors.
            *real_logits: What one discriminator or several say of a batch of real data, each tensor or list.

        Returns:
            Tuple of the first two and, where the augmentation adapts, of the scores `(batch, ...)`.
        """
        if not isinstance(self.augmentation, layers.AdaptiveAugment):
            return loss, terms
        tensors = keras.tree.flatten(real_logits)
        rows = [ops.reshape(logits, (ops.shape(logits)[0], -1)) for logits in tensors]
        return loss, terms, ops.concatenate(rows, axis=1)

    def augment(self, images: Tensor, training: bool) -> Tensor:
        """What the discriminator is shown of images: in training, they pass through the augmentation."""
        return augmented(images, self.augmentation, training)

    def judge(
        self,
        discriminator: keras.Model,
        *batches: Tensor,
        beside: Callable[[Tensor], Any] = _itself,
        alike: bool = False,
        training: bool,
    ) -> list[Any]:
        """What a discriminator says of several batches.

        Args:
            discriminator: Built `keras.Model`.
            *batches: Tensors of real or generated data.
            beside: Callable from a batch to the discriminator's inputs: the batch itself, and what it is
                given beside it, labels say.
            alike: Boolean, whether the batches show the same examples, and all that is beside them is
                images, too: a `DiffAugment` then changes what belongs to one example alike.
            training: Boolean.

        Returns:
            List of its outputs, one for each batch.
        """
        shown = self._shown(batches, beside, alike, training)
        return run_together(discriminator, *shown, training=training)

    def _shown(self, batches, beside, alike, training):
        """The discriminator's inputs for each of several batches, as `judge` has them."""
        if alike and training and isinstance(self.augmentation, layers.DiffAugment):
            seen = [beside(batch) for batch in batches]
            changed = self.augmentation(keras.tree.flatten(seen))
            return keras.tree.pack_sequence_as(seen, changed)
        return [beside(self.augment(batch, training)) for batch in batches]

    def discriminator_loss(self, real_logits: Any, fake_logits: Any) -> Tensor:
        """The loss's part of the discriminator, averaged over scales: see `keras_gen.losses`."""
        return _mean_over_scales(self.loss.discriminator_loss, real_logits, fake_logits)

    def generator_loss(self, fake_logits: Any, real_logits: Any = None) -> Tensor:
        """The loss's part of the generator, averaged over scales: see `keras_gen.losses`."""
        if not self.pairs:  # One's own loss may take no other.
            return _mean_over_scales(self.loss.generator_loss, fake_logits)
        return _mean_over_scales(self.loss.generator_loss, fake_logits, real_logits)

    @property
    def pairs(self) -> bool:
        """Whether the generator's loss needs the logits of real data, too."""
        return getattr(self.loss, "uses_real_logits", False)

    def penalties(
        self,
        discriminator: keras.Model,
        reals: Tensor,
        fakes: Tensor,
        beside: Callable[[Tensor], Any] = _itself,
        scales: int = 1,
        *,
        alike: bool = False,
        training: bool,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The penalties in use on the discriminator's gradient at real and at generated data.

        In training the gradient is that at what the discriminator is shown: what comes out of the augmentation.

        Args:
            discriminator: Built `keras.Model`.
            reals: Float tensor `(batch, ...)`.
            fakes: The same, generated.
            beside: As in `judge`.
            scales: Integer, how many of the discriminator's first outputs are logits: a penalty is averaged
                over them.
            alike: As in `judge`.
            training: Boolean.

        Returns:
            Tuple `(weighted sum, dict of the unweighted penalties)`. What makes up for their being lazy is
            `update_discriminator`'s.
        """
        total, terms = 0.0, {}
        for name, weight, penalty, batch in (
            ("r1_penalty", self.r1_weight, losses.r1_penalty, reals),
            ("r2_penalty", self.r2_weight, losses.r2_penalty, fakes),
        ):
            if not weight:
                continue
            (shown,) = self._shown([batch], beside, alike, training)
            data, inputs_of = _point_of(batch, shown, beside)
            networks = [
                without_updates(discriminator, inputs_of=inputs_of, output=scale)
                for scale in range(scales)
            ]
            terms[name] = _mean([penalty(network, data) for network in networks])
            total = total + weight * terms[name]
        return total, terms

    def loss_of_discriminator(
        self,
        discriminator: keras.Model,
        reals: Tensor,
        fakes: Tensor,
        beside: Callable[[Tensor], Any] = _itself,
        *,
        penalties: Callable[[], tuple[Tensor, dict[str, Tensor]]],
        weight: float = 1.0,
        alike: bool = False,
        training: bool,
    ) -> tuple[Any, ...]:
        """The loss on real and generated data and, where they are not an update of their own, the penalties.

        Args:
            discriminator: Built `keras.Model`.
            reals: Float tensor `(batch, ...)`.
            fakes: The same, generated.
            beside: As in `judge`.
            penalties: Function that gives the penalties alone, their sum and each by itself.
            weight: Number, what the loss, but not the penalties, is multiplied by.
            alike: As in `judge`.
            training: Boolean.

        Returns:
            What an update of the discriminator takes: the loss and a dict of the penalties, and the scores of
            real data where the augmentation adapts by them.
        """
        logits = self.judge(
            discriminator, reals, fakes, beside=beside, alike=alike, training=training
        )
        loss, terms = weight * self.discriminator_loss(*logits), {}
        if not (training and self.is_lazy):
            penalty, terms = penalties()
            loss = loss + penalty
        return self.result(loss, terms, logits[0])

    def loss_of_generator(
        self,
        discriminator: keras.Model,
        reals: Tensor,
        fakes: Tensor,
        beside: Callable[[Tensor], Any] = _itself,
        *,
        alike: bool = False,
        training: bool,
    ) -> Tensor:
        """The adversarial loss of a generator; real data are judged where the loss needs it alone.

        Args:
            discriminator: Built `keras.Model`.
            reals: Float tensor `(batch, ...)`.
            fakes: The same, generated.
            beside: As in `judge`.
            alike: As in `judge`.
            training: Boolean.
        """
        batches = (fakes, reals) if self.pairs else (fakes,)
        logits = self.judge(discriminator, *batches, beside=beside, alike=alike, training=training)
        return self.generator_loss(*logits)


class TrainsAdversarially:
    """`compile` for a model whose phases are generator and discriminator, and what its opponent tells."""

    adversary: Adversary = None  # type: ignore[assignment]

    def update_discriminator(
        self,
        update: Update,
        loss: Callable[[], Any],
        penalties: Callable[[], Any] | None = None,
    ) -> None:
        """Updates the discriminator, and by lazily applied penalties in an update of their own.

        Args:
            update: As in `step`.
            loss: Function that gives the discriminator's loss.
            penalties: Function that gives the penalties alone, their sum and each by itself; None where they
                are never lazy.
        """
        if update.training:
            self.adversary.follow(self.optimizer.iterations)
        real_logits = update("discriminator", loss)
        if not update.training:
            return
        self.adversary.observe(real_logits)
        if penalties is not None and self.adversary.is_lazy:
            every = self.adversary.penalties_every

            def made_up_for():
                total, terms = penalties()
                return every * total, terms

            update("discriminator", made_up_for, every=every)

    def follow_generator(self, update: Update) -> None:
        """Moves the average, where there is one, after the generator's update."""
        if update.training and self.average is not None:
            self.average.follow(self.optimizer["generator"].iterations)

    def warn_of_ends(self, stacklevel: int) -> None:
        """Warns of last activations that the losses, or the data's range, do not go with.

        Args:
            stacklevel: Integer, as `warnings.warn` has it from here.
        """
        phases = self.phases()
        opponents = phases["discriminator"].networks if "discriminator" in phases else []
        for network in opponents:
            for end in sorted({"sigmoid", "softmax"} & {*last_activations(network)}):
                warnings.warn(
                    f"The discriminator {network.name!r} ends in a {end}, and the losses take logits: leave "
                    "its last activation out, or it learns next to nothing.",
                    stacklevel=stacklevel,
                )
        for network in phases["generator"].networks if self.gives.kind == "images" else ():
            for end in sorted({"sigmoid", "softmax", "relu"} & {*last_activations(network)}):
                warnings.warn(
                    f"The generator {network.name!r} ends in a {end}, which gives nothing "
                    "below 0, and images are in [-1, 1]: end it in a tanh.",
                    stacklevel=stacklevel,
                )

    def oppose(self, adversary: Adversary) -> None:
        """Takes an `Adversary` as the generator's opponent, and looks at the networks' ends."""
        self.adversary = adversary
        self.augmentation = adversary.augmentation  # Keras keeps its seeds.
        build_augmentation(self.augmentation, self.gives.shape)
        self.loss = adversary.loss
        self.warn_of_ends(stacklevel=4)

    def compile_adversarial(
        self,
        adversary: Adversary,
        generator_optimizer: Optimizer | None,
        discriminator_optimizer: Optimizer | None,
        settings: Mapping[str, Any],
        trainer_options: Mapping[str, Any],
    ) -> None:
        """Compiles the model: what its `compile` ends with, once its own settings are attributes.

        Args:
            adversary: An `Adversary`.
            generator_optimizer: Keras optimizer, its name, or None for the papers'
                Adam(2e-4, beta_1=0.5).
            discriminator_optimizer: Likewise.
            settings: Dict of the further arguments of `compile` that a model's file keeps.
            trainer_options: Dict of what `compile_phases` takes beside them.
        """
        self.oppose(adversary)
        self.r1_weight, self.r2_weight = adversary.r1_weight, adversary.r2_weight
        optimizers = {"generator": generator_optimizer, "discriminator": discriminator_optimizer}
        given = {
            "loss": adversary.loss,
            "r1_weight": adversary.r1_weight,
            "r2_weight": adversary.r2_weight,
            "penalties_every": adversary.penalties_every,
            "augmentation": adversary.augmentation,
        }
        self.compile_phases(
            {
                phase: optimizers[phase] or keras.optimizers.Adam(2e-4, beta_1=0.5)
                for phase in self.phases()
            },
            {**given, **settings},
            **trainer_options,
        )

    def optimizer_of_generator(
        self,
        generator_optimizer: Optimizer | None,
        discriminator_optimizer: Optimizer | None,
        optimizer: Optimizer | None,
    ) -> Optimizer | None:
        """The generator's optimizer, of a model that may have no discriminator, by either of its names.

        Args:
            generator_optimizer: What `compile` was given under that name.
            discriminator_optimizer: Likewise.
            optimizer: Likewise: the name in the file of a model with one optimizer.

        Returns:
            The one that was given, or None.

        Raises:
            ValueError: If there is an optimizer for a discriminator that there is not, or two for the
                generator.
        """
        if self.discriminator is None and discriminator_optimizer is not None:
            raise ValueError(
                "`discriminator_optimizer` is for a model with a discriminator. "
                f"Received: discriminator_optimizer={discriminator_optimizer!r}"
            )
        if optimizer is not None and generator_optimizer is not None:
            raise ValueError(
                "`optimizer` is another name of `generator_optimizer`: give one of them. "
                f"Received: optimizer={optimizer!r}, generator_optimizer={generator_optimizer!r}"
            )
        return generator_optimizer or optimizer

    @property
    def penalty_names(self) -> list[str]:
        """Names of the penalties in use."""
        return self.adversary.penalty_names

    def discriminator_scores(
        self, samples: ArrayLike, labels: ClassLabels | None = None, batch_size: int = 128
    ) -> Array | None:
        """How real the discriminator takes samples to be.

        Args:
            samples: Float array `(n, ...)`.
            labels: Integer array `(n,)`, for a model with classes.
            batch_size: Integer.

        Returns:
            Float64 array `(n,)`, scores of patches averaged; or None where there is no such score: of a
            critic, whose task it is to be right, or where labels are missing.
        """
        if (
            self.discriminator is None
            or self.is_critic
            or (self.num_classes is not None and labels is None)
        ):
            return None
        taken = self.gives.take("`samples`", samples)
        inputs = taken if self.num_classes is None else [taken, labels]
        outputs = backend.predict(self.discriminator, inputs, batch_size)
        scores = outputs[0] if isinstance(outputs, (list, tuple)) else outputs
        return np.asarray(scores, "float64").reshape(len(taken), -1).mean(axis=1)

    @property
    def is_critic(self) -> bool:
        """Whether the discriminator estimates a distance, and is meant to win; not known before `compile`."""
        return self.adversary is not None and self.adversary.loss_name == "wasserstein"
