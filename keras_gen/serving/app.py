"""The application: every route of every model."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from keras_gen.serving.guard import ICON, Guard
from keras_gen.serving.index import index_of
from keras_gen.serving.inference_protocol import protocol_routes, ready_if
from keras_gen.serving.limits import Limits, RefusedError
from keras_gen.serving.measuring import Measures
from keras_gen.serving.rest import routes_of
from keras_gen.serving.served import Served
from keras_gen.types import Config
from keras_gen.version import __version__

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"


def create_app(
    models: Mapping[str, Any],
    limits: Limits | None = None,
    token: str | None = None,
    metadata: Mapping[str, Config] | None = None,
    cards: Mapping[str, str] | None = None,
    page: bool = False,
) -> FastAPI:
    """Makes the application (ASGI) that serves models.

    Args:
        models: Dict from names, of letters, digits and `.`, `_`, `-`, to models of `keras_gen.tasks`.
        limits: `Limits`, or None for the default ones.
        token: String that requests must bring, `Authorization: Bearer <token>`; None lets all in that ask
            for localhost.
        metadata: Dict from names to presets' metadata, or None.
        cards: Dict from names to presets' cards, or None.
        page: Boolean, whether there is a page for browsers at `/page`, by Gradio.

    Returns:
        A FastAPI application. Its workers run from its start to its end.

    Raises:
        ValueError: If there are no models, or a name is none.
        ImportError: If there is to be a page, and Gradio is missing.
    """
    if not models:
        raise ValueError("`models` must be one or more. Received: none")
    for name in models:
        if not re.fullmatch(NAME, name):
            raise ValueError(
                f"`models` must have names of letters, digits, `.`, `_` and `-`. Received: {name!r}"
            )
    limits = limits or Limits()
    measures = Measures()
    served = {
        name: Served(
            name,
            model,
            limits,
            (metadata or {}).get(name),
            (cards or {}).get(name),
            functools.partial(measures.count_batch, name),
        )
        for name, model in models.items()
    }
    measures.watch(served)

    @contextlib.asynccontextmanager
    async def lifespan(app):
        for each in served.values():
            each.worker.start()
        yield
        for each in served.values():
            each.worker.stop()

    app = FastAPI(
        title="keras_gen",
        version=__version__,
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,
    )
    _add_routes(app, served, measures, page)
    for each in served.values():
        app.include_router(routes_of(each, limits))
    app.include_router(protocol_routes(served, limits))
    _add_errors(app)
    if page:
        _mount_page(app, served, limits, token)
    app.add_middleware(Guard, limits=limits, measures=measures, token=token)
    return app


def _mount_page(app, served, limits, token):
    try:
        from keras_gen.serving.gradio_page.mount import mount_page
    except ImportError as error:
        raise ImportError("The page needs Gradio: pip install 'keras_gen[serve]'") from error
    mount_page(app, served, limits, token)


def _add_routes(app, served, measures, with_page):
    @app.get("/", response_class=HTMLResponse)
    async def index() -> HTMLResponse:
        return HTMLResponse(index_of(served.values(), with_page))

    @app.get(ICON, status_code=204, include_in_schema=False)
    async def icon() -> None:
        """Nothing, which a browser asks for by itself."""

    @app.get("/v1/models")
    async def list_models() -> dict[str, Any]:
        return {"models": [each.about() for each in served.values()]}

    @app.get("/healthz")
    async def health() -> dict[str, bool]:
        return {"live": True}

    @app.get("/readyz", responses={503: {}})
    async def ready() -> Response:
        return ready_if(all(each.worker.ready.is_set() for each in served.values()))

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        return Response(measures.text(), media_type="text/plain; version=0.0.4")


def _add_errors(app):
    @app.exception_handler(RefusedError)
    async def refused(request, error):
        return _error(error.status, error.sentence, error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request, error):
        return _error(422, _sentence(error.errors()[0]))

    @app.exception_handler(HTTPException)
    async def failed(request, error):
        sentences = {
            404: "There is no such route: /openapi.json lists those of each model.",
            405: "This route takes another method: /openapi.json says which.",
        }
        sentence = sentences.get(error.status_code, str(error.detail))
        return _error(error.status_code, sentence, error.headers)

    @app.exception_handler(Exception)
    async def broken(request, error):
        return _error(500, "The server failed at this request.")


def _error(status, sentence, headers=None):
    return JSONResponse({"error": sentence}, status, headers)


def _sentence(error):
    """One sentence of what pydantic says of a field."""
    _, *place = error["loc"]
    place = [each for each in place if isinstance(each, int) or re.fullmatch(r"\w{1,60}", each)]
    name = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in place)
    what = f"`{name.lstrip('.')}`" if name else "The request's body"
    if error["type"] == "json_invalid":
        return "The request's body is no JSON."
    if error["type"] == "extra_forbidden":
        return f"{what} is not taken: /openapi.json lists what is."
    return f"{what}: {error['msg'][:200]}."
