from collections.abc import Sequence
from typing import Any, Self

import keras
from keras import ops

from keras_gen.backend import sum_over_replicas
from keras_gen.layers.diff_augment import DiffAugment
from keras_gen.types import Config, Tensor

# Of the running mean of signs: four batches or so, as the paper looks at.
_MEMORY = 0.75

# Losses whose scores are not above 0 just for what is taken to be real.
UNSIGNED = ("least_squares", "wasserstein", "relativistic")


@keras.saving.register_keras_serializable(package="keras_gen")
class AdaptiveAugment(DiffAugment):
    """`DiffAugment` of a share of images that grows while the discriminator learns them by heart.

    A discriminator that knows its real images scores nearly all of them above 0. After each of its updates
    the share moves up by a little where the mean sign of real images' scores is above `target`, else down.
    With much data it stays near 0, with little it settles where the discriminator generalises. The losses it
    goes with have scores whose sign means something: `"non_saturating"`, `"minimax"` and `"hinge"`.

    Args:
        operations: As in `DiffAugment`.
        target: Number in (0, 1), the mean sign that is aimed at.
        images: Integer above 0, the real images seen in which the share may go from 0 to 1.
        seed: Integer or None, which draws one.
        **kwargs: `name`, `dtype` and the like, as for every Keras layer.

    Call arguments:
        inputs: As in `DiffAugment`.
        training: Boolean. Defaults to True.

    Returns:
        Tensor of that shape.

    Raises:
        ValueError: If there is no such operation, or a number is out of range.

    Example:

    >>> layer = AdaptiveAugment("flip", images=100)
    >>> for _ in range(10):
    ...     layer.observe(keras.ops.ones((10, 1)))  # all ten images known
    >>> 0.0 < float(layer.probability) <= 1.0
    True

    Reference: Karras et al., 2020, Training Generative Adversarial Networks with Limited Data,
    https://arxiv.org/abs/2006.06676
    """

    def __init__(
        self,
        operations: str | Sequence[str] = ("color", "translation", "cutout"),
        target: float = 0.6,
        images: int = 500_000,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(operations, 0.0, seed, **kwargs)
        if isinstance(target, bool) or not isinstance(target, (int, float)) or not 0 < target < 1:
            raise ValueError(f"`target` must be a number in (0, 1). Received: target={target!r}")
        if isinstance(images, bool) or not isinstance(images, int) or images < 1:
            raise ValueError(f"`images` must be an integer above 0. Received: images={images!r}")
        self.target = target
        self.images = images
        self.known = self.add_weight(
            shape=(),
            initializer="zeros",
            trainable=False,
            dtype="float32",
            autocast=False,
            aggregation="only_first_replica",
            name="known",
        )

    def observe(self, real_logits: Tensor) -> None:
        """Moves the share of images by what a discriminator said of a batch of real ones.

        Replicas move together, by the images of all.

        Args:
            real_logits: Float tensor `(batch, ...)`.
        """
        signs = ops.mean(ops.sign(ops.cast(real_logits, "float32")))
        here = ops.convert_to_tensor(ops.cast(ops.shape(real_logits)[0], "float32"))
        seen = sum_over_replicas(here)
        signs = sum_over_replicas(here * signs) / seen
        known = _MEMORY * self.known.value + (1.0 - _MEMORY) * signs
        moved = self.probability.value + ops.sign(known - self.target) * seen / self.images
        self.known.assign(known)
        self.probability.assign(ops.clip(moved, 0.0, 1.0))

    def get_config(self) -> Config:
        config = super().get_config()
        del config["probability"]
        return {**config, "target": self.target, "images": self.images}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)
