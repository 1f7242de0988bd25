from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keras_gen.metrics.class_accuracy import ClassAccuracy
from keras_gen.metrics.density_coverage import DensityCoverage
from keras_gen.metrics.feature_extractor import get_feature_extractor
from keras_gen.metrics.frechet_distance import FrechetDistance
from keras_gen.metrics.images import labelled_image_batches
from keras_gen.metrics.inception_score import InceptionScore
from keras_gen.metrics.kernel_distance import KernelDistance
from keras_gen.metrics.precision_recall import PrecisionRecall
from keras_gen.types import ArrayLike, Data, ExtractorLike, Report

if TYPE_CHECKING:
    from keras_gen.metrics.feature_extractor import Embedding, FeatureExtractor
    from keras_gen.metrics.feature_metric import FeatureMetric
    from keras_gen.metrics.reference_statistics import ReferenceStatistics

LABELS = {
    "frechet_distance": "FID",
    "perceptual_distance": "perceptual distance",
    "kernel_distance": "KID",
    "kernel_distance_std": "KID standard deviation",
    "inception_score": "IS",
    "inception_score_std": "IS standard deviation",
    "class_accuracy": "share of the class asked for",
    "worst_class_accuracy": "share of the class asked for, worst class",
}


class SampleScores:
    """All the scores of samples, from one forward pass of the feature extractor an image.

    Fréchet and kernel distance, precision and recall, density and coverage; where the extractor is
    a classifier Inception Score too, and of images that come with labels `ClassAccuracy`.

    `model.evaluate(images, scores=SampleScores(...))` scores a model's samples with it.

    Args:
        feature_extractor: A Keras model, `FeatureExtractor`, preset name or folder, or
            `"inception_v3"`; see `get_feature_extractor`.
        metrics: List of `FeatureMetric`s to compute in place of all those. They get the features of
            `feature_extractor`, whatever their own.
        seed: Integer seed of the kernel distance's subsets, and of a model's latents.
        holdout: More real images, in the form that `evaluate` takes, such as the train split where
            the test split is evaluated: what the floor is measured with. `None` halves the others.

    Example:

    >>> import keras, numpy as np
    >>> extractor = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    >>> images = np.random.default_rng(0).uniform(-1, 1, (50, 2, 2, 1))
    >>> scores = SampleScores(extractor)
    >>> scores.update_real(images)
    >>> scores.update_generated(images)
    >>> scores.result()["coverage"], scores.counts
    (1.0, (50, 50))
    """

    def __init__(
        self,
        feature_extractor: ExtractorLike,
        metrics: Sequence[FeatureMetric] | None = None,
        seed: int = 0,
        holdout: Data | None = None,
    ) -> None:
        self.feature_extractor = extractor = get_feature_extractor(feature_extractor)
        self.seed = seed
        self.holdout = holdout
        if metrics is None:
            metrics = [FrechetDistance(extractor), KernelDistance(extractor, seed=seed)]
            metrics += [PrecisionRecall(extractor), DensityCoverage(extractor)]
            if extractor.is_classifier:
                metrics += [InceptionScore(extractor), ClassAccuracy(extractor)]
        self.metrics = list(metrics)
        self.reset_state()

    @property
    def counts(self) -> tuple[int, int]:
        """Numbers of real and generated images seen."""
        return self._real_count, self._generated_count

    @property
    def names(self) -> tuple[str, ...] | None:
        """Tuple of the names in `result`, or None where a metric does not tell its own."""
        known = [metric.names for metric in self.metrics]
        return None if None in known else tuple(name for names in known for name in names or ())

    def check_counts(self, real: int, generated: int | None) -> None:
        """Raises a ValueError unless so many images are enough for every score.

        Args:
            real: Integer.
            generated: Integer, or None where it is not known.
        """
        for metric in self.metrics:
            least_real, least = metric.least_counts
            if real < least_real or (generated is not None and generated < least):
                raise ValueError(
                    f"{type(metric).__name__} needs {least_real} real and {least} generated images or "
                    f"more. Received: {real} real, {generated} generated"
                )

    @property
    def is_enough(self) -> bool:
        """Whether so many images were seen that every score can be had of them."""
        try:
            self.check_counts(*self.counts)
        except ValueError:
            return False
        return True

    def update_real(self, images: ArrayLike) -> None:
        """Adds real images `(batch, height, width, channels)`, in [-1, 1]."""
        self.add_real(self.feature_extractor(images))

    def update_generated(self, images: ArrayLike, labels: ArrayLike | None = None) -> None:
        """Adds generated images `(batch, height, width, channels)`, in [-1, 1].

        Args:
            images: Float tensor or array.
            labels: Integer array `(batch,)` of the classes asked for, which the extractor must be a
                classifier of, or `None`.
        """
        self.add_generated(self.feature_extractor(images).with_labels(labels))

    def add_real(self, embedding: Embedding) -> None:
        """Adds the `Embedding` of real images."""
        self._real_count += len(embedding)
        for metric in self.metrics:
            metric.add_real(embedding)

    def add_generated(self, embedding: Embedding) -> None:
        """Adds the `Embedding` of generated images."""
        self._generated_count += len(embedding)
        for metric in self.metrics:
            metric.add_generated(embedding)

    def set_reference(self, statistics: ReferenceStatistics) -> None:
        """Takes `ReferenceStatistics` as the real side; see `FeatureMetric.set_reference`."""
        for metric in self.metrics:
            metric.set_reference(statistics)
        self._real_count = statistics.count

    def result(self) -> dict[str, float]:
        """Returns a dict of floats, by the metrics' names, or the names in their own dicts."""
        results = {}
        for metric in self.metrics:
            if isinstance(metric, ClassAccuracy) and not metric.counts[1]:
                continue  # The images came without labels.
            result = metric.result()
            results |= result if isinstance(result, dict) else {metric.name: result}
        return results

    def evaluate(
        self, real: Data, generated: Data, limit: int | None = None, num_classes: int | None = None
    ) -> Report:
        """Scores generated images against real ones, with the floor: real images against real ones.

        What was seen before is forgotten. Every image is embedded once: first all real ones, then
        the generated ones, so that `generated` may be an iterable that goes by what `real` gave.

        Args:
            real: Array `(n, height, width, channels)` in [-1, 1], or an iterable of batches, such
                as a `tf.data.Dataset`, of images or `(images, labels)`.
            generated: The same, generated.
            limit: Integer, the most images taken from each. `None` takes all.
            num_classes: Integer, the number of classes that the labels are of. An extractor that is
                a classifier of as many is taken to know those classes.

        Returns:
            The report that `evaluate_samples` returns, without a floor where real images are too few for one.
        """
        self.reset_state()
        extractor = self.feature_extractor
        has_classes = num_classes is not None and num_classes == extractor.num_classes

        def embed(images, limit):
            for batch, labels in labelled_image_batches(images, limit=limit):
                yield extractor(batch).with_labels(labels if has_classes else None)

        floor = SampleScores(extractor, [metric.empty_copy() for metric in self.metrics])
        for embedding in embed(real, limit):
            odd = self.counts[0] % 2
            self.add_real(embedding)
            if self.holdout is not None:
                floor.add_real(embedding)
            else:
                floor.add_real(embedding[odd::2])
                floor.add_generated(embedding[1 - odd :: 2])
        for embedding in embed(generated, limit):
            self.add_generated(embedding)
        for embedding in embed(self.holdout, self.counts[0]) if self.holdout is not None else ():
            floor.add_generated(embedding)
        report = {
            "extractor": extractor.name,
            "scores": _named(self.result(), extractor),
            "counts": dict(zip(("real", "generated"), self.counts, strict=True)),
        }
        if floor.is_enough:
            report["floor"] = _named(floor.result(), extractor)
            report["floor_counts"] = dict(zip(("real", "generated"), floor.counts, strict=True))
        return report

    def reset_state(self) -> None:
        """Forgets both sides."""
        self._real_count = 0
        for metric in self.metrics:
            metric.reset_real()
        self.reset_generated()

    def reset_generated(self) -> None:
        """Forgets the generated images and keeps the real ones."""
        self._generated_count = 0
        for metric in self.metrics:
            metric.reset_generated()


def score_name(score: str, feature_extractor: FeatureExtractor | str) -> str:
    """Returns the name that a score is printed under, which says whose features it is of.

    Args:
        score: Key of a metric's result, such as `"frechet_distance"`.
        feature_extractor: The `FeatureExtractor`, or its name.

    Returns:
        String.

    Example:

    >>> score_name("frechet_distance", "fashion_mnist classifier")
    'FID (fashion_mnist classifier features)'
    """
    extractor = getattr(feature_extractor, "name", feature_extractor)
    return f"{LABELS.get(score, score)} ({extractor} features)"


def evaluate_samples(
    real: Data,
    generated: Data,
    feature_extractor: ExtractorLike,
    holdout: Data | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> Report:
    """Scores generated images against real ones, with the floor: real images against real ones.

    Every image is embedded once. The floor compares `holdout` with `real` or, without one, the two
    halves of `real` (every other image). Distances rise and recall falls where samples are few, so
    a floor of half as many images is a little pessimistic.

    Args:
        real: Array `(n, height, width, channels)` in [-1, 1], or an iterable of batches, such as a
            `tf.data.Dataset`, of images or `(images, labels)`.
        generated: The same, generated.
        feature_extractor: A Keras model, `FeatureExtractor`, preset name or folder, or
            `"inception_v3"`; see `get_feature_extractor`.
        holdout: More real images that are not in `real`, such as another split, or `None`; as many
            are taken as there are in `real`.
        limit: Integer, the most images taken from each. `None` takes all; then an endless data set
            never ends.
        seed: Integer seed of the kernel distance's subsets.

    Returns:
        Dict, ready for JSON: `extractor`, its name; `scores` and `floor`, each a dict from
        `score_name`s to floats; `counts` and `floor_counts`, each `{"real": n, "generated": m}`
        (in the floor, `generated` are the real images that stand in their place). Real images too few
        for every score have no `floor` and no `floor_counts`.

    Example:

    >>> import keras, numpy as np
    >>> pixels = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()], name="pixel")
    >>> images = np.random.default_rng(0).uniform(-1, 1, (60, 2, 2, 1))
    >>> report = evaluate_samples(images, images, pixels)
    >>> round(report["scores"]["FID (pixel features)"], 6), report["counts"], report["floor_counts"]
    (0.0, {'real': 60, 'generated': 60}, {'real': 30, 'generated': 30})
    """
    scores = SampleScores(feature_extractor, seed=seed, holdout=holdout)
    return scores.evaluate(real, generated, limit)


def _named(results, extractor):
    return {score_name(key, extractor): value for key, value in results.items()}
