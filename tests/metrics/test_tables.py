import numpy as np
import pytest
import scipy.stats

from keras_gen.metrics import table_scores
from keras_gen.metrics.tables import ks_statistic, wasserstein_distance


@pytest.mark.parametrize("seed", range(5))
def test_distances_are_scipys(seed):
    random = np.random.default_rng(seed)
    first = random.normal(size=50).round(seed % 3)
    second = random.normal(0.5, 2.0, 70).round(seed % 3)
    assert ks_statistic(first, second) == pytest.approx(
        scipy.stats.ks_2samp(first, second).statistic
    )
    assert wasserstein_distance(first, second) == pytest.approx(
        scipy.stats.wasserstein_distance(first, second)
    )


def test_scores_do_not_depend_on_units_and_are_zero_of_the_same_rows():
    random = np.random.default_rng(0)
    real, made = random.normal(size=(2, 100, 3))
    scores = table_scores(real, made, ["a", "b", "c"])
    assert table_scores(10 * real + 3, 10 * made + 3, ["a", "b", "c"]) == pytest.approx(scores)
    assert max(table_scores(real, real[::-1]).values()) < 1e-12
    assert scores["ks"] == pytest.approx(np.mean([scores[f"ks of {n}"] for n in "abc"]))


def test_correlations_are_numpys():
    random = np.random.default_rng(1)
    real, made = random.normal(size=(2, 100, 3)) @ random.normal(size=(3, 3))
    above = np.triu_indices(3, 1)
    expected = np.abs(np.corrcoef(real.T) - np.corrcoef(made.T))[above].mean()
    assert table_scores(real, made)["correlation"] == pytest.approx(expected)


def test_constant_columns():
    real = np.array([[1.0, 0.0], [1.0, 1.0]])
    made = np.array([[1.0, 0.0], [2.0, 0.0]])
    scores = table_scores(real, made, ["a", "b"])
    assert scores["wasserstein of a"] == 0.5  # The share of other values.
    assert "correlation" not in scores


def test_a_constant_that_rounding_gives_a_deviation_is_one():
    real = np.tile([0.1, 0.3], (1000, 1))
    assert real.std(axis=0).min() > 0
    scores = table_scores(real, real.astype("float32").astype("float64"), ["a", "b"])
    assert scores["wasserstein of a"] == scores["wasserstein"] == 0.0
    assert "correlation" not in scores


@pytest.mark.parametrize("made", [np.zeros((4, 3)), np.zeros(4), np.zeros((0, 2))])
def test_other_rows_are_refused(made):
    with pytest.raises(ValueError, match="`real` and `made`"):
        table_scores(np.zeros((4, 2)), made)
