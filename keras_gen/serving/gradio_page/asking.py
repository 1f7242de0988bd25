"""How the page asks the server: by the routes that everybody asks, without a socket."""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
import httpx
import PIL.Image
from fastapi import FastAPI

from keras_gen.serving.limits import RefusedError


class Inside:
    """Sends requests to an application in its own process: they meet its guard, limits, queues and measures.

    Args:
        app: The FastAPI application.
        token: String that its requests must bring, or None.
    """

    def __init__(self, app: FastAPI, token: str | None) -> None:
        headers = {} if token is None else {"Authorization": b"Bearer " + token.encode()}
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers=headers, timeout=None
        )
        self._paths = app.openapi()["paths"]

    def offers(self, name: str, method: str) -> bool:
        """Whether a model has a route."""
        return _path(name, method) in self._paths

    async def post(self, name: str, method: str, **request: Any) -> httpx.Response:
        """What a route answers.

        Args:
            name: String, of a model.
            method: String, `"generate"` say.
            **request: Of `httpx.AsyncClient.post`: `json`, `files`, `data`, `headers`.

        Raises:
            gradio.Error: With the sentence of a request that is refused.
        """
        answer = await self._client.post(_path(name, method), **request)
        if answer.status_code != 200:
            raise gr.Error(answer.json()["error"], print_exception=False)
        return answer


@contextlib.contextmanager
def refused() -> Iterator[None]:
    """Shows the sentence of what is refused within."""
    try:
        yield
    except RefusedError as error:
        raise gr.Error(error.sentence, print_exception=False) from error


def _path(name, method):
    return f"/v1/models/{name}/{method}"


def pictures_in(answer: dict[str, Any]) -> list[PIL.Image.Image]:
    """Pictures of an answer in JSON."""
    files = (base64.b64decode(each) for each in answer["images"])
    return [PIL.Image.open(io.BytesIO(file)) for file in files]


def named(pictures: Sequence[PIL.Image.Image], what: str) -> list[tuple[PIL.Image.Image, str]]:
    """Pictures with their captions, which are their alternative texts."""
    return [(picture, f"{what} {number}") for number, picture in enumerate(pictures, start=1)]
