"""Pictures for somebody to judge, and what makes each of them again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_gen import tasks
from keras_gen.checks import check_positive_integer
from keras_gen.files import folder_written_aside
from keras_gen.modalities.images.show import save_png
from keras_gen.presets import open_model
from keras_gen.presets.files import describe_file
from keras_gen.presets.finding import find_weights, model_name
from keras_gen.serving.methods import is_pictures, methods_of
from keras_gen.studio.picks import CANDIDATES, Picks, check_free
from keras_gen.types import Array, ArrayLike, ClassLabels, PathLike

if TYPE_CHECKING:
    import keras

_AT_A_TIME = 64
_N = 200
_MOST_NUMBERS = 4096  # of latents that are written: those of diffusion are whole pictures


def make_candidates(
    model: keras.Model | PathLike,
    output: PathLike,
    n: int | None = None,
    seed: int = 0,
    name: str | None = None,
    weights_sha256: str | None = None,
    labels: ClassLabels | None = None,
    latents: ArrayLike | None = None,
) -> Picks:
    """Makes pictures in a folder of their own, and `candidates.jsonl` with a line for each.

    A line has the `file`, `model`, `weights_sha256`, and what makes the picture again: it is
    `generate(n, seed=seed)[index]`, and `generate(latents=[latents])` where there are `latents`. Of a model
    with classes it has the `label`, which goes with the latents; where classes were asked for it is
    `generate(labels=..., seed=seed)[index]`, of the labels of all. The folder is there whole, or not at all.

    Args:
        model: A model that generates pictures of 1, 3 or 4 channels, or a string or path that
            `keras_gen.presets.open_model` opens, which gives `name` and `weights_sha256`, too.
        output: String or path of a new folder, or an empty one.
        n: Integer, how many. Defaults to 200, or to as many as `latents`.
        seed: Integer, of the latents.
        name: String, what the model is called. Defaults to its class.
        weights_sha256: String, the SHA-256 of its file of weights, or None.
        labels: List of integers in [0, num_classes), or of classes' names, which take turns. Without it they
            are drawn.
        latents: Float array `(n, latent_dim)` to use in place of drawn ones, those near one that was picked
            say. Lines then have no seed.

    Returns:
        `Picks` of the folder.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If the model makes no pictures, or not such ones, or the folder is in use.
    """
    if n is None:
        n = _N if latents is None else len(np.asarray(latents))
    check_positive_integer("n", n)
    check_free(output)
    if isinstance(model, str | os.PathLike):
        name = name or model_name(model)
        weights_sha256 = weights_sha256 or describe_file(find_weights(model))["sha256"]
        model = open_model(model)
    if not isinstance(model, tasks.Generates) or not is_pictures(model.gives):
        raise ValueError(
            f"`model` must be one that generates pictures. Received: a {type(model).__name__}"
        )
    digits = max(3, len(str(n - 1)))
    with folder_written_aside(output) as aside:
        lines = []
        for picture, about in _pictures(model, n, seed, labels, latents):
            file = f"{len(lines):0{digits}d}.png"
            save_png(aside / file, picture)
            of = {"model": name or type(model).__name__, "weights_sha256": weights_sha256}
            lines.append(json.dumps({"file": file, **of, **about}) + "\n")
        (aside / CANDIDATES).write_text("".join(lines), encoding="utf-8")
    return Picks(output)


def _pictures(
    model: Any, n: int, seed: int | None, labels: ClassLabels | None, given: ArrayLike | None
) -> Iterator[tuple[Array, dict[str, Any]]]:
    """Pairs of a uint8 picture and a dict of what makes it."""
    method = methods_of(model)["generate"]
    turns = None if labels is None else model.labels_of(labels)
    if method.alone:
        if given is not None:
            raise ValueError(
                f"`latents` are for a model that takes some. Received: latents for a {type(model).__name__}"
            )
        yield from _of_seeds(model, method, n, seed, turns)
        return
    in_turn = None if turns is None else np.resize(turns, n)
    latents, drawn = model.chosen(n, labels=in_turn, seed=seed, latents=given)
    seed = seed if given is None else None
    written = latents[0].size <= _MOST_NUMBERS
    for start in range(0, n, _AT_A_TIME):
        part = slice(start, start + _AT_A_TIME)
        arrays = (latents[part],) if drawn is None else (latents[part], drawn[part])
        for index, picture in enumerate(method.call(*arrays)[0], start):
            about = {"seed": seed, "n": n, "index": index}
            if written:
                about["latents"] = latents[index].tolist()
            yield picture, about | _class(model, drawn, index)


def _of_seeds(model, method, n, seed, turns):
    """Of a model without latents: each lot has a seed of its own, and its classes in turn."""
    if turns is None and model.num_classes is not None:
        turns = np.arange(model.num_classes, dtype="int32")
    for start in range(0, n, _AT_A_TIME):
        count, own = min(_AT_A_TIME, n - start), seed + start // _AT_A_TIME
        labels = None if turns is None else np.resize(turns, count)
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
