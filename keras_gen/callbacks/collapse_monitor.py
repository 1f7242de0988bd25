"""Watches for the two ways in which adversarial trainings die."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_gen.callbacks.needs import check_extractor, real_batches, spec_drawn
from keras_gen.callbacks.periodic import FREE_SECONDS, PeriodicMeasurement
from keras_gen.checks import is_integer
from keras_gen.metrics import get_feature_extractor
from keras_gen.metrics.neighbours import distance_blocks
from keras_gen.types import ArrayLike, Data, ExtractorLike, Logs

RISING = 1.1  # A diversity that has grown by a tenth over the checks is on its way.
STUCK = 0.0005  # The share of pairs that may be told apart otherwise.
LEAST_SPREAD = 0.05  # Of the features' length; images that differ by less are the same to the eye.


class CollapseMonitor(PeriodicMeasurement):
    """Warns in words when a generator collapses, or its discriminator no longer teaches it.

    Every few epochs it looks at the images of the same latents. Two numbers go into the logs, as those
    of `EvaluateSamples` do:

    - `sample_diversity`, the mean distance of two of them, over that of two real images or, without
      `real`, over the most that it has been. A **collapse** is `patience` checks below
      `min_diversity` in which it has not grown by a tenth.
    - `discriminator_accuracy`, the share of pairs of a real and a generated image of which the
      discriminator scores the real one higher. This works for every loss, where the sign of the logits
      does not (with hinge or relativistic losses all may have one sign in a training that is well). It
      is **stuck** at 1, or at 0, through `patience` checks in which the diversity has not grown: early
      on a discriminator is always right, while the generator learns fast. It needs `real`, and is left
      out where scores are a critic's (`WGANGP`, or the loss `"wasserstein"`), which is meant to be
      right.

    A collapse onto a few modes, rather than one, can keep the distances: `recall` and `coverage` of
    `EvaluateSamples` tell.

    Args:
        real: Real images of the shape that the model makes, of which the first `n` are used: an array
            `(n, height, width, channels)` in [-1, 1], or an iterable of batches of images or
            `(images, labels)`; a `ConditionalGAN`'s accuracy needs the labels. Data of other kinds where
            the model makes such.
        feature_extractor: What distances are measured in: a Keras model, a
            `keras_gen.metrics.FeatureExtractor`, a preset's name or folder, or `"inception_v3"`.
            Defaults to the pixels themselves.
        n: Integer, how many images are compared.
        every: Integer: a check after every so many epochs, after the first and after the last.
        patience: Integer, how many checks in a row must be bad.
        min_diversity: Float in (0, 1).
        stop: Boolean, whether to end the training, too.
        seed: Integer, of the latents.
        draw: Callable `model -> images`, for models without `generate`; then there is no accuracy.
        share: As in `EvaluateSamples`.
        free_seconds: As in `EvaluateSamples`.

    Raises:
        ValueError: If a number is out of range; when training begins, if there is nothing to draw, or
            `real` has fewer than `n` images or ones of another shape, or `feature_extractor` does not
            take what the model makes.

    Example:

    ```python
    images = keras_gen.data.images("fashion_mnist", split="test")
    gan.fit(..., callbacks=[keras_gen.callbacks.CollapseMonitor(images, stop=True)])
    ```
    """

    def __init__(
        self,
        real: Data | None = None,
        feature_extractor: ExtractorLike | None = None,
        n: int = 128,
        every: int = 1,
        patience: int = 5,
        min_diversity: float = 0.2,
        stop: bool = False,
        seed: int = 0,
        draw: Callable[[Any], ArrayLike] | None = None,
        share: float = 1.0,
        free_seconds: float = FREE_SECONDS,
    ) -> None:
        super().__init__(every, share, free_seconds)
        for name, value, least in (("n", n, 2), ("patience", patience, 1)):
            if not is_integer(value) or value < least:
                raise ValueError(
                    f"`{name}` must be an integer, at least {least}. Received: {name}={value!r}"
                )
        if not 0.0 < min_diversity < 1.0:
            raise ValueError(
                "`min_diversity` must be above 0 and below 1. "
                f"Received: min_diversity={min_diversity!r}"
            )
        self.real = real
        self.feature_extractor = (
            None if feature_extractor is None else get_feature_extractor(feature_extractor)
        )
        self.n = n
        self.patience = patience
        self.min_diversity = min_diversity
        self.stop = stop
        self.seed = seed
        self.draw = draw
        self._real_batch: Any = None

    @property
    def names(self) -> tuple[str, ...]:
        return ("sample_diversity", "discriminator_accuracy")

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        spec = spec_drawn(self)
        if self.feature_extractor is not None:
            check_extractor(self.feature_extractor, spec)
        self._diversities, self._accuracies = [], []
        self._best = 0.0
        self._warned = set()
        if self.real is not None and self._real_batch is None:
            self._real_batch = _first(self.real, self.n, spec)
            self._real_distance = mean_distance(self._features(self._real_batch[0]))

    def measure(self, epoch: int) -> dict[str, float]:
        images, labels = self.draw_samples()
        features = self._features(images)
        self._diversities.append(mean_distance(features) / self._reference(features))
        found = {"sample_diversity": self._diversities[-1]}
        accuracy = self._accuracy(images, labels)
        if accuracy is not None:
            self._accuracies.append(accuracy)
            found["discriminator_accuracy"] = accuracy
        self._look(epoch)
        return found

    def _features(self, images):
        if self.feature_extractor is None:
            return np.asarray(images).reshape(len(images), -1)
        return self.feature_extractor(images).features

    def _reference(self, features):
        """The distance that the diversity is given as a share of."""
        if self._real_batch is not None:
            return max(self._real_distance, 1e-12)
        self._best = max(self._best, mean_distance(features))
        spread = LEAST_SPREAD * float(np.linalg.norm(features, axis=1).mean())
        return max(self._best, spread, 1e-12)

    def _accuracy(self, images, labels):
        """How well the discriminator tells real from generated, or None where that says nothing."""
        if self.draw is not None or self._real_batch is None:
            return None
        with self.model.alone() as model:
            real_scores = model.discriminator_scores(*self._real_batch, batch_size=self.n)
            if real_scores is None:
                return None
            generated_scores = model.discriminator_scores(images, labels, batch_size=self.n)
        return pair_accuracy(real_scores, generated_scores)

    def _look(self, epoch):
        diversities = np.array(self._diversities[-self.patience :])
        accuracies = np.array(self._accuracies[-self.patience :])
        full = len(diversities) == self.patience
        rising = diversities[-1] > RISING * diversities[0]
        than = "of real images" if self._real_batch is not None else "that they had at their best"
        self._warn(
            "collapse",
            full and not rising and (diversities < self.min_diversity).all(),
            f"the generator seems to have collapsed: the {self.n} images of fixed latents have "
            f"{diversities[-1]:.3f} of the diversity {than}. Go back to an earlier checkpoint; try a "
            "lower learning rate, an R1 penalty (`r1_weight`), the loss 'relativistic', or a "
            "discriminator with minibatch standard deviation",
            epoch,
        )
        watched = full and not rising and len(accuracies) == self.patience
        self._warn(
            "winning",
            watched and (accuracies >= 1.0 - STUCK).all(),
            "the discriminator tells every real image from every generated one, and the generator no "
            "longer learns from it. Try a penalty (`r1_weight`), a lower learning rate of the "
            "discriminator, dropout in it, or a narrower one",
            epoch,
        )
        self._warn(
            "losing",
            watched and (accuracies <= STUCK).all(),
            "the discriminator takes every generated image to be more real than every real one. Look "
            "whether the real images are in the generator's range, [-1, 1]; try a higher learning "
            "rate of the discriminator, or a wider one",
            epoch,
        )

    def _warn(self, what, seen, words, epoch):
        """Warns when something begins to be seen, and not again before it was gone."""
        if not seen:
            self._warned.discard(what)
            return
        if what not in self._warned:
            self._warned.add(what)
            end = " Training is stopped." if self.stop else ""
            warnings.warn(
                f"After epoch {epoch + 1}, and for {self.patience} checks, {words}.{end}",
                stacklevel=2,
            )
        if self.stop:
            self.model.stop_training = True


def mean_distance(features):
    """Mean Euclidean distance of two different vectors of a set.

    Args:
        features: Float array `(n, dim)`, `n` at least 2.

    Returns:
        Float.

    Example:

    >>> mean_distance(np.array([[0.0], [3.0], [3.0]]))
    2.0
    """
    features = np.asarray(features, "float64")
    features = features - features.mean(axis=0)  # Of large numbers small differences are lost.
    count = len(features)
    blocks = distance_blocks(features, features)
    total = sum(np.sqrt(squares).sum() for _, squares in blocks)
    return float(total / (count * (count - 1)))


def pair_accuracy(real_scores, generated_scores):
    """Share of pairs of a real and a generated image of which the real one scores higher.

    Args:
        real_scores: Float array `(n,)`.
        generated_scores: Float array `(m,)`.

    Returns:
        Float in [0, 1]; ties count half.

    Example:

    >>> pair_accuracy(np.array([2.0, 0.0]), np.array([1.0, 0.0]))
    0.625
    """
    differences = np.subtract.outer(real_scores, generated_scores)
    return float((differences > 0).mean() + (differences == 0).mean() / 2)


def _first(real, n, spec):
    """The first `n` real samples, and their labels or None."""
    found, labels = zip(*real_batches(real, spec, limit=n), strict=True)
    count = sum(map(len, found))
    if count < n:
        raise ValueError(
            f"`real` must hold `n` samples or more, {n}: give more, or a smaller `n`. "
            f"Received: {count} of them"
        )
    if any(part is None for part in labels):
        return np.concatenate(found), None
    return np.concatenate(found), np.concatenate(labels).astype("int32")
