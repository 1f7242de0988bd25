import numpy as np

from keras_gen.metrics.neighbours import neighbour_radii


class FeatureStore:
    """All feature vectors of a stream, for the scores that compare samples pair by pair.

    It keeps `count x dim` float32 numbers: 5 MB for 10,000 samples of 128 features, 82 MB for
    10,000 of 2,048.

    Args:
        features: Float array `(count, dim)` to start with, or `None`.

    Example:

    >>> store = FeatureStore(np.zeros((3, 2)))
    >>> store.update_features(np.ones((1, 2)))
    >>> store.count, store.features.shape
    (4, (4, 2))
    """

    def __init__(self, features=None):
        self._batches = () if features is None else (np.asarray(features),)
        self._radii = {}

    @property
    def count(self):
        """Number of feature vectors."""
        return sum(map(len, self._batches))

    @property
    def features(self):
        """Float array `(count, dim)` of all the vectors, in order."""
        if len(self._batches) != 1:
            self._batches = (np.concatenate(self._batches or [np.zeros((0, 0))]),)
        return self._batches[0]

    def radii(self, k):
        """Squared distance from each vector to its `k`-th nearest other one, computed once.

        Args:
            k: Integer in [1, count - 1].

        Returns:
            Float64 array `(count,)`.
        """
        if k not in self._radii:
            self._radii[k] = neighbour_radii(self.features, k)
        return self._radii[k]

    def update(self, embedding):
        """Adds the features of an `Embedding`."""
        self.update_features(embedding.features)

    def update_features(self, features):
        """Adds feature vectors.

        Args:
            features: Float array `(batch, dim)`.
        """
        self._batches += (np.asarray(features),)
        self._radii = {}
