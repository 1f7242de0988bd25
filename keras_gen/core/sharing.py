"""Batches that several replicas share: each must have a part of the same size."""

import contextlib
import math
import warnings

import keras

from keras_gen.backend.datasets import trimmed
from keras_gen.modalities.looking import is_stream


def shared_evenly(x, y, batch_size, first, replicas):
    """Leaves out of data what replicas can't share evenly: the last batch's odd examples.

    A replica without an example has no mean of its losses, and one with fewer than the others counts as
    much as they do.

    Args:
        x: As in `fit`.
        y: As in `fit`.
        batch_size: As in `fit`.
        first: Integer, the examples in the first batch, or None where that is not known.
        replicas: Integer, how many share a batch.

    Returns:
        `x` and `y`, or what of them can be shared. A warning tells what is left out.

    Raises:
        ValueError: If not even the first batch can be shared, or the last one of a `PyDataset`.
    """
    if replicas == 1 or x is None:
        return x, y
    if first is not None and first % replicas and (is_stream(x) or first == (batch_size or 32)):
        raise ValueError(_sentence(replicas, first))
    if not is_stream(x):
        return _of_arrays(x, y, batch_size or 32, replicas)
    if isinstance(x, keras.utils.PyDataset):
        last = len(keras.tree.flatten(x[len(x) - 1])[0]) if len(x) else 0
        if last % replicas:
            raise ValueError(_sentence(replicas, last, "a last batch"))
    elif hasattr(x, "unbatch") and keras.tree.flatten(x.element_spec)[0].shape[0] is None:
        warnings.warn(
            f"Odd examples of the last batch are left out: {replicas} replicas share every batch evenly.",
            stacklevel=5,
        )
        x = trimmed(x, replicas)
    return x, y


def validating_evenly(x, y, options, replicas):
    """Has `fit` validate on examples that replicas share evenly, too.

    Args:
        x: As in `fit`.
        y: As in `fit`.
        options: Dict of the further arguments of `fit`, with `validation_data` or `validation_split`.
        replicas: Integer, how many share a batch.

    Returns:
        `x` and `y` to train on, and the options. A split becomes data, so that both parts can be shared.

    Raises:
        ValueError: As `shared_evenly`.
    """
    if replicas == 1:
        return x, y, options
    held, split = options.get("validation_data"), options.get("validation_split") or 0.0
    if held is None:
        total = len(keras.tree.flatten(x)[0]) if not is_stream(x) else 0
        cut = math.floor(total * (1.0 - split))
        if not 0 < cut < total:
            return x, y, options  # Keras says what is wrong.
        held = tuple(_part(whole, slice(cut, None)) for whole in (x, y))
        x, y = (_part(whole, slice(cut)) for whole in (x, y))
    data = held if isinstance(held, (list, tuple)) else (held,)
    if len(data) > 2:
        return x, y, options  # Weights of examples, which `evaluate` refuses.
    size = options.get("validation_batch_size") or options.get("batch_size")
    first = None if is_stream(data[0]) else min(len(keras.tree.flatten(data[0])[0]), size or 32)
    shared = shared_evenly(data[0], data[1] if len(data) > 1 else None, size, first, replicas)
    options = {**options, "validation_data": shared if len(data) > 1 else shared[0]}
    return x, y, {name: v for name, v in options.items() if name != "validation_split"}


@contextlib.contextmanager
def ending_anywhere():
    """Context of a training on data whose number of batches is not known, of which Keras warns each time."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Your input ran out of data")
        yield


def _of_arrays(x, y, batch_size, replicas):
    total = len(keras.tree.flatten(x)[0])
    kept = total - total % batch_size % replicas
    if kept == total:
        return x, y
    if not kept:
        raise ValueError(_sentence(replicas, total))
    warnings.warn(
        f"The last {total - kept} of {total} examples are left out: {replicas} replicas share every batch "
        "evenly.",
        stacklevel=5,
    )
    return _part((x, y), slice(kept))


def _part(arrays, part):
    """A part of the rows of each of some arrays, which may be None."""
    return keras.tree.map_structure(lambda each: None if each is None else each[part], arrays)


def _sentence(replicas, size, what="a batch"):
    return (
        f"`batch_size` must be a multiple of the {replicas} replicas, which share every batch. "
        f"Received: {what} of {size}"
    )
