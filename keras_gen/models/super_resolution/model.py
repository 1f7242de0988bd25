"""Images to larger ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_gen.backend import predict
from keras_gen.checks import check_non_negative
from keras_gen.core.adversary import Adversary
from keras_gen.core.networks import check_network
from keras_gen.modalities import spec_of
from keras_gen.modalities.images import fit
from keras_gen.models.paired_translator import PairedTranslator
from keras_gen.types import (
    Array,
    ArrayLike,
    Augmentation,
    Data,
    LossLike,
    Optimizer,
    Spec,
    Tensor,
)


@keras.saving.register_keras_serializable(package="keras_gen")
class SuperResolution(PairedTranslator):
    """Super-resolution: makes images larger, having seen large ones and what was made small of them.

    By itself the generator learns to come near the targets (EDSR): sharp where the small image says what
    is there, smooth where it does not. With a discriminator (SRGAN) it is trained against that, too: a step
    makes the outputs once, updates the discriminator on targets against outputs, then the generator on the
    distance plus `adversarial_weight` times the adversarial loss; details are then made up, and the
    distance grows.

    `fit` takes `(inputs, targets)` or `{"input": inputs, "target": targets}`: float32 of shape
    `(batch, height, width, channels)` in [-1, 1], the targets `factor` times as high and as wide;
    `keras_gen.data.super_resolution` makes them. It logs `generator_loss` and its part
    `reconstruction_loss`, with a discriminator `discriminator_loss` and `adversarial_loss`, too.
    `evaluate` on pairs gives `l1` (mean absolute difference in [-1, 1]), `psnr` (decibels) and `ssim`.

    Args:
        generator: Built `keras.Model`, images to images of as many channels whose sides are a whole number
            of times as long: `keras_gen.networks.edsr_generator`. Of `(None, None, channels)` it takes any
            size.
        discriminator: Built `keras.Model`, images of the targets' size to logits, or None.
        adversarial_weight: Number from 0 up, the weight of the adversarial loss where the distance has 1.
            The default is ESRGAN's.
        reconstruction: `"l1"`, `"l2"`, `"charbonnier"`, or a callable `(targets, outputs) -> scalar`, a
            `keras_gen.metrics.PerceptualDistance` say: the distance.
        ema_decay: Float in [0, 1) or None. With a decay (0.999, say) the model keeps an exponential
            moving average of the generator's weights, which `translate` and `predict` use.
        name: String or None.

    Attributes:
        factor: Integer, how many times larger the outputs are.

    Raises:
        ValueError: If a network is not built, or the shapes do not fit.

    Example:
    >>> import keras_gen
    >>> model = keras_gen.SuperResolution(
    ...     keras_gen.networks.edsr_generator((None, None, 3), factor=2, base_filters=4, blocks=1)
    ... )
    >>> model.compile()
    >>> inputs, targets = keras.ops.zeros((2, 8, 8, 3)), keras.ops.zeros((2, 16, 16, 3))
    >>> history = model.fit(inputs, targets, verbose=0)
    >>> model.factor, model.translate(keras.ops.zeros((1, 5, 7, 3))).shape
    (2, (1, 10, 14, 3))

    Reference: Lim et al., 2017 (EDSR), https://arxiv.org/abs/1707.02921; Ledig et al., 2017 (SRGAN),
    https://arxiv.org/abs/1609.04802; Wang et al., 2018 (ESRGAN), https://arxiv.org/abs/1809.00219
    """

    call_in_words = "larger = model.translate(images)  # float32 in [-1, 1]"
    report_options = ("target",)
    baseline_in_words = "bicubic"
    parts_in_words = "networks, and average where one is kept"

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model | None = None,
        adversarial_weight: float = 5e-3,
        reconstruction: str | Callable[[Tensor, Tensor], Tensor] = "l1",
        ema_decay: float | None = None,
        name: str | None = None,
    ) -> None:
        check_non_negative("adversarial_weight", adversarial_weight)
        (input_shape,), (image_shape,) = check_network("generator", generator, [None], [None])
        factor = _factor_of(generator, input_shape)
        if discriminator is not None:
            check_network("discriminator", discriminator, [image_shape])
        super().__init__(generator, discriminator, reconstruction, ema_decay, name=name)
        self.adversarial_weight = adversarial_weight
        self.input_image_shape, self.image_shape = input_shape, image_shape
        self.factor = factor

    @property
    def takes(self) -> dict[str, Spec]:
        return {"input": spec_of(self.input_image_shape), "target": spec_of(self.image_shape)}

    def take(self, data: Data) -> Any:
        inputs, targets = super().take(data)
        sizes = [tuple(part.shape[1:3]) for part in (inputs, targets)]
        if any(
            None not in pair and pair[1] != self.factor * pair[0]
            for pair in zip(*sizes, strict=True)
        ):
            raise ValueError(
                f"Targets must have a shape {self.factor} times as high and as wide as their inputs'. "
                f"Received: inputs of {sizes[0]}, targets of {sizes[1]}"
            )
        return inputs, targets

    def judged(self, inputs: Tensor) -> Callable[[Tensor], Tensor]:
        """The discriminator sees images by themselves."""
        return lambda images: images

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
            generator_optimizer: Keras optimizer or its name. Defaults to the papers' Adam(1e-4).
            discriminator_optimizer: Likewise, an optimizer of its own, where there is a discriminator.
            loss: Name of an adversarial loss, or an object, as in `GAN.compile`: `"relativistic"` is
                nearest to ESRGAN's.
            r1_weight: Number from 0 up, the weight of the R1 penalty on targets.
            r2_weight: Number from 0 up, the weight of the R2 penalty on outputs.
            penalties_every: Integer, as in `GAN.compile`.
            augmentation: Keras layer or None, as in `GAN.compile`, of targets and outputs.
            optimizer: Another name of `generator_optimizer`, for a model without a discriminator.
            **trainer_options: `run_eagerly`, `steps_per_execution`, `jit_compile`, as in
                `keras.Model.compile`.

        Raises:
            ValueError: If there is an optimizer for a discriminator that there is not, or two for the
                generator.
        """
        generator_optimizer = self.optimizer_of_generator(
            generator_optimizer, discriminator_optimizer, optimizer
        )
        self.build_distance()
        self.compile_adversarial(
            Adversary(loss, r1_weight, r2_weight, penalties_every, augmentation),
            generator_optimizer or keras.optimizers.Adam(1e-4),
            discriminator_optimizer or keras.optimizers.Adam(1e-4),
            {},
            trainer_options,
        )

    def translate(self, images: ArrayLike, batch_size: int = 16) -> Array:
        """Makes images `factor` times as large.

        Args:
            images: Float array of shape `(n, height, width, channels)` in [-1, 1].
            batch_size: Integer, how many images are enlarged at a time.

        Returns:
            Float32 NumPy array `(n, factor * height, factor * width, channels)` in [-1, 1].

        Raises:
            ValueError: If the images have another shape than the generator takes.
        """
        taken = self.takes["input"].take("`images`", images)
        return predict(self.sampler, taken, batch_size)

    @property
    def enlarges(self) -> int:  # type: ignore[override]
        """The `factor`: inputs are made of the targets."""
        return self.factor

    def copied(self, inputs: Array, targets: Array) -> Array:
        """The inputs enlarged by bicubic interpolation, which a model has to surpass."""
        return np.clip(fit.resize(np.asarray(inputs, "float32"), targets.shape[1:3]), -1.0, 1.0)

    def shown(self, inputs: Array, targets: Array) -> Array:
        return self.copied(inputs, targets)


def _factor_of(generator, shape):
    """How many times larger a generator's outputs are, by what it makes of a stand-in.

    Raises:
        ValueError: If they are not a whole number of times larger, the same along both sides.
    """
    size = tuple(24 if side is None else side for side in shape[:2])
    stand_in = keras.KerasTensor((1, *size, *shape[2:]))
    made = tuple(generator.compute_output_spec(stand_in).shape[1:])
    times = {made[axis] / size[axis] for axis in (0, 1)} if len(made) == len(shape) == 3 else set()
    factor = int(next(iter(times), 0))
    if len(times) != 1 or factor < 1 or times != {factor} or made[-1] != shape[-1]:
        raise ValueError(
            "`generator` must give images of as many channels, whose height and width are the same whole "
            f"number of times the inputs'. Received: generator={generator.name!r}, which makes {made} of "
            f"{(*size, *shape[2:])}"
        )
    return factor
