import itertools
from collections.abc import Sequence

import keras
import numpy as np

from keras_gen.metrics.feature_extractor import feature_extractor_config, get_feature_extractor
from keras_gen.metrics.paired_metric import PairedMetric
from keras_gen.types import Array, Config, ExtractorLike


@keras.saving.register_keras_serializable(package="keras_gen")
class FeatureDistance(PairedMetric):
    """Distance of two images in a network's features, for translation and reconstruction.

    The unweighted form of LPIPS: at several depths, feature vectors are scaled to length 1 at every
    position, and their squared differences are averaged over positions and added over depths. It
    has neither LPIPS's network nor its weights fitted to human judgements, so its numbers are not
    LPIPS's. 0 for equal images; lower is better.

    A host metric, for callbacks and loops (see `PairedMetric`).

    Args:
        feature_extractor: A Keras model with a layer graph, `FeatureExtractor`, preset name or
            folder, or `"inception_v3"`; see `get_feature_extractor`.
        layers: List of names of layers with outputs `(batch, height, width, channels)`. Defaults
            to the last layer at each size of feature map.
        name: Name of the metric.

    Raises:
        ValueError: If the model has no such layers.

    Example:

    >>> extractor = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3)])
    >>> images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 1))
    >>> metric = FeatureDistance(extractor)
    >>> metric.update_state(images, images)
    >>> metric.result()
    0.0

    Reference: Zhang et al., 2018, The Unreasonable Effectiveness of Deep Features as a Perceptual
    Metric, https://arxiv.org/abs/1801.03924
    """

    def __init__(
        self,
        feature_extractor: ExtractorLike,
        layers: Sequence[str] | None = None,
        name: str = "feature_distance",
    ) -> None:
        super().__init__(name=name)
        self._identifier = feature_extractor
        self.feature_extractor = get_feature_extractor(feature_extractor)
        model = self.feature_extractor.model
        self.layers = tuple(layers or _last_layer_of_each_size(model))
        if not self.layers:
            raise ValueError(
                "`feature_extractor` must have layers with outputs (batch, height, width, "
                "channels) of known size, or `layers` must name some. "
                f"Received: feature_extractor={feature_extractor!r}"
            )
        outputs = [model.get_layer(layer).output for layer in self.layers]
        self._network = keras.Model(model.inputs[0], outputs)

    def scores(self, real: Array, generated: Array) -> Array:
        return sum(
            feature_distance(a, b)
            for a, b in zip(self._maps(real), self._maps(generated), strict=True)
        )

    def _maps(self, images):
        maps = self._network.predict_on_batch(self.feature_extractor.prepare(images))
        return maps if isinstance(maps, list) else [maps]

    def get_config(self) -> Config:
        """Returns the config; only an extractor given by name or folder can be put in one."""
        config = {"feature_extractor": feature_extractor_config(self._identifier)}
        return super().get_config() | config | {"layers": list(self.layers)}


def feature_distance(real, generated, epsilon=1e-10):
    """Mean over positions of the squared distance of feature vectors scaled to length 1.

    Args:
        real: Float array `(batch, height, width, channels)`.
        generated: Float array of the same shape.
        epsilon: Added to the lengths, so that a zero vector stays zero.

    Returns:
        Float64 array `(batch,)`, in [0, 4].

    Example:

    >>> right, up = np.array([[[[3.0, 0.0]]]]), np.array([[[[0.0, 5.0]]]])
    >>> round(float(feature_distance(right, up)[0]), 4)
    2.0
    """
    real, generated = _to_unit_length(real, epsilon), _to_unit_length(generated, epsilon)
    return np.square(real - generated).sum(axis=-1).mean(axis=(1, 2))


def _to_unit_length(maps, epsilon):
    maps = np.asarray(maps, "float64")
    return maps / (np.linalg.norm(maps, axis=-1, keepdims=True) + epsilon)


def _last_layer_of_each_size(model):
    """Names of layers, from the first one with weights on: before it there are only pixels."""
    layers = list(itertools.dropwhile(lambda layer: not layer.weights, model.layers))
    last = {}
    for layer in layers:
        shape = getattr(getattr(layer, "output", None), "shape", ())
        if len(shape) == 4 and None not in shape[1:]:
            last[shape[1:3]] = layer.name
    return last.values()
