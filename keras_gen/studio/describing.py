"""Pictures that were picked, and words for them from a language model."""

from __future__ import annotations

import hashlib
import os
import pathlib
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from keras_gen.checks import check_non_negative, check_positive_integer
from keras_gen.lock import locked
from keras_gen.studio.journal import Journal
from keras_gen.studio.picks import Picks
from keras_gen.studio.sheet import write_csv, write_sheet
from keras_gen.studio.signed import now
from keras_gen.types import PathLike

if TYPE_CHECKING:
    from keras_gen.studio.asking import Asker

KEY = "OPENAI_API_KEY"  # of the environment
DESCRIPTIONS = "descriptions.jsonl"
TABLE = "descriptions.csv"
SHEET = "contact_sheet.html"
PROMPT = """\
This picture was made by a generative model. Look at it and write, in English:
- title: a short title.
- alt_text: one sentence that tells somebody who can't see it what there is to see.
- tags: three to six single words.
- copy: one or two sentences that present it to a reader.
Say nothing that can't be seen in it.
"""


def describe(
    folder: PathLike,
    base_url: str,
    model: str,
    prompt: str = PROMPT,
    workers: int = 2,
    attempts: int = 5,
    timeout: float = 60.0,
    stream: bool = False,
    price_in: float | None = None,
    price_out: float | None = None,
    say: Callable[[str], object] = lambda sentence: None,
    reviewer: str | None = None,
) -> dict[str, Any]:
    """Has a language model write title, alt text, tags and copy for each picked picture.

    Answers are lines of `descriptions.jsonl`, on the disk as they come; what is answered, by the picture's
    bytes, the prompt and the model, is not sent again, whatever became of the process. A picture of which no
    words are got after all attempts has a line that says why, and is sent when it is run again. At the end
    `descriptions.csv` and `contact_sheet.html` are written, of all that is picked.

    The server is any that speaks OpenAI's `/chat/completions` and takes pictures and a JSON schema. Its key is
    read from the environment, `OPENAI_API_KEY`, and is in no file and no error; without one none is sent.

    Args:
        folder: String or path, of `Picks`.
        base_url: String, the server's address, `"http://127.0.0.1:8080/v1"` say.
        model: String, its name there.
        prompt: String, what the model is asked.
        workers: Integer, requests at a time.
        attempts: Integer, the most requests for a picture.
        timeout: Number, seconds that a server may take.
        stream: Boolean, whether answers come piece by piece.
        price_in: Number, what a million tokens of prompt and picture cost, or None.
        price_out: Number, what a million tokens of answer cost, or None.
        say: Function of a sentence, called as pictures are done.
        reviewer: String, whose picks, or None for everybody's.

    Returns:
        Dict: how many are `described`, and of them `kept` from before, how many `failed`, and the tokens, and
        with prices the `cost`, of this run.

    Raises:
        FileNotFoundError: If the folder holds no candidates, or a picture of them is gone.
        ImportError: If OpenAI's client is not installed.
        ValueError: If nothing is picked, another process describes in the folder, or an argument is out of
            range.
    """
    key = check_options(base_url, prompt, workers, attempts, timeout, price_in, price_out)
    try:
        from keras_gen.studio.asking import Asker
    except ImportError as error:
        raise ImportError(
            "Describing needs OpenAI's client: pip install 'keras_gen[describe]'"
        ) from error
    picks = Picks(folder)
    if not picks.picked(reviewer):
        raise ValueError(
            f"`folder` must hold pictures that are picked: see keras-gen pick. Received: {folder}, none of "
            f"whose {len(picks.candidates)} is"
        )
    prices = None if price_in is None or price_out is None else (price_in, price_out)
    with locked(picks.folder / ".describe.lock", "folder", "describing"):
        asker = Asker(base_url, model, prompt, key, attempts, timeout, stream)
        try:
            return _Line(picks, asker, prices, say).run(workers, reviewer)
        finally:
            asker.close()


def check_options(
    base_url: str,
    prompt: str,
    workers: int,
    attempts: int,
    timeout: float,
    price_in: float | None,
    price_out: float | None,
) -> str | None:
    """Raises a ValueError unless they are what `describe` takes, the key in the environment, too.

    Args:
        base_url: As in `describe`, and so are the others.
        prompt: As in `describe`.
        workers: As in `describe`.
        attempts: As in `describe`.
        timeout: As in `describe`.
        price_in: As in `describe`.
        price_out: As in `describe`.

    Returns:
        String, the key, or None where there is none.
    """
    check_positive_integer("workers", workers)
    check_positive_integer("attempts", attempts)
    check_non_negative("timeout", timeout)
    for name, price in (("price_in", price_in), ("price_out", price_out)):
        if price is not None:
            check_non_negative(name, price)
    if (price_in is None) != (price_out is None):
        raise ValueError(
            "`price_in` and `price_out` must be given both, or neither. Received: "
            f"price_in={price_in}, price_out={price_out}"
        )
    if not re.match(r"https?://[\w\[]", base_url):
        raise ValueError(
            f"`base_url` must be an address, http://... or https://... Received: base_url={base_url!r}"
        )
    if not prompt.strip():
        raise ValueError(f"`prompt` must say something. Received: prompt={prompt!r}")
    key = os.environ.get(KEY, "").strip() or None
    if key is not None and not (key.isascii() and key.isprintable()):
        raise ValueError(f"The key in the environment's {KEY} must be of ASCII characters.")
    return key


def said_of(
    entries: Iterable[dict[str, Any]], prompt: str, model: str
) -> dict[str, dict[str, Any]]:
    """What a model says of pictures when it is asked with a prompt.

    Args:
        entries: Iterable of lines of `descriptions.jsonl`.
        prompt: String.
        model: String.

    Returns:
        Dict from pictures' hashes to their lines: the last answer, or the last failure where there is none.
    """
    found, of_prompt = dict[str, dict[str, Any]](), _sha256(prompt.encode())
    for entry in entries:
        if (entry.get("prompt_sha256"), entry.get("model")) != (of_prompt, model):
            continue
        hashed = entry.get("picture_sha256")
        if isinstance(hashed, str) and (_is_answered(entry) or not _is_answered(found.get(hashed))):
            found[hashed] = entry
    return found


def spent_in_words(summary: dict[str, Any]) -> str:
    """The tokens, and what they cost where it is known: `"812 + 96 tokens, cost 0.0021"`.

    Args:
        summary: What `describe` gave.
    """
    tokens = f"{summary['prompt_tokens']} + {summary['completion_tokens']} tokens"
    return f"{tokens}, cost {summary['cost']:.4f}" if "cost" in summary else tokens


def picture_sha256(path: PathLike) -> str:
    """The SHA-256 of a picture's bytes, by which answers are known.

    Args:
        path: String or path.
    """
    return _sha256(pathlib.Path(path).read_bytes())


def _is_answered(entry):
    return entry is not None and isinstance(entry.get("answer"), dict)


def _sha256(data):
    return hashlib.sha256(data).hexdigest()


def read_prompt(path: PathLike) -> str:
    """The text of a file.

    Args:
        path: String or path.

    Raises:
        ValueError: If it is no text in UTF-8.
    """
    try:
        return pathlib.Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"`prompt` must be a text in UTF-8. Received: {path}") from error


class _Line:
    """The work of one run.

    Args:
        picks: `Picks`.
        asker: `Asker`.
        prices: Pair of numbers, of a million tokens, or None.
        say: Function of a sentence.
    """

    def __init__(
        self,
        picks: Picks,
        asker: Asker,
        prices: tuple[float, float] | None,
        say: Callable[[str], object],
    ) -> None:
        self.picks = picks
        self.asker = asker
        self.prices = prices
        self.say = say
        self.journal = Journal(picks.folder / DESCRIPTIONS)
        self.prompt = _sha256(asker.prompt.encode())

    def run(self, workers: int, reviewer: str | None) -> dict[str, Any]:
        """Describes what is not yet described; gives what `describe` does."""
        files = {file: self._hash(file) for file in self.picks.picked(reviewer)}
        found = self._answered()
        missing = {hashed: file for file, hashed in files.items() if hashed not in found}
        kept = sum(hashed in found for hashed in files.values())
        new = []
        with ThreadPoolExecutor(workers) as pool:
            try:
                for entry in _in_turn(pool, self._describe, missing, 2 * workers):
                    new.append(entry)
                    words = entry["failed"] or entry["answer"]["title"]
                    self.say(f"{len(new)}/{len(missing)} {entry['file']}: {words}")
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.say("Stopping: what is under way is written when it is answered.")
                raise
        last = found | {entry["picture_sha256"]: entry for entry in new}
        rows = [
            self.picks.candidates[file] | last[hashed] | {"file": file}
            for file, hashed in files.items()
        ]
        write_csv(self.picks.folder / TABLE, rows)
        write_sheet(self.picks.folder / SHEET, rows)
        return self._summary(rows, kept, new)

    def _hash(self, file):
        return picture_sha256(self.picks.folder / file)

    def _answered(self):
        """Dict from pictures' hashes to lines that have an answer to this prompt by this model."""
        found = said_of(self.journal.read(), self.asker.prompt, self.asker.model)
        return {hashed: entry for hashed, entry in found.items() if _is_answered(entry)}

    def _describe(self, hashed, file):
        from keras_gen.studio.asking import UnansweredError, Usage

        usage, answer, failed = Usage(), None, None
        try:
            answer = self.asker.ask((self.picks.folder / file).read_bytes(), usage)
        except UnansweredError as error:
            failed = str(error)
        entry = {
            "file": file,
            "picture_sha256": hashed,
            "prompt_sha256": self.prompt,
            "model": self.asker.model,
            "answer": answer,
            "failed": failed,
            "usage": dict(usage),
            "cost": self._cost(usage),
            "time": now(),
        }
        self.journal.append(entry)
        return entry

    def _cost(self, usage):
        if self.prices is None:
            return None
        tokens = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
        return sum(a * b for a, b in zip(self.prices, tokens, strict=True)) / 1e6

    def _summary(self, rows, kept, new):
        counts = {
            name: sum(entry["usage"].get(name, 0) for entry in new)
            for name in ("prompt_tokens", "completion_tokens")
        }
        failed = sum(row["failed"] is not None for row in rows)
        summary = {"described": len(rows) - failed, "kept": kept, "failed": failed, **counts}
        if self.prices is not None:
            summary["cost"] = self._cost(counts)
        return summary


def _in_turn(
    pool: ThreadPoolExecutor,
    call: Callable[[str, str], dict[str, Any]],
    items: dict[str, str],
    ahead: int,
) -> Iterator[dict[str, Any]]:
    """What a function gives of each item, as it is done, with few queued."""
    left, running = iter(items.items()), set[Future[dict[str, Any]]]()
    while True:
        for _, item in zip(range(ahead - len(running)), left, strict=False):
            running.add(pool.submit(call, *item))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()
