"""Making a model from a config that may ask for anything, within what its weights file holds."""

import contextlib
import math
import threading

import keras

from keras_gen.presets.arrays import one_line

# A network may be copied while a model is made; and small ones are not worth a word.
_COPIES = 2
_FREE_NUMBERS = 1_000_000
_MOST_STEPS = 4096  # A TimeDistributed layer is written out, one step after another.
_LOCK = threading.RLock()


def build(make, numbers, source):
    """Makes a model, and refuses one that is larger than its weights.

    A `Dense` of a thousand million units is refused before it takes any memory.

    Args:
        make: Function that makes it.
        numbers: Integer, how many numbers its weights file holds.
        source: String or path, the config's name for the errors.

    Returns:
        What `make` returns.

    Raises:
        ValueError: If it can't be made.
    """
    refused = []
    try:
        with _bounded(_COPIES * numbers + _FREE_NUMBERS, refused):
            return make()
    except Exception as error:
        # What a layer raises comes through Keras, which may add to it.
        reason = refused[0] if refused else one_line(_first(error))
        raise ValueError(f"{source} could not be made into a model: {reason}") from error


def _first(error):
    """The error that an error came of: Keras wraps it anew on every level of a network."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    return error


@contextlib.contextmanager
def _bounded(most_numbers, refused):
    """Context in which this thread's layers and metrics can't make more numbers than are allowed."""
    thread, made = threading.get_ident(), 0

    def count(shape):
        nonlocal made
        made += math.prod(shape) if isinstance(shape, tuple | list) else shape or 1
        if made > most_numbers:
            refuse(
                f"its layers ask for weights of {made} numbers and more, and its weights file has fewer "
                f"than {most_numbers}"
            )

    def refuse(reason):
        refused.append(reason)
        raise ValueError(reason)

    def add_weight(original, layer, *args, **options):
        count(options.get("shape", args[0] if args else ()))
        return original(layer, *args, **options)

    def build_steps(original, layer, input_shape):
        if input_shape[1] is not None and input_shape[1] > _MOST_STEPS:
            refuse(f"{layer.name} runs over {input_shape[1]} steps, more than {_MOST_STEPS}")
        return original(layer, input_shape)

    def replaced(owner, name, check):
        original = getattr(owner, name)

        def checked(self, *args, **options):
            if threading.get_ident() != thread:
                return original(self, *args, **options)
            return check(original, self, *args, **options)

        setattr(owner, name, checked)
        stack.callback(setattr, owner, name, original)

    with _LOCK, contextlib.ExitStack() as stack:
        replaced(keras.layers.Layer, "add_weight", add_weight)
        replaced(keras.metrics.Metric, "add_variable", add_weight)
        replaced(keras.layers.TimeDistributed, "build", build_steps)
        yield
