from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_gen.metrics.feature_metric import FeatureMetric
from keras_gen.metrics.feature_store import FeatureStore
from keras_gen.metrics.neighbours import distance_blocks, neighbour_radii
from keras_gen.types import Config, ExtractorLike

if TYPE_CHECKING:
    from keras_gen.metrics.reference_statistics import ReferenceStatistics


@keras.saving.register_keras_serializable(package="keras_gen")
class PrecisionRecall(FeatureMetric):
    """Improved precision and recall: how real samples look, and how much of the data they cover.

    Precision is the share of generated images that lie within the real manifold; recall is the
    share of real images that lie within the generated one. A manifold is the union of balls, one
    around each sample, that reach to its `k`-th nearest neighbour. Both depend on the number of
    samples: compare scores with equal counts.

    A host metric, for callbacks and loops (see `FeatureMetric`). It keeps all features (see
    `FeatureStore`), and takes time with the product of the counts.

    Args:
        feature_extractor: A Keras model, `FeatureExtractor`, preset name or folder, or
            `"inception_v3"`; see `get_feature_extractor`.
        k: Which neighbour a ball reaches to. Defaults to 3.
        name: Name of the metric.

    Example:

    >>> extractor = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    >>> images = np.random.default_rng(0).uniform(-1, 1, (50, 2, 2, 1))
    >>> metric = PrecisionRecall(extractor)
    >>> metric.update_state(images, np.repeat(images[:1], 50, axis=0))  # one mode, copied
    >>> metric.result()
    {'precision': 1.0, 'recall': 0.02}

    Reference: Kynkäänniemi et al., 2019, Improved Precision and Recall Metric for Assessing
    Generative Models, https://arxiv.org/abs/1904.06991
    """

    def __init__(
        self, feature_extractor: ExtractorLike, k: int = 3, name: str = "precision_recall"
    ) -> None:
        self.k = k
        super().__init__(feature_extractor, name=name)

    @property
    def names(self) -> tuple[str, ...]:
        return "precision", "recall"

    @property
    def least_counts(self) -> tuple[int, int]:
        return self.k + 1, self.k + 1

    def new_side(self) -> Any:
        return FeatureStore()

    def reference_side(self, statistics: ReferenceStatistics) -> Any:
        return FeatureStore(statistics.features)

    def result(self) -> dict[str, float]:
        """Returns `{"precision": float, "recall": float}`, each in [0, 1].

        Raises:
            ValueError: If either side has `k` samples or fewer.
        """
        self.check_counts(self.k + 1)
        real, generated = self._real, self._generated
        precision, recall = precision_recall(
            real.features, generated.features, self.k, real.radii(self.k)
        )
        return {"precision": precision, "recall": recall}

    def get_config(self) -> Config:
        return super().get_config() | {"k": self.k}


def precision_recall(real, generated, k=3, real_radii=None):
    """Improved precision and recall of feature vectors.

    Args:
        real: Float array `(n, dim)`.
        generated: Float array `(m, dim)`.
        k: Integer below `n` and `m`: which neighbour a ball reaches to.
        real_radii: Float array `(n,)`, what `neighbour_radii` gives of `real`, where it is known already.

    Returns:
        Two floats in [0, 1]: precision and recall.

    Example:

    >>> real, generated = np.array([[0.0], [1.0], [2.0]]), np.array([[1.5], [9.0]])
    >>> precision_recall(real, generated, k=1)  # 9 is far off; generated balls reach everywhere
    (0.5, 1.0)
    """
    real_radii = neighbour_radii(real, k) if real_radii is None else real_radii
    generated_radii = neighbour_radii(generated, k)
    precise = np.zeros(len(generated), dtype=bool)
    recalled = np.zeros(len(real), dtype=bool)
    for part, distances in distance_blocks(real, generated):
        precise |= (distances <= real_radii[part, None]).any(axis=0)
        recalled[part] = (distances <= generated_radii).any(axis=1)
    return float(precise.mean()), float(recalled.mean())
