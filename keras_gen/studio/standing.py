"""What a campaign's journals say of each item, and who said it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from keras_gen.studio.ledger import Event, Item

STATES = ("candidate", "dropped", "picked", "failed", "described", "approved", "rejected")
_Line = Mapping[str, Any]


def items_of(
    files: Iterable[str],
    verdicts: Mapping[str, Sequence[_Line]],
    said_of: Callable[[str], _Line | None],
    decisions: Mapping[str, _Line],
) -> list[Item]:
    """The state of each item.

    Args:
        files: Iterable of strings, the candidates.
        verdicts: Dict from files to the creator's verdicts on them, as `Picks.verdicts` gives them.
        said_of: Function from a file to the line of `descriptions.jsonl` that holds for it, or None.
        decisions: Dict from files to the reviewer's decisions, as `Reviews.decisions` gives them.

    Returns:
        List of `Item`, in the order of the files.
    """
    return [_item(file, verdicts.get(file), said_of, decisions.get(file)) for file in files]


def _item(file, verdicts, said_of, decision):
    if not verdicts:
        return Item(file, "candidate")
    verdict = verdicts[-1]
    item = Item(file, "dropped", creator=verdict["reviewer"], judged_at=verdict["time"])
    if verdict["verdict"] != "yes":
        return item
    said = said_of(file)
    if said is None:
        return item._replace(state="picked")
    answer = said["answer"]
    if answer is None:
        return item._replace(state="failed")
    if not holds(decision, answer):
        return item._replace(state="described", words=json.dumps(answer))
    approved = decision["verdict"] == "approve"
    return item._replace(
        state="approved" if approved else "rejected",
        words=json.dumps(decision["words"] if approved else answer),
        reviewer=decision["reviewer"],
        reviewed_at=decision["time"],
    )


def holds(decision: _Line | None, answer: _Line) -> bool:
    """Whether there is a decision, and it is one on these words.

    Args:
        decision: Dict of `Reviews.decisions`, or None.
        answer: Dict, a language model's words.
    """
    return decision is not None and decision["answer"] == answer


def events_of(lines: Mapping[str, Sequence[_Line]], roles: Mapping[str, str]) -> Iterator[Event]:
    """What happened, a line each.

    Args:
        lines: Dict from stages to the lines of their journals.
        roles: Dict from the stages of people to whose they are: `creator` of pick, `reviewer` of review.

    Yields:
        `Event`. People without the role are in it as `other`: what they say counts for nothing.
    """
    names = {"pick": "creator", "review": "reviewer"}
    for stage, entries in lines.items():
        for number, entry in enumerate(entries):
            person = str(entry.get("model" if stage == "describe" else "reviewer"))
            role = "language model"
            if stage in roles:
                role = names[stage] if person == roles[stage] else "other"
            file = (_pair(entry) or [entry.get("file")])[0]
            happened = str(entry.get("time"))
            file = file if isinstance(file, str) else None
            yield Event(stage, number, file, role, person, _what(stage, entry), happened)


def _pair(entry):
    pair = entry.get("pair")
    return pair if isinstance(pair, list) and len(pair) == 2 else None


def _what(stage, entry):
    """A few words for a line."""
    if stage == "describe":
        return "described" if entry.get("answer") else "failed"
    kind, verdict = entry.get("kind"), entry.get("verdict")
    if kind == "compare" and (pair := _pair(entry)):
        first, second = pair
        if verdict not in (first, second):
            return f"as good as {second}"
        return f"better than {second}" if verdict == first else f"worse than {second}"
    if kind == "review" and verdict == "approve" and entry.get("words") != entry.get("answer"):
        return "edit and approve"
    return str(verdict if kind in ("judge", "review") else kind)
