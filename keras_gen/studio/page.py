"""The page on which somebody judges candidates: for this machine alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from fastapi import Depends, FastAPI
from pydantic import BaseModel

from keras_gen.studio.own_page import alt_text, from_the_page, own_page
from keras_gen.studio.picks import Picks, check_page

_LEARN_EVERY = 5  # verdicts


class Verdict(BaseModel):
    """What is said of a picture."""

    file: str
    verdict: Literal["yes", "no"]


class Comparison(BaseModel):
    """Which of two pictures is better, or that neither is."""

    winner: str
    loser: str
    tie: bool = False


def create_page(
    picks: Picks,
    reviewer: str = "reviewer",
    order: str = "number",
    features: str = "pixels",
    seen: Callable[[], str | None] = lambda: None,
) -> FastAPI:
    """Makes the application (ASGI) on whose page a reviewer judges candidates.

    It takes requests to this machine by its own names alone, and verdicts from its own page alone.

    Args:
        picks: `Picks`.
        reviewer: String, whose verdicts they are.
        order: `"number"`, or `"preference"`: once there are verdicts enough those pictures come first that are
            most likely to be wanted, learnt again with every few verdicts.
        features: As in `Picks.preference`.
        seen: Function that is called whenever the page is told what stands, after each verdict, too: it gives a
            sentence that the page shows, or None.

    Returns:
        A FastAPI application.

    Raises:
        ValueError: If there is no such order, or the reviewer has no name.
    """
    check_page(reviewer, order)
    app = own_page("keras_gen picks", "page.html", picks)
    learnt = _Learnt(picks, features) if order == "preference" else None

    def state() -> dict[str, Any]:
        verdicts = picks.verdicts(reviewer)
        preference, words = (None, None) if learnt is None else learnt.now(reviewer)
        return {
            "pending": picks.pending(reviewer, preference),
            "verdicts": {file: each[0]["verdict"] for file, each in verdicts.items()},
            "pair": picks.next_pair(reviewer),
            "compared": len(picks.comparisons(reviewer)),
            "preference": words,
            "line": seen(),
        }

    @app.get("/candidates")
    def candidates() -> dict[str, Any]:
        listed = [{"file": file, "alt": alt_text(picks, file)} for file in picks.candidates]
        return {"reviewer": reviewer, "candidates": listed}

    @app.get("/state")
    def read_state() -> dict[str, Any]:
        return state()

    @app.get("/elo")
    def elo() -> list[dict[str, Any]]:
        return picks.elo()

    @app.post("/judge", dependencies=[Depends(from_the_page)])
    def judge(body: Verdict) -> dict[str, Any]:
        picks.judge(body.file, body.verdict, reviewer)
        return state()

    @app.post("/compare", dependencies=[Depends(from_the_page)])
    def compare(body: Comparison) -> dict[str, Any]:
        write = picks.tie if body.tie else picks.compare
        write(body.winner, body.loser, reviewer)
        return state()

    @app.post("/undo", dependencies=[Depends(from_the_page)])
    def undo() -> dict[str, Any]:
        undone = picks.undo(reviewer)
        return state() | {"undone": undone}

    return app


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
