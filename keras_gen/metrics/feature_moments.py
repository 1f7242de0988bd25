import numpy as np


class FeatureMoments:
    """Mean and covariance of a stream of feature vectors, in float64 and constant memory.

    Batches are merged around their own means (Chan's update), so that no precision is lost to
    large means, and the order and size of the batches do not matter beyond rounding.

    Args:
        count: Number of vectors seen so far.
        mean: Float array `(dim,)`, their mean. `None` before the first batch.
        covariance: Float array `(dim, dim)`, their covariance, divided by `count - 1`.

    Example:

    >>> moments = FeatureMoments()
    >>> moments.update_features(np.array([[0.0], [2.0]]))
    >>> moments.update_features(np.array([[4.0]]))
    >>> moments.count, float(moments.mean[0]), float(moments.covariance[0, 0])
    (3, 2.0, 4.0)

    Reference: Chan, Golub & LeVeque, 1983, Algorithms for Computing the Sample Variance
    """

    def __init__(self, count=0, mean=None, covariance=None):
        self.count = count
        self.mean = mean
        self._scatter = None if mean is None else np.asarray(covariance) * (count - 1)

    @property
    def covariance(self):
        """Float64 array `(dim, dim)`, the unbiased covariance.

        Raises:
            ValueError: If fewer than two vectors have been seen.
        """
        if self.count < 2:
            raise ValueError(f"A covariance needs two samples or more. Received: {self.count}")
        return self._scatter / (self.count - 1)

    def update(self, embedding):
        """Adds the features of an `Embedding`."""
        self.update_features(embedding.features)

    def update_features(self, features):
        """Adds feature vectors.

        Args:
            features: Float array `(batch, dim)`; the batch may be empty.
        """
        features = np.asarray(features, dtype="float64")
        if not len(features):
            return
        count, mean = len(features), features.mean(axis=0)
        centred = features - mean
        if self.count == 0:
            self.mean, self._scatter = np.zeros_like(mean), np.zeros((len(mean),) * 2)
        total = self.count + count
        shift = mean - self.mean
        self._scatter += centred.T @ centred
        self._scatter += np.outer(shift, shift) * (self.count * count / total)
        self.mean = self.mean + shift * (count / total)
        self.count = total
