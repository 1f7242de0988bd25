"""What somebody seems to like, learnt from verdicts."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_gen.lazy import LazyModule
from keras_gen.types import Array, PathLike

Image = LazyModule("PIL.Image")

LEAST = 10  # verdicts of each kind
PIXELS = "pixels"
_SIDE = 16
_COMPONENTS = 16
_FOLDS = 5


@dataclasses.dataclass(frozen=True)
class Preference:
    """Probabilities of a yes, and how far they can be relied on.

    Args:
        scores: Dict from files to probabilities.
        accuracy: Float, the share of verdicts that were told right by a fit that had not seen them.
        baseline: Float, the share that is right when always the more frequent verdict is said.
        verdicts: Integer, how many there were.
        folds: Integer, of the cross validation.
    """

    scores: dict[str, float]
    accuracy: float
    baseline: float
    verdicts: int
    folds: int

    def __str__(self) -> str:
        return (
            f"Of {self.verdicts} verdicts {self.accuracy:.0%} are told right when held out "
            f"({self.folds} folds); saying always the more frequent one tells {self.baseline:.0%}."
        )


def check_enough(verdicts: Mapping[str, bool]) -> None:
    """Raises a ValueError unless there are 10 verdicts of each kind.

    Args:
        verdicts: Dict from files to whether they are liked.
    """
    yes = sum(verdicts.values())
    no = len(verdicts) - yes
    if min(yes, no) < LEAST:
        raise ValueError(
            f"A preference needs {LEAST} verdicts of each kind at least. Received: {yes} yes, {no} no"
        )


def fit_preference(
    features: Mapping[str, Array], verdicts: Mapping[str, bool], seed: int = 0
) -> Preference:
    """Fits a logistic regression on the principal components of features.

    Args:
        features: Dict from files to arrays `(dim,)`.
        verdicts: Dict from some of them to whether they are liked.
        seed: Integer, of the folds.

    Returns:
        `Preference`, of all files.

    Raises:
        ValueError: If there are fewer than 10 verdicts of one kind.
    """
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    check_enough(verdicts)
    labels = np.array(list(verdicts.values()), "int")
    yes = int(labels.sum())
    files = list(features)
    everything = np.stack([features[file] for file in files]).astype("float64")
    judged = np.stack([features[file] for file in verdicts]).astype("float64")
    # Each fold fits its own components: what is held out tells them nothing.
    components = min(_COMPONENTS, len(judged) * (_FOLDS - 1) // _FOLDS - 1, judged.shape[1])
    model = make_pipeline(
        PCA(components, random_state=seed), StandardScaler(), LogisticRegression(max_iter=1000)
    )
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    # Each verdict weighs the same, though folds differ by one.
    right = [
        score * len(held_out)
        for score, (_, held_out) in zip(
            cross_val_score(model, judged, labels, cv=folds),
            folds.split(judged, labels),
            strict=True,
        )
    ]
    scores = model.fit(judged, labels).predict_proba(everything)[:, 1]
    return Preference(
        scores=dict(zip(files, scores.tolist(), strict=True)),
        accuracy=float(sum(right) / len(labels)),
        baseline=float(max(yes, len(labels) - yes) / len(labels)),
        verdicts=len(labels),
        folds=_FOLDS,
    )


def features_of(paths: Sequence[PathLike], features: str = PIXELS) -> dict[str, Array]:
    """What pictures are compared by.

    Args:
        paths: Sequence of paths of pictures.
        features: `"pixels"`, of the pictures at 16 x 16, or what
            `keras_gen.metrics.get_feature_extractor` takes: a classifier preset, `"classifier_digits"` say.

    Returns:
        Dict from the files' names to float32 arrays `(dim,)`.

    Raises:
        ValueError: If there are no such features.
    """
    names = [os.path.basename(path) for path in paths]
    if features == PIXELS:
        return {
            name: _pixels(path, (_SIDE, _SIDE)).ravel()
            for name, path in zip(names, paths, strict=True)
        }
    extractor = _extractor(features)
    images = np.stack([_pixels(path) for path in paths]) * 2 - 1
    return dict(zip(names, extractor(images).features, strict=True))


def _extractor(features: str) -> Any:
    from keras_gen.metrics import get_feature_extractor

    try:
        return get_feature_extractor(features)
    except ValueError as error:
        message = str(error).replace("`feature_extractor` must be", "`features` must be 'pixels',")
        raise ValueError(message) from error


def _pixels(path, size=None):
    """Float32 array `(height, width, 3)` in [0, 1] of a picture."""
    with Image.open(path) as image:
        image = image.convert("RGB")
        image = image if size is None else image.resize(size, Image.Resampling.BOX)
        return np.asarray(image, "float32") / 255
