"""What the pages of this machine share: who may ask, and how they are refused."""

from __future__ import annotations

import importlib.resources

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import FileResponse, HTMLResponse, JSONResponse

from keras_gen.serving.guard import ICON, Guard
from keras_gen.serving.limits import Limits, RefusedError
from keras_gen.serving.measuring import Measures
from keras_gen.studio.picks import Picks

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def own_page(title: str, page: str, picks: Picks) -> FastAPI:
    """Makes an application of a page and the candidates' pictures, for this machine by its own names alone.

    Args:
        title: String.
        page: String, the file of the page.
        picks: `Picks`.

    Returns:
        A FastAPI application.
    """
    app = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None)
    html = _read(page)
    for name in ("shared.css", "shared.js"):
        html = html.replace(f"/* {name} */", _read(name))

    @app.get("/")
    def index() -> HTMLResponse:
        return HTMLResponse(html, headers=_HEADERS)

    @app.get(ICON, status_code=204)
    def icon() -> None:
        """Nothing, which a browser asks for by itself."""

    @app.get("/pictures/{file}")
    def picture(file: str) -> FileResponse:
        if file not in picks.candidates:
            raise RefusedError(404, "There is no such candidate.")
        return FileResponse(picks.folder / file, media_type="image/png")

    @app.exception_handler(RefusedError)
    def refused(request: Request, error: RefusedError) -> JSONResponse:
        return JSONResponse({"error": error.sentence}, error.status)

    @app.exception_handler(ValueError)
    def invalid(request: Request, error: ValueError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 422)

    @app.exception_handler(RequestValidationError)
    def no_verdict(request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": "The request is no verdict."}, 422)

    @app.exception_handler(OSError)
    def unwritten(request: Request, error: OSError) -> JSONResponse:
        words = f"It could not be written: {error.strerror or error}."
        return JSONResponse({"error": words}, 507)

    app.add_middleware(Guard, limits=Limits(body_bytes=2**16), measures=Measures(), token=None)
    return app


def from_the_page(request: Request) -> None:
    """Refuses what another page in the browser sends, which may not set this header unasked.

    Args:
        request: Request.
    """
    if request.headers.get("x-picks") != "1":
        raise RefusedError(403, "Verdicts come from the page itself.")


def alt_text(picks: Picks, file: str) -> str:
    """Words for a candidate, for those who can't see it.

    Args:
        picks: `Picks`.
        file: String.
    """
    of = picks.candidates[file]
    kind = of.get("class", of.get("label"))
    of_class = "" if kind is None else f" of class {kind}"
    return f"Candidate {file.removesuffix('.png')}{of_class}, made by {of.get('model', 'a model')}"


def _read(file):
    return importlib.resources.files("keras_gen.studio").joinpath(file).read_text("utf-8")
