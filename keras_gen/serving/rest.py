"""The routes of one model: those that its tasks have, of what it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from keras_gen.modalities import MixedRows
from keras_gen.modalities.images.range import to_uint8
from keras_gen.modalities.tables.frames import import_pandas
from keras_gen.serving import answers, bodies, uploads
from keras_gen.serving.limits import Limits, RefusedError
from keras_gen.serving.methods import is_pictures
from keras_gen.serving.served import (
    Served,
    arrays_of,
    mapping_of,
    seed_or_drawn,
    sentence_of,
)


class Error(BaseModel):
    """What went wrong, in a sentence."""

    error: str


_PNG = {"image/png": {"schema": {"type": "string", "format": "binary"}}}
_CSV = {"text/csv": {"schema": {"type": "string"}}}
ERRORS: dict[int | str, dict[str, Any]] = {422: {"model": Error}, "4XX": {"model": Error}}


def routes_of(served: Served, limits: Limits) -> APIRouter:
    """The routes of a model.

    Args:
        served: `Served`.
        limits: `Limits`.

    Returns:
        `APIRouter`.
    """
    router = APIRouter(prefix=f"/v1/models/{served.name}", tags=[served.name])
    router.add_api_route("", _about(served), methods=["GET"], responses=ERRORS)
    makers = {
        "generate": _generating,
        "mix": _mixing,
        "sample": _sampling,
        "encode": _encoding,
        "fill": _filling,
    }
    for name, add in makers.items():
        if name in served.methods and not (name == "generate" and served.is_table):
            add(router, served, limits)
    names = [name for name in served.methods if name.startswith("translate")]
    if names:
        _translating(router, served, limits, names)
    return router


def _about(served):
    async def about() -> dict[str, Any]:
        return served.about()

    return about


def _add(router, path, summary, body, handle, media=None):
    """Adds a route that takes JSON of a class."""

    async def route(request, body):
        return await handle(request, body)

    route.__name__ = path.strip("/")
    route.__annotations__ = {"request": Request, "body": body}
    responses = ERRORS | ({200: {"content": media}} if media else {})
    router.add_api_route(
        path, route, methods=["POST"], summary=summary, responses=responses, response_model=None
    )


def _add_form(router, path, summary, files, handle, limits, fields=(), media=_PNG):
    """Adds a route that takes files, and texts of some schemas."""
    binary = {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1}
    fields = dict(fields)
    properties = dict.fromkeys(files, binary) | fields
    required = [*files, *(name for name, schema in fields.items() if schema.pop("required", False))]
    schema = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    extra = {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }

    async def route(request):
        sent = await _form_of(request, files, tuple(fields), limits)
        return await handle(request, **sent)

    route.__name__ = path.strip("/")
    route.__annotations__ = {"request": Request}
    router.add_api_route(
        path,
        route,
        methods=["POST"],
        summary=summary,
        responses=ERRORS | {200: {"content": media}},
        response_model=None,
        openapi_extra=extra,
    )


async def _form_of(request, files, fields, limits):
    """Dict of lists of bytes, and of lists of texts, of a form."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise RefusedError(
            415, f"The request must be multipart/form-data, with {' and '.join(files)} as files."
        )
    most = limits.images
    try:
        form = await request.form(max_files=most * len(files), max_fields=most + 8)
    except HTTPException as error:
        raise RefusedError(400, str(error.detail)) from error
    except Exception as error:  # The parser has kinds of its own.
        raise RefusedError(400, "The request is no whole multipart/form-data.") from error
    async with _closing(form):
        sent: dict[str, list[Any]] = {name: [] for name in (*files, *fields)}
        for name, value in form.multi_items():
            if name not in sent:
                raise RefusedError(
                    422, f"{_quoted(name)} is not taken. Known are {', '.join(sent)}."
                )
            if isinstance(value, str) == (name in files):
                raise RefusedError(
                    422, f"`{name}` must be {'a file' if name in files else 'a text'}."
                )
            sent[name].append(value if isinstance(value, str) else await value.read())
    for name in files:
        if not 1 <= len(sent[name]) <= most:
            raise RefusedError(
                422, f"`{name}` must be 1 to {most} files. Received: {len(sent[name])}"
            )
    return sent


class _closing:  # noqa: N801
    def __init__(self, form):
        self.form = form

    async def __aenter__(self):
        return self.form

    async def __aexit__(self, *error):
        await self.form.close()


def _quoted(name):
    return repr(name if len(name) < 60 else name[:60] + "...")


def _check_pixels(shape, n, limits):
    if n * int(np.prod(shape[:2])) > limits.pixels:
        raise RefusedError(413, f"`n` must be less: {n} of this size are too many for one request.")


async def _drawn(draw: Callable[[], Any]) -> Any:
    """What a function gives that refuses by a ValueError."""
    try:
        return await run_in_threadpool(draw)
    except ValueError as error:
        raise RefusedError(422, sentence_of(error)) from error


# Samples


def _generating(router, served, limits):
    if served.latents is None:
        return _generating_by_seed(router, served, limits)
    model, spec = served.model, served.model.gives
    taken = set(served.methods["generate"].options)
    of_latents = {name: None for name in bodies.draws_of(served) if name in bodies.OPTIONS}

    async def answer(request, latents, labels, seed, options):
        _check_pixels(spec.shape, len(latents), limits)
        (made,) = await served.run("generate", arrays_of(latents, labels), **options)
        about = {"model": served.name, "seed": seed, "latents": latents.tolist()}
        if labels is not None:
            about["labels"] = labels.tolist()
        if is_pictures(spec):
            return await answers.pictures(request, made, about)
        return await answers.numbers(about, data=made)

    def options_of(body):
        sent = mapping_of(body.model_dump(include=set(bodies.OPTIONS), exclude_none=True))
        draws = {name: sent.pop(name) for name in of_latents if name in sent}
        return draws, {name: value for name, value in sent.items() if name in taken}

    async def generate(request, body):
        draws, options = options_of(body)
        given = None if body.latents is None else np.array(body.latents, "float32")
        labels = body.labels if model.num_classes is not None else None
        n = body.n
        if n is None and given is None and labels is None and not draws:
            n = 1
        seed = seed_or_drawn(body.seed)
        wanted = {"labels": labels, "seed": seed, "latents": given, **draws}
        latents, labels = await served.drawn(lambda: model.chosen(n, **wanted))
        if len(latents) > limits.images:
            raise RefusedError(422, f"`n` must be {limits.images} at most.")
        drawn = given is None or (labels is not None and body.labels is None)
        return await answer(request, latents, labels, seed if drawn else None, options)

    async def vary(request, body):
        _, options = options_of(body)
        seed = seed_or_drawn(body.seed)
        latent = np.array(body.latent, "float32")
        latents = await served.drawn(lambda: model.prior.near(latent, body.amount, body.n, seed))
        return await answer(request, latents, _of_label(model, body, body.n), seed, options)

    async def interpolate(request, body):
        _, options = options_of(body)
        options.pop("steps", None)  # of the walk, not of the sampler
        seed = seed_or_drawn(body.seed)
        given = None if body.latents is None else np.array(body.latents, "float32")

        def walk():
            prior = model.prior
            return prior.between(*prior.draw(2, seed, given), body.steps)

        latents = await served.drawn(walk)
        label = _of_label(model, body, body.steps)
        return await answer(request, latents, label, seed if given is None else None, options)

    body = bodies.generate_body(served, limits, of_latents)
    _add(router, "/generate", "Make samples, by seed or of latents.", body, generate, _PNG)
    body = bodies.vary_body(served, limits)
    _add(router, "/vary", "Make samples near one that was made: more like this.", body, vary, _PNG)
    body = bodies.interpolate_body(served, limits)
    summary = "Make samples on the way from one latent to another."
    return _add(router, "/interpolate", summary, body, interpolate, _PNG)


def _of_label(model, body, n):
    return None if model.num_classes is None else model.labels_of([body.label] * n)


def _generating_by_seed(router, served, limits):
    """Of a model without latents: by seed alone, one request after the other."""
    model, spec = served.model, served.model.gives

    async def generate(request, body):
        options = mapping_of(body.model_dump(include=set(bodies.OPTIONS), exclude_none=True))
        seed, n, labels = seed_or_drawn(body.seed), body.n, None
        if model.num_classes is not None:
            labels = body.labels or (np.arange(n or 1) % model.num_classes).tolist()
            labels = model.labels_of(labels)
            if n not in (None, len(labels)):
                raise RefusedError(422, "`n` must be the number of `labels`, or left out.")
        n = n or (1 if labels is None else len(labels))
        _check_pixels(spec.shape, n, limits)
        (made,) = await served.run("generate", n=n, seed=seed, labels=labels, **options)
        about = {"model": served.name, "seed": seed}
        if labels is not None:
            about["labels"] = labels.tolist()
        if is_pictures(spec):
            return await answers.pictures(request, made, about)
        return await answers.numbers(about, data=made)

    body = bodies.generate_body(served, limits, {})
    return _add(router, "/generate", "Make samples by seed.", body, generate, _PNG)


def _mixing(router, served, limits):
    async def mix(request, body):
        options = mapping_of(body.model_dump(include=set(bodies.OPTIONS), exclude_none=True))
        n = len(body.seeds_a) * len(body.seeds_b)
        if n > limits.images:
            raise RefusedError(
                422, f"Pairs of seeds must be {limits.images} at most: they are {n}."
            )
        _check_pixels(served.model.gives.shape, n, limits)
        seeds = {"seeds_a": body.seeds_a, "seeds_b": body.seeds_b}
        (made,) = await served.run("mix", n=n, levels=body.levels, **seeds, **options)
        about = {"model": served.name, "columns": len(body.seeds_b)}
        return await answers.pictures(request, made, about)

    summary = "Make samples of some levels of one and the others of another, of every pair."
    _add(router, "/mix", summary, bodies.mix_body(served, limits), mix, _PNG)


def _sampling(router, served, limits):
    async def sample(request, body):
        options = mapping_of(body.model_dump(include=set(bodies.OPTIONS), exclude_none=True))
        seed = seed_or_drawn(body.seed)
        (made,) = await served.run("sample", n=body.n, seed=seed, **options)
        about = {"model": served.name, "seed": seed}
        return await answers.rows(request, served.model.gives, made, about)

    body = bodies.sample_body(served, limits)
    _add(router, "/sample", "Make rows of a table, as JSON or CSV.", body, sample, _CSV)


# Latents of examples


def _encoding(router, served, limits):
    spec, model = served.model.gives, served.model
    if not is_pictures(spec):
        return _encoding_numbers(router, served, limits)
    fields = {}
    if model.num_classes is not None:
        label = {"type": "string"}
        fields["labels"] = {"type": "array", "items": label, "required": True}

    async def taken_of(images, labels=None):
        taken = await run_in_threadpool(uploads.images_for, spec, images, limits)
        if labels is None:
            return taken, taken.arrays
        names = model.class_names or ()
        labels = await _drawn(lambda: model.labels_of(_classes_of(labels, names)))
        _check_as_many(labels, len(images))
        return taken, (*taken.arrays, labels)

    async def encode(request, **sent):
        _, arrays = await taken_of(**sent)
        return await _encoded(served, arrays)

    async def reconstruct(request, **sent):
        taken, arrays = await taken_of(**sent)
        (made,) = await served.run("reconstruct", arrays)
        return await answers.pictures(request, taken.cut(made), {"model": served.name})

    for path, summary, handle in (
        ("/encode", "Latents of pictures.", encode),
        ("/reconstruct", "Pictures of pictures' latents.", reconstruct),
    ):
        media = _PNG if path == "/reconstruct" else {}
        _add_form(router, path, summary, ("images",), handle, limits, _copied(fields), media)
    return None


def _copied(fields):
    return {name: dict(schema) for name, schema in fields.items()}


def _check_as_many(labels, n):
    if len(labels) != n:
        raise RefusedError(422, f"`labels` must be {n}, one for each. Received: {len(labels)}")


def _classes_of(labels, names):
    """Labels of a form, which are text: what is no name may be a number."""
    if all(label in names for label in labels):
        return labels
    whole = lambda x: x.isascii() and x.isdigit() and len(x) < 9  # noqa: E731
    return [names.index(x) if x in names else int(x) if whole(x) else x for x in labels]


async def _encoded(served, arrays):
    """The answer with what `encode` gives, by names: a posterior's means are the latents."""
    found = await served.run("encode", arrays)
    parts = served.methods["encode"].gives
    names = ["latents" if part.name == "means" else part.name for part in parts]
    return await answers.numbers({"model": served.name}, **dict(zip(names, found, strict=True)))


def _encoding_numbers(router, served, limits):
    spec, model = served.model.gives, served.model
    mixed = isinstance(spec, MixedRows)
    part, *_ = served.methods["encode"].takes

    def arrays_in(body):
        values = getattr(body, part.name)
        taken = _codes_of(spec, values) if mixed else np.array(values, "float32")
        if model.num_classes is None:
            return (taken,)
        labels = model.labels_of(body.labels)
        _check_as_many(labels, len(taken))
        return taken, labels

    async def encode(request, body):
        return await _encoded(served, await _drawn(lambda: arrays_in(body)))

    async def reconstruct(request, body):
        arrays = await _drawn(lambda: arrays_in(body))
        (made,) = await served.run("reconstruct", arrays)
        if served.is_table:
            return await answers.rows(request, spec, made, {"model": served.name})
        return await answers.numbers({"model": served.name}, **{part.name: made})

    body = bodies.examples_body(served, limits, mixed)
    _add(router, "/encode", "Latents of examples.", body, encode)
    media = _CSV if served.is_table else None
    _add(router, "/reconstruct", "Examples of examples' latents.", body, reconstruct, media)


def _codes_of(spec, cells):
    """Codes of rows of mixed types, of a list of dicts."""
    pandas = import_pandas()
    frame = pandas.DataFrame(cells)
    others = sorted(set(frame.columns) - set(spec.names))
    if others:
        raise RefusedError(422, f"`rows` have no column {_quoted(others[0])}.")
    try:
        for column in spec.columns:
            if column.kind == "datetime" and column.format is None and column.name in frame:
                frame[column.name] = pandas.to_datetime(frame[column.name], format="ISO8601")
        return spec.encode(frame).astype("float32")
    except (TypeError, OverflowError) as error:
        raise RefusedError(422, "`rows` must hold the columns' kinds of values.") from error


# Pictures of pictures


def _filling(router, served, limits):
    spec = served.model.gives

    async def fill(request, images, masks):
        taken = await run_in_threadpool(uploads.holes_for, spec, images, masks, limits)
        (made,) = await served.run("fill", taken.arrays)
        return await answers.pictures(request, taken.cut(made), {"model": served.name})

    if is_pictures(spec):
        summary = "Fill what is white in masks."
        _add_form(router, "/fill", summary, ("images", "masks"), fill, limits)


def _translating(router, served, limits, names):
    directions = served.model.directions
    first = next(iter(directions.values()))
    if first.takes.shape[-1] not in (1, 3, 4) or first.takes.kind not in ("images", "clips"):
        return
    fields = {}
    if len(names) > 1:
        fields["direction"] = {"type": "string", "enum": list(directions)}
    if first.takes.kind == "clips":
        fields["frames"] = {"type": "integer", "minimum": 1, "maximum": limits.images}

    async def translate(request, images, direction=(), frames=()):
        name = _one_of("direction", direction, list(directions)) if direction else None
        chosen = served.model.direction(name)
        method = names[0] if name is None else f"translate_{name}"
        options = {"frames": _count("frames", frames, limits.images)} if frames else {}
        taken = await run_in_threadpool(uploads.images_for, chosen.takes, images, limits)
        if served.pixels_of(taken.arrays[0]) > limits.pixels:
            raise RefusedError(
                413,
                f"Pictures must have {limits.pixels:,} pixels at most in all, when they are made, too.",
            )
        (made,) = await served.run(method, taken.arrays, **options)
        if chosen.takes.kind == "clips":
            made = to_uint8(made[0])
        return await answers.pictures(request, taken.cut(made), {"model": served.name})

    _add_form(router, "/translate", "Translate pictures.", ("images",), translate, limits, fields)


def _one_of(name, values, known):
    if len(values) != 1 or values[0] not in known:
        raise RefusedError(422, f"`{name}` must be {' or '.join(known)}, once.")
    return values[0]


def _count(name, values, most):
    text = values[0] if len(values) == 1 else ""
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= most):
        raise RefusedError(422, f"`{name}` must be an integer from 1 to {most}.")
    return int(text)
