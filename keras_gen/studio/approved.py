"""The folder of what was approved."""

from __future__ import annotations

import json
import pathlib
import shutil
from collections.abc import Iterable

from keras_gen.files import folder_written_aside
from keras_gen.studio.ledger import Item
from keras_gen.studio.picks import Picks
from keras_gen.studio.sheet import write_csv

APPROVED = "approved"
LINES = "approved.jsonl"
_COLUMNS = (
    "file",
    "title",
    "alt_text",
    "tags",
    "copy",
    "model",
    "seed",
    "label",
    "creator",
    "judged_at",
    "reviewer",
    "reviewed_at",
)


def write_approved(folder: pathlib.Path, picks: Picks, items: Iterable[Item]) -> int:
    """Writes pictures and words that were approved: whole, or not at all, and not again where they are there.

    Args:
        folder: `pathlib.Path`, whose place is taken: `approved.jsonl`, `approved.csv` and the pictures.
        picks: `Picks`.
        items: Iterable of `Item`.

    Returns:
        Integer, how many there are.
    """
    rows = [_row(picks, item) for item in items if item.state == "approved"]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    lines = folder / LINES
    if lines.exists() and lines.read_text(encoding="utf-8") == text:
        return len(rows)
    with folder_written_aside(folder) as aside:
        for row in rows:
            shutil.copyfile(picks.folder / row["file"], aside / row["file"])
        (aside / lines.name).write_text(text, encoding="utf-8")
        tabled = [row | {"answer": row["words"], "usage": {}} for row in rows]
        write_csv(aside / "approved.csv", tabled, _COLUMNS)
    return len(rows)


def _row(picks, item):
    made = {k: v for k, v in picks.candidates[item.file].items() if k != "latents"}
    people = ("creator", "judged_at", "reviewer", "reviewed_at")
    by = {name: getattr(item, name) for name in people}
    return {**made, "words": json.loads(item.words), **by}
