"""Scores of a model's samples as it trains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gen.callbacks.needs import check_extractor, real_batches, spec_drawn
from keras_gen.callbacks.periodic import FREE_SECONDS, PeriodicMeasurement
from keras_gen.checks import is_integer
from keras_gen.metrics import ReferenceStatistics, SampleScores
from keras_gen.types import ArrayLike, Data, ExtractorLike, Logs

if TYPE_CHECKING:
    from keras_gen.metrics.feature_metric import FeatureMetric


class EvaluateSamples(PeriodicMeasurement):
    """Scores a model's images of fixed latents every few epochs.

    The scores go into the logs, under the metrics' own names: `frechet_distance`,
    `kernel_distance`, `kernel_distance_std`, `precision`, `recall`, `density`, `coverage`, with a
    classifier `inception_score` and `inception_score_std`, and for a `ConditionalGAN` and a classifier
    of its classes `class_accuracy` and `worst_class_accuracy`. Callbacks that come **after** this one
    in the list see them: `ModelCheckpoint` and `EarlyStopping` can monitor them, `CSVLogger` and
    `TensorBoard` write them, and `fit`'s history has them.

    It measures after the first epoch, after every `every`-th and after the last. In the epochs
    between, the last scores are logged again: `CSVLogger`'s rows are complete, an equal score is no
    improvement to `ModelCheckpoint(save_best_only=True)`, and `EarlyStopping` counts these epochs, so
    give it a patience of several times `every`.

    Args:
        real: Real images, embedded once, before training: an array `(n, height, width, channels)` in
            [-1, 1], a finite iterable of batches, such as a `tf.data.Dataset`, of images or
            `(images, labels)`; or `keras_gen.metrics.ReferenceStatistics`. Images that are not trained
            on tell more.
        feature_extractor: What the scores are measured with: a Keras model, a
            `keras_gen.metrics.FeatureExtractor`, a preset's name or folder, or `"inception_v3"`.
            Defaults to that of the first of `metrics`.
        metrics: List of `keras_gen.metrics.FeatureMetric`s. Defaults to all those above.
        n: Integer, how many images are generated. A `ConditionalGAN` makes as many of each class.
        every: Integer: scores after every so many epochs.
        seed: Integer, of the latents, which are the same each time.
        draw: Callable `model -> images`, a float array `(n, height, width, channels)` in [-1, 1], for
            models without `generate`: `lambda model: model.translate(pictures)`.
        share: Number above 0, at most 1: how much of the training's time scores may take, as pictures in
            `SampleImages`.
        free_seconds: Number from 0 up, what they may take without its being counted.

    Raises:
        ValueError: If neither `feature_extractor` nor `metrics` is given, or a number is out of range; when
            training begins, if there is nothing to draw, `real` are images of another shape than the
            model makes, `feature_extractor` does not take those, or `real` or `n` are too few for a
            score.

    Example:

    ```python
    images = keras_gen.data.images("digits", split="test", drop_remainder=False)
    gan.fit(
        keras_gen.data.images("digits"),
        epochs=100,
        callbacks=[
            keras_gen.callbacks.EvaluateSamples(images, "classifier_digits", every=5),
            keras.callbacks.ModelCheckpoint(
                "best.keras", monitor="kernel_distance", mode="min", save_best_only=True
            ),
            keras.callbacks.EarlyStopping(monitor="kernel_distance", mode="min", patience=25),
        ],
    )
    ```
    """

    def __init__(
        self,
        real: Data | ReferenceStatistics,
        feature_extractor: ExtractorLike | None = None,
        metrics: Sequence[FeatureMetric] | None = None,
        n: int = 1000,
        every: int = 1,
        seed: int = 0,
        draw: Callable[[Any], ArrayLike] | None = None,
        share: float = 1.0,
        free_seconds: float = FREE_SECONDS,
    ) -> None:
        super().__init__(every, share, free_seconds)
        if feature_extractor is None and not metrics:
            raise ValueError(
                "Give `feature_extractor`, or `metrics` that have one. Received: neither"
            )
        if not is_integer(n) or n < 2:
            raise ValueError(f"`n` must be an integer above 1. Received: n={n!r}")
        if feature_extractor is None and metrics:
            feature_extractor = metrics[0].feature_extractor
        self.real = real
        self.n = n
        self.seed = seed
        self.draw = draw
        self.scores = SampleScores(feature_extractor, metrics, seed=seed)

    @property
    def names(self) -> tuple[str, ...] | None:
        return self.scores.names

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        spec = spec_drawn(self)
        check_extractor(self.scores.feature_extractor, spec)
        if not self.scores.counts[0]:
            self._take_real(spec)
        try:
            self.scores.check_counts(self.scores.counts[0], None if self.draw else self.n)
        except ValueError as error:
            self.scores.reset_state()
            raise ValueError(f"`real` or `n` are too few for a score: {error}") from error

    def _take_real(self, spec):
        if isinstance(self.real, ReferenceStatistics):
            self.scores.set_reference(self.real)
            return
        try:
            for batch, _ in real_batches(self.real, spec):
                self.scores.update_real(batch)
        except Exception:
            self.scores.reset_state()
            raise

    def measure(self, epoch: int) -> dict[str, float]:
        images, labels = self.draw_samples()
        if labels is not None:
            # Of classes that take turns each of the inception score's splits might see one alone.
            order = np.random.default_rng(0).permutation(len(labels))
            images, labels = np.asarray(images)[order], labels[order]
        known = self.scores.feature_extractor.num_classes
        if labels is not None and self.model.num_classes != known:
            labels = None
        self.scores.reset_generated()
        self.scores.update_generated(images, labels)
        return self.scores.result()
