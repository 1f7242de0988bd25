"""What a table's columns are, found by their values: kinds, ranges, decimals, modes."""

from __future__ import annotations

import collections
import re
import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from keras_gen.checks import nearest_in_words
from keras_gen.modalities.tables.columns import decimals_of
from keras_gen.modalities.tables.mixed_column import PER_UNIT, WIDTH, MixedColumn
from keras_gen.modalities.tables.raw_column import (
    RawColumn,
    find_format,
    fits_the_other_way,
    instants_of,
)

KINDS = ("continuous", "integer", "datetime", "categorical", "boolean")
MOST_MODES = 10
LEAST_WEIGHT = 0.005  # of a mode
FITTED_ROWS = 20_000  # the most that a mixture is fitted to
LEAST_ROWS = 10
_OFTEN = 0.02  # of the rows: a number that so many have is a value of its own
_FEW = 32  # numbers, each of which is a value of its own
_LEAST_COUNT = 5  # rows that have such a value: no value of fewer is kept
_MOST_TEXTS = 1000  # different ones of a category
_COUNTED = 100  # rows that count up are not by chance
_YEARS = (1800, 2100)
_LIKE_A_DATE = re.compile(
    r"(\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{1,2}([-/.])\d{1,2}\3(\d{4}|\d{2}))([ T,]|$)"
)
IDENTIFIER = "identifier"  # what a column is said to be that is to be left out
_IDENTIFIERS = ("id", "no", "nr", "key", "num", "number", "nummer", "uuid", "guid")
_OWNERS = (
    "customer",
    "client",
    "user",
    "order",
    "account",
    "item",
    "row",
    "record",
    "person",
    "case",
    "kunden",
)
_COMPOUNDS = {owner + end for owner in _OWNERS for end in _IDENTIFIERS}


def mixed_columns_of(
    columns: Sequence[RawColumn], kinds: Mapping[str, str] | None = None, seed: int = 0
) -> tuple[MixedColumn, ...]:
    """Measures the columns of a table of mixed types.

    Args:
        columns: Sequence of `RawColumn`, of the rows to train on.
        kinds: Dict from names of columns to `"continuous"`, `"integer"`, `"datetime"`, `"categorical"` or
            `"boolean"`, where it shall not be found; or to `"identifier"`, of columns to leave out.
        seed: Integer, of the mixtures.

    Returns:
        Tuple of `MixedColumn`.

    Raises:
        ValueError: If a column has no values, infinite ones, text or numbers that tell rows apart, or not
            what `kinds` says; if no column varies; if there are fewer than ten rows.

    Example:

    >>> size = RawColumn("size", np.arange(20.0), "int64")
    >>> shape = RawColumn("shape", np.array(["round", "square"] * 10, object), "str")
    >>> [(column.name, column.kind, column.size) for column in mixed_columns_of([size, shape])]
    [('size', 'integer', 1), ('shape', 'categorical', 2)]
    """
    kinds = dict(kinds or {})
    names = [column.name for column in columns]
    for name, kind in kinds.items():
        if name not in names:
            raise ValueError(
                f"`kinds` must be of the table's columns, {nearest_in_words(name, names)} say. "
                f"Received: {name!r}"
            )
        if kind not in (*KINDS, IDENTIFIER):
            raise ValueError(
                f"`kinds` must say one of {', '.join(KINDS)}, {IDENTIFIER}. Received: {name}={kind!r}"
            )
    columns = [column for column in columns if kinds.get(column.name) != IDENTIFIER]
    names = [column.name for column in columns]
    if not columns or len(columns[0].values) < LEAST_ROWS:
        raise ValueError(
            f"A table must have at least {LEAST_ROWS} rows to learn from. Received: "
            f"{len(columns[0].values) if columns else 0} rows"
        )
    found = tuple(_measured(column, kinds.get(column.name), seed) for column in columns)
    if all(column.size < 2 and not column.modes for column in found):
        raise ValueError(
            "A table must have a column that varies. Received: one value in each of "
            f"{', '.join(names)}"
        )
    return found


def _measured(raw, kind, seed):
    gaps = raw.gaps
    if gaps.all():
        raise ValueError(
            f"Column {raw.name!r} must have values: leave it out by `columns`. Received: none in "
            f"{len(gaps)} rows"
        )
    if raw.values.dtype.kind == "f" and np.isinf(raw.values).any():
        raise ValueError(
            f"Column {raw.name!r} must hold finite numbers. Received: "
            f"{np.isinf(raw.values).sum()} infinite values"
        )
    there = raw.values[~gaps]
    format = None
    may_be_dates = kind == "datetime" or (kind is None and raw.categories is None)
    if may_be_dates and there.dtype == object:
        texts = there.tolist()
        if all(isinstance(text, str) for text in texts):
            format = find_format(texts)
            if format is not None and fits_the_other_way(texts, format):
                warnings.warn(
                    f"Column {raw.name!r} may have the month or the day first, and is read with the day first: "
                    "2025-12-24 is read in one way alone.",
                    stacklevel=2,
                )
    kind = kind or _kind_of(raw, there, format)
    kept = {"name": raw.name, "dtype": raw.dtype, "missing": bool(gaps.any()), "format": format}
    kept["gaps"] = [int(gaps.sum())] if gaps.any() else []
    if kind in ("categorical", "boolean"):
        return _of_values(raw, there, kind, kept)
    if kind == "datetime":
        instants = instants_of(raw, format)[~gaps].astype("int64")
        unit = next(unit for unit, each in PER_UNIT.items() if not (instants % each).any())
        return _of_numbers(instants // PER_UNIT[unit], kind, kept | {"unit": unit}, seed)
    try:
        numbers = there.astype("float64")
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Column {raw.name!r} must hold numbers to be {kind}. Received: {error}"
        ) from None
    return _of_numbers(numbers, kind, kept, seed)


def _kind_of(raw, there, format):
    if there.dtype.kind == "f":
        if _tells_rows_apart(raw, there):
            raise ValueError(
                f"Column {raw.name!r} has another whole number in every row, one that tells rows apart, of "
                f"which a model learns nothing: leave it out by `kinds={{{raw.name!r}: 'identifier'}}`, or "
                f"have it as a number by `kinds={{{raw.name!r}: 'integer'}}`. Received: {there[0]:.0f}, "
                f"{there[1]:.0f}, ..."
            )
        return "integer" if not (there % 1).any() else "continuous"
    if there.dtype.kind == "M" or format is not None:
        return "datetime"
    values = there.tolist()
    different = set(values)
    if different <= {True, False} and all(isinstance(value, bool) for value in values):
        return "boolean"
    if raw.categories is not None or len(different) <= 2 or len(different) < 0.1 * len(values):
        limit = None if raw.categories is not None else _MOST_TEXTS
    else:
        limit = max(_LEAST_COUNT, min(0.5 * len(values), _MOST_TEXTS))
    dates = ""
    if all(isinstance(value, str) and _LIKE_A_DATE.match(value) for value in values):
        dates = (
            " (dates are not read in this form, or in several: 2025-12-24T18:30:00 is one that is)"
        )
    if len(different) == len(values) and raw.categories is None and len(values) > 2:
        raise ValueError(
            f"Column {raw.name!r} has another text in every row, a name or a number that tells rows apart, "
            f"of which a model learns nothing: leave it out by `columns`, or by "
            f"`kinds={{{raw.name!r}: 'identifier'}}`. Received: {values[0]!r}, {values[1]!r}, ...{dates}"
        )
    if limit is not None and len(different) > limit:
        raise ValueError(
            f"Column {raw.name!r} holds free text, which is no category: leave it out by `columns`, or "
            f"have it as one by `kinds={{{raw.name!r}: 'categorical'}}`. Received: {len(different)} "
            f"different texts in {len(values)} rows{dates}"
        )
    return "categorical"


def _tells_rows_apart(raw, there):
    """Whether whole numbers are an identifier: all are different, and their name says so, or they count."""
    whole = raw.dtype[:1] in "iuIU" and not (there % 1).any()
    if not whole or len(np.unique(there)) < len(raw.values):
        return False
    counts = len(there) >= _COUNTED and (np.diff(there) == 1).all()
    years = _YEARS[0] <= there.min() and there.max() <= _YEARS[1]
    return bool(counts and not years) or is_named_as_identifier(raw.name)


def is_named_as_identifier(name: str) -> bool:
    """Whether a column's name ends as those of identifiers do.

    >>> [is_named_as_identifier(name) for name in ("customer_no", "OrderID", "id", "kundennummer")]
    [True, True, True, True]
    >>> [is_named_as_identifier(name) for name in ("paid", "number", "population", "no of rooms")]
    [False, False, False, False]
    """
    words = re.findall(r"[A-Z]*[^\W\d_A-Z]+|[A-Z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name))
    if not words:
        return False
    last = words[-1].lower()
    if last in _IDENTIFIERS:
        return len(words) > 1 or last in ("id", "uuid", "guid")
    return last.endswith("nummer") or last in _COMPOUNDS


def _of_values(raw, there, kind, kept):
    values = there.tolist()
    if there.dtype.kind == "f":
        values = [int(value) if value % 1 == 0 else value for value in values]
    elif there.dtype.kind == "M":
        raise ValueError(
            f"Column {raw.name!r} holds instants, which are no {kind}: make them text. Received: "
            f"{there[0]}"
        )
    strange = [v for v in values if not isinstance(v, (str, bool, int, float))]
    if strange:
        raise ValueError(
            f"Column {raw.name!r} must hold text, numbers or booleans. Received: "
            f"{type(strange[0]).__name__}"
        )
    if kind == "boolean" and not set(values) <= {True, False}:
        raise ValueError(f"Column {raw.name!r} must hold booleans. Received: {values[0]!r}")
    if raw.categories is not None:
        different = list(raw.categories)
    else:
        different = sorted(set(values), key=lambda value: (isinstance(value, str), value))
    if len(different) == 1 and not kept["missing"]:
        kind = "constant"
    counted = collections.Counter(values)
    counts = [counted[value] for value in different] + kept.pop("gaps")
    return MixedColumn(kind=kind, values=tuple(different), counts=tuple(counts), **kept)


def _of_numbers(numbers, kind, kept, seed):
    exact = numbers.astype("float64")
    low, high = float(exact.min()), float(exact.max())
    if max(abs(low), abs(high)) > 1e30:
        raise ValueError(
            f"Column {kept['name']!r} must hold numbers below 1e30: choose another unit. Received: "
            f"values from {low:g} to {high:g}"
        )
    if kept["dtype"][:1] in "iuIU" and max(abs(low), abs(high)) > 2**53:
        raise ValueError(
            f"Column {kept['name']!r} must hold whole numbers up to 2**53, which float64 tells apart: make it "
            f"text, or leave it out by `kinds={{{kept['name']!r}: 'identifier'}}`. Received: numbers from "
            f"{low:.0f} to {high:.0f}"
        )
    decimals = decimals_of(exact)
    if kind == "integer" and decimals != 0:
        raise ValueError(
            f"Column {kept['name']!r} must hold whole numbers to be integer. Received: {decimals or 'many'} "
            "decimals"
        )
    kept = kept | {"kind": kind, "decimals": decimals, "low": low, "high": high}
    gaps = kept.pop("gaps")
    if low == high:
        if not kept["missing"] and kind != "datetime":
            kept["kind"] = "constant"
        values = (_plain(low, decimals),)
        return MixedColumn(values=values, counts=(len(exact), *gaps), **kept)
    different, counts = np.unique(exact, return_counts=True)
    own = counts >= _LEAST_COUNT
    if len(different) > _FEW:
        own &= counts >= _OFTEN * len(exact)
    values = tuple(_plain(value, decimals) for value in different[own].tolist())
    others = exact[~np.isin(exact, different[own])]
    counts = [*counts[own].tolist(), *gaps]
    if not len(others) and len(different) <= _FEW:
        return MixedColumn(values=values, counts=tuple(counts), **kept)
    means, deviations, weights = zip(*_modes(others, low, high, decimals, seed), strict=True)
    counts = [len(others) * weight for weight in weights] + counts
    return MixedColumn(
        values=values, means=means, deviations=deviations, counts=tuple(counts), **kept
    )


def _plain(value, decimals):
    return int(value) if decimals == 0 and abs(value) < 2**53 else float(value)


def _modes(x, low, high, decimals, seed):
    """Triples of mean, deviation and weight that reach every number from `low` to `high`."""
    width = high - low
    least = max(1e-4 * width, 0.0 if decimals is None else 0.25 * 10.0**-decimals)
    whole = (0.5 * (low + high), 0.5 * width * (1 + 1e-6) / WIDTH)
    found = []
    different = len(np.unique(x))
    if different > 2 and len(x) >= LEAST_ROWS:
        found = _mixture(x, min(MOST_MODES, different), seed)
    elif len(x):
        found = [(float(x.mean()), float(x.std()), 1.0)]
    found = [(mean, max(deviation, least), weight) for mean, deviation, weight in found]
    reached = low
    for start, end in sorted((m - WIDTH * d, m + WIDTH * d) for m, d, _ in found):
        if start <= reached:
            reached = max(reached, end)
    if reached < high or not found:
        found.append((*whole, 1e-6 if found else 1.0))
    return found


def _mixture(x, modes, seed):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import BayesianGaussianMixture

    random = np.random.default_rng(seed)
    if len(x) > FITTED_ROWS:
        x = random.choice(x, FITTED_ROWS, replace=False)
    mean, deviation = x.mean(), x.std() or 1.0
    mixture = BayesianGaussianMixture(
        n_components=modes,
        weight_concentration_prior_type="dirichlet_process",
        weight_concentration_prior=0.001,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(((x - mean) / deviation)[:, None])
    chosen = np.flatnonzero(mixture.weights_ > LEAST_WEIGHT)
    return [
        (
            float(mean + deviation * mixture.means_[k, 0]),
            float(deviation * np.sqrt(mixture.covariances_[k, 0, 0])),
            float(mixture.weights_[k]),
        )
        for k in chosen
    ]
