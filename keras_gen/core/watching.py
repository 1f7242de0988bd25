"""Callbacks that watch a number: whether it will be there."""

import keras


def check_watched(callbacks, logged, validated):
    """Raises a ValueError if a callback of Keras watches what no epoch will log, and so would do nothing.

    Args:
        callbacks: A callback, a list of them, a `keras.callbacks.CallbackList` or None, as in `fit`.
        logged: Sequence of strings, the names that the model logs.
        validated: Sequence of strings, the names that it logs of validation data; empty where there are
            none.
    """
    known = [*logged, *(f"val_{name}" for name in validated)]
    for callback in _each(callbacks):
        watched = _watched(callback)
        if watched is not None and watched not in known:
            raise ValueError(_sentence(callback, watched, known, validated))
        if watched is not None and _is_undirected(callback):
            raise ValueError(
                f"`mode` of {type(callback).__name__} must be 'min' or 'max' for another number than a "
                f"loss. Received: mode='auto' with monitor={watched!r}"
            )
        added = _added(callback)
        if added is None:
            return  # It may log whatever those after it watch.
        known += [name for name in added if name not in known]


def _each(callbacks):
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return callbacks.callbacks
    return keras.tree.flatten(callbacks) if callbacks else []


def _watched(callback):
    """The name that a callback can't do without, or None."""
    watchers = keras.callbacks.EarlyStopping, keras.callbacks.ReduceLROnPlateau
    saves_best = isinstance(callback, keras.callbacks.ModelCheckpoint) and callback.save_best_only
    return callback.monitor if isinstance(callback, watchers) or saves_best else None


def _is_undirected(callback):
    """Whether Keras would find after the first epoch that it does not know what is better."""
    name = callback.monitor.removeprefix("val_")
    return getattr(callback, "mode", None) == "auto" and name != "loss"


def _added(callback):
    """Names that a callback puts into the logs, or None where that is not known."""
    rates = keras.callbacks.LearningRateScheduler, keras.callbacks.ReduceLROnPlateau
    if isinstance(callback, rates):
        return ("learning_rate",)
    if type(callback).on_epoch_end is keras.callbacks.Callback.on_epoch_end:
        ours = not isinstance(callback, keras.callbacks.LambdaCallback)
        return () if ours else None
    of = type(callback).__module__.partition(".")[0]
    return getattr(callback, "names", ()) if of in ("keras", "keras_gen") else None


def _sentence(callback, watched, known, validated):
    name = type(callback).__name__
    needs = ""
    if watched.startswith("val_") and not validated:
        needs = " There is no validation data."
    guide = ""
    if "generator_loss" in known:
        guide = (
            " The losses of a generator and its discriminator move against each other and tell little of "
            "the samples: watch a score of `keras_gen.callbacks.EvaluateSamples`, placed before this in "
            "`callbacks`, by `monitor='kernel_distance', mode='min'`."
        )
    return (
        f"`monitor` of {name} must be one of what is logged by then: {', '.join(known)}.{needs}{guide} "
        f"Received: monitor={watched!r}"
    )
