import csv

import keras
import numpy as np
import pytest

from keras_gen.modalities import Column, Rows, columns_of
from tests.models.helpers import array

NAMES = ("age", "height", "always 3")


def people(n=200, seed=0):
    random = np.random.default_rng(seed)
    ages = random.integers(18, 90, n)
    return np.stack([ages, random.normal(1.7, 0.1, n).round(2), np.full(n, 3)], axis=1)


@pytest.fixture
def rows():
    return Rows(columns_of(people(), NAMES))


def test_columns_are_measured():
    age, height, constant = columns_of([[30, 1.75, 3], [50, 1.65, 3]], NAMES)
    assert age == Column("age", mean=40.0, deviation=10.0, low=30.0, high=50.0, decimals=0)
    assert (height.low, height.high, height.decimals) == (1.65, 1.75, 2)
    assert height.deviation == pytest.approx(0.05)
    assert constant == Column("always 3", mean=3.0, deviation=1.0, low=3.0, high=3.0, decimals=0)


def test_decimals_are_those_of_the_values_in_their_own_dtype():
    wanted = {0: [1, -2, 3], 1: [0.1, 2.0, 3.7], 6: [0.123456, 1, 2], None: [1 / 3, 0, 1]}
    for decimals, values in wanted.items():
        for dtype in ("float64", "float32"):
            if decimals == 6 and dtype == "float32":
                continue
            (column,) = columns_of(np.array(values, dtype)[:, None])
            assert column.decimals == decimals, (values, dtype)


@pytest.mark.parametrize("convert", [np.asarray, keras.ops.convert_to_tensor], ids=["host", "step"])
def test_rows_are_standardised_and_come_back(rows, convert):
    given = people().astype("float32")
    taken = array(rows.take("Rows", convert(given)))
    assert taken.dtype == "float32"
    np.testing.assert_allclose(taken.mean(axis=0), 0.0, atol=1e-4)
    np.testing.assert_allclose(taken.std(axis=0), [1.0, 1.0, 0.0], atol=1e-4)
    np.testing.assert_array_equal(rows.give(taken), given)
    np.testing.assert_allclose(array(rows.unscale(taken)), given, rtol=1e-6)


def test_integers_are_taken_too(rows):
    whole = people().astype("int64")
    np.testing.assert_array_equal(
        rows.take("Rows", whole), rows.take("Rows", whole.astype("float64"))
    )


def test_what_is_given_stays_in_range_and_keeps_decimals(rows):
    made = rows.give(np.random.default_rng(0).normal(0.0, 3.0, (500, 3)))
    seen = people()
    assert (made[:, 0] == np.rint(made[:, 0])).all() and len(np.unique(made[:, 0])) > 40
    np.testing.assert_allclose(made[:, 1], made[:, 1].round(2), atol=1e-6)
    assert (made[:, 2] == 3.0).all()
    np.testing.assert_allclose(made.min(axis=0), seen.min(axis=0), rtol=1e-6)
    np.testing.assert_allclose(made.max(axis=0), seen.max(axis=0), rtol=1e-6)


def test_show_writes_a_csv_file_with_the_columns_names(rows, tmp_path):
    path = rows.show(np.array([[44.0, 1.7, 3.0], [18.0, 1.85, 3.0]]), tmp_path / "rows.png")
    assert path == tmp_path / "rows.csv"
    with open(path, newline="", encoding="utf-8") as file:
        found = list(csv.reader(file))
    assert found == [list(NAMES), ["44", "1.70", "3"], ["18", "1.85", "3"]]


def test_columns_outlive_a_config(rows):
    config = keras.saving.serialize_keras_object(list(rows.columns))
    assert config[0]["config"]["name"] == "age"
    assert tuple(keras.saving.deserialize_keras_object(config)) == rows.columns


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (people()[:, :2], "with the columns age, height, always 3. Received: shape"),
        (people()[0], "with the columns age"),
        (np.full((20, 3), np.nan), "finite numbers.*60 NaN"),
        (people().astype(str), "must be numbers"),
        (people().astype(object), "must be numbers"),
        (people() > 0, "must be numbers. Received: dtype=bool"),
        (np.zeros((20, 3)), "'age' from 18 to 89. Received: values from 0 to 0"),
    ],
    ids=["columns", "rank", "NaN", "text", "objects", "booleans", "another unit"],
)
def test_rows_that_are_wrong_are_refused(rows, wrong, words):
    with pytest.raises(ValueError, match=words):
        rows.check("Training rows", wrong, whole=True)


def test_rows_unlike_the_first_ones_are_taken(rows):
    rows.check("Training rows", people() * [1.2, 1.0, 1.0], whole=True)
    rows.check("Training rows", people(3) * [1.0, 1.0, 4.0], whole=False)


@pytest.mark.parametrize(
    ("values", "names", "words"),
    [
        (np.zeros((0, 2)), None, "n > 0"),
        (np.zeros(3), None, r"shape \(n, columns\)"),
        ([["a", "b"]], None, "dtype"),
        (np.zeros((3, 2)), ["a"], "2 different names"),
        (np.zeros((3, 2)), ["a", "a"], "2 different names"),
        ([[0.0], [np.inf]], ["a"], "'a' must hold finite numbers"),
        ([[0.0], [1e31]], ["a"], "'a'.*another unit"),
        ([[1.7e9], [1.7e9 + 50]], ["time"], "'time'.*subtract an offset"),
    ],
)
def test_columns_that_cannot_be_measured_are_refused(values, names, words):
    with pytest.raises(ValueError, match=words):
        columns_of(values, names)


def test_rows_need_columns():
    for wrong in ([], ["age"]):
        with pytest.raises(ValueError, match="`columns` must be a list of Column"):
            Rows(wrong)
