"""The page on which somebody judges candidates: for this machine alone."""

from __future__ import annotations

import importlib.resources
from typing import Any, Literal

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.responses import FileResponse, HTMLResponse, JSONResponse

from keras_gen.serving.guard import Guard
from keras_gen.serving.limits import Limits, RefusedError
from keras_gen.serving.measuring import Measures
from keras_gen.studio.picks import Picks

ORDERS = ("number", "preference")
_LEARN_EVERY = 5  # verdicts
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Verdict(BaseModel):
    """What is said of a picture."""

    file: str
    verdict: Literal["yes", "no"]


class Comparison(BaseModel):
    """Which of two pictures is better."""

    winner: str
    loser: str


def check_options(reviewer: str, order: str) -> None:
    """Raises a ValueError unless they are a name, and one of `ORDERS`.

    Args:
        reviewer: String.
        order: String.
    """
    if order not in ORDERS:
        raise ValueError(f"`order` must be one of {', '.join(ORDERS)}. Received: order={order!r}")
    if not reviewer.strip():
        raise ValueError(f"`reviewer` must be a name. Received: reviewer={reviewer!r}")


def create_page(
    picks: Picks, reviewer: str = "reviewer", order: str = "number", features: str = "pixels"
) -> FastAPI:
    """Makes the application (ASGI) on whose page a reviewer judges candidates.

    It takes requests to this machine by its own names alone, and verdicts from its own page alone.

    Args:
        picks: `Picks`.
        reviewer: String, whose verdicts they are.
        order: `"number"`, or `"preference"`: once there are verdicts enough those pictures come first that are
            most likely to be wanted, learnt again with every few verdicts.
        features: As in `Picks.preference`.

    Returns:
        A FastAPI application.

    Raises:
        ValueError: If there is no such order, or the reviewer has no name.
    """
    check_options(reviewer, order)
    app = FastAPI(title="keras_gen picks", docs_url=None, redoc_url=None, openapi_url=None)
    learnt = _Learnt(picks, features) if order == "preference" else None
    html = importlib.resources.files("keras_gen.studio").joinpath("page.html").read_text("utf-8")

    def state() -> dict[str, Any]:
        verdicts = picks.verdicts(reviewer)
        preference, words = (None, None) if learnt is None else learnt.now(reviewer)
        return {
            "pending": picks.pending(reviewer, preference),
            "verdicts": {file: each[0]["verdict"] for file, each in verdicts.items()},
            "pair": picks.next_pair(reviewer),
            "compared": len(picks.pairs(reviewer)),
            "preference": words,
        }

    @app.get("/")
    def index() -> HTMLResponse:
        return HTMLResponse(html, headers=_HEADERS)

    @app.get("/candidates")
    def candidates() -> dict[str, Any]:
        listed = [{"file": file, "alt": _alt(file, of)} for file, of in picks.candidates.items()]
        return {"reviewer": reviewer, "candidates": listed}

    @app.get("/pictures/{file}")
    def picture(file: str) -> FileResponse:
        if file not in picks.candidates:
            raise RefusedError(404, "There is no such candidate.")
        return FileResponse(picks.folder / file, media_type="image/png")

    @app.get("/state")
    def read_state() -> dict[str, Any]:
        return state()

    @app.get("/elo")
    def elo() -> list[dict[str, Any]]:
        return picks.elo()

    @app.post("/judge", dependencies=[Depends(_from_the_page)])
    def judge(body: Verdict) -> dict[str, Any]:
        picks.judge(body.file, body.verdict, reviewer)
        return state()

    @app.post("/compare", dependencies=[Depends(_from_the_page)])
    def compare(body: Comparison) -> dict[str, Any]:
        picks.compare(body.winner, body.loser, reviewer)
        return state()

    @app.post("/undo", dependencies=[Depends(_from_the_page)])
    def undo() -> dict[str, Any]:
        undone = picks.undo(reviewer)
        return state() | {"undone": undone}

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
        return JSONResponse({"error": f"It could not be written: {error.strerror}."}, 507)

    app.add_middleware(Guard, limits=Limits(body_bytes=2**16), measures=Measures(), token=None)
    return app


def _from_the_page(request: Request) -> None:
    """Refuses what another page in the browser sends, which may not set this header unasked."""
    if request.headers.get("x-picks") != "1":
        raise RefusedError(403, "Verdicts come from the page itself.")


def _alt(file, of):
    kind = of.get("class", of.get("label"))
    of_class = "" if kind is None else f" of class {kind}"
    return f"Candidate {file.removesuffix('.png')}{of_class}, made by {of.get('model', 'a model')}"


class _Learnt:
    """A preference that is learnt again with every few verdicts."""

    def __init__(self, picks, features):
        self.picks = picks
        self.features = features
        self._at = None
        self._found = None, None

    def now(self, reviewer):
        """Pair of a `Preference` or None, and a sentence."""
        verdicts = len(self.picks.verdicts(reviewer))
        if self._at is None or abs(verdicts - self._at) >= _LEARN_EVERY:
            try:
                preference = self.picks.preference(self.features, reviewer)
            except ValueError as error:
                return None, str(error)
            self._at, self._found = verdicts, (preference, str(preference))
        return self._found
