"""What a model does, as functions of arrays: asked of its tasks."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_gen import tasks
from keras_gen.modalities import MixedRows
from keras_gen.modalities.images.range import to_uint8
from keras_gen.tasks.tiles import translate_in_tiles
from keras_gen.types import Array, Shape

# Data types of the Open Inference Protocol.
FLOAT, INTEGER, BYTE = "FP32", "INT32", "UINT8"


@dataclasses.dataclass(frozen=True)
class Part:
    """One of the arrays that a method takes or gives.

    Args:
        name: String.
        datatype: String, as the Open Inference Protocol calls it.
        shape: Tuple, of one example; None fits any size.
    """

    name: str
    datatype: str
    shape: Shape


@dataclasses.dataclass(frozen=True)
class Method:
    """Something that a model does.

    Args:
        takes: Tuple of `Part`s.
        gives: Tuple of `Part`s; empty where it gives no arrays.
        call: Callable of arrays `(n, ...)` to a tuple of such; options as keywords. Of one that gives no
            arrays: to anything.
        options: Tuple of strings, the keywords that it takes.
        alone: Boolean, whether requests are answered one by one, and not in batches.
    """

    takes: tuple[Part, ...]
    gives: tuple[Part, ...]
    call: Callable[..., Any]
    options: tuple[str, ...] = ()
    alone: bool = False


def is_pictures(spec: Any) -> bool:
    """Whether examples of a spec can be PNG files.

    Args:
        spec: Spec of `keras_gen.modalities`.
    """
    return spec.kind == "images" and spec.shape[-1] in (1, 3, 4)


def samples(spec: Any) -> Part:
    """Examples of a spec as an answer has them: pictures as bytes.

    Args:
        spec: Spec of `keras_gen.modalities`.
    """
    if is_pictures(spec):
        return Part("images", BYTE, spec.shape)
    return Part(_noun(spec), FLOAT, spec.shape)


def data(spec: Any) -> Part:
    """Examples of a spec as a model takes them.

    Args:
        spec: Spec of `keras_gen.modalities`.
    """
    return Part(_noun(spec), FLOAT, spec.shape)


def _noun(spec):
    return {"images": "images", "clips": "clips", "tables": "rows"}.get(spec.kind, "data")


def finite(array: Array) -> Array:
    """Float32 array of what a model made.

    Args:
        array: Float array.

    Raises:
        ValueError: If there is a number that is not finite.
    """
    array = np.asarray(array, "float32")
    if not np.isfinite(array).all():
        raise ValueError("The model makes no finite numbers of it.")
    return array


def given(spec: Any, array: Array) -> Array:
    """What a model made, as an answer has it: see `samples`.

    Args:
        spec: Spec of `keras_gen.modalities`.
        array: Float array `(n, ...)`.

    Raises:
        ValueError: If there is a number that is not finite.
    """
    return to_uint8(finite(array)) if is_pictures(spec) else finite(array)


def methods_of(model: Any) -> dict[str, Method]:
    """All that a model does.

    Args:
        model: A model of one or more of `keras_gen.tasks`.

    Returns:
        Dict from names to `Method`s: `"generate"`, `"mix"`, `"sample"` of tables, `"encode"`,
        `"reconstruct"`, `"fill"`, and `"translate"`, or `"translate_ab"` and `"translate_ba"`.
    """
    found = {}
    if isinstance(model, tasks.Generates):
        found |= _generating(model)
    if isinstance(model, tasks.Mixes) and is_pictures(model.gives):
        found["mix"] = _mixing(model)
    if isinstance(model, tasks.Encodes):
        found |= _encoding(model)
    if isinstance(model, tasks.Fills):
        found["fill"] = _filling(model)
    if isinstance(model, tasks.Translates):
        for name, direction in model.directions.items():
            found[f"translate_{name}" if name else "translate"] = _translating(direction)
    return found


def _labels(model):
    return () if model.num_classes is None else (Part("labels", INTEGER, ()),)


def _beside(model, labels):
    return {} if model.num_classes is None else {"labels": labels}


def _generating(model):
    spec = model.gives
    options = tuple(inspect.signature(model.generate).parameters)
    found = {}

    def make(n, seed, labels=None, **options):
        count = {"n": n} if labels is None else {"labels": labels}
        made = model.generate(seed=seed, **count, **options)
        return (made if spec.kind == "tables" else given(spec, made),)

    def make_of_latents(latents, labels=None, **options):
        labels = _beside(model, labels)
        made = model.generate(latents=latents, batch_size=len(latents), **labels, **options)
        return (given(spec, made),)

    if spec.kind == "tables":
        found["sample"] = Method((), (), make, options, alone=True)
    if isinstance(model, tasks.FromLatents) and not isinstance(spec, MixedRows):
        latents = Part("latents", FLOAT, model.prior.shape)
        takes = (latents, *_labels(model))
        found["generate"] = Method(takes, (samples(spec),), make_of_latents, options)
    elif spec.kind != "tables":
        found["generate"] = Method((), (), make, options, alone=True)
    return found


def _mixing(model):
    def mix(n, seeds_a, seeds_b, levels, **options):
        made = model.mix(seeds_a, seeds_b, levels, batch_size=n, **options)
        return (given(model.gives, made.reshape(n, *made.shape[2:])),)

    options = tuple(inspect.signature(model.mix).parameters)
    return Method((), (), mix, options, alone=True)


def _encoding(model):
    spec = model.gives
    takes = (data(spec), *_labels(model))
    coded = not isinstance(model, tasks.FromLatents)  # A VQ-VAE gives maps of whole numbers.
    if coded:
        means: tuple[Part, ...] = (Part("codes", INTEGER, (None, None)),)
    else:
        means = tuple(Part(n, FLOAT, model.prior.shape) for n in ("means", "log_variances"))

    def encode(examples, labels=None):
        found = model.encode(examples, batch_size=len(examples), **_beside(model, labels))
        return (found,) if coded else tuple(finite(part) for part in found)

    def reconstruct(examples, labels=None):
        made = model.reconstruct(examples, batch_size=len(examples), **_beside(model, labels))
        return (made if mixed else given(spec, made),)

    mixed = isinstance(spec, MixedRows)
    made = () if mixed else (samples(spec),)
    return {
        "encode": Method(takes, means, encode),
        "reconstruct": Method(takes, made, reconstruct, alone=mixed),
    }


def _filling(model):
    spec = model.gives

    def fill(images, masks):
        return (given(spec, model.fill(images, masks, batch_size=len(images))),)

    masks = Part("masks", FLOAT, (*spec.shape[:2], 1))
    return Method((data(spec), masks), (samples(spec),), fill)


def _translating(direction):
    def translate(inputs, frames=None):
        if direction.takes_any_size:
            made = [translate_in_tiles(direction, to_uint8(each)) for each in inputs]
            return (np.stack(made),)
        frames = {} if frames is None else {"frames": frames}
        outputs = direction.translate(inputs, batch_size=len(inputs), **frames)
        return (given(direction.gives, outputs),)

    takes, gives = (data(direction.takes),), (samples(direction.gives),)
    options = ("frames",) if direction.takes.kind == "clips" else ()
    return Method(takes, gives, translate, options, alone=direction.takes_any_size)
