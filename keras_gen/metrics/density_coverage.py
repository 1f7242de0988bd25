from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from keras_gen.metrics.feature_metric import FeatureMetric
from keras_gen.metrics.feature_store import FeatureStore
from keras_gen.metrics.neighbours import distance_blocks, neighbour_radii
from keras_gen.types import Config, ExtractorLike

if TYPE_CHECKING:
    from keras_gen.metrics.reference_statistics import ReferenceStatistics


@keras.saving.register_keras_serializable(package="keras_gen")
class DensityCoverage(FeatureMetric):
    """Density and coverage, which outliers disturb less than they do precision and recall.

    Density counts how many real balls hold a generated image, over `k`: about 1 for the real
    distribution itself, more where samples crowd the densest parts. Coverage is the share of real
    balls that hold a generated image; for the real distribution it is about `1 - 2^-k`.

    A host metric, for callbacks and loops (see `FeatureMetric`). It keeps all features (see
    `FeatureStore`), and takes time with the product of the counts.

    Args:
        feature_extractor: A Keras model, `FeatureExtractor`, preset name or folder, or
            `"inception_v3"`; see `get_feature_extractor`.
        k: Which neighbour a real image's ball reaches to. Defaults to 5.
        name: Name of the metric.

    Example:

    >>> import numpy as np
    >>> extractor = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    >>> images = np.random.default_rng(0).uniform(-1, 1, (50, 2, 2, 1))
    >>> metric = DensityCoverage(extractor)
    >>> metric.update_state(images, images)
    >>> metric.result()["coverage"]
    1.0

    Reference: Naeem et al., 2020, Reliable Fidelity and Diversity Metrics for Generative Models,
    https://arxiv.org/abs/2002.09797
    """

    def __init__(
        self, feature_extractor: ExtractorLike, k: int = 5, name: str = "density_coverage"
    ) -> None:
        self.k = k
        super().__init__(feature_extractor, name=name)

    @property
    def names(self) -> tuple[str, ...]:
        return "density", "coverage"

    @property
    def least_counts(self) -> tuple[int, int]:
        return self.k + 1, 1

    def new_side(self) -> Any:
        return FeatureStore()

    def reference_side(self, statistics: ReferenceStatistics) -> Any:
        return FeatureStore(statistics.features)

    def result(self) -> dict[str, float]:
        """Returns `{"density": float of 0 or more, "coverage": float in [0, 1]}`.

        Raises:
            ValueError: If there are `k` real images or fewer, or no generated ones.
        """
        self.check_counts(1)
        real, generated = self._real, self._generated
        density, coverage = density_coverage(
            real.features, generated.features, self.k, real.radii(self.k)
        )
        return {"density": density, "coverage": coverage}

    def get_config(self) -> Config:
        return super().get_config() | {"k": self.k}


def density_coverage(real, generated, k=5, real_radii=None):
    """Density and coverage of feature vectors.

    Args:
        real: Float array `(n, dim)`.
        generated: Float array `(m, dim)`.
        k: Integer below `n`: which neighbour a ball reaches to.
        real_radii: Float array `(n,)`, what `neighbour_radii` gives of `real`, where it is known already.

    Returns:
        Two floats: density, 0 or more, and coverage, in [0, 1].

    Example:

    >>> import numpy as np
    >>> real, generated = np.array([[0.0], [1.0], [3.0]]), np.array([[1.5], [9.0]])
    >>> density, coverage = density_coverage(real, generated, k=1)
    >>> density, round(coverage, 4)  # 1.5 is in the balls around 1 and 3, 9 in none
    (1.0, 0.6667)
    """
    radii = neighbour_radii(real, k) if real_radii is None else real_radii
    inside, covered = 0, 0
    for part, distances in distance_blocks(real, generated):
        hits = distances <= radii[part, None]
        inside += hits.sum()
        covered += hits.any(axis=1).sum()
    return float(inside / (k * len(generated))), float(covered / len(real))
