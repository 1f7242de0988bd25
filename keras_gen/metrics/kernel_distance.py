from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_gen.metrics.feature_metric import FeatureMetric
from keras_gen.metrics.feature_store import FeatureStore
from keras_gen.types import Config, ExtractorLike

if TYPE_CHECKING:
    from keras_gen.metrics.reference_statistics import ReferenceStatistics


@keras.saving.register_keras_serializable(package="keras_gen")
class KernelDistance(FeatureMetric):
    """Squared maximum mean discrepancy of real and generated features, polynomial kernel (KID).

    It is unbiased, so that small samples give the right value on average, and may come out
    slightly negative; the same images on both sides give `2 (a - b) / n`, `a` and `b` being the
    kernel's mean over pairs and over single images, rather than exactly 0.

    A host metric, for callbacks and loops (see `FeatureMetric`). It keeps all features (see
    `FeatureStore`).

    Args:
        feature_extractor: A Keras model, `FeatureExtractor`, preset name or folder, or
            `"inception_v3"`; see `get_feature_extractor`.
        subsets: Number of random subsets averaged over. Defaults to 100.
        subset_size: Samples of each side in a subset, drawn without replacement; smaller where
            there are fewer samples. Defaults to 1,000.
        degree: Degree of the kernel `(x.y / dim + 1)^degree`. Defaults to 3.
        seed: Integer. The same samples in the same order always score the same.
        name: Name of the metric; the deviation's is `name` + `"_std"`.

    Example:

    >>> extractor = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    >>> images = np.random.default_rng(0).uniform(-0.5, 0.5, (200, 2, 2, 1))
    >>> metric = KernelDistance(extractor)
    >>> metric.update_state(images[:100], images[100:])
    >>> near = metric.result()["kernel_distance"]
    >>> metric.reset_generated()
    >>> metric.update_generated(images[100:] + 0.5)
    >>> metric.result()["kernel_distance"] > 100 * near
    True

    Reference: Bińkowski et al., 2018, Demystifying MMD GANs, https://arxiv.org/abs/1801.01401
    """

    def __init__(
        self,
        feature_extractor: ExtractorLike,
        subsets: int = 100,
        subset_size: int = 1000,
        degree: int = 3,
        seed: int = 0,
        name: str = "kernel_distance",
    ) -> None:
        if subsets < 1 or subset_size < 2:
            raise ValueError(
                "`subsets` must be 1 or more and `subset_size` 2 or more. "
                f"Received: subsets={subsets}, subset_size={subset_size}"
            )
        self.subsets = subsets
        self.subset_size = subset_size
        self.degree = degree
        self.seed = seed
        super().__init__(feature_extractor, name=name)

    @property
    def names(self) -> tuple[str, ...]:
        return self.name, f"{self.name}_std"

    @property
    def least_counts(self) -> tuple[int, int]:
        return 2, 2

    def new_side(self) -> Any:
        return FeatureStore()

    def reference_side(self, statistics: ReferenceStatistics) -> Any:
        return FeatureStore(statistics.features)

    def result(self) -> dict[str, float]:
        """Returns `{name: mean, name_std: standard deviation}` over the subsets.

        Raises:
            ValueError: If either side has fewer than two samples.
        """
        self.check_counts(2)
        mean, deviation = kernel_distance(
            self._real.features,
            self._generated.features,
            self.subsets,
            self.subset_size,
            self.degree,
            self.seed,
        )
        return {self.name: mean, f"{self.name}_std": deviation}

    def get_config(self) -> Config:
        return super().get_config() | {
            "subsets": self.subsets,
            "subset_size": self.subset_size,
            "degree": self.degree,
            "seed": self.seed,
        }


def kernel_distance(features_a, features_b, subsets=100, subset_size=1000, degree=3, seed=0):
    """Mean and standard deviation of `polynomial_mmd` over random subsets.

    Args:
        features_a: Float array `(n, dim)`.
        features_b: Float array `(m, dim)`.
        subsets: Number of subsets. One is enough, and one is taken, where it holds every sample.
        subset_size: Samples of each side in a subset, at most `min(n, m)`.
        degree: Degree of the polynomial kernel.
        seed: Integer seed of the draws.

    Returns:
        Two floats: the mean, and the standard deviation over the subsets (divided by their number).

    Example:

    >>> kernel_distance(np.array([[0.0], [0.0]]), np.array([[1.0], [1.0]]))  # 1 + 8 - 2
    (7.0, 0.0)
    """
    size = min(subset_size, len(features_a), len(features_b))
    if size == len(features_a) == len(features_b):
        subsets = 1
    draw = np.random.default_rng(seed).choice
    distances = [
        polynomial_mmd(
            features_a[draw(len(features_a), size, replace=False)],
            features_b[draw(len(features_b), size, replace=False)],
            degree,
        )
        for _ in range(subsets)
    ]
    return float(np.mean(distances)), float(np.std(distances))


def polynomial_mmd(features_a, features_b, degree=3):
    """Unbiased squared maximum mean discrepancy with the kernel `(x.y / dim + 1)^degree`.

    Args:
        features_a: Float array `(n, dim)`, `n` at least 2.
        features_b: Float array `(m, dim)`, `m` at least 2.
        degree: Positive integer.

    Returns:
        Float; below 0 by chance where the two distributions are alike.
    """
    a, b = np.asarray(features_a, "float64"), np.asarray(features_b, "float64")
    within = _mean_off_diagonal(_kernel(a, a, degree)) + _mean_off_diagonal(_kernel(b, b, degree))
    return float(within - 2 * _kernel(a, b, degree).mean())


def _kernel(a, b, degree):
    products = (a / a.shape[1]) @ b.T
    products += 1.0
    result = products.copy()
    for _ in range(degree - 1):  # several times faster than a power of floats
        result *= products
    return result


def _mean_off_diagonal(kernel):
    count = len(kernel)
    return (kernel.sum() - np.trace(kernel)) / (count * (count - 1))
