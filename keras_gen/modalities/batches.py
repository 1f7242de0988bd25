"""A batch of data by its parts, as a model takes them."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_gen.modalities.spec import dtype_of, is_floating
from keras_gen.types import Data, Spec


def split(data: Data, takes: Mapping[str, Spec]) -> dict[str, Any]:
    """Parts of a batch by their names, unchecked.

    Args:
        data: What `fit` was given, one batch of it: the first part alone, a tuple of the parts, or a dict
            with the names as keys.
        takes: Dict from the parts' names to what each is, in their order.

    Returns:
        Dict from names to tensors or arrays.

    Raises:
        ValueError: If a part is missing, or there are weights, which no loss here has a place for.
    """
    first, second, weights = keras.utils.unpack_x_y_sample_weight(data)
    if weights is not None:
        raise ValueError(
            "Training data must hold no sample weights, since the losses have no place for them: leave "
            "examples out, or repeat them. Received: a tuple (x, y, sample_weight)"
        )
    names = list(takes)
    if isinstance(first, dict):
        return _from_dict(first, second, takes)
    if isinstance(first, (list, tuple)):
        if len(first) != len(names) or second is not None:
            raise ValueError(
                f"Training data must be {_forms(takes)}. Received: {len(first)} inputs"
            )
        return dict(zip(names, first, strict=True))
    if len(names) == 1:
        return {names[0]: first}
    if second is None:
        raise ValueError(f"Training data must be {_forms(takes)}. Received: {_alone(takes)}")
    return dict(zip(names, (first, second), strict=True))


def _from_dict(given, second, takes):
    parts = dict(given)
    last = list(takes)[-1]
    if second is not None and len(takes) > 1:
        parts.setdefault(last, second)
    missing = [name for name in takes if name not in parts]
    if missing:
        keys = " and ".join(repr(name) for name in takes)
        raise ValueError(
            f"Training data given as a dict must have the key{'s' * (len(takes) > 1)} {keys}. "
            f"Received: keys {sorted(given)}"
        )
    return {name: parts[name] for name in takes}


def _forms(takes):
    names = list(takes)
    dicts = ", ".join(f'"{name}": ...' for name in names)
    return f"({', '.join(names)}) or {{{dicts}}}"


def _alone(takes):
    first = next(iter(takes.values()))
    return f"one batch of {first.noun} alone"


def take(data: Data, takes: Mapping[str, Spec]) -> Any:
    """Parts of a batch as the networks have them, within a step: a tuple, or the one part itself."""
    parts = split(data, takes)
    taken = tuple(spec.take(name_of(name, takes), parts[name]) for name, spec in takes.items())
    return taken if len(taken) > 1 else taken[0]


def check(data: Data, takes: Mapping[str, Spec], whole: bool) -> None:
    """Looks at the numbers of a batch, or of all the data, on the host.

    Args:
        data: As in `split`, of arrays.
        takes: As in `split`.
        whole: Boolean: whether it is all of the data, or the first batch of a stream.
    """
    parts = split(data, takes)
    _check_arrays(parts, takes)
    for name, spec in takes.items():
        spec.check(name_of(name, takes), np.asarray(parts[name]), whole)
    _check_lengths(parts, takes, whole)


def look(data: Data, takes: Mapping[str, Spec], first: Data) -> None:
    """Looks at a batch of a stream as it passes, and not at all of its numbers: on the host.

    Args:
        data: As in `split`, of arrays or tensors.
        takes: As in `split`.
        first: The first batch of the stream, likewise.

    Raises:
        ValueError: If a part has another shape or dtype than the model takes, or than the first batch in a
            way that TensorFlow, which makes all batches what the first was, would lose.
    """
    parts, firsts = split(data, takes), split(first, takes)
    _check_arrays(parts, takes)
    for name, spec in takes.items():
        part, before = parts[name], firsts[name]
        spec.look(name_of(name, takes), part)
        lost = spec.kind != "labels" and _width(part) > _width(before)
        if lost or len(part.shape) != len(before.shape):
            raise ValueError(
                f"{name_of(name, takes)} must be of one dtype and rank in all batches. Received: "
                f"{_form(part)} after {_form(before)}"
            )
    _check_lengths(parts, takes, False)


def _width(part):
    """What a batch can tell apart, as far as models do: bits of its floats, 0 of integers."""
    if not is_floating(part):
        return 0
    return {"float16": 16, "bfloat16": 16}.get(dtype_of(part), 32)


def _form(part):
    return f"dtype={dtype_of(part)}, shape {tuple(part.shape)}"


def _check_arrays(parts, takes):
    for name, part in parts.items():
        if not hasattr(part, "shape"):
            raise ValueError(
                f"{name_of(name, takes)} must be arrays. Received: {type(part).__name__}"
            )


def _check_lengths(parts, takes, whole):
    """Of streams only labels need be as many: two sets of images may come at a pace of their own."""
    lengths = {name: part.shape[0] for name, part in parts.items()}
    together = whole or any(spec.kind == "labels" for spec in takes.values())
    if together and len(set(lengths.values())) > 1:
        raise ValueError(
            "Training data must hold as many examples of each part. Received: "
            + ", ".join(f"{length} of {name!r}" for name, length in lengths.items())
        )


def name_of(name: str, takes: Mapping[str, Spec]) -> str:
    """What to call a part in an error."""
    spec = takes[name]
    if spec.kind == "labels":
        return "Labels"
    alike = [other for other in takes.values() if other.kind == spec.kind]
    return f"Training {spec.noun}" + (f" ({name})" if len(alike) > 1 else "")
