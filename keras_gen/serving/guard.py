"""Before a request is looked at: who sends it, how long it is, and how it is counted."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from keras_gen.serving.limits import Limits, RefusedError
from keras_gen.serving.measuring import Measures

# What a browser asks of any server, and not with the page's password.
ICON = "/favicon.ico"
# Those who look whether it is well have no token.
OPEN = ("/healthz", "/readyz", "/v2/health/live", "/v2/health/ready", ICON)
HERE = ("localhost", "127.0.0.1", "[::1]")
# The page for a browser, which brings the token as a password, and shows nothing of other hosts.
PAGE = "/page"
_OF_THE_PAGE = (
    b"content-security-policy",
    b"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'none'",
)

_App = Callable[..., Awaitable[None]]


class Guard:
    """Middleware (ASGI): a token, or requests from here alone; a body that is read whole and has an end.

    Args:
        app: What answers.
        limits: `Limits`.
        measures: `Measures`.
        token: String, which requests must bring, or None: then browsers may ask for this machine alone, by
            whatever page that is open in them.
    """

    def __init__(self, app: _App, limits: Limits, measures: Measures, token: str | None) -> None:
        self.app = app
        self.limits = limits
        self.measures = measures
        self.token = token

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Callable[..., Any], send: Callable[..., Any]
    ) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        of_page = scope["path"] == PAGE or scope["path"].startswith(f"{PAGE}/")

        async def counted(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if of_page:
                    message["headers"] = [*message.get("headers", ()), _OF_THE_PAGE]
            await send(message)

        try:
            headers = dict(scope["headers"])
            if of_page:
                _check_origin(headers)
            self._check_sender(scope["path"], of_page, headers)
            # Who has no token sends nothing that would have to be held.
            most = 0 if scope["path"] in OPEN else self.limits.body_bytes
            body = await self._body(headers, receive, most)
            await self.app(scope, _replayed(body, receive), counted)
        except RefusedError as error:
            await _refuse(error, counted)
        finally:
            route = PAGE if of_page else getattr(scope.get("route"), "path", None)
            self.measures.count(route, status, time.perf_counter() - started)

    def _check_sender(self, path, of_page, headers):
        if self.token is None:
            host = headers.get(b"host", b"").decode("latin-1")
            name = host if host.endswith("]") else host.rpartition(":")[0] or host
            if name.lower() not in HERE:
                raise RefusedError(
                    403, "Without a token requests must be to localhost, by that name."
                )
        elif path not in OPEN:
            given = headers.get(b"authorization", b"")
            if of_page and given[:6].lower() == b"basic ":
                given = b"Bearer " + _password(given[6:])
            wanted = b"Bearer " + self.token.encode()
            if not hmac.compare_digest(given, wanted):
                raise RefusedError(
                    401,
                    "The request must have a token: Authorization: Bearer ...",
                    WWW_Authenticate='Basic realm="keras_gen", charset="UTF-8"'
                    if of_page
                    else "Bearer",
                )

    async def _body(self, headers, receive, most):
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            raise RefusedError(400, "Content-Length must be a number.")
        if len(length) > 15 or int(length) > most:
            raise _too_long(most)
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                return await _read(receive, most)
        except TimeoutError as error:
            raise RefusedError(408, "The request took too long to be sent.") from error


def _check_origin(headers):
    """Refuses what another page has a browser ask, which would bring the password along."""
    origin = headers.get(b"origin")
    if origin is not None and origin.partition(b"://")[2] != headers.get(b"host"):
        raise RefusedError(403, "The page must be asked by itself alone.")


def _password(encoded):
    """What a browser was given as a password, with any name."""
    try:
        return base64.b64decode(encoded, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


async def _read(receive, most):
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(400, "The request ended before it was whole.")
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_long(most)
        if not message.get("more_body", False):
            return bytes(body)


def _too_long(most):
    return RefusedError(413, f"A request must be {most:,} bytes at most.", Connection="close")


def _replayed(body, receive):
    """What gives a body that was read as it came; after it, whatever comes."""
    given = False

    async def replayed():
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


async def _refuse(error, send):
    headers = {"content-type": "application/json", **error.headers}
    body = json.dumps({"error": error.sentence}).encode()
    headers["content-length"] = str(len(body))
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
