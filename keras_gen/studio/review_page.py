"""The page on which a reviewer approves, edits and rejects words and pictures: for this machine alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from fastapi import Depends, FastAPI
from pydantic import BaseModel

from keras_gen.studio.own_page import alt_text, from_the_page, own_page
from keras_gen.studio.reviews import Reviews
from keras_gen.studio.standing import holds
from keras_gen.studio.words import Words


class Decision(BaseModel):
    """What is decided on a picture and its words; `words` are those that were edited."""

    file: str
    verdict: Literal["approve", "reject"]
    words: Words | None = None


def create_review_page(
    reviews: Reviews,
    answers: Mapping[str, dict[str, Any]],
    reviewer: str = "reviewer",
    seen: Callable[[], str | None] = lambda: None,
) -> FastAPI:
    """Makes the application (ASGI) on whose page a reviewer decides on what a language model wrote.

    Args:
        reviews: `Reviews`.
        answers: Dict from files to the language model's words.
        reviewer: String, whose decisions they are.
        seen: As in `keras_gen.studio.create_page`.

    Returns:
        A FastAPI application.
    """
    app = own_page("keras_gen review", "review.html", reviews.picks)

    def state() -> dict[str, Any]:
        made = reviews.decisions(reviewer)
        decided = {f: made[f] for f, answer in answers.items() if holds(made.get(f), answer)}
        return {
            "pending": [file for file in answers if file not in decided],
            "decided": {
                file: {"verdict": each["verdict"], "words": each["words"]}
                for file, each in decided.items()
            },
            "line": seen(),
        }

    @app.get("/items")
    def items() -> dict[str, Any]:
        listed = [
            {"file": file, "alt": alt_text(reviews.picks, file), "words": words}
            for file, words in answers.items()
        ]
        return {"reviewer": reviewer, "items": listed}

    @app.get("/state")
    def read_state() -> dict[str, Any]:
        return state()

    @app.post("/decide", dependencies=[Depends(from_the_page)])
    def decide(body: Decision) -> dict[str, Any]:
        if body.file not in answers:
            raise ValueError(f"`file` must be one that has words. Received: file={body.file!r}")
        words = None if body.words is None else body.words.model_dump(by_alias=True)
        reviews.decide(body.file, body.verdict, answers[body.file], reviewer, words)
        return state()

    @app.post("/undo", dependencies=[Depends(from_the_page)])
    def undo() -> dict[str, Any]:
        undone = reviews.undo(reviewer)
        return state() | {"undone": undone}

    return app
