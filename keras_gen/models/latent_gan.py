"""What the GANs of latents share: their networks and the average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keras_gen.core.adversary import TrainsAdversarially
from keras_gen.core.averages import average_of
from keras_gen.core.model import GenerativeModel
from keras_gen.core.networks import check_network
from keras_gen.core.priors import Normal
from keras_gen.modalities import parts_of, spec_of
from keras_gen.tasks.from_latents import GeneratesFromLatents
from keras_gen.types import Data, Spec, Tensor

if TYPE_CHECKING:
    import keras

    from keras_gen.modalities.spec import Arrays


class LatentGAN(TrainsAdversarially, GeneratesFromLatents, GenerativeModel):
    """Base of the models with a generator of latents and a discriminator. Abstract.

    Args:
        generator: Built `keras.Model`: latents `(batch, latent_dim)`, and labels where there are classes.
        discriminator: Built `keras.Model` whose first input is what the generator makes.
        latent_dim: Integer, the length of a latent vector.
        num_classes: Integer, or None where both networks take no labels.
        class_names: List of as many strings, by which `generate` can be asked, or None.
        ema_decay: Float in [0, 1) or None: the decay of a moving average of the generator.
        name: String or None.
    """

    parts_in_words = "discriminator, and average where one is kept, among them"

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int,
        num_classes: int | None = None,
        class_names: Sequence[str] | None = None,
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        self.prior = Normal(latent_dim)
        self.set_classes(num_classes, class_names)
        labels = [] if num_classes is None else [None]
        _, (self.image_shape, *_) = check_network("generator", generator, [(latent_dim,), *labels])
        check_network("discriminator", discriminator, [self.image_shape, *labels])
        self.generator = generator
        self.discriminator = discriminator
        self.latent_dim = latent_dim
        self.ema_decay = ema_decay
        self.average = average_of(generator, ema_decay)
        self.ema_generator = None if self.average is None else self.average.network
        self.built = True

    @property
    def takes(self) -> dict[str, Spec]:
        return parts_of(self.gives, self.num_classes, self.class_names)

    @property
    def gives(self) -> Arrays:
        return spec_of(self.image_shape)

    @property
    def sampler(self) -> keras.Model:
        """The network that makes images: the averaged generator where there is one."""
        return self.generator if self.ema_generator is None else self.ema_generator

    def take_with_labels(self, data: Data) -> tuple[Tensor, Tensor | None]:
        """What the model takes of a batch, and its labels, or None where there are no classes."""
        return self.take(data) if self.num_classes is not None else (self.take(data), None)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        return self.sampler(inputs, training=training)

    def sample_latents(self, count: int | Tensor) -> Tensor:
        """Draws training latents: a standard normal tensor of shape `(count, latent_dim)`."""
        return self.prior.sample(count, self.seed_generator)
