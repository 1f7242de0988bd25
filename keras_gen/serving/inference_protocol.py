"""The Open Inference Protocol, version 2, with JSON tensors: what KServe, Triton and others speak.

https://github.com/kserve/open-inference-protocol
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keras_gen.modalities.images.range import in_range
from keras_gen.serving import bodies
from keras_gen.serving.limits import Limits, RefusedError
from keras_gen.serving.methods import BYTE, INTEGER, Method
from keras_gen.serving.rest import ERRORS
from keras_gen.serving.served import Served, as_floats, sentence_of
from keras_gen.version import __version__


def protocol_routes(models: Mapping[str, Served], limits: Limits) -> APIRouter:
    """The protocol's routes.

    Args:
        models: Dict of `Served`.
        limits: `Limits`.
    """
    router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"], responses=ERRORS)

    @router.get("")
    async def server() -> dict[str, Any]:
        return {"name": "keras_gen", "version": __version__, "extensions": []}

    @router.get("/health/live")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @router.get("/health/ready")
    async def ready() -> Response:
        return ready_if(all(served.worker.ready.is_set() for served in models.values()))

    for served in models.values():
        _add(router, served, limits)
    return router


def ready_if(ready: bool) -> Response:
    """Answer to who asks whether it is ready.

    Args:
        ready: Boolean.
    """
    return JSONResponse({"ready": ready}, 200 if ready else 503)


def _add(router, served, limits):
    offered = {name: method for name, method in served.methods.items() if method.gives}
    path = f"/models/{served.name}"

    @router.get(path)
    async def metadata() -> dict[str, Any]:
        method = next(iter(offered.values()), Method((), (), print))
        return {
            "name": served.name,
            "platform": "keras",
            "inputs": [_described(part) for part in method.takes],
            "outputs": [_described(part) for part in method.gives],
            "parameters": {"methods": list(offered)},
        }

    @router.get(f"{path}/ready")
    async def ready() -> Response:
        return ready_if(served.worker.ready.is_set())

    async def infer(request, body):
        name = _method_of(body, offered)
        method = offered[name]
        arrays = await run_in_threadpool(_arrays_of, body, method, served, limits)
        outputs = await served.run(name, arrays)
        return await run_in_threadpool(_answer, served.name, body, method, outputs)

    if offered:
        infer.__annotations__ = {"request": Request, "body": bodies.InferBody}
        router.add_api_route(f"{path}/infer", infer, methods=["POST"], response_model=None)


def _described(part):
    shape = [-1, *(-1 if side is None else side for side in part.shape)]
    return {"name": part.name, "datatype": part.datatype, "shape": shape}


def _method_of(body, offered):
    """The method that was asked for, or the first that takes arrays of these names."""
    wanted = (body.parameters or {}).get("method")
    if wanted is not None:
        if wanted not in offered:
            raise RefusedError(422, f"`method` must be of {', '.join(offered)}.")
        return wanted
    names = {sent.name for sent in body.inputs}
    for name, method in offered.items():
        if names == {part.name for part in method.takes}:
            return name
    known = [" and ".join(part.name for part in method.takes) for method in offered.values()]
    raise RefusedError(422, f"`inputs` must be {', or '.join(dict.fromkeys(known))}, once each.")


def _arrays_of(body, method, served, limits):
    sent = {each.name: each for each in body.inputs}
    names = [part.name for part in method.takes]
    if len(sent) < len(body.inputs) or set(sent) != set(names):
        raise RefusedError(422, f"`inputs` must be {' and '.join(names)}, once each.")
    arrays = [_array_of(sent[part.name], part, served) for part in method.takes]
    counts = {len(array) for array in arrays}
    if len(counts) > 1:
        raise RefusedError(422, "`inputs` must be of as many examples each.")
    most = limits.rows if served.is_table else limits.images
    if not 1 <= len(arrays[0]) <= most:
        raise RefusedError(422, f"`inputs` must be of 1 to {most} examples.")
    if any(array.ndim == 4 and served.pixels_of(array) > limits.pixels for array in arrays):
        raise RefusedError(413, f"Pictures must have {limits.pixels:,} pixels at most in all.")
    return arrays


def _array_of(sent, part, served):
    """A tensor of JSON, flat or nested, as a method takes it."""
    what = f"`{part.name}`"
    shape = tuple(sent.shape)
    wanted = part.shape
    fits = len(shape) == 1 + len(wanted) and all(
        given == side or (side is None and given > 0)
        for side, given in zip(wanted, shape[1:], strict=True)
    )
    if not fits:
        words = ", ".join("any" if side is None else str(side) for side in ("n", *wanted))
        raise RefusedError(422, f"{what} must have shape ({words}). Received: {list(shape)[:8]}")
    values = as_floats(what, sent.data, bodies.MOST if part.name == "latents" else 1e6)
    if values.size != math.prod(shape) or values.shape not in (shape, (values.size,)):
        raise RefusedError(422, f"{what} must hold as many numbers as its shape says.")
    values = values.reshape(shape)
    if part.datatype == INTEGER:
        return _labels(what, sent, values, served)
    if part.name == "masks" and not np.isin(values, (0.0, 1.0)).all():
        raise RefusedError(422, f"{what} must be 1 where something is hidden, and 0 elsewhere.")
    if part.name in ("images", "clips"):
        return _pictures(what, sent, values)
    return values


def _labels(what, sent, values, served):
    whole = values.astype("int64")
    if sent.datatype not in ("INT32", "INT64", "UINT8") or (whole != values).any():
        raise RefusedError(422, f"{what} must be whole numbers, of datatype INT32 or INT64.")
    try:
        return served.model.labels_of(whole)
    except ValueError as error:
        raise RefusedError(422, sentence_of(error)) from error


def _pictures(what, sent, values):
    if sent.datatype == BYTE:
        if ((values < 0) | (values > 255) | (values % 1 != 0)).any():
            raise RefusedError(422, f"{what} must be bytes where their datatype is UINT8.")
        return in_range(values.astype("uint8"))
    if (np.abs(values) > 1.001).any():
        raise RefusedError(422, f"{what} must be in [-1, 1], or of datatype UINT8.")
    return values


def _answer(name, body, method, outputs):
    found = dict(zip((part.name for part in method.gives), outputs, strict=True))
    wanted = [each.name for each in body.outputs] if body.outputs else list(found)
    for each in wanted:
        if each not in found:
            raise RefusedError(422, f"`outputs` must be of {', '.join(found)}.")
    types = {part.name: part.datatype for part in method.gives}
    answer: dict[str, Any] = {"model_name": name}
    if body.id is not None:
        answer["id"] = body.id
    answer["outputs"] = [
        {
            "name": each,
            "datatype": types[each],
            "shape": list(found[each].shape),
            "data": found[each].ravel().tolist(),
        }
        for each in wanted
    ]
    return JSONResponse(answer)
