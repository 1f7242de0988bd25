from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, replace

import keras
import numpy as np

from keras_gen import presets
from keras_gen.metrics.images import adapt_channels, as_images, resize_images
from keras_gen.types import Array, ArrayLike, ExtractorLike, Shape

DATASET_CLASSIFIERS = {
    "digits": "classifier_digits",
    "emoji": "classifier_emoji",
    "fashion_mnist": "classifier_fashion_mnist",
    "fluent_emoji": "classifier_imagenet_lite0",
    "mnist": "classifier_mnist_10k",
    "mnist_10k": "classifier_mnist_10k",
}
# What tells colour pictures apart that have at least so many pixels a side.
_COLOUR, _COLOUR_SIDE = "classifier_imagenet_lite0", 64


@dataclass(frozen=True)
class Embedding:
    """What a feature extractor says of a batch of images.

    Attributes:
        features: Float32 array `(batch, dim)`.
        probabilities: Float64 array `(batch, classes)`, rows summing to 1.
        labels: Integer array `(batch,)`, the classes that the images are of, or `None`.
    """

    features: np.ndarray
    probabilities: np.ndarray
    labels: np.ndarray | None = None

    def __len__(self):
        return len(self.features)

    def __getitem__(self, index: slice) -> Embedding:
        """Returns the embedding of the images that a slice selects."""
        labels = None if self.labels is None else self.labels[index]
        return Embedding(self.features[index], self.probabilities[index], labels)

    def with_labels(self, labels: ArrayLike | None) -> Embedding:
        """Returns the embedding with the classes that the images are of.

        Args:
            labels: Integer array `(batch,)`, or `None`.

        Raises:
            ValueError: If there is not one integer for each image.
        """
        if labels is None:
            return replace(self, labels=None)
        labels = np.asarray(labels)
        if labels.shape != (len(self),) or not np.issubdtype(labels.dtype, np.integer):
            raise ValueError(
                f"`labels` must be {len(self)} integers, one for each image. "
                f"Received: labels of shape {labels.shape} and dtype {labels.dtype}"
            )
        return replace(self, labels=labels)


class FeatureExtractor:
    """Turns images of any size into the features (and class probabilities) that scores compare.

    Images are resized (bilinear, antialiased) to the network's input, and grayscale becomes RGB or
    the reverse where the network wants it. The work is done on the host between batches, so this
    is for callbacks and evaluation, not for use inside a compiled step.

    Args:
        model: Keras model from images `(batch, height, width, channels)` in [-1, 1] to class
            scores or to features. A model with another range starts with a rescaling layer.
        name: Name that appears in every score. Defaults to the model's.
        feature_layer: Name of the layer whose output is the features. Defaults to `"features"`
            where the model has such a layer, and to the model's output otherwise (the output then
            serves as both features and class scores). Features with spatial axes are averaged
            over them.
        from_logits: Whether the output is logits, which get a softmax. Defaults to `True` unless
            the last layer applies a softmax itself.
        batch_size: Largest number of images sent through the network at once.

    Raises:
        ValueError: If `model` has several inputs or outputs, or no layer called `feature_layer`.

    Example:

    >>> model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten()])
    >>> extractor = FeatureExtractor(model, name="pixels")
    >>> extractor(np.zeros((2, 8, 8, 1), "float32")).features.shape
    (2, 48)
    """

    def __init__(
        self,
        model: keras.Model,
        name: str | None = None,
        feature_layer: str | None = None,
        from_logits: bool | None = None,
        batch_size: int = 128,
    ) -> None:
        self.model = model
        self.name = name or model.name
        self.batch_size = batch_size
        inputs = getattr(model, "inputs", None) or []  # none in a subclassed model
        if inputs and (len(inputs), len(model.outputs)) != (1, 1):
            raise ValueError(
                "`model` must have one input, the images, and one output. "
                f"Received: model.inputs={inputs}, model.outputs={model.outputs}"
            )
        layers = [layer.name for layer in model.layers] if inputs else []
        if feature_layer is None and "features" in layers:
            feature_layer = "features"
        if feature_layer is not None and feature_layer not in layers:
            raise ValueError(
                f"`feature_layer` must name one of the model's layers, {layers}. "
                f"Received: feature_layer={feature_layer!r}"
            )
        self.feature_layer = feature_layer
        self.from_logits = not _ends_in_softmax(model) if from_logits is None else from_logits
        self.input_shape = tuple(inputs[0].shape[1:]) if inputs else (None, None, None)
        self._network = model
        if inputs:
            features = [] if feature_layer is None else [model.get_layer(feature_layer).output]
            self._network = keras.Model(inputs[0], [*features, model.outputs[0]])

    @property
    def is_classifier(self) -> bool:
        """Whether features and class scores are two outputs, so that probabilities mean something.

        A model without a feature layer may be a classifier too; it can't be told.
        """
        return self.feature_layer is not None

    @property
    def num_classes(self) -> int | None:
        """Integer, or `None` where the network is not known to be a classifier."""
        return self.model.outputs[0].shape[-1] if self.is_classifier else None

    @property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits of weights and layer, which tell stored statistics apart."""
        digest = hashlib.sha256(f"{self.feature_layer}{self.input_shape}".encode())
        for weight in self.model.get_weights():
            digest.update(np.ascontiguousarray(weight, dtype="float32").tobytes())
        return digest.hexdigest()[:8]

    def prepare(self, images: ArrayLike) -> Array:
        """Resizes images and adapts their channels to the network's input.

        Args:
            images: Float tensor or array `(batch, height, width, 1 or 3)`, in [-1, 1].

        Returns:
            NumPy float32 array `(batch, *input_shape)`.
        """
        images = as_images(images)
        height, width, channels = self.input_shape
        images = images if channels is None else adapt_channels(images, channels)
        return resize_images(images, (height or images.shape[1], width or images.shape[2]))

    def __call__(self, images: ArrayLike) -> Embedding:
        """Computes an `Embedding`.

        Args:
            images: Float tensor or array `(batch, height, width, 1 or 3)`, in [-1, 1].

        Returns:
            `Embedding` of NumPy arrays.
        """
        images = self.prepare(images)
        parts = [
            self._embed(images[i : i + self.batch_size])
            for i in range(0, len(images), self.batch_size)
        ]
        return Embedding(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.probabilities for part in parts]),
        )

    def _embed(self, images):
        outputs = self._network.predict_on_batch(images)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        features, scores = _flatten(outputs[0]), _flatten(outputs[-1]).astype("float64")
        return Embedding(features, _softmax(scores) if self.from_logits else scores)


def get_feature_extractor(identifier: ExtractorLike) -> FeatureExtractor:
    """Makes a `FeatureExtractor` from whatever a metric was given.

    Args:
        identifier: A `FeatureExtractor`; a Keras model; the folder or name of a preset; or
            `"inception_v3"`, which is `keras.applications.InceptionV3` with its ImageNet weights
            (downloaded on first use) and the 2,048 features of its last average pooling.

            Scores with `"inception_v3"` are **not** those that papers print. Papers use the
            Inception graph that TensorFlow published in 2015, with other weights (1,008 class
            outputs, where Keras's have 1,000), other preprocessing, and a resize that is not
            antialiased and whose pixel centres are shifted. Compare such scores only with ones
            computed here.

    Returns:
        A `FeatureExtractor`.

    Raises:
        ValueError: If a name is not known.
        TypeError: If `identifier` is none of these.

    Reference: Szegedy et al., 2016, Rethinking the Inception Architecture for Computer Vision,
    https://arxiv.org/abs/1512.00567
    """
    if isinstance(identifier, FeatureExtractor):
        return identifier
    if isinstance(identifier, keras.Model):
        return FeatureExtractor(identifier)
    if identifier == "inception_v3":
        model = keras.applications.InceptionV3(weights="imagenet")
        return FeatureExtractor(model, name="inception_v3", feature_layer="avg_pool")
    if isinstance(identifier, str | os.PathLike):
        return _from_preset(os.fspath(identifier))
    raise TypeError(
        "`feature_extractor` must be a Keras model, a FeatureExtractor, a preset's name or folder, "
        f"or 'inception_v3'. Received: feature_extractor={identifier!r}"
    )


def dataset_classifier(dataset):
    """Names the classifier preset that was trained on a data set, or returns `None`.

    Args:
        dataset: String, the name of a data set, perhaps with config and version, or a folder.
    """
    return DATASET_CLASSIFIERS.get(re.split("[/:]", dataset)[0])


def default_feature_extractor(dataset: str, shape: Shape | None = None) -> str:
    """Names the extractor that a data set's images are scored with, if nothing else is said.

    Args:
        dataset: String, the name of a data set, perhaps with config and version, or a folder.
        shape: Tuple `(height, width, channels)` of the images, where it is known.

    Returns:
        String, which `get_feature_extractor` takes: a classifier preset trained on that data set, or on
        a part of it, where there is one; `"classifier_imagenet_lite0"` for colour images whose sides are
        at least 64; and `"inception_v3"` otherwise.

    Example:

    >>> default_feature_extractor("fashion_mnist"), default_feature_extractor("photos/cats")
    ('classifier_fashion_mnist', 'inception_v3')
    >>> default_feature_extractor("photos/cats", (64, 64, 3))
    'classifier_imagenet_lite0'
    """
    found = dataset_classifier(dataset)
    if found is None and shape is not None and shape[-1] == 3:
        large = all(side is not None and side >= _COLOUR_SIDE for side in shape[:2])
        found = _COLOUR if large else None
    return found or "inception_v3"


def feature_extractor_config(identifier):
    """Returns the config entry of a metric's extractor: only a name or folder can be put in one.

    Raises:
        ValueError: If the extractor was given as a model, whose weights no config holds.
    """
    if isinstance(identifier, str | os.PathLike):
        return os.fspath(identifier)
    raise ValueError(
        "A metric's config cannot hold its feature extractor's weights. Give the extractor as a "
        f"preset's name or folder. Received: feature_extractor={identifier!r}"
    )


def _from_preset(preset):
    """Loads a classifier preset; `classifier_digits` is named "digits classifier" in scores."""
    name = os.path.basename(os.path.normpath(preset))
    if name.startswith("classifier_"):
        name = name.removeprefix("classifier_") + " classifier"
    try:
        model = presets.from_preset(preset)
    except FileNotFoundError as error:
        raise ValueError(
            "`feature_extractor` must be 'inception_v3', or the name or folder of a preset. "
            f"Received: feature_extractor={preset!r} ({error})"
        ) from error
    return FeatureExtractor(model, name=name)


def _ends_in_softmax(model):
    last = model
    while isinstance(last, keras.Model):  # A classifier may be wrapped in another, which rescales.
        parts = getattr(last, "operations", None) or last.layers  # Bare operations among them.
        if not parts:
            return False
        last = parts[-1]
    softmax = type(last).__name__ == "Softmax"  # the layer, or `keras.ops.softmax`
    return softmax or getattr(last, "activation", None) is keras.activations.softmax


def _flatten(outputs):
    """A float32 array `(batch, dim)`: spatial axes are averaged over."""
    outputs = np.asarray(outputs, dtype="float32")
    if outputs.ndim < 2:
        raise ValueError(
            "The feature extractor must return (batch, dim) or (batch, height, width, dim). "
            f"Received: outputs.shape={outputs.shape}"
        )
    return outputs.mean(axis=tuple(range(1, outputs.ndim - 1)))


def _softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
