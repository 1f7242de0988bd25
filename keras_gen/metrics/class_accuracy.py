from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_gen.metrics.feature_metric import FeatureMetric
from keras_gen.types import ArrayLike, ExtractorLike

if TYPE_CHECKING:
    from keras_gen.metrics.feature_extractor import Embedding
    from keras_gen.metrics.reference_statistics import ReferenceStatistics


@keras.saving.register_keras_serializable(package="keras_gen")
class ClassAccuracy(FeatureMetric):
    """Share of images in which a classifier sees the class that was asked for.

    For models that make images of given classes. The classifier's own accuracy on real images is
    what a perfect generator would get. It says nothing of diversity: one good image a class, again
    and again, gets 1.

    A host metric, for callbacks and loops (see `FeatureMetric`). It looks at generated images
    alone, and only at those that come with labels.

    Args:
        feature_extractor: A classifier of the labels' classes: a Keras model, `FeatureExtractor`,
            preset name or folder; see `get_feature_extractor`.
        name: Name of the metric; that of the worst class is `"worst_"` + `name`.

    Example:

    >>> logits = keras.Sequential([keras.Input((1, 2, 1)), keras.layers.Flatten()])
    >>> metric = ClassAccuracy(logits)
    >>> left, right = [[[1.0], [-1.0]]], [[[-1.0], [1.0]]]  # of classes 0 and 1
    >>> metric.update_generated(np.array([left, left, right, right]), labels=[0, 0, 1, 0])
    >>> metric.result()["worst_class_accuracy"]  # of the three images asked to be 0
    0.6666666666666666
    """

    def __init__(self, feature_extractor: ExtractorLike, name: str = "class_accuracy") -> None:
        super().__init__(feature_extractor, name=name)

    @property
    def names(self) -> tuple[str, ...]:
        return self.name, f"worst_{self.name}"

    @property
    def least_counts(self) -> tuple[int, int]:
        return 0, 1

    def new_side(self) -> Any:
        return _Hits()

    def update_real(self, images: ArrayLike) -> None:
        """Does nothing: the score is of generated images alone."""

    def add_real(self, embedding: Embedding) -> None:
        """Does nothing: the score is of generated images alone."""

    def set_reference(self, statistics: ReferenceStatistics) -> None:
        """Does nothing: the score is of generated images alone."""

    def update_generated(  # type: ignore[override]
        self, images: ArrayLike, labels: ArrayLike
    ) -> None:
        """Adds generated images.

        Args:
            images: Float tensor or array `(batch, height, width, channels)`, in [-1, 1].
            labels: Integer array `(batch,)`, the classes that were asked for.
        """
        self.add_generated(self.feature_extractor(images).with_labels(labels))

    def update_state(  # type: ignore[override]
        self, real: ArrayLike, generated: ArrayLike, labels: ArrayLike
    ) -> None:
        """Adds generated images, as `update_generated`; the real ones are not looked at."""
        self.update_generated(generated, labels)

    def result(self) -> dict[str, float]:
        """Returns `{name: share of all images, "worst_" + name: least share of any class}`.

        Raises:
            ValueError: If there are no images with labels.
        """
        if not self._generated.count:
            raise ValueError(
                "ClassAccuracy needs generated images with labels. Received: 0 of them"
            )
        hits, counts = self._generated.hits, self._generated.counts
        shares = [hits[label] / count for label, count in counts.items()]
        return {
            self.name: float(sum(hits.values()) / self._generated.count),
            f"worst_{self.name}": float(min(shares)),
        }


class _Hits:
    """Numbers of images, and of those that were recognised, by class."""

    def __init__(self):
        self.hits, self.counts = {}, {}

    @property
    def count(self):
        return sum(self.counts.values())

    def update(self, embedding):
        if embedding.labels is None:
            return
        right = embedding.probabilities.argmax(axis=1) == embedding.labels
        for label in np.unique(embedding.labels).tolist():
            of_label = embedding.labels == label
            self.counts[label] = self.counts.get(label, 0) + int(of_label.sum())
            self.hits[label] = self.hits.get(label, 0) + int(right[of_label].sum())
