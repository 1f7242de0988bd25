"""The line as one: candidates, picks, words, a second person's review, a folder of what was approved."""

from __future__ import annotations

import collections
import dataclasses
import json
import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keras_gen.files import remove_strays, written_aside
from keras_gen.lock import locked
from keras_gen.presets.finding import find_weights
from keras_gen.studio import describing
from keras_gen.studio.approved import APPROVED, write_approved
from keras_gen.studio.journal import Journal
from keras_gen.studio.ledger import Event, Item, Ledger
from keras_gen.studio.of_model import candidates_of, labels_in
from keras_gen.studio.picks import CANDIDATES, Picks
from keras_gen.studio.reviews import Reviews
from keras_gen.studio.settings import read_settings
from keras_gen.studio.standing import STATES, events_of, items_of
from keras_gen.types import PathLike

if TYPE_CHECKING:
    import keras

DATABASE = "campaign.db"
IDENTITY = "campaign.id"
PICKS = "picks"

_Say = Callable[[str], object]


class Campaign:
    """Takes pictures from a generator to approved words, by two people and a language model.

    `run` makes candidates, waits on a page for the creator until enough are picked, has a language model
    describe them, waits on another page for the reviewer, who approves, edits or rejects each picture with its
    words, and writes a folder of what was approved. A process that ends, however it ends, is gone on with by
    running it again. The folder's journals hold what was said, each line on the disk before it is answered;
    the database holds the state of each item and who did what when, and is brought up to them as it is opened.

    Args:
        path: String or path of the campaign's TOML file.
        load: Function of the model's path and whether its file is trusted, which gives the model. Defaults to
            `keras_gen.presets.open_model`.

    Attributes:
        folder: `pathlib.Path` where the campaign is kept.

    Raises:
        OSError: If the file can't be read.
        ValueError: If it is not as it must be: the sentence names the key.
    """

    def __init__(
        self, path: PathLike, load: Callable[[str, bool], keras.Model] | None = None
    ) -> None:
        self.settings = read_settings(path)
        self.folder = self.settings.folder
        self._load = load or _open_model

    def run(self, say: _Say = lambda sentence: None) -> dict[str, Any]:
        """Goes on from where it was until all is done, or a picture got no words.

        Args:
            say: Function of a sentence, called as things happen.

        Returns:
            What `status` does.

        Raises:
            FileNotFoundError: If there is no such model.
            ImportError: If what the pages or the asking need is not installed.
            OSError: If a file or the database can't be used.
            ValueError: If the folder is another campaign's or somebody works on it.
        """
        settings, generate = self.settings, self.settings.generate
        _check_installed()
        find_weights(settings.model)
        with locked(self.folder / ".campaign.lock", "output.folder", "working on a campaign"):
            begun = (self.folder / PICKS / CANDIDATES).exists()
            if (self.folder / APPROVED).exists() and not begun:
                raise ValueError(
                    f"`output.folder` must hold nothing called {APPROVED}. Received: {self.folder}"
                )
            self._clear()
            ledger = self._ledger()
            ledger.claim(self._identity())
            if not begun and ledger.items():
                raise ValueError(
                    "`output.folder` must hold the candidates that the database knows. Received: "
                    f"{self.folder}, which has none in {PICKS}/"
                )
            picks = candidates_of(
                settings.model,
                self.folder / PICKS,
                generate.n,
                generate.seed,
                lambda: self._load(settings.model, generate.trust),
                labels_in(generate.labels),
            )
            _Line(self, picks, ledger, say).run()
        return self.status()

    def status(self) -> dict[str, Any]:
        """How far it has come, as the database has it.

        Returns:
            Dict: the `stage` that it is at, one of `"generate"`, `"pick"`, `"describe"`, `"review"`, `"output"`
            and `"done"`, and how many items there are in each state: `candidate`, `dropped`, `picked`,
            `failed`, `described`, `approved` and `rejected`.
        """
        counts = collections.Counter(item["state"] for item in self.items())
        wanted = self.settings.pick.target
        taken = sum(counts[state] for state in STATES[2:])
        if not counts:
            stage = "generate"
        elif taken < wanted:
            stage = "pick"
        elif counts["picked"] + counts["failed"]:
            stage = "describe"
        elif counts["described"]:
            stage = "review"
        else:
            stage = "done" if (self.folder / APPROVED).exists() else "output"
        return {"stage": stage, **{state: counts[state] for state in STATES}}

    def items(self) -> list[dict[str, Any]]:
        """Every item as the database has it.

        Returns:
            List of dicts of `file`, `state`, `words`, `creator`, `judged_at`, `reviewer` and `reviewed_at`,
            None where there is none.
        """
        items = self._ledger().items() if self._is_begun() else []
        words = (None if item.words is None else json.loads(item.words) for item in items)
        return [item._asdict() | {"words": each} for item, each in zip(items, words, strict=True)]

    def history(self) -> list[dict[str, Any]]:
        """Who did what when, as the database has it.

        Returns:
            List of dicts of `stage`, `number`, `file`, `role`, `person`, `what` and `happened`, in time.
        """
        events = self._ledger().events() if self._is_begun() else []
        return [event._asdict() for event in sorted(events, key=lambda each: each.happened)]

    def _clear(self):
        """Lets go what a process began to write that was killed."""
        remove_strays(self.folder, PICKS, APPROVED, IDENTITY)
        remove_strays(self.folder / PICKS, describing.TABLE, describing.SHEET)

    def _is_begun(self):
        return self.settings.output.database is not None or (self.folder / DATABASE).exists()

    def _ledger(self):
        output = self.settings.output
        return Ledger(output.database or self.folder / DATABASE, output.name or self.folder.name)

    def _identity(self):
        """What is written once in the folder, and by which the database knows it."""
        path = self.folder / IDENTITY
        if not path.exists():
            with written_aside(path) as aside:
                aside.write_text(uuid.uuid4().hex + "\n")
        return path.read_text().strip()


class _Line:
    """One run of a campaign that has candidates."""

    def __init__(self, campaign: Campaign, picks: Picks, ledger: Ledger, say: _Say) -> None:
        self.settings = campaign.settings
        self.folder = campaign.folder
        self.picks = picks
        self.reviews = Reviews(picks)
        self.journals = {
            "pick": picks.journal,
            "describe": Journal(picks.folder / describing.DESCRIPTIONS),
            "review": self.reviews.journal,
        }
        self.ledger = ledger
        self.say = say
        self._items = {item.file: item for item in ledger.items()}
        self._events = {(event.stage, event.number) for event in ledger.events()}
        self._hashes: dict[str, str] = {}
        self._one = threading.Lock()

    def run(self) -> None:
        """Goes on from where it was."""
        self.sync()
        if self._picked() < self.settings.pick.target:
            self._pick()
        self._describe()  # What is described is not sent again.
        states = [*self.sync().values()]
        if "failed" in states:
            self.say(f"{states.count('failed')} have no words: run it again.")
            return
        if "described" in states:
            self._review()
            self.sync()
        count = write_approved(self.folder / APPROVED, self.picks, self._items.values())
        self.say(f"Approved {count}: {self.folder / APPROVED}/")

    def sync(self) -> dict[str, str]:
        """Brings the database up to the journals; gives the state of each file."""
        with self._one:
            lines = {stage: journal.read() for stage, journal in self.journals.items()}
            said = self._said()
            creator, reviewer = self.settings.pick.creator, self.settings.review.reviewer
            items = items_of(
                self.picks.candidates,
                self.picks.verdicts(creator),
                lambda file: said.get(self._hash(file)) if said else None,
                self.reviews.decisions(reviewer),
            )
            changed: list[Item] = [item for item in items if self._items.get(item.file) != item]
            events: list[Event] = [
                event
                for event in events_of(lines, {"pick": creator, "review": reviewer})
                if (event.stage, event.number) not in self._events
            ]
            if changed or events:
                self.ledger.write(changed, events)
            self._items |= {item.file: item for item in changed}
            self._events |= {(event.stage, event.number) for event in events}
            return {item.file: item.state for item in items}

    def _said(self):
        settings = self.settings
        return describing.said_of(
            self.journals["describe"].read(), settings.prompt, settings.describe.model
        )

    def _hash(self, file):
        if file not in self._hashes:
            self._hashes[file] = describing.picture_sha256(self.picks.folder / file)
        return self._hashes[file]

    def _picked(self):
        return len(self.picks.picked(self.settings.pick.creator))

    def _pick(self):
        from keras_gen.studio.page import create_page

        pick = self.settings.pick

        def seen(states, enough):
            picked = self._picked()
            if picked < pick.target:
                return f"{picked} of the {pick.target} that are wanted are picked."
            enough.set()
            return f"All {pick.target} that are wanted are picked: describing begins."

        self._wait(
            f"{pick.creator} picks {pick.target} of {len(self.picks.candidates)}",
            pick.port,
            seen,
            lambda seen: create_page(self.picks, pick.creator, pick.order, pick.features, seen),
        )

    def _describe(self):
        options = dataclasses.asdict(self.settings.describe) | {"prompt": self.settings.prompt}

        def say(sentence):
            self.sync()
            self.say(sentence)

        summary = describing.describe(
            self.picks.folder, **options, say=say, reviewer=self.settings.pick.creator
        )
        self.say(f"Described {summary['described']}, {describing.spent_in_words(summary)}.")

    def _review(self):
        from keras_gen.studio.review_page import create_review_page

        review = self.settings.review
        said = self._said()
        answers = {
            file: said[self._hash(file)]["answer"]
            for file, item in self._items.items()
            if item.state in ("described", "approved", "rejected")
        }

        def seen(states, enough):
            left = sum(state == "described" for state in states.values())
            if left:
                return f"{left} are left."
            enough.set()
            return "All are decided: the folder is written."

        self._wait(
            f"{review.reviewer} reviews {len(answers)}",
            review.port,
            seen,
            lambda seen: create_review_page(self.reviews, answers, review.reviewer, seen),
        )

    def _wait(self, what, port, seen, page):
        """Shows a page until what it is seen for is enough."""
        from keras_gen.serving.server import serve

        enough = threading.Event()

        def seen_and_written():
            return seen(self.sync(), enough)

        self.say(f"{what}: http://127.0.0.1:{port}/")
        serve(page(seen_and_written), port=port, until=enough.is_set)
        if not enough.is_set():  # Somebody stopped it.
            raise KeyboardInterrupt


def _open_model(path, trust):
    from keras_gen.presets import open_model

    return open_model(path, trust=trust)


def _check_installed():
    try:
        import keras_gen.serving.server
        import keras_gen.studio.asking
        import keras_gen.studio.review_page  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "A campaign needs FastAPI and OpenAI's client: pip install 'keras_gen[studio]'"
        ) from error
