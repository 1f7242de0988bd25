import json
import math
import pathlib

import numpy as np
import pytest

from keras_gen.metrics import mixed_table_scores
from keras_gen.metrics.mixed_tables import pair_trends

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


def test_pairs_that_have_little_to_do_with_each_other_do_not_count():
    # Correlations: of 0 1 2 3 with 0 1 1 0 none, with 1 0 3 2 0.6, and of the last two none.
    real = [np.array(v, float) for v in ([0, 1, 2, 3], [0, 1, 1, 0], [1, 0, 3, 2])]
    made = [real[0], real[0], real[0]]
    scores = mixed_table_scores(real, made, ["a", "b", "c"], [True] * 3)
    assert scores["trends"] == pytest.approx(1 - (1.0 - 0.6) / 2)
    strengths = {(i, j): strength for i, j, _, strength in pair_trends(real, made, [True] * 3)}
    assert strengths == pytest.approx({(0, 1): 0.0, (0, 2): 0.6, (1, 2): 0.0})
    # r x 3, r y 1, g x 1, g y 3: chi squared is 4 cells of 1 / 2, 2 of 8 rows, so that V is 1/2. Swapped
    # names make cells of (1, 3, 3, 1).
    colour, shape = np.array([*"rrrrgggg"], object), np.array([*"xxxyxyyy"], object)
    ((_, _, similarity, strength),) = pair_trends(
        [colour, shape], [colour, shape[::-1]], [False] * 2
    )
    assert strength == pytest.approx(0.5) and similarity == pytest.approx(0.5)
    # Of (2, 2, 2, 2) V is 0.
    even = np.array([*"xxyyxxyy"], object)
    assert mixed_table_scores([colour, even], [colour, even], ["a", "b"], [False] * 2) == {
        "quality": 1.0,
        "shapes": 1.0,
        "shape of a": 1.0,
        "shape of b": 1.0,
    }


def test_what_can_not_be_told_is_left_out():
    missing = [np.array([np.nan] * 3), np.array([None] * 3, object), np.full(3, 2.0)]
    scores = mixed_table_scores(missing, missing, NAMES, [True, False, True])
    assert scores == {"quality": 1.0, "shapes": 1.0, "shape of weight": 1.0}


def test_missing_values_have_no_shape_but_trends_and_instants_are_numbers():
    days = np.array(["2025-01-01", "2025-01-02", "NaT", "2025-01-03"], "datetime64[D]")
    real = [np.array(["a", None, "b", None], object), days]
    made = [np.array(["a", "b", "b", None], object), days]
    scores = mixed_table_scores(real, made, ["x", "day"], [False, True])
    # Halves against a third and two thirds; the second row of four goes from None to b.
    assert scores["shape of x"] == pytest.approx(1 - 1 / 6) and scores["shape of day"] == 1.0
    assert scores["trends"] == pytest.approx(0.75)


REPORT = json.loads(
    (pathlib.Path(__file__).parent / "fixtures" / "sdmetrics_report.json").read_text("utf-8")
)


def columns_of(rows):
    """Columns of the report's file as arrays."""
    dtypes = {"numerical": "float64", "datetime": "datetime64[D]"}
    return [
        np.array([*rows[name], None], dtypes.get(kind, object))[:-1]
        for name, kind in REPORT["kinds"].items()
    ]


@pytest.mark.parametrize("case", REPORT["cases"], ids=["whole", "gaps", "few"])
def test_it_is_the_report_of_sdmetrics(case):
    """That of 0.32.0, by `fixtures/write_sdmetrics_report.py`."""
    numbers = [kind in ("numerical", "datetime") for kind in REPORT["kinds"].values()]
    real, made = columns_of(case["real"]), columns_of(case["made"])
    scores = mixed_table_scores(real, made, list(REPORT["kinds"]), numbers)
    assert scores == pytest.approx(case["scores"], rel=0, abs=1e-6)
    assert not any(math.isnan(score) for score in scores.values())
    assert {"trends", "shape of day", "shape of same"} <= scores.keys()
    assert "shape of none" not in scores


def test_what_is_no_table_is_refused():
    rows = table("rg", [1, 2], [3, 4])
    with pytest.raises(ValueError, match=r"of the same columns. Received: 3 and 2 columns"):
        mixed_table_scores(rows, rows[:2], NAMES, NUMBERS)
    with pytest.raises(ValueError, match=r"must hold rows. Received: 2 and 0 of them"):
        mixed_table_scores(rows, [values[:0] for values in rows], NAMES, NUMBERS)
