"""A look at data: arrays whole, streams in their first batch, and the form of the others as they pass."""

import contextlib
import copy
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np

from keras_gen.modalities.batches import check, look
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
        Pair of `x`, or of what stands in for a stream of Python's, whose batches are looked at as they
        pass; and of the number of examples in the first batch, or None where it is not known.

    Raises:
        ValueError: If the data are not what the model takes.
    """
    if not takes:
        if x is not None:
            _check_finite(x)
        return x, None
    if is_stream(x):
        if not _is_unseen(x):
            first, x = _first_batch(x)
            first = _as_arrays(first)
            check(first, takes, whole=False)
            return _watched(x, takes, first), len(keras.tree.flatten(first)[0])
        return x, None
    data = _as_arrays(keras.utils.pack_x_y_sample_weight(x, y))
    check(data, takes, whole=True)
    return x, min(len(keras.tree.flatten(data)[0]), batch_size or 32)


def in_native_order(data: Data) -> Data:
    """Arrays in the machine's own order of bytes, which is all that JAX and PyTorch take."""
    return keras.tree.map_structure(_in_native_order, data)


def _in_native_order(value):
    if isinstance(value, np.ndarray) and not value.dtype.isnative:
        return value.astype(value.dtype.newbyteorder("="))
    return value


def is_stream(x: Data) -> bool:
    """Whether data come batch by batch, rather than as arrays."""
    return not hasattr(x, "shape") and not isinstance(x, (dict, list, tuple))


@contextlib.contextmanager
def saying_it_of_data(undo: Callable[[], Any] = lambda: None) -> Iterator[None]:
    """Context whose errors on the data are raised as the one sentence in them.

    Backends wrap what is raised within a step, or by a stream, in pages of their own.

    Args:
        undo: Callable without arguments that is called before.

    Raises:
        ValueError: In place of such an error; others pass.
    """
    try:
        yield
    except Exception as error:
        said = _said_of_data(str(error))
        if said is None:
            raise
        undo()
        raise ValueError(said) from error


def _said_of_data(text):
    said = _SAID.search(text)
    if said is not None:
        return said[0]
    other = re.search(r"`generator` yielded an element [^\n]*", text)
    if other is None:
        return None
    return f"Training data must come in batches that are alike. Received: {other[0]}"


# The beginnings are those of `name_of`.
_SAID = re.compile(r"(Training \w+( \(\w+\))?|Labels) must [^\n]*Received: [^\n]*")


def _is_unseen(x):
    """Whether it is a data set of this package's, known to be right, or one shared out among devices."""
    return hasattr(x, "element_spec") and (
        getattr(x, "is_checked", False) or not hasattr(x, "unbatch")
    )


def _first_batch(x):
    """The first batch of a stream, and the stream from its beginning."""
    given = x
    if isinstance(x, keras.utils.PyDataset):
        first = x[0] if x.num_batches != 0 else None
    elif hasattr(x, "__next__"):
        first = next(x, None)
        x = (each for each in itertools.chain([first], x))
    elif hasattr(x, "__iter__") and not isinstance(x, (str, bytes, set, frozenset)):
        first = next(iter(x), None)
    else:
        raise ValueError(
            "`x` must be arrays, or a stream of batches: a `tf.data.Dataset`, a `keras.utils.PyDataset`, "
            f"a loader of PyTorch's or a generator. Received: {_in_words(x)}"
        )
    if first is None:
        raise ValueError(
            f"`x` must hold at least one batch. Received: {_in_words(given)} whose first is none"
        )
    return first, x


def _in_words(x):
    return f"x={x!r}" if x is None or isinstance(x, (str, int, float)) else type(x).__name__


def _watched(x, takes, first):
    """A stream of Python's whose batches are looked at as they pass; another as it is.

    Before TensorFlow takes them it would make them what the first was, and lose what they are not.
    """
    if isinstance(x, keras.utils.PyDataset):
        return _WatchedDataset(x, takes, first)
    if hasattr(x, "element_spec"):
        return x
    if hasattr(x, "__next__"):
        return (_looked(batch, takes, first) for batch in x)
    # Of its own class, since Keras looks at that.
    watched = copy.copy(x)
    own = type(x)

    def iterate(self):
        return (_looked(batch, takes, first) for batch in own.__iter__(self))

    names = {"__iter__": iterate, "__module__": own.__module__}
    watched.__class__ = type(own.__name__, (own,), names)
    return watched


def _looked(batch, takes, first):
    """A batch that was looked at, in a form that Keras takes of every stream."""
    look(batch, takes, first)
    return in_native_order(batch if isinstance(batch, (dict, list, tuple)) else (batch,))


class _WatchedDataset(keras.utils.PyDataset):
    """Another `PyDataset`, whose batches are looked at as they pass."""

    def __init__(self, dataset, takes, first):
        super().__init__(
            workers=dataset.workers,
            use_multiprocessing=dataset.use_multiprocessing,
            max_queue_size=dataset.max_queue_size,
        )
        self._dataset = dataset
        self._takes = takes
        self._first = first

    def __getitem__(self, index):
        return _looked(self._dataset[index], self._takes, self._first)

    @property
    def num_batches(self):
        return self._dataset.num_batches

    def on_epoch_begin(self):
        self._dataset.on_epoch_begin()

    def on_epoch_end(self):
        self._dataset.on_epoch_end()


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
