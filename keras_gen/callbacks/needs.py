"""What callbacks need of a model and of real images, looked at before the first step."""

from typing import Any

import keras
import numpy as np

from keras_gen.metrics.images import labelled_image_batches
from keras_gen.tasks.generating import Generates


def check_draws(callback: Any) -> None:
    """Raises a ValueError unless the model makes samples by itself, or the user said how.

    Args:
        callback: A callback with `model` and `draw`.
    """
    if callback.draw is not None:
        return
    if not isinstance(callback.model, Generates):
        raise ValueError(
            f"`draw` must be given to {type(callback).__name__} for a model that does not generate by "
            "itself: `draw=lambda model: model.translate(pictures)`, say. "
            f"Received: draw=None with a {type(callback.model).__name__}"
        )
    if not callback.model.draws_as_it_trains:
        raise ValueError(
            f"`draw` must be given to {type(callback).__name__} for a model that generates after a later stage "
            "of its training alone: `draw=lambda model: model.reconstruct(pictures)`, say. "
            f"Received: draw=None with a {type(callback.model).__name__}"
        )


def spec_drawn(callback):
    """What the samples are that a callback draws; None where only the user's `draw` knows."""
    return callback.model.gives if callback.draw is None else None


def real_batches(real, spec, limit=None):
    """Yields real samples in batches, with their labels or None.

    Args:
        real: Array `(n, ...)`, a pair of it and of labels `(n,)`, or an iterable of batches of samples or
            `(samples, labels)`.
        spec: What the model makes, or None where that is not known: then they are images.
        limit: Integer, the most samples, or None.

    Raises:
        ValueError: If they are of another kind, shape or range.
    """
    if isinstance(real, tuple) and len(real) == 2 and len(np.shape(real[1])) == 1:
        real = [real]
    if spec is None or spec.kind == "images":
        found = labelled_image_batches(real, limit=limit, argument="real")
    else:
        found = _batches(real, spec, limit)
    for batch, labels in found:
        if spec is not None and not spec.fits(batch.shape[1:]):
            raise ValueError(
                f"`real` must be {spec.noun} of the shape that the model makes, (n, "
                f"{', '.join(map(str, spec.shape))}). Received: shape {batch.shape}"
            )
        yield batch, labels


def _batches(real, spec, limit):
    left = float("inf") if limit is None else limit
    for batch in [real] if hasattr(real, "shape") else real:
        batch, labels, _ = keras.utils.unpack_x_y_sample_weight(batch)
        batch = keras.ops.convert_to_numpy(batch)[: None if limit is None else left]
        spec.check("`real`", batch, whole=False)
        yield batch, None if labels is None else np.asarray(labels).ravel()[: len(batch)]
        left -= len(batch)
        if left <= 0:
            return


def check_extractor(extractor, spec):
    """Raises a ValueError unless a feature extractor takes what the model makes.

    Args:
        extractor: A `keras_gen.metrics.FeatureExtractor`.
        spec: What the model makes, or None where that is not known.
    """
    if spec is None:
        return
    error = None
    if spec.kind != "images":
        error = f"{spec.noun} of shape {spec.shape}"
    elif len(extractor.input_shape) != 3:
        error = f"one that takes inputs of shape {extractor.input_shape}"
    else:
        try:
            extractor.prepare(np.zeros((1, *(side or 1 for side in spec.shape)), "float32"))
        except ValueError as problem:
            error = f"images of shape {spec.shape}: {problem}"
    if error is not None:
        raise ValueError(
            "`feature_extractor` must take what the model makes, images of 1 or 3 channels. "
            f"Received: feature_extractor={extractor.name!r} and {error}"
        )
