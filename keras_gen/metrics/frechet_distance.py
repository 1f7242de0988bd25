from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_gen.metrics.feature_metric import FeatureMetric
from keras_gen.metrics.feature_moments import FeatureMoments
from keras_gen.types import ExtractorLike

if TYPE_CHECKING:
    from keras_gen.metrics.reference_statistics import ReferenceStatistics


@keras.saving.register_keras_serializable(package="keras_gen")
class FrechetDistance(FeatureMetric):
    """Fréchet distance between Gaussians fitted to real and generated features (FID).

    The published FID is this with the features of the 2015 Inception graph and 50,000 samples a
    side. Scores with other features, or other sample counts, are another scale: name the features
    (`score_name`) and the counts. The distance is biased upwards where samples are few; at least a
    few times as many samples as features are advised.

    A host metric, for callbacks and loops (see `FeatureMetric`). Only means and second moments are
    kept, in float64, so that memory does not grow with the number of samples.

    Args:
        feature_extractor: A Keras model, `FeatureExtractor`, preset name or folder, or
            `"inception_v3"`; see `get_feature_extractor`.
        name: Name of the metric.

    Example:

    >>> extractor = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    >>> images = np.random.default_rng(0).uniform(-0.5, 0.5, (100, 2, 2, 1))
    >>> metric = FrechetDistance(extractor)
    >>> metric.update_state(images, images + 0.5)  # four features, each moved by 0.5
    >>> round(metric.result(), 4)
    1.0

    Reference: Heusel et al., 2017, GANs Trained by a Two Time-Scale Update Rule Converge to a
    Local Nash Equilibrium, https://arxiv.org/abs/1706.08500
    """

    def __init__(self, feature_extractor: ExtractorLike, name: str = "frechet_distance") -> None:
        super().__init__(feature_extractor, name=name)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def least_counts(self) -> tuple[int, int]:
        return 2, 2

    def new_side(self) -> Any:
        return FeatureMoments()

    def reference_side(self, statistics: ReferenceStatistics) -> Any:
        return FeatureMoments(statistics.count, statistics.mean, statistics.covariance)

    def result(self) -> float:
        """Returns the squared distance, a float of 0 or more.

        Raises:
            ValueError: If either side has fewer than two samples.
        """
        self.check_counts(2)
        real, generated = self._real, self._generated
        return frechet_distance(real.mean, real.covariance, generated.mean, generated.covariance)


def frechet_distance(mean1, covariance1, mean2, covariance2):
    """Squared Fréchet distance between two Gaussians.

    `|mean1 - mean2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`. The trace of the root is the sum of the
    singular values of `C1^(1/2) C2^(1/2)`, which stays real and exact where the covariances are
    singular, as they are with fewer samples than features.

    Args:
        mean1: Float array `(dim,)`.
        covariance1: Symmetric positive semi-definite array `(dim, dim)`.
        mean2: Float array `(dim,)`.
        covariance2: Symmetric positive semi-definite array `(dim, dim)`.

    Returns:
        Float, 0 or more.

    Example:

    >>> frechet_distance([0.0], [[1.0]], [3.0], [[4.0]])  # 3^2 + (2 - 1)^2
    10.0
    """
    shift = np.asarray(mean1, "float64") - np.asarray(mean2, "float64")
    covariance1 = np.asarray(covariance1, "float64")
    covariance2 = np.asarray(covariance2, "float64")
    roots = _square_root(covariance1) @ _square_root(covariance2)
    root_trace = np.linalg.svd(roots, compute_uv=False).sum()
    distance = shift @ shift + np.trace(covariance1) + np.trace(covariance2) - 2 * root_trace
    return max(0.0, float(distance))


def _square_root(covariance):
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    return (eigenvectors * np.sqrt(np.maximum(eigenvalues, 0.0))) @ eigenvectors.T
