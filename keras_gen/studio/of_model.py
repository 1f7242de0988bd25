"""Candidates of a model that is called by its name: made once, found again."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_gen.presets.files import describe_file
from keras_gen.presets.finding import find_weights, model_name
from keras_gen.studio.picks import CANDIDATES, Picks, check_free
from keras_gen.types import PathLike

if TYPE_CHECKING:
    import keras


def candidates_of(
    path: PathLike, output: PathLike, n: int, seed: int, load: Callable[[], keras.Model]
) -> Picks:
    """Makes candidates in a folder, or finds those that were made there before.

    Args:
        path: String or path, a preset, a model file or its folder.
        output: String or path of the candidates' folder.
        n: As in `keras_gen.studio.make_candidates`, and so is `seed`.
        seed: As in `make_candidates`.
        load: Function that gives the model, called where there are no candidates yet.

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
        if [*found, len(picks.candidates)] != [weights, seed, n]:
            raise ValueError(
                f"`output` must be a new folder, or one of the same candidates. Received: {output}, "
                f"{len(picks.candidates)} of {first.get('model')} with seed {first.get('seed')}"
            )
        return picks
    check_free(output)
    model = load()
    from keras_gen.studio.candidates import make_candidates

    return make_candidates(model, output, n, seed, name, weights)
