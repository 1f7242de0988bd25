"""A look at data before the first step: arrays whole, streams in their first batch."""

import itertools
from collections.abc import Mapping

import keras
import numpy as np

from keras_gen.modalities.batches import check
from keras_gen.types import Data, Spec


def look_at(
    x: Data, y: Data, takes: Mapping[str, Spec], batch_size: int | None = None
) -> tuple[Data, int | None]:
    """Checks what `fit` or `evaluate` was given against what a model takes.

    Args:
        x: Arrays, or a stream of batches: a `tf.data.Dataset`, a `keras.utils.PyDataset`, a loader, a
            generator.
        y: Array or None.
        takes: Dict from the parts' names to what each is.
        batch_size: Integer, or None for Keras's 32, where `x` is arrays.

    Returns:
        Pair of `x`, which of a generator, used up by looking, is one that begins with the batch looked at,
        and of the number of examples in the first batch, or None where it is not known.

    Raises:
        ValueError: If the data are not what the model takes.
    """
    if x is None:
        return x, None
    if not takes:
        _check_finite(x)
        return x, None
    if is_stream(x):
        first, x = _first_batch(x)
        if first is None:
            return x, None
        first = _as_arrays(first)
        check(first, takes, whole=False)
        return x, len(keras.tree.flatten(first)[0])
    data = _as_arrays(keras.utils.pack_x_y_sample_weight(x, y))
    check(data, takes, whole=True)
    return x, min(len(keras.tree.flatten(data)[0]), batch_size or 32)


def is_stream(x: Data) -> bool:
    """Whether data come batch by batch, rather than as arrays."""
    return not hasattr(x, "shape") and not isinstance(x, (dict, list, tuple))


def _first_batch(x):
    if isinstance(x, keras.utils.PyDataset):
        return x[0], x
    if hasattr(x, "element_spec"):
        # Those of this package are known to be right; a distributed one can't be looked at from here.
        if getattr(x, "is_checked", False) or not hasattr(x, "unbatch"):
            return None, x
        return next(iter(x), None), x
    if hasattr(x, "__next__"):
        first = next(x, None)
        return first, x if first is None else (each for each in itertools.chain([first], x))
    return next(iter(x), None), x


def _as_arrays(data):
    return keras.tree.map_structure(_as_array, data)


def _as_array(value):
    if isinstance(value, np.ndarray) or value is None:
        return value
    if hasattr(value, "__array__") and not hasattr(value, "detach"):
        return np.asarray(value)
    return keras.ops.convert_to_numpy(value)


def _check_finite(x):
    for array in keras.tree.flatten(x):
        if isinstance(array, np.ndarray) and np.issubdtype(array.dtype, np.floating):
            finite = np.isfinite(array)
            if not finite.all():
                raise ValueError(
                    "`x` must hold finite numbers. Received: an array of shape "
                    f"{array.shape} with {(~finite).sum()} NaN or infinite values"
                )
