import numpy as np
import pytest

from keras_gen.metrics import mixed_table_scores

pytestmark = pytest.mark.one_backend
NAMES = ["colour", "size", "weight"]
NUMBERS = [False, True, True]


def table(colours, sizes, weights):
    return [np.array([*colours], object), np.array(sizes, float), np.array(weights, float)]


def test_alike_is_one():
    rows = table("rgbr", [1, 2, 3, np.nan], [1, 4, 2, 3])
    scores = mixed_table_scores(rows, rows, NAMES, NUMBERS)
    assert set(scores.values()) == {1.0}
    assert set(scores) == {"quality", "shapes", "trends", *(f"shape of {name}" for name in NAMES)}


def test_by_hand():
    real = table("rrgg", [0, 1, 2, 3], [0, 1, 2, 3])
    made = table("rrrb", [0, 1, 2, 3], [3, 2, 1, 0])
    scores = mixed_table_scores(real, made, NAMES, NUMBERS)
    # r 1/2 and 3/4, g 1/2 and 0, b 0 and 1/4: half of 1/4 + 1/2 + 1/4.
    assert scores["shape of colour"] == pytest.approx(0.5)
    assert scores["shape of size"] == scores["shape of weight"] == 1.0
    # Of correlations 1 and -1 nothing is left. Of (r 0, r 1, g 2, g 3) two remain beside sizes; beside
    # weights, (r 3, r 2, r 1, b 0), one.
    assert scores["trends"] == pytest.approx((0.5 + 0.25 + 0.0) / 3)
    assert scores["quality"] == pytest.approx((scores["trends"] + 2.5 / 3) / 2)


def test_missing_values_of_categories_are_one_and_instants_are_numbers():
    days = np.array(["2025-01-01", "2025-01-02", "NaT", "2025-01-03"], "datetime64[D]")
    real = [np.array(["a", None, "a", None], object), days]
    made = [np.array(["a", "a", "a", None], object), days]
    scores = mixed_table_scores(real, made, ["x", "day"], [False, True])
    assert scores["shape of x"] == 0.75 and scores["shape of day"] == 1.0
    assert scores["trends"] == 0.75


def test_what_is_no_table_is_refused():
    rows = table("rg", [1, 2], [3, 4])
    with pytest.raises(ValueError, match=r"of the same columns. Received: 3 and 2 columns"):
        mixed_table_scores(rows, rows[:2], NAMES, NUMBERS)
    with pytest.raises(ValueError, match=r"must hold rows. Received: 2 and 0 of them"):
        mixed_table_scores(rows, [values[:0] for values in rows], NAMES, NUMBERS)
