import numpy as np
import pytest

from keras_gen.metrics import table_efficacy

pytestmark = pytest.mark.one_backend
NAMES, KINDS = ["size", "word", "price"], [True, False, True]


def table(n, seed, noise=0.0):
    """Words tell whether sizes are above 0; prices are twice the size."""
    random = np.random.default_rng(seed)
    size = random.uniform(-1, 1, n)
    there = size + noise * random.normal(size=n)
    return [size, np.where(there > 0, "big", "small").astype(object), 2 * size + 5]


def score(train, held_out, made, target, names=NAMES, numbers=KINDS):
    return table_efficacy(train, held_out, made, names, numbers, target)


def test_rows_as_good_as_real_ones_lose_nothing():
    found = score(table(200, 0), table(100, 1), table(200, 0), "word")
    assert found["made"] == found["real"] and set(found["lost"].values()) == {0.0}
    assert found["real"]["auc"] > 0.98 and len(found["real"]) == 5
    numbers = score(table(200, 0), table(100, 1), table(200, 0), "price")
    assert numbers["real"]["r2"] > 0.98 and "r2 of ridge regression" in numbers["made"]


def test_words_the_other_way_round_predict_the_other_way_round():
    train, held_out = table(200, 0), table(100, 1)
    words = np.where(train[1] == "big", "small", "big").astype(object)
    found = score(train, held_out, [train[0], words, train[2]], "word")
    # What is right of one is wrong of the other: an area of A becomes 1 less A.
    assert found["made"]["auc of decision tree"] == pytest.approx(
        1 - found["real"]["auc of decision tree"]
    )
    assert found["made"]["auc"] < 0.02
    assert found["lost"]["auc"] == pytest.approx(found["real"]["auc"] - found["made"]["auc"])


def test_a_target_that_made_rows_do_not_vary_in_tells_nothing():
    train, held_out = table(100, 0), table(50, 1)
    made = [train[0], np.full(100, "big", object), np.full(100, 5.0)]
    assert set(score(train, held_out, made, "word")["made"].values()) == {0.5}
    # All models give the made mean: R2 is 0 less the square of what that is off, in deviations.
    off = (made[2][0] - held_out[2].mean()) / held_out[2].std()
    assert score(train, held_out, made, "price")["made"]["r2"] == pytest.approx(-(off**2))


def test_a_class_that_is_never_made_is_told_by_chance():
    random = np.random.default_rng(0)
    kinds = random.choice(["a", "b", "c"], 300).astype(object)
    rows = [(kinds == "b") + 2.0 * (kinds == "c"), kinds]
    sides = [[values[k::2] for values in rows] for k in range(2)]
    made = [values[sides[0][1] != "c"] for values in sides[0]]
    found = score(*sides, made, "kind", ["x", "kind"], [True, False])
    assert found["real"]["auc"] == 1.0
    # Areas of a and b: what is no a or b is at their end (c has b's side), and c is chance.
    assert found["made"]["auc of decision tree"] == pytest.approx(
        (1.0 + _area_of_b(sides[1]) + 0.5) / 3
    )


def _area_of_b(side):
    """All c are taken for b: of pairs of a b and another row, those with an a are right, with a c even."""
    a, c = (side[1] == "a").sum(), (side[1] == "c").sum()
    return (a + 0.5 * c) / (a + c)


def test_gaps_and_new_categories_are_features():
    train, held_out = table(120, 0), table(80, 1)
    for side in (train, held_out):
        side[0][side[1] == "big"] = np.nan
        side[2] = np.array([None] * len(side[0]), object)
    held_out[2][:] = "new"
    found = score(train, held_out, train, "word", numbers=[True, False, False])
    assert found["real"]["auc"] == 1.0
    gone = [values.copy() for values in train]
    gone[1][:60] = None
    assert score(train, held_out, gone, "word", numbers=[True, False, False])["made"]["auc"] > 0.9


def test_targets_that_can_not_be_predicted_are_refused():
    rows = table(20, 0)
    with pytest.raises(ValueError, match=r"`target` .*say. Received: target='prise'"):
        score(rows, rows, rows, "prise")
    same = [rows[0], np.full(20, "big", object), rows[2]]
    with pytest.raises(
        ValueError, match=r"varies in `train`. Received: target='word', with 1 values"
    ):
        score(same, rows, rows, "word")
    with pytest.raises(ValueError, match=r"must have other columns beside it"):
        score(rows[1:2], rows[1:2], rows[1:2], "word", ["word"], [False])
    none = [rows[0], np.array([None] * 20, object), rows[2]]
    with pytest.raises(ValueError, match=r"`made` must hold rows that have a target. Received: 20"):
        score(rows, rows, none, "word")
    with pytest.raises(ValueError, match=r"of the 3 columns in `names`. Received: 3, 3, 2 columns"):
        score(rows, rows, rows[:2], "word")
