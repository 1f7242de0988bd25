"""Candidates of a model that is called by its name: made once, found again."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from keras_gen.presets.files import describe_file
from keras_gen.presets.finding import find_weights, model_name
from keras_gen.studio.picks import CANDIDATES, Picks, check_free
from keras_gen.types import PathLike

if TYPE_CHECKING:
    import keras


def candidates_of(
    path: PathLike,
    output: PathLike,
    n: int,
    seed: int,
    load: Callable[[], keras.Model],
    labels: Sequence[int | str] | None = None,
) -> Picks:
    """Makes candidates in a folder, or finds those that were made there before.

    Args:
        path: String or path, a preset, a model file or its folder.
        output: String or path of the candidates' folder.
        n: As in `keras_gen.studio.make_candidates`, and so is `seed`.
        seed: As in `make_candidates`.
        load: Function that gives the model, called where there are no candidates yet.
        labels: As in `make_candidates`, or None for whatever they are.

    Returns:
        `Picks`.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If something else is in the folder.
    """
    name, weights = model_name(path), describe_file(find_weights(path))["sha256"]
    if (pathlib.Path(output) / CANDIDATES).exists():
        picks = Picks(output)
        first = next(iter(picks.candidates.values()))
        found = [first.get(key) for key in ("weights_sha256", "seed")]
        same = [*found, len(picks.candidates)] == [weights, seed, n]
        if not same or not _take_turns(picks, labels):
            kinds = {line.get("class", line.get("label")): 1 for line in picks.candidates.values()}
            of = "" if labels is None else f", of {', '.join(map(str, kinds))}"
            raise ValueError(
                f"`output` must be a new folder, or one of the same candidates. Received: {output}, "
                f"{len(picks.candidates)} of {first.get('model')} with seed {first.get('seed')}{of}"
            )
        return picks
    check_free(output)
    model = load()
    from keras_gen.studio.candidates import make_candidates

    return make_candidates(model, output, n, seed, name, weights, labels)


def labels_in(text: str | None, class_names: Sequence[str] = ()) -> list[int | str] | None:
    """Classes that are written in one line.

    Args:
        text: String, names or integers with commas between them, or None.
        class_names: Sequence of strings, those that are known: where all are of these they are names, though
            they be numbers.

    Returns:
        List of strings, or of integers where all are, or None.

    Raises:
        ValueError: If one of them is empty.

    Example:

    >>> labels_in("Coat, Ankle boot"), labels_in("4,9"), labels_in("8", class_names=["3", "8"])
    (['Coat', 'Ankle boot'], [4, 9], ['8'])
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise ValueError(
            f"`labels` must be classes with a comma between two. Received: labels={text!r}"
        )
    whole = all(map(str.isdecimal, names)) and not {*names} <= {*class_names}
    return [int(name) if whole else name for name in names]


def _take_turns(picks, labels):
    """Whether candidates are of these classes in turn."""
    turns = zip(picks.candidates.values(), itertools.cycle(labels or [None]), strict=False)
    return labels is None or all(
        label in (line.get("label"), line.get("class")) for line, label in turns
    )
