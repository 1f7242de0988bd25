from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import keras

from keras_gen.metrics.feature_extractor import feature_extractor_config, get_feature_extractor
from keras_gen.types import ArrayLike, Config, ExtractorLike

if TYPE_CHECKING:
    from keras_gen.metrics.feature_extractor import Embedding
    from keras_gen.metrics.reference_statistics import ReferenceStatistics


class FeatureMetric(keras.metrics.Metric):
    """Base of the metrics that compare the features of real and generated images.

    These are host metrics: features are gathered in NumPy between batches, the same way on every
    backend. Use them from callbacks or a loop of your own, not in `compile(metrics=...)`, whose
    metrics run inside the compiled step.

    Real and generated images may come together (`update_state`) or apart (`update_real`,
    `update_generated`), in any number and in batches of any size. A subclass supplies
    `new_side()`, which makes the empty accumulator of one side, and `result()`.

    Args:
        feature_extractor: A Keras model, `FeatureExtractor`, preset name or folder, or
            `"inception_v3"`; see `get_feature_extractor`.
        name: Name of the metric.
    """

    def __init__(self, feature_extractor: ExtractorLike, name: str | None = None) -> None:
        super().__init__(name=name)
        self._identifier = feature_extractor
        self.feature_extractor = get_feature_extractor(feature_extractor)
        self.reset_state()

    def new_side(self) -> Any:
        """Returns an empty accumulator of one side, with `update(embedding)` and `count`."""
        raise NotImplementedError

    def update_state(self, real: ArrayLike, generated: ArrayLike) -> None:
        """Adds a batch of each side. The batches may differ in size.

        Args:
            real: Float tensor or array `(batch, height, width, channels)`, in [-1, 1].
            generated: Float tensor or array `(batch, height, width, channels)`, in [-1, 1].
        """
        self.update_real(real)
        self.update_generated(generated)

    def update_real(self, images: ArrayLike) -> None:
        """Adds real images `(batch, height, width, channels)`, in [-1, 1]."""
        self.add_real(self.feature_extractor(images))

    def update_generated(self, images: ArrayLike) -> None:
        """Adds generated images `(batch, height, width, channels)`, in [-1, 1]."""
        self.add_generated(self.feature_extractor(images))

    def add_real(self, embedding: Embedding) -> None:
        """Adds real images already embedded, so that several metrics share one forward pass."""
        self._real.update(embedding)

    def add_generated(self, embedding: Embedding) -> None:
        """Adds generated images already embedded."""
        self._generated.update(embedding)

    def set_reference(self, statistics: ReferenceStatistics) -> None:
        """Takes stored statistics as the real side, in place of real images.

        Args:
            statistics: `ReferenceStatistics`, made with the same extractor.

        Raises:
            ValueError: If they were made with another extractor.
        """
        statistics.check_extractor(self.feature_extractor)
        self._real = self.reference_side(statistics)

    def reference_side(self, statistics: ReferenceStatistics) -> Any:
        """Returns the accumulator of the real side that `statistics` amount to."""
        raise NotImplementedError

    @property
    def names(self) -> tuple[str, ...] | None:
        """Tuple of the names in what `result` gives, or None where they are not known."""
        return None

    @property
    def least_counts(self) -> tuple[int, int]:
        """The fewest real and generated images that `result` can be given of: a pair of integers."""
        return 1, 1

    @property
    def counts(self) -> tuple[int, int]:
        """Numbers of real and generated images seen."""
        return self._real.count, self._generated.count

    def empty_copy(self) -> Self:
        """Returns a metric of the same settings and extractor that has seen nothing."""
        # Not `copy.copy`, which Keras answers by saving and loading the object.
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.reset_state()
        return twin

    def check_counts(self, minimum: int) -> None:
        """Raises a `ValueError` if either side has fewer than `minimum` samples."""
        if min(self.counts) < minimum:
            real, generated = self.counts
            raise ValueError(
                f"{type(self).__name__} needs {minimum} real and {minimum} generated images or "
                f"more. Received: {real} real, {generated} generated"
            )

    def reset_state(self) -> None:
        """Forgets both sides."""
        self.reset_real()
        self.reset_generated()

    def reset_real(self) -> None:
        """Forgets the real images."""
        self._real = self.new_side()

    def reset_generated(self) -> None:
        """Forgets the generated images and keeps the real ones, for the next epoch."""
        self._generated = self.new_side()

    def get_config(self) -> Config:
        """Returns the config; only an extractor given by name or folder can be put in one."""
        config = {"feature_extractor": feature_extractor_config(self._identifier)}
        return config | {"name": self.name}
