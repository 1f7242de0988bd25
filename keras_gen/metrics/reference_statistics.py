from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from keras_gen.files import written_aside
from keras_gen.metrics.feature_extractor import get_feature_extractor
from keras_gen.metrics.feature_moments import FeatureMoments
from keras_gen.metrics.images import image_batches
from keras_gen.types import Array, Data, ExtractorLike, PathLike

if TYPE_CHECKING:
    from keras_gen.metrics.feature_extractor import FeatureExtractor


class ReferenceStatistics:
    """What scores need to know of a set of real images, so that they are embedded only once.

    The mean and covariance of all the features, for `FrechetDistance`, and the first features
    themselves, for the metrics that compare sample by sample. Give it to a metric's
    `set_reference`.

    Args:
        count: Number of images behind the mean and covariance.
        mean: Float64 array `(dim,)`.
        covariance: Float64 array `(dim, dim)`.
        features: Float32 array `(kept, dim)`, `kept` at most `count`.
        extractor: Name of the feature extractor.
        fingerprint: The extractor's fingerprint.

    Example:

    >>> import keras
    >>> extractor = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    >>> statistics = ReferenceStatistics.from_images(np.zeros((10, 2, 2, 1)), extractor)
    >>> statistics.count, statistics.mean.shape, statistics.features.shape
    (10, (4,), (10, 4))
    """

    def __init__(
        self,
        count: int,
        mean: Array,
        covariance: Array,
        features: Array,
        extractor: str,
        fingerprint: str,
    ) -> None:
        self.count = int(count)
        self.mean = mean
        self.covariance = covariance
        self.features = features
        self.extractor = str(extractor)
        self.fingerprint = str(fingerprint)

    @classmethod
    def from_images(
        cls, images: Data, feature_extractor: ExtractorLike, max_features: int = 10_000
    ) -> Self:
        """Embeds images.

        Args:
            images: Array `(n, height, width, channels)` in [-1, 1], or an iterable of batches,
                such as a `tf.data.Dataset`, of images or `(images, labels)`.
            feature_extractor: As a metric takes it.
            max_features: Number of feature vectors kept. Images past it count towards the mean
                and covariance alone; shuffle images that are sorted.

        Returns:
            `ReferenceStatistics`.
        """
        extractor = get_feature_extractor(feature_extractor)
        moments, kept, room = FeatureMoments(), [], max_features
        for batch in image_batches(images):
            features = extractor(batch).features
            moments.update_features(features)
            kept.append(features[:room])
            room -= len(kept[-1])
        return cls(
            moments.count,
            moments.mean,
            moments.covariance,
            np.concatenate(kept),
            extractor.name,
            extractor.fingerprint,
        )

    def check_extractor(self, extractor: FeatureExtractor) -> None:
        """Raises a `ValueError` unless the statistics were made with this `FeatureExtractor`."""
        if self.fingerprint != extractor.fingerprint:
            raise ValueError(
                f"Reference statistics of {self.extractor!r} ({self.fingerprint}) do not serve "
                f"another extractor. Received: {extractor.name!r} ({extractor.fingerprint})"
            )

    def save(self, path: PathLike) -> None:
        """Writes the statistics to `path`, an `.npz` file; an interrupted write leaves no file."""
        with written_aside(path) as aside:
            np.savez_compressed(aside, **vars(self))

    @classmethod
    def load(cls, path: PathLike) -> Self:
        """Reads statistics that `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**arrays)


def cached_reference_statistics(
    dataset: str,
    split: str,
    image_size: int | Sequence[int],
    feature_extractor: ExtractorLike,
    images: Callable[[], Data],
    directory: PathLike | None = None,
) -> ReferenceStatistics:
    """Loads the statistics of a data set from the cache, or makes and keeps them.

    Args:
        dataset: Name of the data set, such as `"fashion_mnist"`.
        split: Name of the split, such as `"test"`.
        image_size: Integer or pair `(height, width)`, the size that images were resized to.
        feature_extractor: As a metric takes it. Its weights' fingerprint is part of the file's
            name, so that a retrained extractor is not given old statistics.
        images: Function of no arguments that returns the images, as
            `ReferenceStatistics.from_images` takes them. Called only if nothing is cached.
        directory: Folder of the cache. Defaults to `keras_gen/reference_statistics` under
            `KERAS_HOME`, or under `~/.keras`.

    Returns:
        `ReferenceStatistics`.
    """
    extractor = get_feature_extractor(feature_extractor)
    if directory is None:
        home = os.environ.get("KERAS_HOME", os.path.join(os.path.expanduser("~"), ".keras"))
        directory = os.path.join(home, "keras_gen", "reference_statistics")
    height, width = (image_size,) * 2 if isinstance(image_size, int) else image_size
    parts = (dataset, split, f"{height}x{width}", extractor.name, extractor.fingerprint)
    name = "-".join(re.sub(r"[^\w.]+", "_", part) for part in parts)
    path = os.path.join(directory, name + ".npz")
    if os.path.exists(path):
        return ReferenceStatistics.load(path)
    statistics = ReferenceStatistics.from_images(images(), extractor)
    statistics.save(path)
    return statistics
