import numpy as np
import pytest

from keras_gen.metrics import table_privacy
from keras_gen.metrics.tables_privacy import nearest_distances

pytestmark = pytest.mark.one_backend


def table(colours, sizes):
    return [np.array([*colours, None], object)[:-1], np.array(sizes, float)]


KINDS = [False, True]


def test_by_hand():
    train, held_out = table("rrb", [0, 4, 10]), table("rbb", [2, 0, 6])
    made = table("rbrb", [0, 0, 3, 9])
    # Sizes in tenths. To the training: 0 to (r, 0); 0.5 to (r, 0); 0.05 to (r, 4); 0.05 to (b, 10). To the
    # rows held out: 0.1; 0; 0.05; 0.15. So nearer are the first and the last, and the third is as near.
    scores = table_privacy(train, held_out, made, KINDS)
    assert scores["nearer to training"] == (1 + 0 + 0.5 + 1) / 4
    # Of the training 0, 0.05, 0.05 to the nearest, of those held out 0.05, 0, 0.15: of nine pairs the first row
    # is nearer in two and as near in one, the others nearer in one and as near in one each.
    assert scores["membership auc"] == pytest.approx((2.5 + 1.5 + 1.5) / 9)
    assert scores["copied"] == 1 / 4 and scores["copied by chance"] == 0.0


def test_rows_learnt_by_heart_and_rows_of_nobody():
    random = np.random.default_rng(0)
    train, held_out = ([random.normal(size=300), random.normal(size=300)] for _ in range(2))
    by_heart = table_privacy(train, held_out, train, [True, True])
    assert by_heart["nearer to training"] == by_heart["membership auc"] == by_heart["copied"] == 1
    fresh = table_privacy(train, held_out, [random.normal(size=300)] * 2, [True, True])
    assert abs(fresh["nearer to training"] - 0.5) < 0.1
    assert abs(fresh["membership auc"] - 0.5) < 0.1 and fresh["copied"] == 0.0


def test_a_larger_training_has_no_advantage_in_distances_and_all_of_it_is_looked_through():
    train, held_out = table("r" * 8, range(8)), table("r" * 2, [0, 4])
    # Of the training (r, 0) and (r, 4) are taken: the same rows.
    scores = table_privacy(train, held_out, table("rr", [1, 7]), KINDS)
    assert scores["nearer to training"] == scores["membership auc"] == 0.5
    assert scores["copied"] == scores["copied by chance"] == 1.0


def test_what_is_missing_is_far_from_all_but_what_is_missing():
    first = [np.array([np.nan, 0.5]), np.array([-1, 2])]
    second = [np.array([np.nan, 1.0]), np.array([2, 2])]
    to_second, to_first = nearest_distances(first, second)
    assert to_second.tolist() == [0.5, 0.25] and to_first.tolist() == [0.5, 0.25]
    train = table(["r", None], [1, np.nan])
    scores = table_privacy(train, table("gb", [5, 6]), table([None, None], [np.nan, 1]), KINDS)
    assert scores["copied"] == 0.5


def test_blocks_are_as_one(monkeypatch):
    random = np.random.default_rng(0)
    rows = [[random.normal(size=n), random.integers(0, 3, n)] for n in (57, 31)]
    whole = nearest_distances(*rows)
    monkeypatch.setattr("keras_gen.metrics.tables_privacy._BLOCK", 100)
    for found, expected in zip(nearest_distances(*rows), whole, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_instants_are_numbers():
    days = [np.array(days, "datetime64[D]") for days in (["2025-01-01"], ["2025-01-11"])]
    scores = table_privacy(
        [days[0]], [days[1]], [np.array(["2025-01-02"], "datetime64[D]")], [True]
    )
    assert scores["nearer to training"] == scores["membership auc"] == 1.0


def test_what_is_no_table_is_refused():
    rows = table("rg", [1, 2])
    with pytest.raises(
        ValueError, match=r"of the same columns. Received: 2, 1, 2 columns, 2 kinds"
    ):
        table_privacy(rows, rows[:1], rows, KINDS)
    with pytest.raises(ValueError, match=r"must hold rows. Received: 2, 2, 0 of them"):
        table_privacy(rows, rows, [values[:0] for values in rows], KINDS)
