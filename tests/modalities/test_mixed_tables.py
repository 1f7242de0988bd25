import datetime
import decimal
import json
import sys

import keras
import numpy as np
import pandas as pd
import pytest

from keras_gen.data import large_tables, open_mixed_table
from keras_gen.modalities import MixedColumn, MixedRows, RawColumn, mixed_columns_of
from keras_gen.modalities.tables.frames import raw_columns
from tests.models.tabular import orders

pytestmark = pytest.mark.one_backend
TWELVE = list(range(12))


def measured(frame, **kinds):
    return mixed_columns_of(raw_columns(frame), kinds)


def there_and_back(frame, **kinds):
    rows = MixedRows(measured(frame, **kinds))
    return rows.frame(rows.encode(frame))


def with_gaps(values, random, dtype=None):
    """Values of which some are missing, one at least there."""
    series = pd.Series(values)
    gaps = random.random(len(series)) < 0.2
    gaps[0] = False
    return series.astype(object).mask(gaps, None).astype(dtype or series.dtype)


def random_table(random):
    """A table of a few columns of random kinds, scales, decimals and gaps."""
    n = int(random.integers(10, 80))
    decimals = int(random.integers(0, 4))
    scale = 10.0 ** int(random.integers(0, 4))
    mixture = np.where(random.random(n) < 0.3, 8.0, 0.0) + random.standard_normal(n)
    spiked = np.where(random.random(n) < 0.6, 0.0, random.gamma(1.0, scale, n).round(2))
    made = {
        "number": (scale * mixture).round(decimals),
        "spiked": spiked,
        "gappy": with_gaps((mixture * scale).round(1), random, "float64"),
        "count": random.poisson(scale, n),
        "few": with_gaps(random.integers(-3, 3, n), random, "Int64"),
        "word": random.choice(["a", "b c", "ü"], n),
        "maybe": with_gaps(random.choice(["x", "y"], n), random, "object"),
        "sure": random.random(n) < 0.5,
        "unsure": with_gaps(random.random(n) < 0.5, random, "boolean"),
        "day": np.datetime64("1969-11-05") + random.integers(0, 4000, n).astype("timedelta64[D]"),
        "size": pd.Categorical.from_codes(random.integers(0, 3, n), ["S", "M", "L"], ordered=True),
        "same": 7,
    }
    names = random.permutation(list(made))[: int(random.integers(2, len(made)))]
    return pd.DataFrame({name: made[name] for name in names})


@pytest.mark.slow
def test_two_hundred_random_tables_come_back_as_they_were():
    for seed in range(200):
        frame = random_table(np.random.default_rng(seed))
        if all(frame[name].nunique(dropna=False) == 1 for name in frame):
            continue
        pd.testing.assert_frame_equal(there_and_back(frame), frame, rtol=0, atol=1e-9)


def test_numbers_within_the_range_come_back_even_where_there_were_none():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"x": np.append(random.normal(0, 1, 200).round(2), [500.0, -90.0])})
    rows = MixedRows(measured(frame))
    others = pd.DataFrame({"x": np.linspace(-90, 500, 301).round(2)})
    pd.testing.assert_frame_equal(rows.frame(rows.encode(others)), others, rtol=0, atol=1e-9)


def test_codes_of_float32_are_enough_for_what_a_column_states():
    frame = orders(200)
    rows = MixedRows(measured(frame))
    back = rows.frame(rows.encode(frame).astype("float32"))
    pd.testing.assert_frame_equal(back, frame)


def test_encoding_is_a_function_of_the_seed_and_fitting_too():
    frame = orders(200)
    first, again = measured(frame), measured(frame)
    assert first == again
    rows = MixedRows(first)
    np.testing.assert_array_equal(rows.encode(frame), rows.encode(frame))
    other = rows.encode(frame, seed=1)
    assert (other != rows.encode(frame)).any()  # another mode of those that a price may be of
    pd.testing.assert_frame_equal(rows.frame(other), frame)


def test_columns_are_json_and_come_back_from_it():
    for column in measured(orders(100)):
        config = json.loads(json.dumps(column.get_config()))
        assert MixedColumn.from_config(config) == column
        serialised = json.loads(json.dumps(keras.saving.serialize_keras_object(column)))
        assert keras.saving.deserialize_keras_object(serialised) == column


def test_kinds_are_found_and_can_be_said():
    kinds = {column.name: column.kind for column in measured(orders(100))}
    assert kinds == {
        "product": "categorical",
        "price": "continuous",
        "rating": "integer",
        "returned": "boolean",
        "day": "datetime",
        "shop": "constant",
    }
    said = measured(orders(100), rating="categorical")[2]
    assert said.kind == "categorical" and said.values == (1, 2, 3, 4, 5) and said.missing
    pd.testing.assert_frame_equal(there_and_back(orders(50), rating="categorical"), orders(50))


def test_a_number_of_few_rows_is_no_value_of_its_own():
    """Values are kept that five rows have: others are someone's."""
    x = np.r_[np.zeros(500), np.random.default_rng(0).normal(50, 9, 500).round(3), 123.0]
    (column,) = measured(pd.DataFrame({"x": x}))
    assert column.values == (0,) or column.values == (0.0,)
    assert 2 <= column.size <= 12 and column.high == 123.0


def test_what_lies_beyond_the_range_is_no_value_that_many_rows_have():
    loss = np.r_[np.zeros(300), np.random.default_rng(0).normal(50, 9, 300).clip(1)]
    rows = MixedRows(measured(pd.DataFrame({"loss": loss})))
    (column,) = rows.columns
    assert column.low == 0.0 and 0.0 in column.values
    often = rows.encode(pd.DataFrame({"loss": [0.0]}))[0, 0]
    beyond = rows.encode(pd.DataFrame({"loss": [-500.0]}))[0, 0]
    assert often == column.modes + column.values.index(0.0) and beyond < column.modes
    with pytest.raises(ValueError, match=r"'loss' must hold finite numbers. Received: 1 infinite"):
        rows.encode(pd.DataFrame({"loss": [np.inf, 1.0]}))


@pytest.mark.parametrize("said", [{}, {"day": "datetime"}])
def test_categories_of_dates_and_numbers_come_back(said):
    days = [f"2024-01-{k % 3 + 1:02d}" for k in range(30)]
    frame = pd.DataFrame({"day": pd.Series(days).astype("category"), "x": np.arange(30.0) % 7})
    kinds = {column.name: column.kind for column in measured(frame, **said)}
    assert kinds["day"] == said.get("day", "categorical")
    pd.testing.assert_frame_equal(there_and_back(frame, **said), frame)


def test_a_category_of_numbers_may_be_said_to_be_a_number():
    x = np.arange(60) / 4
    frame = pd.DataFrame({"x": pd.Series(x).astype("category"), "y": ["a", "b"] * 30})
    back = there_and_back(frame, x="continuous")
    assert back["x"].dtype == "category"
    np.testing.assert_allclose(back["x"].astype("float64"), x, atol=1e-9)


def test_dates_of_text_are_written_as_they_were():
    day = pd.Series(["24.12.2025", "01.02.2026", None] * 5, dtype=object)
    back = there_and_back(pd.DataFrame({"day": day, "x": range(15)}))
    assert back["day"].tolist() == day.tolist()


TIMES = {
    "Z": (["2024-01-01T00:00:00Z", "2024-01-02T10:30:05Z"], None),
    "UTC": (["2024-01-01 00:00:00+00:00", "2024-01-02 10:30:05+00:00"], None),
    "isoformat": (
        ["2024-01-01T00:00:00", "2024-01-02T10:30:05.500000"],
        ["2024-01-01T00:00:00.000000", "2024-01-02T10:30:05.500000"],
    ),
    "offsets": (
        ["2024-01-01T01:00:00+01:00", "2024-07-02T12:30:05.500+02:00", "2024-01-03T00:00:00Z"],
        [
            "2024-01-01T00:00:00.000000+00:00",
            "2024-07-02T10:30:05.500000+00:00",
            "2024-01-03T00:00:00.000000+00:00",
        ],
    ),
    "American": (["01/28/24", "12/03/24"], None),
    "short": (["28/01/24", "03/12/24"], None),
}


@pytest.mark.parametrize("case", TIMES)
def test_common_timestamps_are_dates(case):
    texts, written = TIMES[case]
    frame = pd.DataFrame({"at": texts * 6, "x": range(6 * len(texts))})
    rows = MixedRows(measured(frame))
    assert rows.columns[0].kind == "datetime"
    assert rows.columns[0].texts_of_values == sorted(written or texts, key=texts_order(case))
    back = rows.frame(rows.encode(frame))
    assert back["at"].tolist() == (written or texts) * 6
    pd.testing.assert_frame_equal(rows.frame(rows.encode(back)), back)


def texts_order(case):
    """Key by which texts of a case are in the order of time: by the month first, where they begin with it."""
    return (lambda text: (text[3:5], text)) if case == "short" else (lambda text: text)


def test_short_dates_that_fit_both_ways_are_said_to_be_read_day_first():
    with pytest.warns(UserWarning, match="'day' may have the month or the day first"):
        (column,) = mixed_columns_of(
            [RawColumn("day", np.array(["03/04/25"] * 12 + ["05/06/25"], object), "str")]
        )
    assert column.format == "%d/%m/%y"


@pytest.mark.parametrize(
    "days", [[f"{k + 1}-Jan-2024" for k in TWELVE], [f"1.{k + 1}.24 9h" for k in TWELVE]]
)
def test_dates_of_an_unknown_form_are_said_to_be_such(days):
    with pytest.raises(ValueError, match="'day' has another text in every row") as raised:
        measured(pd.DataFrame({"day": days}))
    assert ("dates are not read in this form" in str(raised.value)) == ("." in days[0])


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_a_model_of_instants_reads_them_from_files(tmp_path, zone):
    stamps = pd.date_range("2025-03-29", periods=40, freq="h", tz=zone)
    frame = pd.DataFrame({"at": stamps, "x": [0, 1] * 20})
    table = open_mixed_table(frame)
    frame.to_csv(tmp_path / "d.csv", index=False)
    again = open_mixed_table(tmp_path / "d.csv", columns=table.columns)
    pd.testing.assert_frame_equal(again.frame(), table.frame())
    written = MixedRows(table.columns).show(table.rows, tmp_path / "own.csv")
    own = open_mixed_table(written, columns=table.columns)
    pd.testing.assert_frame_equal(own.frame(), table.frame())


def test_parquet_s_dates_and_decimals_are_instants_and_numbers(tmp_path):
    days = [datetime.date(2024, 1, k + 1) for k in TWELVE]
    moments = [datetime.datetime(2024, 1, 1, k, tzinfo=datetime.UTC) for k in TWELVE]
    prices = [decimal.Decimal(f"{k}.25") for k in TWELVE]
    frame = pd.DataFrame({"day": [*days[:-1], None], "at": moments, "price": prices}, dtype=object)
    frame.to_parquet(tmp_path / "d.parquet")
    for source in (frame, tmp_path / "d.parquet"):
        table = open_mixed_table(source)
        assert [c.kind for c in table.columns] == ["datetime", "datetime", "continuous"]
        assert [c.unit for c in table.columns] == ["D", "s", None]
        back = table.frame()
        assert back["day"].dt.date.tolist()[:-1] == days[:-1] and pd.isna(back["day"][11])
        assert back["price"].tolist() == [float(price) for price in prices]


def test_lists_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match=r"'a' must hold numbers, text.*leave it out.*: list"):
        open_mixed_table(pd.DataFrame({"a": [[1]] * 12, "b": TWELVE}))


MONTHS = ["2024-03-01", "2024-04-01", "2024-05-01"]


@pytest.mark.parametrize(
    ("days", "asked"),
    [
        (MONTHS, ["2024-03-01", "01.03.2024", datetime.date(2024, 3, 1), "19783", 19783]),
        (["1.3.2024", "1.4.2024", "1.5.2024"], ["2024-03-01", "1.3.2024", "01.03.2024"]),
        (
            pd.to_datetime(MONTHS),
            ["2024-03-01", pd.Timestamp("2024-03-01"), np.datetime64("2024-03")],
        ),
    ],
    ids=["ISO", "German", "instants"],
)
def test_dates_can_be_asked_for(days, asked):
    (column,) = measured(pd.DataFrame({"month": [*days] * 6}))
    assert [column.choice_of(value) for value in asked] == [0] * len(asked)
    assert len(column.texts_of_values) == 3 and "2024" in column.texts_of_values[0]
    words = f"'month' must have one of its 3 values, .*{column.texts_of_values[1]}.*Received: '2024-06-01"
    with pytest.raises(ValueError, match=words):
        column.choice_of("2024-06-01")
    spec = MixedRows([column])
    with pytest.raises(ValueError, match=words):
        spec.given(pd.DataFrame({"month": pd.to_datetime(["2024-06-01"])}))
    assert spec.given(pd.DataFrame({"month": [days[2]]})).codes.tolist() == [[2]]


def test_dates_that_fit_both_ways_are_said_to_be_read_day_first():
    days = np.array(["03/04/2025", "05/06/2025"] * 6, object)
    with pytest.warns(UserWarning, match="'day' may have the month or the day first"):
        (column,) = mixed_columns_of([RawColumn("day", days, "str")])
    assert column.format == "%d/%m/%Y"


def test_instants_of_a_time_zone_keep_it():
    stamps = pd.date_range("2025-03-29", periods=40, freq="h", tz="Europe/Berlin")
    frame = pd.DataFrame({"at": stamps, "x": [0, 1] * 20})
    assert measured(frame)[0].unit == "s"
    pd.testing.assert_frame_equal(there_and_back(frame), frame)


def test_short_floats_have_the_decimals_that_they_were_written_with():
    prices = pd.Series([0.1 * k for k in range(1, 70)])
    frame = pd.DataFrame({d: prices.astype(d) for d in ("float32", "Float32", "float[pyarrow]")})
    columns = measured(frame)
    assert [column.decimals for column in columns] == [1, 1, 1]
    assert [column.high for column in columns] == [6.9, 6.9, 6.9]
    pd.testing.assert_frame_equal(there_and_back(frame), frame)


@pytest.mark.parametrize("dtype", ["object", "int64[pyarrow]", "uint8[pyarrow]", "Int16"])
@pytest.mark.parametrize("gap", [False, True])
def test_whole_numbers_come_back_as_such(dtype, gap):
    whole = pd.Series([*range(60)], dtype=object)
    whole[7] = None if gap else 7
    frame = pd.DataFrame({"a": whole.astype(dtype), "b": [0, 1] * 30})
    back = there_and_back(frame)
    pd.testing.assert_frame_equal(back, frame)
    assert type(back["a"].tolist()[3]) is type(frame["a"].tolist()[3])


def test_categories_of_numbers_are_the_same_in_a_file_and_in_a_frame(tmp_path):
    frame = pd.DataFrame({"size": [36, 38] * 10, "x": range(20)})
    frame.to_csv(tmp_path / "sizes.csv", index=False)
    kinds = {"size": "categorical", "x": "integer"}
    of_frame = open_mixed_table(frame, kinds=kinds)
    of_file = open_mixed_table(tmp_path / "sizes.csv", kinds=kinds)
    assert of_frame.columns[0].values == (36, 38) and of_file.columns[0].values == ("36", "38")
    as_file = open_mixed_table(tmp_path / "sizes.csv", columns=of_frame.columns)
    np.testing.assert_array_equal(as_file.rows, of_frame.rows)
    as_frame = open_mixed_table(frame, columns=of_file.columns)
    np.testing.assert_array_equal(as_frame.rows, of_file.rows)


REFUSED = {
    "missing": ({"a": [None] * 12, "b": TWELVE}, "Column 'a' must have values: leave it out"),
    "names": ({"a": [f"n{k}" for k in TWELVE], "b": TWELVE}, "'a' has another text in every row"),
    "text": ({"a": [f"n{k // 2}" for k in range(24)]}, None),
    "infinite": ({"a": [float("inf"), *range(11)]}, "'a' must hold finite numbers.*1 infinite"),
    "rows": ({"a": [1, 2]}, "at least 10 rows.*Received: 2 rows"),
    "one value": ({"a": [1] * 12, "b": ["x"] * 12}, "must have a column that varies"),
    "beyond float64": (
        {"a": [2**53 + k for k in TWELVE]},
        r"'a' must hold whole numbers up to 2\*\*53",
    ),
    "objects": ({"a": [(1,)] * 6 + [(2,)] * 6}, "must hold text, numbers or booleans"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_learnt_is_refused_in_a_sentence(case):
    columns, words = REFUSED[case]
    if words is None:
        assert measured(pd.DataFrame(columns))[0].kind == "categorical"
        return
    with pytest.raises(ValueError, match=words):
        measured(pd.DataFrame(columns))


def test_names_that_occur_twice_are_refused():
    frame = pd.DataFrame([[1, 2]] * 12, columns=["a", "a"])
    with pytest.raises(ValueError, match=r"columns of different names. Received: 'a' 2 times"):
        measured(frame)


def test_kinds_of_no_column_offer_the_nearest():
    with pytest.raises(ValueError, match=r"`kinds` must be of.*'rating'.*Received: 'ratings'"):
        measured(orders(20), ratings="categorical")
    with pytest.raises(ValueError, match=r"`kinds` must say one of continuous"):
        measured(orders(20), rating="number")
    with pytest.raises(ValueError, match=r"'product' must hold numbers to be integer"):
        measured(orders(20), product="integer")


IDENTIFIERS = {
    "customer_no": range(500, 560),
    "OrderID": [7 * k % 61 for k in range(60)],
    "counted": range(1, 101),
}


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_whole_numbers_that_tell_rows_apart_are_identifiers(name):
    frame = pd.DataFrame({name: IDENTIFIERS[name]})
    frame["x"] = frame[name] % 3
    with pytest.raises(ValueError, match=rf"'{name}' has another whole number.*: 'identifier'"):
        measured(frame)
    assert [column.kind for column in measured(frame, **{name: "integer"})] == ["integer"] * 2
    left = open_mixed_table(frame, kinds={name: "identifier"})
    assert left.names == ("x",) and left.rows.shape == (len(frame), 1)


def test_numbers_that_only_happen_to_differ_are_numbers():
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "price_no": random.random(100) * 50,  # no whole numbers
            "population": random.permutation(10**6)[:100],
            "year": range(1900, 2000),
            "order_id": [*range(99), 98],  # one of them twice
            "room_number": range(100),
            "customer": range(1000, 1100),  # counted from any number, but for years
        }
    )
    counted = ["room_number", "customer"]
    kinds = [column.kind for column in measured(frame.drop(columns=counted))]
    assert kinds == ["continuous", "integer", "integer", "integer"]
    for name in counted:
        with pytest.raises(ValueError, match=f"'{name}' has another whole number"):
            measured(frame[["year", name]])


def test_values_never_seen_are_refused_or_left_out():
    rows = MixedRows(measured(orders(100)))
    strange = orders(20, seed=1)
    strange.loc[3, "product"] = "lamb"
    with pytest.raises(
        ValueError, match=r"'product' must have one of its 3 values, 'lamp'.*'lamb'"
    ):
        rows.encode(strange)
    assert len(rows.encode(strange, strays="omit")) == 19
    with pytest.raises(ValueError, match=r"must have a column 'price'. Received: columns product"):
        rows.encode(strange.drop(columns="price"))


def test_codes_are_checked():
    rows = MixedRows(measured(orders(100)))
    codes = rows.encode(orders(100)).astype("float32")
    rows.check("Rows", codes, whole=True)
    assert rows.take("Rows", codes).shape == (100, rows.width)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(rows.take("Rows", keras.ops.convert_to_tensor(codes))),
        rows.take("Rows", codes),
    )
    for place, value in ((0, 3.0), (0, 0.5), (-1, 1.5)):
        wrong = codes.copy()
        wrong[5, place] = value
        with pytest.raises(ValueError, match=r"whole number from 0.*Received: 1 others"):
            rows.check("Rows", wrong, whole=True)


def spreadsheet(path, n=30):
    """As a spreadsheet writes it in Europe: semicolons, decimal commas, dates, blanks."""
    random = np.random.default_rng(0)
    lines = ["Name;Preis;Datum;Kauf;Stück"]
    for k in range(n):
        price = f"{1200 + random.normal(0, 90):.2f}".replace(".", ",")
        price = price.replace("1", "1.", 1) if k % 2 and price.startswith("1") else price
        lines.append(
            f"{random.choice(['Anna', 'Bo'])};{price};{k % 28 + 1:02d}.03.2025;"
            f"{random.choice(['true', 'false'])};{'' if k % 7 == 0 else k % 3}"
        )
    path.write_text("\n".join(lines) + "\n\n", encoding="latin-1")
    return path


def test_a_spreadsheets_file_is_read_and_written(tmp_path):
    table = open_mixed_table(spreadsheet(tmp_path / "shop.csv"))
    kinds = [column.kind for column in table.columns]
    assert kinds == ["categorical", "continuous", "datetime", "boolean", "integer"]
    assert table.columns[1].decimals == 2 and 900 < table.columns[1].low < 1200
    frame = table.frame()
    assert [str(dtype) for dtype in frame.dtypes][3:] == ["bool", "Int64"]
    assert frame["Stück"].isna().sum() == 5
    written = MixedRows(table.columns).show(table.rows, tmp_path / "again.csv")
    again = open_mixed_table(written)
    pd.testing.assert_frame_equal(again.frame(), frame)
    assert written.read_text(encoding="utf-8").splitlines()[1].split(",")[2] == "01.03.2025"


def test_whole_numbers_that_are_written_with_decimals_are_floats(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("\n".join(["points;count", *(f"{k % 3},0;1.20{k % 4}" for k in range(20))]))
    assert [str(dtype) for dtype in open_mixed_table(path).frame().dtypes] == ["float64", "int64"]


def test_numbers_that_begin_with_a_zero_are_text_unless_it_is_said_otherwise(tmp_path):
    path = tmp_path / "shops.csv"
    codes = ["01234", "10115", "80331", "01069"] * 10
    path.write_text("\n".join(["zip,n", *(f"{code},{k % 3}" for k, code in enumerate(codes))]))
    table = open_mixed_table(path)
    assert [column.kind for column in table.columns] == ["categorical", "integer"]
    assert table.frame()["zip"].tolist() == codes
    said = open_mixed_table(path, kinds={"zip": "integer"})
    assert said.frame()["zip"].tolist() == [int(code) for code in codes]


def answers(path, n=60):
    """A column of lists of answers, each a number with a comma at most, and weights of three decimals."""
    given = ['"1,3"', "3", '"1,2"', "2"] * n
    lines = [f"{given[k]},{0.578 + 0.0166 * k:.3f}" for k in range(n)]
    path.write_text("\n".join(["answers,weight", *lines, ""]))
    return path


@pytest.mark.parametrize("large", [False, True])
def test_one_column_with_commas_changes_no_other(tmp_path, monkeypatch, large):
    path = answers(tmp_path / "answers.csv")
    if large:
        monkeypatch.setattr(large_tables, "LARGE", 100)
    with pytest.raises(ValueError, match=r"`decimal` must be given.*'1,3'.*'0.578'.*categorical"):
        open_mixed_table(path)
    for options in (
        {"kinds": {"answers": "categorical"}},
        {"kinds": {"answers": "identifier"}},
        {"decimal": "."},
    ):
        table = open_mixed_table(path, **options)
        weight = table.columns[-1]
        assert (weight.name, weight.low, weight.high) == ("weight", 0.578, 1.557)
        assert table.decimal == "."
        again = open_mixed_table(path, columns=table.columns)
        np.testing.assert_allclose(again.frame()["weight"], table.frame()["weight"])
    assert set(table.frame()["answers"]) == {"1,3", "3", "1,2", "2"}


def test_other_splits_have_the_decimal_sign_that_was_found(tmp_path):
    lines = [f"{k % 7},{k / 8}" for k in range(30)]
    (tmp_path / "train.csv").write_text("\n".join(["a,b", *lines]))
    (tmp_path / "test.csv").write_text('a,b\n"1,000",3\n')
    test = open_mixed_table(tmp_path).at_split("test")
    assert test.decimal == "." and test.frame()["a"].tolist() == [6]  # the largest that was seen


def test_ordinary_american_files_are_read(tmp_path):
    path = tmp_path / "cities.csv"
    lines = [f'"{6_697_133 + 1013 * k:,}",{3.25 + k},"Smith, {k % 3}"' for k in range(20)]
    path.write_text("\n".join(["people,area,mayor", *lines]))
    table = open_mixed_table(path)
    assert [column.kind for column in table.columns] == ["integer", "continuous", "categorical"]
    assert table.columns[0].low == 6_697_133 and table.columns[1].low == 3.25


@pytest.mark.parametrize("large", [False, True])
def test_rows_of_gaps_are_rows(tmp_path, monkeypatch, large):
    if large:
        monkeypatch.setattr(large_tables, "LARGE", 20)
    path = tmp_path / "gaps.csv"
    path.write_text("\na,b\n1,x\n\n,\n" + 12 * "2,y\n" + ",\n\n")
    frame = open_mixed_table(path).frame()
    assert len(frame) == 14 and frame["a"].isna().sum() == 1 and pd.isna(frame["b"][1])
    path.write_text("\na\n1\n\n" + 12 * "2\n" + "\n\n")
    frame = open_mixed_table(path).frame()
    assert len(frame) == 14 and frame["a"].isna().tolist() == [False, True] + 12 * [False]


@pytest.mark.parametrize("large", [False, True])
def test_what_ends_a_line_for_python_alone_stays_in_its_field(tmp_path, monkeypatch, large):
    if large:
        monkeypatch.setattr(large_tables, "LARGE", 20)
    path = tmp_path / "lines.csv"
    texts = ["one\u2028two", '"three\nfour"', "five\x0csix\x85seven"]
    lines = ["text,n", *(f"{text},{k}" for k in range(5) for text in texts)]
    path.write_bytes("\r\n".join(lines).encode())
    frame = open_mixed_table(path).frame()
    assert frame["text"].tolist() == [text.strip('"') for text in texts] * 5
    euros = tmp_path / "euros.csv"
    euros.write_bytes("\n".join(["a,b", *20 * ["5 €,x", "6 …,y"]]).encode("cp1252"))
    assert set(open_mixed_table(euros).frame()["a"]) == {"5 €", "6 …"}


def test_splits_share_the_columns_of_the_first(tmp_path):
    orders(60).to_csv(tmp_path / "train.csv", index=False)
    held_out = orders(40, seed=1)
    held_out.loc[0, "product"] = "sofa"
    held_out.to_csv(tmp_path / "test.csv", index=False)
    train = open_mixed_table(tmp_path)
    with pytest.warns(UserWarning, match=r"1 of 40 rows hold values that the model never saw"):
        test = train.at_split("test")
    assert test.columns == train.columns and test.count == 39 and test.splits == ("train", "test")
    batch = next(iter(train.batches(batch_size=16)))
    assert batch.shape == (16, len(train.rows[0])) and batch.dtype == "float32"


def test_a_parquet_file_is_a_frame(tmp_path):
    orders(40).to_parquet(tmp_path / "orders.parquet")
    table = open_mixed_table(tmp_path / "orders.parquet", columns=["rating", "price"])
    pd.testing.assert_frame_equal(table.frame(), orders(40)[["rating", "price"]])


def test_without_pandas_a_sentence_says_what_to_install(monkeypatch):
    rows = MixedRows(mixed_columns_of([RawColumn("x", np.arange(20.0), "int64")]))
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install 'keras_gen\[tables\]'"):
        rows.frame(np.zeros((2, 2)))


def test_a_large_file_is_read_in_parts(tmp_path, monkeypatch):
    """What stands out is in the last rows, which no sample of 100 has to hold."""
    frame = orders(2000)
    frame.loc[1990, "product"] = "sofa"
    frame.loc[1991, "price"] = 12345.678
    frame.loc[1992, "price"] = 0.01
    frame.loc[1993, "product"] = None
    path = tmp_path / "orders.csv"
    frame.to_csv(path, index=False, sep=";")
    monkeypatch.setattr(large_tables, "PART", 300)
    monkeypatch.setattr(large_tables, "SAMPLE", 100)
    monkeypatch.setattr(large_tables, "HELD", 0)
    whole = open_mixed_table(path)
    monkeypatch.setattr(large_tables, "LARGE", 1000)
    table = open_mixed_table(path)
    assert isinstance(table.rows, np.memmap) and table.rows.shape == whole.rows.shape
    for mine, other in zip(table.columns, whole.columns, strict=True):
        assert (mine.kind, mine.low, mine.high) == (other.kind, other.low, other.high)
        assert (mine.decimals, mine.missing, mine.dtype) == (
            other.decimals,
            other.missing,
            other.dtype,
        )
        assert mine.kind != "categorical" or mine.values == other.values
    back = table.frame()
    assert back["product"].tolist() == whole.frame()["product"].tolist()
    np.testing.assert_allclose(back["price"], frame["price"], atol=0.002)
    batches = list(table.batches(batch_size=500, seed=0))
    assert [batch.shape for batch in batches] == [(500, table.rows.shape[1])] * 4
    sums = np.sum([batch.numpy().sum(axis=0) for batch in batches], axis=0)
    np.testing.assert_allclose(sums, table.rows.sum(axis=0), rtol=1e-3)
    again = open_mixed_table(path, columns=table.columns)
    assert again.columns == table.columns and again.count == 2000
    with open(path, "a") as file:
        file.write("cup;cheap;1;False;2025-01-01;Uppsala\n")
    with pytest.raises(ValueError, match="'price' holds free text"):
        open_mixed_table(path)
    with open(path, "a") as file:
        file.write("cup;1;1\n")
    with pytest.raises(ValueError, match=r"as many fields in every row, 6.*Received: 3"):
        open_mixed_table(path)
