import keras

from keras_gen.metrics.images import as_image_pairs
from keras_gen.types import Array, ArrayLike, Config


class PairedMetric(keras.metrics.Metric):
    """Base of the metrics that compare images one by one, as in translation and reconstruction.

    Host metrics, like `FeatureMetric`'s: for callbacks and loops, on every backend, not for
    `compile(metrics=...)`. A subclass supplies `scores(real, generated)`, a number per pair; the
    result is their mean, in float64. Both images of a pair must come together, so there is no
    `update_real`.

    Args:
        name: Name of the metric.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self.reset_state()

    def scores(self, real: Array, generated: Array) -> Array:
        """Returns one score per pair.

        Args:
            real: Float64 array `(batch, height, width, channels)`, in [-1, 1].
            generated: Float64 array of the same shape.

        Returns:
            Float array `(batch,)`.
        """
        raise NotImplementedError

    def update_state(self, real: ArrayLike, generated: ArrayLike) -> None:
        """Adds a batch of pairs.

        Args:
            real: Float tensor or array `(batch, height, width, channels)`, in [-1, 1]: the targets.
            generated: Float tensor or array of the same shape: the images judged.
        """
        scores = self.scores(*as_image_pairs(real, generated))
        self._total += float(scores.sum())
        self._count += len(scores)

    @property
    def count(self) -> int:
        """Number of pairs seen."""
        return self._count

    def result(self) -> float:
        """Returns the mean over the pairs, a float.

        Raises:
            ValueError: If there are no pairs.
        """
        if not self._count:
            raise ValueError(f"{type(self).__name__} has no images. Received: 0 pairs")
        return self._total / self._count

    def reset_state(self) -> None:
        """Forgets all pairs."""
        self._total = 0.0
        self._count = 0

    def get_config(self) -> Config:
        return {"name": self.name}
