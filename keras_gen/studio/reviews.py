"""What a reviewer says of pictures and their words."""

from __future__ import annotations

import pathlib
from typing import Any

from keras_gen.studio.approved import LINES, write_approved
from keras_gen.studio.journal import Journal
from keras_gen.studio.picks import Picks, check_free
from keras_gen.studio.signed import sign, standing, undo
from keras_gen.studio.standing import items_of
from keras_gen.types import PathLike

REVIEWS = "reviews.jsonl"
VERDICTS = ("approve", "reject")


class Reviews:
    """Decisions on described pictures, which are lines of `reviews.jsonl` beside them.

    As with `Picks` each is on the disk before its method returns, to undo is a line, too, and a later decision
    of a reviewer on a file takes the place of the earlier.

    Args:
        picks: `Picks`.

    Example:

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> Journal(f"{folder}/candidates.jsonl").append({"file": "0.png"})
    >>> reviews = Reviews(Picks(folder))
    >>> reviews.decide("0.png", "approve", {"title": "Smoke"}, "bob", words={"title": "Mist"})
    >>> reviews.decisions()["0.png"]["words"]
    {'title': 'Mist'}
    """

    def __init__(self, picks: Picks) -> None:
        self.picks = picks
        self.journal = Journal(picks.folder / REVIEWS)
        self.journal.read()  # says what is broken

    def decide(
        self,
        file: str,
        verdict: str,
        answer: dict[str, Any],
        reviewer: str,
        words: dict[str, Any] | None = None,
    ) -> None:
        """Writes what a reviewer decides.

        Args:
            file: String, a candidate's.
            verdict: `"approve"` or `"reject"`.
            answer: Dict, the language model's words, for which alone the decision holds.
            reviewer: String, who says so.
            words: Dict, those that are approved instead, or None for the model's own.

        Raises:
            ValueError: If there is no such candidate or verdict.
        """
        self.picks.check_candidate("file", file)
        if verdict not in VERDICTS:
            raise ValueError(
                f"`verdict` must be 'approve' or 'reject'. Received: verdict={verdict!r}"
            )
        approved = (words or answer) if verdict == "approve" else None
        entry = {"file": file, "verdict": verdict, "answer": answer, "words": approved}
        sign(self.journal, reviewer, kind="review", **entry)

    def undo(self, reviewer: str) -> dict[str, Any] | None:
        """Takes a reviewer's last decision back that stands.

        Args:
            reviewer: String.

        Returns:
            The decision, a dict, or None where there is none.
        """
        return undo(self.journal, self._is_decision, reviewer)

    def decisions(self, reviewer: str | None = None) -> dict[str, dict[str, Any]]:
        """The last decision on each file.

        Args:
            reviewer: String, whose alone count, or None for everybody's.

        Returns:
            Dict from files to dicts of `verdict`, `answer`, `words`, `reviewer` and `time`.
        """
        return {
            entry["file"]: entry
            for entry in standing(self.journal, self._is_decision)
            if reviewer in (None, entry["reviewer"])
        }

    def export(self, folder: PathLike, creator: str, reviewer: str) -> int:
        """Writes a folder of what was picked and approved, as a campaign does: whole, or not at all.

        Args:
            folder: String or path, whose place is taken: `approved.jsonl`, `approved.csv` and the pictures.
            creator: String, whose picks count.
            reviewer: String, whose decisions count.

        Returns:
            Integer, how many there are.

        Raises:
            ValueError: If they are one, or the folder holds something else.
        """
        if creator.strip() == reviewer.strip():
            raise ValueError(
                f"`reviewer` must be somebody else than `creator`. Received: {reviewer!r} for both"
            )
        folder = pathlib.Path(folder)
        if folder.exists() and not (folder / LINES).exists():
            check_free(folder, "folder")
        made, verdicts = self.decisions(reviewer), self.picks.verdicts(creator)
        items = items_of(self.picks.candidates, verdicts, made.get, made)
        return write_approved(folder, self.picks, items)

    def _is_decision(self, entry):
        words = entry.get("words")
        return (
            entry.get("kind") == "review"
            and entry.get("file") in self.picks.candidates
            and entry.get("verdict") in VERDICTS
            and isinstance(words, dict) == (entry["verdict"] == "approve")
        )
