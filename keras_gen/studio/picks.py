"""A folder of candidates, and what people say of them."""

from __future__ import annotations

import pathlib
import re
from typing import Any

from keras_gen.studio import label_studio, preference
from keras_gen.studio.elo import START, elo_ratings
from keras_gen.studio.journal import Journal
from keras_gen.studio.preference import Preference
from keras_gen.studio.signed import check_name, sign, standing, undo
from keras_gen.types import PathLike

CANDIDATES = "candidates.jsonl"
VERDICTS = "verdicts.jsonl"
ORDERS = ("number", "preference")
TIE = "tie"
_FILE = re.compile(r"\w[\w-]*\.png", re.ASCII)


def check_free(output: PathLike, argument: str = "output") -> None:
    """Raises a ValueError unless a folder is new or empty.

    Args:
        output: String or path.
        argument: String, what the caller calls it.
    """
    folder = pathlib.Path(output)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"`{argument}` must be a new folder, or an empty one. Received: {folder}")


def check_page(reviewer: str, order: str) -> None:
    """Raises a ValueError unless they are a name, and one of `ORDERS`.

    Args:
        reviewer: String.
        order: String.
    """
    if order not in ORDERS:
        raise ValueError(f"`order` must be one of {', '.join(ORDERS)}. Received: order={order!r}")
    check_name("reviewer", reviewer)


class Picks:
    """Candidates in a folder and the verdicts on them, which are lines of `verdicts.jsonl`.

    Each verdict is on the disk before its method returns, and nothing is ever taken out: to undo is a line,
    too. Several processes may judge at once, and one that is started again finds what the one before left.
    A later verdict of a reviewer on a file takes the place of the earlier.

    Args:
        folder: String or path of a folder that `keras-gen pick` or `make_candidates` made.

    Attributes:
        candidates: Dict from files to what `candidates.jsonl` says of them, in order.

    Raises:
        FileNotFoundError: If there are no candidates in it.
        ValueError: If a line of them is none.

    Example:

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> for number in range(3):
    ...     Journal(f"{folder}/candidates.jsonl").append({"file": f"{number}.png"})
    >>> picks = Picks(folder)
    >>> picks.judge("0.png", "yes", "ann")
    >>> picks.judge("1.png", "no", "ann")
    >>> picks.picked(), picks.pending()
    (['0.png'], ['2.png'])
    >>> picks.undo("ann")["file"], picks.pending()
    ('1.png', ['1.png', '2.png'])
    """

    def __init__(self, folder: PathLike) -> None:
        self.folder = pathlib.Path(folder)
        lines = Journal(self.folder / CANDIDATES).read()
        if not lines:
            raise FileNotFoundError(
                f"`folder` must hold candidates, in a {CANDIDATES} as keras-gen pick writes it. "
                f"Received: {folder}"
            )
        for line in lines:
            # What comes from others may not name a file elsewhere.
            if not _FILE.fullmatch(str(line.get("file"))):
                raise ValueError(
                    f"{CANDIDATES} must name PNG files beside it. Received: file={line.get('file')!r}"
                )
        self.candidates: dict[str, dict[str, Any]] = {line["file"]: line for line in lines}
        self.journal = Journal(self.folder / VERDICTS)
        self.journal.read()  # says what is broken
        self._features: dict[str, Any] = {}

    # What is said

    def judge(self, file: str, verdict: str, reviewer: str) -> None:
        """Writes whether a reviewer wants a picture.

        Args:
            file: String, a candidate's.
            verdict: `"yes"` or `"no"`.
            reviewer: String, who says so.

        Raises:
            ValueError: If there is no such candidate or verdict.
        """
        self.check_candidate("file", file)
        if verdict not in ("yes", "no"):
            raise ValueError(f"`verdict` must be 'yes' or 'no'. Received: verdict={verdict!r}")
        self._write(reviewer, kind="judge", file=file, verdict=verdict)

    def compare(self, winner: str, loser: str, reviewer: str) -> None:
        """Writes which of two pictures a reviewer finds better.

        Args:
            winner: String, a candidate's file.
            loser: String, another's.
            reviewer: String, who says so.

        Raises:
            ValueError: If there are no such candidates, or they are one.
        """
        self._check_pair(("winner", winner), ("loser", loser))
        self._write(reviewer, kind="compare", pair=[winner, loser], verdict=winner)

    def tie(self, first: str, second: str, reviewer: str) -> None:
        """Writes that a reviewer finds two pictures equally good.

        Args:
            first: String, a candidate's file.
            second: String, another's.
            reviewer: String, who says so.

        Raises:
            ValueError: If there are no such candidates, or they are one.
        """
        self._check_pair(("first", first), ("second", second))
        self._write(reviewer, kind="compare", pair=[first, second], verdict=TIE)

    def undo(self, reviewer: str) -> dict[str, Any] | None:
        """Takes a reviewer's last verdict back that stands: nothing is taken out, a line is added.

        Args:
            reviewer: String.

        Returns:
            The verdict, a dict, or None where there is none.
        """
        return undo(self.journal, self._is_verdict, reviewer)

    def _write(self, reviewer, **entry):
        sign(self.journal, reviewer, **entry)

    def check_candidate(self, argument: str, file: str) -> None:
        """Raises a ValueError unless it is the file of a candidate.

        Args:
            argument: String, what the caller calls it.
            file: String.
        """
        if not isinstance(file, str) or file not in self.candidates:
            raise ValueError(
                f"`{argument}` must be the file of one of {len(self.candidates)} candidates. "
                f"Received: {argument}={file!r}"
            )

    def _check_pair(self, first, second):
        for name, file in (first, second):
            self.check_candidate(name, file)
        if first[1] == second[1]:
            raise ValueError(
                f"`{first[0]}` and `{second[0]}` must be two. Received: {first[1]!r} twice"
            )

    # What stands

    def _standing(self):
        return standing(self.journal, self._is_verdict)

    def _is_verdict(self, entry):
        if entry.get("kind") == "judge":
            return entry.get("file") in self.candidates and entry.get("verdict") in ("yes", "no")
        pair = entry.get("pair")
        of_two = (
            isinstance(pair, list) and len(pair) == 2 and all(f in self.candidates for f in pair)
        )
        return entry.get("kind") == "compare" and of_two and entry.get("verdict") in (*pair, TIE)

    def verdicts(self, reviewer: str | None = None) -> dict[str, list[dict[str, Any]]]:
        """What is said of each picture.

        Args:
            reviewer: String, or None for everybody.

        Returns:
            Dict from files to each reviewer's last verdict: dicts with `verdict`, `reviewer` and `time`.
        """
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for entry in self._standing():
            if entry["kind"] == "judge" and reviewer in (None, entry["reviewer"]):
                found.setdefault(entry["file"], {})[entry["reviewer"]] = entry
        return {file: list(by.values()) for file, by in found.items()}

    def pairs(self, reviewer: str | None = None) -> list[tuple[str, str]]:
        """Pairs of which one was found better, the winner first, in order.

        Args:
            reviewer: String, or None for everybody.
        """
        return [(a, b) for a, b, score in self.comparisons(reviewer) if score == 1.0]

    def comparisons(self, reviewer: str | None = None) -> list[tuple[str, str, float]]:
        """All that were compared, in order: two files and 1.0, the winner first, or 0.5 of a tie.

        Args:
            reviewer: String, or None for everybody.
        """
        found = []
        for entry in self._standing():
            if entry["kind"] == "compare" and reviewer in (None, entry["reviewer"]):
                (a, b), verdict = entry["pair"], entry["verdict"]
                winner_first = (b, a) if verdict == b else (a, b)
                found.append((*winner_first, 0.5 if verdict == TIE else 1.0))
        return found

    def pending(
        self, reviewer: str | None = None, preference: Preference | None = None
    ) -> list[str]:
        """Files that have no verdict.

        Args:
            reviewer: String, whose, or None for anybody's.
            preference: `Preference` that puts those first that are most likely to be wanted, or None for
                the candidates' own order.
        """
        judged = self.verdicts(reviewer)
        files = [file for file in self.candidates if file not in judged]
        if preference is None:
            return files
        return sorted(files, key=lambda file: -preference.scores[file])

    def picked(self, reviewer: str | None = None) -> list[str]:
        """Files that more reviewers want than not, in the candidates' order.

        Args:
            reviewer: String, whose verdicts alone count, or None for everybody's.
        """
        judged = self.verdicts(reviewer)
        return [file for file in self.candidates if _balance(judged.get(file, ())) > 0]

    def next_pair(self, reviewer: str) -> tuple[str, str] | None:
        """Two pictures for a reviewer to compare: of those picked, or of all while fewer than two are.

        It is the one that was compared least, beside the one of nearest rating that the reviewer has not seen
        beside it.

        Args:
            reviewer: String.

        Returns:
            Pair of files, or None where the reviewer has compared all.
        """
        files = self.picked()
        files = files if len(files) > 1 else list(self.candidates)
        pairs = self.comparisons()
        ratings = elo_ratings(pairs)
        seen = {frozenset(pair[:2]) for pair in self.comparisons(reviewer)}
        counts = dict.fromkeys(files, 0)
        for file in (file for pair in pairs for file in pair[:2] if file in counts):
            counts[file] += 1
        for first in sorted(files, key=counts.__getitem__):
            others = [f for f in files if f != first and frozenset((first, f)) not in seen]
            if others:
                own = ratings.get(first, START)
                return first, min(
                    others, key=lambda f: (abs(ratings.get(f, START) - own), counts[f])
                )
        return None

    # What is made of it

    def elo(self) -> list[dict[str, Any]]:
        """Ratings of what was compared, the best first.

        Returns:
            List of dicts of `file`, `rating`, `wins`, `losses` and `ties`: see `elo_ratings`.
        """
        pairs = self.comparisons()
        winners = [a for a, _, score in pairs if score == 1.0]
        losers = [b for _, b, score in pairs if score == 1.0]
        tied = [file for *both, score in pairs if score == 0.5 for file in both]
        table = [
            {
                "file": file,
                "rating": rating,
                "wins": winners.count(file),
                "losses": losers.count(file),
                "ties": tied.count(file),
            }
            for file, rating in elo_ratings(pairs).items()
        ]
        return sorted(table, key=lambda row: (-row["rating"], row["file"]))

    def preference(self, features: str = "pixels", reviewer: str | None = None) -> Preference:
        """Learns from the verdicts which pictures are likely to be wanted.

        A logistic regression, on the principal components of features. `pending(preference=...)` puts the
        pictures in its order.

        Args:
            features: `"pixels"`, of the pictures at 16 x 16, or a classifier preset, `"classifier_digits"` say,
                with whose features `evaluate` scores.
            reviewer: String, from whose verdicts alone, or None for everybody's.

        Returns:
            `Preference`, which says how many verdicts it tells right that it has not seen.

        Raises:
            ValueError: If there are fewer than 10 verdicts of each kind.
        """
        balances = {f: _balance(each) for f, each in self.verdicts(reviewer).items()}
        verdicts = {file: balance > 0 for file, balance in balances.items() if balance}
        preference.check_enough(verdicts)
        if features not in self._features:
            paths = [self.folder / file for file in self.candidates]
            self._features[features] = preference.features_of(paths, features)
        return preference.fit_preference(self._features[features], verdicts)

    def export_label_studio(self, path: PathLike, root: str | None = None) -> None:
        """Writes candidates and verdicts as tasks that Label Studio imports, of the choices yes and no.

        Args:
            path: String or path of the JSON file.
            root: String, what stands before a file's name in the address where Label Studio finds it.
                Defaults to the folder's own place in its local files, `/data/local-files/?d=<folder>/`.
        """
        if root is None:
            root = f"/data/local-files/?d={self.folder.resolve().name}/"
        label_studio.write_tasks(path, self.candidates.values(), self.verdicts(), root)


def _balance(verdicts):
    """How many more say yes than no."""
    return sum(1 if each["verdict"] == "yes" else -1 for each in verdicts)
