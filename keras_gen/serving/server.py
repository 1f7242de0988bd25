"""The server: where it listens, and for whom."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import uvicorn

TOKEN = "KERAS_GEN_TOKEN"  # of the environment
_MOST_CONNECTIONS = 1024


def check_host(host: str, token: str | None) -> None:
    """Refuses to listen where others can ask, unless they need a token.

    Args:
        host: String, a name or an address.
        token: String, or None.

    Raises:
        ValueError: If others can and need none.
    """
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if not here and not token:
        raise ValueError(
            f"`host` must be of this machine, 127.0.0.1, unless the environment holds a token, {TOKEN}. "
            f"Received: host={host!r}"
        )


def serve(
    app: Any,
    host: str = "127.0.0.1",
    port: int = 8000,
    token: str | None = None,
    until: Callable[[], bool] | None = None,
) -> None:
    """Answers requests until it is stopped.

    Args:
        app: What `create_app` gave.
        host: String, where it listens.
        port: Integer.
        token: String, the one that `create_app` was given, or None.
        until: Function that is asked some times a second whether it is enough, or None.

    Raises:
        ValueError: If others than this machine could ask without a token.
    """
    check_host(host, token)
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        # Its own configuration closes the handlers of all other logs of the process.
        "log_config": None,
        "log_level": "warning",
        "limit_concurrency": _MOST_CONNECTIONS,
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": 10,
        "server_header": False,
    }
    if until is None:
        uvicorn.run(app, **options)
    else:
        _Until(uvicorn.Config(app, **options), until).run()


class _Until(uvicorn.Server):
    """Ends by itself: what was asked is answered before."""

    def __init__(self, config, until):
        super().__init__(config)
        self.until = until

    async def on_tick(self, counter):
        return await super().on_tick(counter) or self.until()
