"""What requests hold in JSON: a class for each method of each model, so that a model's schema is its own."""

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from keras_gen import tasks
from keras_gen.serving.limits import Limits
from keras_gen.serving.served import SEEDS, Served

# Latents are standard normal: none is nearly as large.
MOST = 1000.0
# Beyond what a request may ask for: of longer lists no latents are drawn.
MOST_CODES = 2**14
_Number = Annotated[float, Field(ge=-MOST, le=MOST)]


class Body(BaseModel):
    """A JSON object of known fields."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Codes(Body):
    """What the codes of latents are to be."""

    category: int | Annotated[list[int], Field(max_length=MOST_CODES)] | None = None
    continuous: (
        Annotated[list[_Number] | list[list[_Number]], Field(max_length=MOST_CODES)] | None
    ) = None


_Seed = Annotated[int | None, Field(ge=0, lt=SEEDS)]
_Cell = str | float | int | bool | None

# What `generate`, or what draws its latents, may take beside: type and bounds.
OPTIONS: dict[str, Any] = {
    "steps": Annotated[int, Field(ge=1, le=100)],
    "guidance": Annotated[float, Field(ge=-100, le=100)],
    "solver": Annotated[str, Field(max_length=20)],
    "truncation": Annotated[float, Field(ge=0, le=1)],
    "temperature": Annotated[float, Field(gt=0, le=100)],
    "codes": Codes,
    "conditions": dict[str, _Cell],
}


def array_type(shape: Sequence[int]) -> Any:
    """Type of nested lists of finite numbers.

    Args:
        shape: Tuple of integers.
    """
    kind: Any = _Number
    for size in reversed(shape):
        kind = Annotated[list[kind], Field(min_length=size, max_length=size)]
    return kind


def list_of(kind: Any, most: int) -> Any:
    """Type of lists of at least one.

    Args:
        kind: Type.
        most: Integer, the most of them.
    """
    return Annotated[list[kind], Field(min_length=1, max_length=most)]


def label_type(model: Any) -> Any:
    """Type of a class: its number or its name.

    Args:
        model: A model with classes.
    """
    number: Any = Annotated[int, Field(ge=0, lt=model.num_classes)]
    if model.class_names is None:
        return number
    return number | Literal[tuple(model.class_names)]


def _body(served, name, fields):
    name = re.sub(r"\W", "_", f"{served.name}_{name}")
    return create_model(name, __base__=Body, **fields)


def _options(parameters):
    return {name: (OPTIONS[name] | None, None) for name in parameters if name in OPTIONS}


def generate_body(served: Served, limits: Limits, of_latents: Mapping[str, Any]) -> Any:
    """Class of the body of `generate`.

    Args:
        served: `Served`.
        limits: `Limits`.
        of_latents: Mapping whose keys are what draws the latents takes.
    """
    model = served.model
    fields: dict[str, Any] = {
        "n": (Annotated[int | None, Field(ge=1, le=limits.images)], None),
        "seed": (_Seed, None),
    }
    if served.latents is not None:
        latents = array_type(model.prior.shape)
        fields["latents"] = (list_of(latents, limits.images) | None, None)
    if model.num_classes is not None:
        fields["labels"] = (list_of(label_type(model), limits.images) | None, None)
    taken = (*of_latents, *served.methods["generate"].options)
    return _body(served, "generate", fields | _options(taken))


def _with_label(served, fields):
    if served.model.num_classes is not None:
        fields["label"] = (label_type(served.model), ...)
    # What draws latents has no part where they are given.
    drawn = draws_of(served)
    return fields | _options(n for n in served.methods["generate"].options if n not in drawn)


def vary_body(served: Served, limits: Limits) -> Any:
    """Class of the body of `vary`; arguments as in `generate_body`."""
    fields: dict[str, Any] = {
        "latent": (array_type(served.model.prior.shape), ...),
        "amount": (Annotated[float, Field(ge=0, le=1)], 0.3),
        "n": (Annotated[int, Field(ge=1, le=limits.images)], 8),
        "seed": (_Seed, None),
    }
    return _body(served, "vary", _with_label(served, fields))


def interpolate_body(served: Served, limits: Limits) -> Any:
    """Class of the body of `interpolate`; arguments as in `generate_body`."""
    latent: Any = array_type(served.model.prior.shape)
    ends: Any = Annotated[list[latent], Field(min_length=2, max_length=2)]
    fields: dict[str, Any] = {
        "steps": (Annotated[int, Field(ge=2, le=max(2, limits.images))], 8),
        "seed": (_Seed, None),
        "latents": (ends | None, None),
    }
    # What is called `steps` in `generate`, too, is left as it is by default.
    return _body(served, "interpolate", _with_label(served, {}) | fields)


def mix_body(served: Served, limits: Limits) -> Any:
    """Class of the body of `mix`; arguments as in `generate_body`."""
    seeds: Any = list_of(Annotated[int, Field(ge=0, lt=SEEDS)], limits.images)
    level: Any = Annotated[int, Field(ge=0, lt=served.model.levels)]
    fields: dict[str, Any] = {
        "seeds_a": (seeds, ...),
        "seeds_b": (seeds, ...),
        "levels": (Annotated[list[level], Field(max_length=served.model.levels)], ...),
    }
    return _body(served, "mix", fields | _options(served.methods["mix"].options))


def sample_body(served: Served, limits: Limits) -> Any:
    """Class of the body of `sample`; arguments as in `generate_body`."""
    fields: dict[str, Any] = {
        "n": (Annotated[int, Field(ge=1, le=limits.rows)], 1),
        "seed": (_Seed, None),
    }
    return _body(served, "sample", fields | _options(served.methods["sample"].options))


def examples_body(served: Served, limits: Limits, mixed: bool) -> Any:
    """Class of the body of `encode` and `reconstruct` of what is no picture.

    Args:
        served: `Served`.
        limits: `Limits`.
        mixed: Boolean, whether it is rows of mixed types.
    """
    part, *_ = served.methods["encode"].takes
    if mixed:
        cells = list_of(dict[str, _Cell], limits.rows)
        fields: dict[str, Any] = {part.name: (cells, ...)}
    else:
        kind: Any = Annotated[float, Field(ge=-1e9, le=1e9)]
        for size in reversed(part.shape):
            kind = Annotated[list[kind], Field(min_length=size or 1, max_length=size)]
        fields = {part.name: (list_of(kind, limits.rows), ...)}
    if served.model.num_classes is not None:
        fields["labels"] = (list_of(label_type(served.model), limits.rows), ...)
    return _body(served, "examples", fields)


def draws_of(served: Served) -> dict[str, Any]:
    """Parameters of what draws a model's latents, by name."""
    if not isinstance(served.model, tasks.FromLatents) or served.latents is None:
        return {}
    return dict(inspect.signature(served.model.chosen).parameters)


class TensorBody(Body):
    """An array of the Open Inference Protocol."""

    name: Annotated[str, Field(max_length=100)]
    shape: Annotated[list[Annotated[int, Field(ge=0, le=2**31)]], Field(min_length=1, max_length=8)]
    datatype: Literal["BOOL", "UINT8", "INT32", "INT64", "FP32", "FP64"]
    data: list[Any]
    parameters: dict[str, _Cell] | None = None


class WantedBody(Body):
    """An array that is wanted, of the Open Inference Protocol."""

    name: Annotated[str, Field(max_length=100)]
    parameters: dict[str, _Cell] | None = None


class InferBody(Body):
    """A request of the Open Inference Protocol."""

    id: Annotated[str | None, Field(max_length=200)] = None
    parameters: dict[str, _Cell] | None = None
    inputs: Annotated[list[TensorBody], Field(min_length=1, max_length=8)]
    outputs: Annotated[list[WantedBody] | None, Field(max_length=8)] = None
