"""Whether what is learnt from generated rows of a table holds of real ones."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_gen.checks import nearest_in_words
from keras_gen.metrics.mixed_tables import codes_of, plain_column

_MOST_CATEGORIES = 100  # of a column, that are features; others are one


def table_efficacy(
    train: Sequence[Any],
    held_out: Sequence[Any],
    made: Sequence[Any],
    names: Sequence[str],
    numbers: Sequence[bool],
    target: str,
    seed: int = 0,
) -> dict[str, dict[str, float]]:
    """Trains models of scikit-learn on generated rows, and on real ones, and tries both on held-out rows.

    Linear ones (logistic, ridge regression), a decision tree, a random forest and gradient boosting predict the
    target from all other columns: numbers in standard deviations, 0 where there is none with a mark beside it;
    of others which of the commonest 100 categories they are. Rows without a target are left out.

    Args:
        train: Sequence of arrays `(n,)`, one a column, the real rows: as in `mixed_table_scores`.
        held_out: Sequence of arrays `(h,)`, of real rows that neither `train` nor what made the rows has seen.
        made: Sequence of arrays `(m,)`, the generated rows.
        names: Sequence of strings, the columns' names.
        numbers: Sequence of booleans, whether a column is of numbers or instants.
        target: String, the name of the column to predict.
        seed: Integer, of the models.

    Returns:
        Dict of `"made"` and `"real"`, dicts of floats for models trained on generated and on real rows, and
        `"lost"`, the real less the made. In each are the mean and the models: where the target is no number
        `"auc"`, `"auc of logistic regression"`, `"auc of decision tree"`, `"auc of random forest"`, `"auc of
        gradient boosting"`, the area under the ROC curve of each class against the others, the mean over
        the classes there are: 0.5 is chance, 1 the best. Of a number `"r2"`, `"r2 of ridge regression"` and so
        on: the coefficient of determination, 0 that of the mean, 1 the best.

    Raises:
        ValueError: If there is no such column or none to predict it from, or it does not vary.

    Example:

    >>> random = np.random.default_rng(0)
    >>> sizes = random.normal(size=(3, 200))
    >>> train, held_out, made = ([x, np.where(x > 0, "big", "small").astype(object)] for x in sizes)
    >>> scores = table_efficacy(train, held_out, made, ["size", "word"], [True, False], "word")
    >>> scores["real"]["auc"] > 0.95, abs(scores["lost"]["auc"]) < 0.05
    (True, True)

    Reference: Xu et al., 2019, Modeling Tabular Data using Conditional GAN, section 5.2,
    https://arxiv.org/abs/1907.00503
    """
    names = list(names)
    sides = {"train": train, "held_out": held_out, "made": made}
    place = place_of(target, names)
    if any(len(side) != len(names) for side in (*sides.values(), numbers)):
        raise ValueError(
            f"`train`, `held_out` and `made` must be of the {len(names)} columns in `names`. Received: "
            f"{', '.join(str(len(side)) for side in sides.values())} columns, {len(numbers)} kinds"
        )
    if len(names) < 2:
        raise ValueError(
            f"`target` must have other columns beside it. Received: target={target!r} alone"
        )
    given = _with_target(sides, place, numbers[place])
    targets = _targets([side[place] for side in given], numbers[place])
    for what, values in zip(("train", "held_out"), targets[:2], strict=True):
        if len(np.unique(values)) < 2:
            raise ValueError(
                f"`target` must be a column that varies in `{what}`. Received: target={target!r}, with "
                f"{len(np.unique(values))} values in {len(values)} rows"
            )
    features = _features(given, numbers, place)
    kind = "r2" if numbers[place] else "auc"
    score = _r2 if numbers[place] else _auc
    found = {}
    for what, side in (("made", 2), ("real", 0)):
        scores = {
            f"{kind} of {name}": score(
                model, features[side], targets[side], features[1], targets[1]
            )
            for name, model in _models(numbers[place], seed).items()
        }
        found[what] = {kind: float(np.mean(list(scores.values()))), **scores}
    lost = {name: found["real"][name] - value for name, value in found["made"].items()}
    return {**found, "lost": lost}


def place_of(target, names):
    """The place of a column to predict. A ValueError offers the nearest names."""
    names = list(names)
    if target not in names:
        raise ValueError(
            f"`target` must be one of the table's columns, {nearest_in_words(target, names)} say. "
            f"Received: target={target!r}"
        )
    return names.index(target)


def _with_target(sides, place, number):
    """The rows of each side that have a target."""
    given = []
    for what, side in sides.items():
        side = [np.asarray(values) for values in side]
        column = plain_column(side[place], number)
        there = ~np.isnan(column) if number else codes_of(column)[0] >= 0
        if not there.any():
            raise ValueError(
                f"`{what}` must hold rows that have a target. Received: {len(there)} rows, none with one"
            )
        given.append([values[there] for values in side])
    return given


def _targets(values, number):
    """Numbers in standard deviations of the first side's, or codes of classes."""
    if not number:
        return codes_of(*values)
    values = [plain_column(each, True) for each in values]
    return [(each - values[0].mean()) / _deviation(values[0]) for each in values]


def _deviation(values):
    """The standard deviation; 1 of a constant, whose own rounding may leave above 0."""
    return values.std() if np.ptp(values) > 0 else 1.0


def _features(sides, numbers, place):
    """Float32 arrays `(rows, features)`, one a side; what they are is measured on the first."""
    blocks = []
    for k, number in enumerate(numbers):
        if k == place:
            continue
        values = [side[k] for side in sides]
        blocks.append(_of_numbers(values) if number else _of_categories(values))
    return [
        np.concatenate([block[side] for block in blocks], axis=1).astype("float32")
        for side in range(len(sides))
    ]


def _of_numbers(values):
    values = [plain_column(each, True) for each in values]
    first = values[0][~np.isnan(values[0])]
    mean, deviation = (first.mean(), _deviation(first)) if len(first) else (0.0, 1.0)
    return [
        np.stack([np.nan_to_num((each - mean) / deviation), np.isnan(each)], axis=1)
        for each in values
    ]


def _of_categories(values):
    codes = codes_of(*values)
    counts = np.bincount(codes[0] + 1)[1:]
    common = np.argsort(-counts, kind="stable")[:_MOST_CATEGORIES]
    return [each[:, None] == common for each in codes]


def _models(number, seed):
    from sklearn import ensemble, linear_model, tree

    if number:
        return {
            "ridge regression": linear_model.Ridge(),
            "decision tree": tree.DecisionTreeRegressor(max_depth=8, random_state=seed),
            "random forest": ensemble.RandomForestRegressor(
                50, min_samples_leaf=5, max_features=1 / 3, random_state=seed
            ),
            "gradient boosting": ensemble.HistGradientBoostingRegressor(
                max_iter=50, early_stopping=False, random_state=seed
            ),
        }
    return {
        "logistic regression": linear_model.LogisticRegression(max_iter=200),
        "decision tree": tree.DecisionTreeClassifier(max_depth=8, random_state=seed),
        "random forest": ensemble.RandomForestClassifier(50, min_samples_leaf=5, random_state=seed),
        "gradient boosting": ensemble.HistGradientBoostingClassifier(
            max_iter=50, early_stopping=False, random_state=seed
        ),
    }


def _fitted(model, features, targets):
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # A few steps more change little.
        return model.fit(features, targets)


def _r2(model, features, targets, held_out, expected):
    from sklearn.metrics import r2_score

    return float(r2_score(expected, _fitted(model, features, targets).predict(held_out)))


def _auc(model, features, targets, held_out, expected):
    """The mean over the classes of the area under the ROC curve; 0.5 of a class that was never shown."""
    from sklearn.metrics import roc_auc_score

    if len(np.unique(targets)) < 2:
        return 0.5
    model = _fitted(model, features, targets)
    shares = model.predict_proba(held_out)
    areas = []
    for label in np.unique(expected):
        known = np.flatnonzero(model.classes_ == label)
        found = shares[:, known[0]] if len(known) else np.zeros(len(expected))
        areas.append(roc_auc_score(expected == label, found))
    return float(np.mean(areas))
