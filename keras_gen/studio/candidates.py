"""Pictures for somebody to judge, and what makes each of them again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gen import tasks
from keras_gen.checks import check_positive_integer
from keras_gen.files import folder_written_aside
from keras_gen.modalities.images.show import save_png
from keras_gen.serving.methods import is_pictures, methods_of
from keras_gen.studio.picks import CANDIDATES, Picks, check_free
from keras_gen.types import Array, PathLike

if TYPE_CHECKING:
    import keras

_AT_A_TIME = 64
_MOST_NUMBERS = 4096  # of latents that are written: those of diffusion are whole pictures


def make_candidates(
    model: keras.Model,
    output: PathLike,
    n: int = 200,
    seed: int = 0,
    name: str | None = None,
    weights_sha256: str | None = None,
) -> Picks:
    """Makes pictures in a folder of their own, and `candidates.jsonl` with a line for each.

    A line has the `file`, `model`, `weights_sha256`, and what makes the picture again: it is
    `generate(n, seed=seed)[index]`, and `generate(latents=[latents])` where there are `latents`. Of a model
    with classes it has the `label`, which goes with the latents. The folder is there whole, or not at all.

    Args:
        model: A model that generates pictures of 1, 3 or 4 channels.
        output: String or path of a new folder, or an empty one.
        n: Integer, how many.
        seed: Integer, of the latents.
        name: String, what the model is called. Defaults to its class.
        weights_sha256: String, the SHA-256 of its file of weights, or None.

    Returns:
        `Picks` of the folder.

    Raises:
        ValueError: If the model makes no pictures, or the folder is in use.
    """
    check_positive_integer("n", n)
    if not isinstance(model, tasks.Generates) or not is_pictures(model.gives):
        raise ValueError(
            f"`model` must be one that generates pictures. Received: a {type(model).__name__}"
        )
    check_free(output)
    digits = max(3, len(str(n - 1)))
    with folder_written_aside(output) as aside:
        lines = []
        for picture, about in _pictures(model, n, seed):
            file = f"{len(lines):0{digits}d}.png"
            save_png(aside / file, picture)
            of = {"model": name or type(model).__name__, "weights_sha256": weights_sha256}
            lines.append(json.dumps({"file": file, **of, **about}) + "\n")
        (aside / CANDIDATES).write_text("".join(lines), encoding="utf-8")
    return Picks(output)


def _pictures(model: Any, n: int, seed: int) -> Iterator[tuple[Array, dict[str, Any]]]:
    """Pairs of a uint8 picture and a dict of what makes it."""
    method = methods_of(model)["generate"]
    if method.alone:
        yield from _of_seeds(model, method, n, seed)
        return
    latents, labels = model.chosen(n, seed=seed)
    written = latents[0].size <= _MOST_NUMBERS
    for start in range(0, n, _AT_A_TIME):
        part = slice(start, start + _AT_A_TIME)
        arrays = (latents[part],) if labels is None else (latents[part], labels[part])
        for index, picture in enumerate(method.call(*arrays)[0], start):
            about = {"seed": seed, "n": n, "index": index}
            if written:
                about["latents"] = latents[index].tolist()
            yield picture, about | _class(model, labels, index)


def _of_seeds(model, method, n, seed):
    """Of a model without latents: each lot has a seed of its own, and its classes in turn."""
    for start in range(0, n, _AT_A_TIME):
        count, own = min(_AT_A_TIME, n - start), seed + start // _AT_A_TIME
        labels = None
        if model.num_classes is not None:
            labels = np.arange(count, dtype="int32") % model.num_classes
        (made,) = method.call(n=count, seed=own, labels=labels)
        for index, picture in enumerate(made):
            about = {"seed": own, "n": count, "index": index}
            yield picture, about | _class(model, labels, index)


def _class(model, labels, index):
    if labels is None:
        return {}
    label = int(labels[index])
    named = {} if model.class_names is None else {"class": model.class_names[label]}
    return {"label": label, **named}
