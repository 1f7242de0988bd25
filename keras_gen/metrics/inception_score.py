from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_gen.metrics.feature_metric import FeatureMetric
from keras_gen.types import ArrayLike, Config, ExtractorLike

if TYPE_CHECKING:
    from keras_gen.metrics.feature_extractor import Embedding
    from keras_gen.metrics.reference_statistics import ReferenceStatistics


@keras.saving.register_keras_serializable(package="keras_gen")
class InceptionScore(FeatureMetric):
    """Exponential of the mean divergence between an image's class probabilities and their average.

    From 1 (every image gets the same prediction) to the number of classes (sure predictions,
    spread evenly). It looks at generated images alone, and at nothing but their classes: higher is
    better only where the images are of the classifier's kind. Judge it beside the score that real
    images get.

    A host metric, for callbacks and loops (see `FeatureMetric`). Image `i` counts towards split
    `i mod splits`, so that memory does not grow with the number of images and images sorted by
    class are spread over the splits.

    Args:
        feature_extractor: A classifier: a Keras model, `FeatureExtractor`, preset name or folder,
            or `"inception_v3"`; see `get_feature_extractor`.
        splits: Number of parts that the images are scored in. Defaults to 10.
        name: Name of the metric; the deviation's is `name` + `"_std"`.

    Example:

    >>> logits = keras.Sequential([keras.Input((1, 2, 1)), keras.layers.Flatten()])
    >>> logits.add(keras.layers.Rescaling(50.0))
    >>> metric = InceptionScore(logits, splits=1)
    >>> metric.update_generated([[[[1.0], [-1.0]]], [[[-1.0], [1.0]]]])  # sure, of two classes
    >>> round(metric.result()["inception_score"], 4)
    2.0

    Reference: Salimans et al., 2016, Improved Techniques for Training GANs,
    https://arxiv.org/abs/1606.03498
    """

    def __init__(
        self, feature_extractor: ExtractorLike, splits: int = 10, name: str = "inception_score"
    ) -> None:
        if splits < 1:
            raise ValueError(f"`splits` must be 1 or more. Received: splits={splits}")
        self.splits = splits
        super().__init__(feature_extractor, name=name)

    @property
    def names(self) -> tuple[str, ...]:
        return self.name, f"{self.name}_std"

    @property
    def least_counts(self) -> tuple[int, int]:
        return 0, self.splits

    def new_side(self) -> Any:
        return _SplitSums(self.splits)

    def update_real(self, images: ArrayLike) -> None:
        """Does nothing: the score is of generated images alone."""

    def add_real(self, embedding: Embedding) -> None:
        """Does nothing: the score is of generated images alone."""

    def set_reference(self, statistics: ReferenceStatistics) -> None:
        """Does nothing: the score is of generated images alone."""

    def result(self) -> dict[str, float]:
        """Returns `{name: mean, name_std: standard deviation}` over the splits.

        Raises:
            ValueError: If there are fewer images than splits.
        """
        if self._generated.count < self.splits:
            raise ValueError(
                f"InceptionScore needs one image or more for each of its {self.splits} splits. "
                f"Received: {self._generated.count} generated images"
            )
        scores = self._generated.scores()
        return {self.name: float(np.mean(scores)), f"{self.name}_std": float(np.std(scores))}

    def get_config(self) -> Config:
        return super().get_config() | {"splits": self.splits}


def inception_score(probabilities, splits=10):
    """Mean and standard deviation of the Inception Score over splits.

    Args:
        probabilities: Float array `(n, classes)`, rows summing to 1.
        splits: Number of splits; row `i` goes to split `i mod splits`.

    Returns:
        Two floats: the mean, and the standard deviation over the splits (divided by their number).

    Example:

    >>> inception_score(np.eye(4), splits=1)
    (4.0, 0.0)
    """
    sums = _SplitSums(splits)
    sums.update_probabilities(probabilities)
    return float(np.mean(sums.scores())), float(np.std(sums.scores()))


class _SplitSums:
    """Per split: the number of images, the sum of probabilities, and the sum of `p log p`."""

    def __init__(self, splits):
        self.count = 0
        self._counts = np.zeros(splits)
        self._probabilities = None
        self._negative_entropies = np.zeros(splits)

    def update(self, embedding):
        self.update_probabilities(embedding.probabilities)

    def update_probabilities(self, probabilities):
        probabilities = np.asarray(probabilities, "float64")
        splits = len(self._counts)
        if self._probabilities is None:
            self._probabilities = np.zeros((splits, probabilities.shape[1]))
        index = (self.count + np.arange(len(probabilities))) % splits
        np.add.at(self._counts, index, 1)
        np.add.at(self._probabilities, index, probabilities)
        np.add.at(self._negative_entropies, index, _sum_p_log_p(probabilities))
        self.count += len(probabilities)

    def scores(self):
        marginals = self._probabilities / self._counts[:, None]
        return np.exp(self._negative_entropies / self._counts - _sum_p_log_p(marginals))


def _sum_p_log_p(probabilities):
    # 0 log 0 is 0.
    return (probabilities * np.log(np.where(probabilities > 0, probabilities, 1.0))).sum(axis=1)
