"""Lines of a journal that somebody signed, and may take back: nothing is taken out, a line is added."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from keras_gen.studio.journal import Journal

_Is = Callable[[dict[str, Any]], bool]


def check_name(argument: str, name: str) -> None:
    """Raises a ValueError unless it is the name of somebody.

    Args:
        argument: String, what the caller calls it.
        name: String.
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"`{argument}` must be a name. Received: {argument}={name!r}")


def now() -> str:
    """The time, UTC, as lines have it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def sign(journal: Journal, reviewer: str, **entry: Any) -> None:
    """Writes a line, who says it, and when.

    Args:
        journal: `Journal`.
        reviewer: String.
        **entry: What is said.

    Raises:
        ValueError: If the reviewer has no name.
    """
    check_name("reviewer", reviewer)
    journal.append({**entry, "reviewer": reviewer, "time": now()})


def standing(journal: Journal, is_verdict: _Is) -> list[dict[str, Any]]:
    """Lines that nobody took back, in order.

    Args:
        journal: `Journal`.
        is_verdict: Function that tells of a line whether it says something.
    """
    stacks: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for number, entry in enumerate(journal.read()):
        stack = stacks.setdefault(str(entry.get("reviewer")), [])
        if entry.get("kind") == "undo":
            del stack[-1:]
        elif is_verdict(entry):
            stack.append((number, entry))
    merged = sorted((each for stack in stacks.values() for each in stack), key=lambda e: e[0])
    return [entry for _, entry in merged]


def undo(journal: Journal, is_verdict: _Is, reviewer: str) -> dict[str, Any] | None:
    """Takes a reviewer's last line back that stands.

    Args:
        journal: `Journal`.
        is_verdict: As in `standing`.
        reviewer: String.

    Returns:
        The line, or None where there is none.
    """
    lines = [each for each in standing(journal, is_verdict) if each["reviewer"] == reviewer]
    if not lines:
        return None
    sign(journal, reviewer, kind="undo")
    return lines[-1]
