"""Any table that is taken comes back as it was."""

import datetime
import re

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies

from keras_gen.modalities import MixedRows, mixed_columns_of
from keras_gen.modalities.tables.frames import raw_columns

pytestmark = pytest.mark.one_backend

WORDS = ["a", "b", "", " a", "ü", "1", "nan", "NA", "\n", "true", "2020-01-01"]
INSTANTS = strategies.datetimes(datetime.datetime(1950, 1, 1), datetime.datetime(2050, 1, 1))
DAYS = INSTANTS.map(lambda instant: datetime.datetime(*instant.timetuple()[:3]))
VALUES = {
    "float64": strategies.floats(-1e12, 1e12),
    "float32": strategies.sampled_from([1.5, 2.5]),
    "int64": strategies.integers(-(2**40), 2**40),
    "uint8": strategies.integers(0, 255),
    "str": strategies.sampled_from(WORDS),
    "bool": strategies.booleans(),
    "datetime64[us]": INSTANTS,
}
GAPPY = {
    "float64": strategies.floats(-1e3, 1e3),
    "Int64": strategies.integers(-5, 5),
    "object": strategies.sampled_from(["x", "y"]),
    "boolean": strategies.booleans(),
    "datetime64[s]": DAYS,
}


@strategies.composite
def columns(draw, n):
    """A column of one dtype, or one of numbers with so many decimals."""
    decimals = draw(strategies.integers(-1, 6))
    if decimals >= 0:
        whole = strategies.integers(-(10**6), 10**6)
        return pd.Series(draw(strategies.lists(whole, min_size=n, max_size=n))) / 10**decimals
    gappy = draw(strategies.booleans())
    values = {name: v | strategies.none() for name, v in GAPPY.items()} if gappy else VALUES
    dtype = draw(strategies.sampled_from(sorted(values)))
    return pd.Series(draw(strategies.lists(values[dtype], min_size=n, max_size=n)), dtype=dtype)


@strategies.composite
def tables(draw):
    n, count = draw(strategies.integers(10, 40)), draw(strategies.integers(1, 4))
    return pd.DataFrame({f"column {k}": draw(columns(n)) for k in range(count)})


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Column .* may have the month or the day first")
@hypothesis.settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(tables())
def test_any_table_that_is_taken_comes_back(table):
    """To the letter; numbers of any number of digits up to float64's rounding in the column's range."""
    try:
        rows = MixedRows(mixed_columns_of(raw_columns(table)))
    except ValueError as error:
        kinds = "free text|must have values|must have a column that varies|tells rows apart"
        assert re.search(kinds, str(error))
        hypothesis.reject()
    back = rows.frame(rows.encode(table))
    assert list(back) == list(table)
    for name, column in table.items():
        of_floats = column.dtype.kind == "f"
        largest = np.nanmax(np.abs(column)) if of_floats else 0.0
        pd.testing.assert_series_equal(back[name], column, rtol=0, atol=1e-12 * largest)
