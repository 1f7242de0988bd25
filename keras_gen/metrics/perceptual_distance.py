from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import keras
from keras import ops

from keras_gen import losses, presets
from keras_gen.frozen import frozen_part
from keras_gen.metrics.feature_extractor import feature_extractor_config, get_feature_extractor
from keras_gen.types import Config, ExtractorLike, Tensor

DEFAULT = "classifier_imagenet_lite0"
LEAST_SIDE = 32  # of images, so that the smallest map is of 2 x 2
STAGES = ("stage_1", "stage_2", "stage_3", "stage_4", "stage_5")


@keras.saving.register_keras_serializable(package="keras_gen")
class PerceptualDistance(losses.NetworkDistance):
    """How different images look to a classifier: a distance between its maps, as a score or a loss.

    Of each layer's map the features of a place are scaled to length 1; the distance is the squared
    difference of two such vectors, averaged over places and layers. It is LPIPS without the weights that
    LPIPS learnt from people's judgements, and with another network, so that its values compare with each
    other alone. It is differentiable in the images, and `Pix2Pix(reconstruction=...)` takes it.

    Args:
        features: What `get_feature_extractor` takes, of colour images: name or folder of a preset, say. A file
            can name a preset that comes with the package alone: with others a model can be trained, and not
            saved.
        layers: Names of the layers whose maps are compared. Defaults to the first five stages of
            `classifier_imagenet_lite0`, which halve the size up to four times.
        pixel_weight: Number from 0 up, the weight of `losses.l1`, which is added. Defaults to 0.

    Raises:
        ValueError: If `pixel_weight` is below 0, or, by `build` or the first call, if there is no such
            preset or layer.

    Example:

    >>> import numpy as np
    >>> distance = PerceptualDistance()
    >>> images = np.zeros((2, 32, 32, 3), "float32")
    >>> float(distance(images, images)), float(distance(images, images + 0.5)) > 0.01
    (0.0, True)

    Reference: Zhang et al., 2018, The Unreasonable Effectiveness of Deep Features as a Perceptual Metric,
    https://arxiv.org/abs/1801.03924; as a loss: Johnson et al., 2016, https://arxiv.org/abs/1603.08155
    """

    def __init__(
        self,
        features: ExtractorLike = DEFAULT,
        layers: Sequence[str] = STAGES,
        pixel_weight: float = 0.0,
    ) -> None:
        if isinstance(layers, str) or not layers:
            raise ValueError(
                f"`layers` must be names of layers, one at least. Received: layers={layers!r}"
            )
        if not pixel_weight >= 0:
            raise ValueError(
                f"`pixel_weight` must be a number from 0 up. Received: pixel_weight={pixel_weight!r}"
            )
        self.features = features
        self.layers = tuple(layers)
        self.pixel_weight = float(pixel_weight)
        self._network: Any = None

    def build(self) -> None:
        if self._network is None:
            classifier = get_feature_extractor(self.features).model
            shape = (None, None, classifier.inputs[0].shape[-1])
            self._network = frozen_part(classifier, self.layers, shape)

    def __call__(self, targets: Tensor, outputs: Tensor) -> Tensor:
        """Compares two batches of images.

        Args:
            targets: Float tensor `(batch, height, width, channels)` in [-1, 1], of 1 or 3 channels and with
                sides of at least 32.
            outputs: The same, as many.

        Returns:
            Scalar float32 tensor, from 0 up; without the pixels' part at most 4.
        """
        distance = self.between(self.maps(targets), self.maps(outputs))
        if self.pixel_weight:
            distance = distance + self.pixel_weight * losses.l1(targets, outputs)
        return distance

    def between(self, first: Sequence[Tensor], second: Sequence[Tensor]) -> Tensor:
        """The distance of two batches by their `maps`, without the pixels' part: a scalar float32 tensor."""
        pairs = zip(first, second, strict=True)
        return ops.mean(ops.stack([ops.mean(ops.sum((a - b) ** 2, axis=-1)) for a, b in pairs]))

    def maps(self, images: Tensor) -> list[Tensor]:
        """What is compared of a batch of images: of each layer its map, features scaled to length 1.

        Args:
            images: As in `__call__`.

        Returns:
            List of float32 tensors `(batch, rows, columns, depth)`.
        """
        self.build()
        images = ops.cast(images, "float32")
        if images.shape[-1] == 1:
            images = ops.repeat(images, 3, axis=-1)
        maps = self._network(images, training=False)
        return [_unit(each) for each in (maps if isinstance(maps, (list, tuple)) else [maps])]

    def get_config(self) -> Config:
        features = feature_extractor_config(self.features)
        if features not in presets.list_presets():
            raise ValueError(
                "`features` must be the name of a preset that comes with the package for a model to be saved, "
                f"since its file names no other place. Received: features={features!r}"
            )
        return {
            "features": features,
            "layers": list(self.layers),
            "pixel_weight": self.pixel_weight,
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        # A file names no place that something is fetched from.
        if config.get("features", DEFAULT) not in presets.list_presets():
            raise ValueError(
                "`features` in a file must be the name of a preset that comes with the package. "
                f"Received: features={config['features']!r}"
            )
        return cls(**config)


def _unit(maps):
    """Features of a place scaled to length 1; where there are none they stay 0."""
    return maps / ops.sqrt(ops.sum(maps**2, axis=-1, keepdims=True) + 1e-6)
