"""What the models share that learn to translate from pairs, with a discriminator's help."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras

from keras_gen import losses
from keras_gen.checks import check_non_negative
from keras_gen.core.adversary import TrainsAdversarially
from keras_gen.core.averages import average_of
from keras_gen.core.model import GenerativeModel
from keras_gen.core.networks import check_scales, scales_of, with_maps
from keras_gen.core.phase import Phase
from keras_gen.modalities.images.range import in_range
from keras_gen.tasks.translating import Direction, Translates
from keras_gen.types import Data, Tensor

if TYPE_CHECKING:
    from keras_gen.core.update import Update


class PairedTranslator(Translates, TrainsAdversarially, GenerativeModel):
    """Base of the models with a generator of targets from inputs, and perhaps a discriminator. Abstract.

    A subclass has `takes`, an input and a target; `compile`; `judged`, what its discriminator sees; and
    says with its weights how the losses are added.

    Args:
        generator: Built `keras.Model`, inputs to outputs of the targets' shape.
        discriminator: Built `keras.Model`, or None.
        reconstruction: As `keras_gen.losses.get_reconstruction` takes it, the distance to the target.
        ema_decay: Float in [0, 1) or None: the decay of a moving average of the generator.
        name: String or None.
        feature_matching_weight: Number from 0 up, the weight of the distance of the discriminator's maps.

    Class attributes:
        distance_names: Names of the distances in the logs.
        distance_weight: Number, the weight of the distance in the generator's loss.
        adversarial_weight: Number, the weight of the adversarial loss in it.
        discriminator_weight: Number, what the discriminator's loss is multiplied by.
    """

    distance_names: tuple[str, ...] = ("reconstruction_loss",)
    distance_weight: float = 1.0
    adversarial_weight: float = 1.0
    discriminator_weight: float = 1.0

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model | None,
        reconstruction: str | Callable[[Tensor, Tensor], Tensor],
        ema_decay: float | None = None,
        name: str | None = None,
        feature_matching_weight: float = 0.0,
    ) -> None:
        super().__init__(name=name)
        check_non_negative("feature_matching_weight", feature_matching_weight)
        self.feature_matching_weight = feature_matching_weight
        check_scales("discriminator", discriminator)
        self.scales = scales_of(discriminator)
        if feature_matching_weight:
            judge = with_maps("discriminator", discriminator)
            # In a function, so that Keras does not look into it: the weights are the discriminator's.
            self._judge_with_maps = lambda: judge
        self.generator = generator
        self.discriminator = discriminator
        self.reconstruction = reconstruction
        self._distance = losses.get_reconstruction(reconstruction)
        self.ema_decay = ema_decay
        self.average = average_of(generator, ema_decay)
        self.ema_generator = None if self.average is None else self.average.network
        self.built = True

    @property
    def directions(self) -> dict[str, Direction]:
        takes, gives = self.takes.values()
        return {"": Direction(takes, gives, 1, self.translate, network=self.sampler)}

    def judged(self, inputs: Tensor) -> Callable[[Tensor], Any]:
        """Function from images to what the discriminator is given of them, by the inputs they belong to."""
        raise NotImplementedError(f"{type(self).__name__} must define `judged`.")

    def seen(self, images: Tensor) -> Tensor:
        """Targets or outputs in the form that the discriminator, and an augmentation, take: as they are."""
        return images

    @property
    def trained_network(self) -> Any:
        """What makes outputs of inputs in training: the generator."""
        return self.generator

    def distances(self, targets: Tensor, outputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum of the distances to the target, and each by itself: `distance_names`."""
        distance = self._distance(targets, outputs)
        return self.distance_weight * distance, {"reconstruction_loss": distance}

    def build_distance(self) -> None:
        """Makes the network that the distance is measured by, where it is one: within `compile`."""
        if isinstance(self._distance, losses.NetworkDistance):
            self._distance.build()

    @property
    def sampler(self) -> keras.Model:
        """The network that translates: the averaged generator where there is one."""
        return self.generator if self.ema_generator is None else self.ema_generator

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        return self.sampler(in_range(inputs), training=training)

    def phases(self) -> dict[str, Phase]:
        if self.discriminator is None:
            return {"generator": Phase([self.generator], [*self.distance_names])}
        terms = [
            "adversarial_loss",
            *["feature_matching_loss"] * bool(self.feature_matching_weight),
        ]
        return {
            "discriminator": Phase([self.discriminator], self.adversary.penalty_names),
            "generator": Phase([self.generator], [*terms, *self.distance_names]),
        }

    def step(self, data: Data, update: Update) -> None:
        inputs, targets = self.take(data)
        training = update.training
        shared = update.record(self.trained_network, inputs)
        fakes = shared.outputs
        if self.discriminator is not None:
            self.update_discriminator(
                update,
                lambda: self.discriminator_loss(inputs, targets, fakes, training),
                lambda: self.penalties(inputs, targets, fakes, training),
            )
        update(
            "generator",
            lambda outputs: self.generator_loss(inputs, targets, outputs, training),
            at=shared,
        )
        self.follow_generator(update)

    def discriminator_loss(
        self, inputs: Tensor, targets: Tensor, fakes: Tensor, training: bool
    ) -> tuple[Any, ...]:
        """The weighted loss of the discriminator on targets and on outputs, and the penalties."""
        return self.adversary.loss_of_discriminator(
            self.discriminator,
            self.seen(targets),
            self.seen(fakes),
            self.judged(inputs),
            penalties=lambda: self.penalties(inputs, targets, fakes, training),
            weight=self.discriminator_weight,
            alike=True,
            training=training,
        )

    def penalties(
        self, inputs: Tensor, targets: Tensor, fakes: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The penalties in use, their weighted sum and each by itself."""
        return self.adversary.penalties(
            self.discriminator,
            self.seen(targets),
            self.seen(fakes),
            beside=self.judged(inputs),
            scales=self.scales,
            alike=True,
            training=training,
        )

    def generator_loss(
        self, inputs: Tensor, targets: Tensor, fakes: Tensor, training: bool
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the generator by its outputs, and its parts."""
        loss, terms = self.distances(targets, fakes)
        if self.discriminator is None:
            return loss, terms
        seen, beside = (self.seen(targets), self.seen(fakes)), self.judged(inputs)
        if not self.feature_matching_weight:
            adversarial = self.adversary.loss_of_generator(
                self.discriminator, *seen, beside, alike=True, training=training
            )
            terms = {"adversarial_loss": adversarial, **terms}
            return self.adversarial_weight * adversarial + loss, terms
        real, fake = self.adversary.judge(
            self._judge_with_maps(), *seen, beside=beside, alike=True, training=training
        )
        adversarial = self.adversary.generator_loss(fake[: self.scales], real[: self.scales])
        matching = losses.feature_matching(real[self.scales :], fake[self.scales :])
        terms = {"adversarial_loss": adversarial, "feature_matching_loss": matching, **terms}
        loss = loss + self.feature_matching_weight * matching
        return self.adversarial_weight * adversarial + loss, terms

    @property
    def evaluation_names(self) -> tuple[str, ...]:
        return ("l1", "psnr", "ssim")

    def evaluation_terms(self, data: Data) -> dict[str, Tensor]:
        inputs, targets = self.take(data)
        return losses.paired_scores(targets, self.sampler(inputs, training=False))
