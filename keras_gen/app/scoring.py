"""Scores of a model as it learns, by which the best is kept, and a watch over its end."""

import math

import keras

from keras_gen import callbacks, tasks
from keras_gen.recipes.images import ImageRecipe
from keras_gen.tasks import reporting
from keras_gen.tasks.task import reading_in

SCORE = "kernel_distance"
_SAMPLES = 500  # and as many real images, of the test split where there is one
_WATCHED = 128  # images whose diversity is looked at
_PACE = {"share": 0.05, "free_seconds": 0.0}  # of the training's time, for each of the two


class KeepBest(keras.callbacks.Callback):
    """Saves the model beside its checkpoints whenever its score is the least that it has been.

    Args:
        folder: `RunFolder`.
        features: String, the fingerprint of what scores are measured with: those by others are not compared.
    """

    def __init__(self, folder, features):
        super().__init__()
        self._folder, self._features = folder, features
        least = folder.best_score(features)
        self._least = math.inf if least is None else least

    def on_epoch_end(self, epoch, logs=None):
        score = (logs or {}).get(SCORE, math.inf)
        if score < self._least:
            self._least = score
            self._folder.save_best(self.model, score, self._features)


def check_scored(model):
    """Raises a ValueError unless it is a model that makes images by itself, which KID can score."""
    images = isinstance(model, tasks.Generates) and model.gives.kind == "images"
    if not images or model.gives.shape[-1] not in (1, 3):
        made = f", of {model.gives.noun} of shape {model.gives.shape}" if images else ""
        raise ValueError(
            "`keep_best` is for a model that makes images by itself, of 1 or 3 channels. Received: "
            f"keep_best=True with a {type(model).__name__}{made}"
        )


def scorers(model, recipe, opened, folder):
    """Callbacks that score samples by KID, keep the best model, and warn of a collapse.

    Args:
        model: A compiled model.
        recipe: Its recipe.
        opened: What the recipe's `open` gave.
        folder: `RunFolder`.

    Raises:
        ValueError: If there is nothing to score it by.
    """
    from keras_gen import metrics
    from keras_gen.data.folders import held_out

    reading = recipe.reading if isinstance(recipe, ImageRecipe) else {}
    held = model.open_data(
        recipe.dataset,
        held_out(opened.splits) or opened.split,
        **reading_in({**reading, "binarize": None}),  # Samples are grey, whatever was learnt from.
    )
    real, count = reporting.chosen_examples(held, (model.gives,), _SAMPLES, _WATCHED)
    if count < 2:
        raise ValueError(
            "`keep_best` needs two pictures or more to score by: the test split's, where there is one. "
            f"Received: {count} in {held.name}, {held.split}"
        )
    extractor = reporting.default_extractor(model.gives, held.name)
    distance = metrics.KernelDistance(extractor, subsets=20, subset_size=min(count, 250))
    return [
        callbacks.EvaluateSamples(real, metrics=[distance], n=count, **_PACE),
        callbacks.CollapseMonitor(real, n=min(count, _WATCHED), **_PACE),
        KeepBest(folder, extractor.fingerprint),
    ]
