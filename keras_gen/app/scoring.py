"""Scores of a model as it learns, by which the best is kept, and a watch over its end."""

import math

import keras

from keras_gen import callbacks, metrics, tasks
from keras_gen.tasks import reporting

SCORE = "kernel_distance"
_SAMPLES = 500  # and as many real images, of the test split where there is one
_WATCHED = 128  # images whose diversity is looked at
_SHARE = 0.05  # of the training's time, for each of the two


class KeepBest(keras.callbacks.Callback):
    """Saves the model beside its checkpoints whenever its score is the least that it has been.

    Args:
        folder: `RunFolder`.
    """

    def __init__(self, folder):
        super().__init__()
        self._folder = folder
        self._least = math.inf if folder.best_score() is None else folder.best_score()

    def on_epoch_end(self, epoch, logs=None):
        score = (logs or {}).get(SCORE, math.inf)
        if score < self._least:
            self._least = score
            self._folder.save_best(self.model, score)


def scorers(model, opened, folder):
    """Callbacks that score samples by KID, keep the best model, and warn of a collapse.

    Args:
        model: A compiled model.
        opened: What its recipe's `open` gave.
        folder: `RunFolder`.

    Raises:
        ValueError: If it is none that makes images by itself, or there is nothing to score them by.
    """
    if not isinstance(model, tasks.Generates) or model.gives.kind != "images":
        raise ValueError(
            "`keep_best` is for a model that makes images by itself. Received: keep_best=True with a "
            f"{type(model).__name__}"
        )
    if "test" in opened.splits:
        opened = opened.at_split("test")
    real, count = reporting.chosen_examples(opened, (model.gives,), _SAMPLES, _WATCHED)
    extractor = reporting.default_extractor(model.gives, opened.name)
    distance = metrics.KernelDistance(extractor, subsets=20, subset_size=min(count, 250))
    return [
        callbacks.EvaluateSamples(real, metrics=[distance], n=count, share=_SHARE),
        callbacks.CollapseMonitor(real, n=min(count, _WATCHED), share=_SHARE),
        KeepBest(folder),
    ]
