"""What is sent back: pictures as PNG or in JSON, rows as CSV or JSON."""

from __future__ import annotations

import base64
import json
import pathlib
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keras_gen.modalities.images.show import encode_png, image_grid
from keras_gen.modalities.tables.frames import is_frame
from keras_gen.types import Array


def wants(request: Request, media_type: str) -> bool:
    """Whether somebody asks for a kind of answer other than JSON.

    Args:
        request: The request.
        media_type: String, `"image/png"` say.
    """
    accepted = request.headers.get("accept", "").lower()
    return media_type in {part.split(";")[0].strip() for part in accepted.split(",")}


async def pictures(request: Request, images: Sequence[Array], about: dict[str, Any]) -> Response:
    """Pictures as one PNG, a grid of several, or as JSON.

    Args:
        request: The request.
        images: Sequence of uint8 arrays `(height, width, channels)`.
        about: Dict, ready for JSON, what else there is to say. Its `seed` is a header of a PNG, and
            its `columns` are those of the grid.
    """
    if wants(request, "image/png"):
        return await run_in_threadpool(_as_png, images, about)
    return await run_in_threadpool(
        lambda: JSONResponse(about | {"images": [_in_base64(image) for image in images]})
    )


def _as_png(images, about):
    seed = about.get("seed")
    headers = {} if seed is None else {"X-Seed": str(seed)}
    grid = _together(images, about.get("columns"))
    return Response(encode_png(grid), media_type="image/png", headers=headers)


def _together(images, columns):
    if len(images) == 1:
        return images[0]
    height, width = (max(image.shape[axis] for image in images) for axis in (0, 1))
    alike = [
        np.pad(
            image,
            ((0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)),
            constant_values=255,
        )
        for image in images
    ]
    return image_grid(np.stack(alike), columns)


def _in_base64(image):
    return base64.b64encode(encode_png(image)).decode("ascii")


async def numbers(about: dict[str, Any], **arrays: Array) -> Response:
    """Arrays as JSON.

    Args:
        about: Dict, ready for JSON, what else there is to say.
        **arrays: Arrays by name.
    """
    return await run_in_threadpool(
        lambda: JSONResponse(about | {name: array.tolist() for name, array in arrays.items()})
    )


async def rows(request: Request, spec: Any, made: Any, about: dict[str, Any]) -> Response:
    """Rows of a table as CSV or JSON.

    Args:
        request: The request.
        spec: Spec of the table.
        made: Array `(n, columns)`, or a pandas data frame.
        about: Dict, ready for JSON, what else there is to say. Its `seed` is a header of a CSV file.
    """
    if wants(request, "text/csv"):
        return await run_in_threadpool(_as_csv, spec, made, about.get("seed"))
    return await run_in_threadpool(
        lambda: JSONResponse(about | {"columns": list(spec.names), "rows": _cells(made)})
    )


def _as_csv(spec, made, seed):
    headers = {} if seed is None else {"X-Seed": str(seed)}
    with tempfile.TemporaryDirectory() as folder:
        text = spec.show(made, pathlib.Path(folder) / "rows.csv").read_bytes()
    return Response(text, media_type="text/csv", headers=headers)


def _cells(made):
    if not is_frame(made):
        return made.tolist()
    exact = {"date_format": "iso", "date_unit": "us", "double_precision": 15}
    return json.loads(made.to_json(orient="split", index=False, **exact))["data"]
