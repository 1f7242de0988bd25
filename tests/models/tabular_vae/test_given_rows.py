"""Rows that are given in part, of which models make the rest."""

import csv

import numpy as np
import pandas as pd
import pytest

from keras_gen.data import open_mixed_table
from keras_gen.modalities import MixedRows, RawColumn, mixed_columns_of
from keras_gen.models import tabular_rows
from keras_gen.models.tabular_near import filled_gaps, near_rows
from tests.app.conftest import run  # noqa: F401
from tests.models.tabular import OPENED, orders
from tests.models.tabular_gan.case import build as build_gan
from tests.models.tabular_vae.case import build

pytestmark = pytest.mark.one_backend
BOTH = pytest.mark.parametrize("build_model", [build_gan, build], ids=["gan", "vae"])


def some_given():
    """Three columns of orders, in another order, of which cells are empty; one price was never seen."""
    frame = orders(40)[["rating", "price", "product"]]
    frame.loc[3, "price"] = 9999.125
    frame.loc[[5, 6], "price"] = np.nan
    frame.loc[[6, 7], "product"] = None
    frame.index = [f"row {k}" for k in range(40)]
    return frame


@BOTH
def test_what_is_given_comes_back_and_the_rest_is_filled(build_model):
    model, given = build_model(), some_given()
    made = model.generate(given=given, seed=0)
    there = given.notna()
    for name in given:
        assert made[name][there[name]].tolist() == given[name][there[name]].tolist()
    assert made.notna().all().all() and list(made) == list(orders(12))
    pd.testing.assert_series_equal(made.dtypes, orders(12).dtypes)
    assert made.index.tolist() == given.index.tolist()
    assert made["price"].iloc[[5, 6]].between(0.0, 400.0).all()
    pd.testing.assert_frame_equal(model.generate(given=given, seed=0), made)
    assert not model.generate(given=given, seed=1).equals(made)
    columns = model.generate(given=given[["product"]].dropna(), seed=0)
    assert columns["rating"].isna().any()  # of a column that is not there


def test_a_row_takes_what_it_lacks_from_the_nearest():
    """Distances are 1 of another word, half the square of numbers, whose deviation here is 2."""
    columns = mixed_columns_of(
        [
            RawColumn("word", np.array(["a", "b"] * 6, object), "str"),
            RawColumn("x", np.array([0.0, 4.0] * 6), "int64"),
            RawColumn("other", np.array(["u", "v", None] * 4, object), "str"),
        ]
    )
    spec = MixedRows(columns)
    assert spec.sizes == (2, 2, 3)
    drawn = np.array([[0, 0, 0], [1, 1, 1], [1, 1, 2.0]])
    codes, known = np.array([[1, 1, 0.0]]), np.array([[True, True, False]])
    random = np.random.default_rng(0)
    found = {tuple(near_rows(spec, codes, known, [], drawn, random)[0]) for _ in range(60)}
    assert found == {(0, 0, 0), (1, 1, 1), (1, 1, 2)}  # all of three are among the five nearest
    many = np.repeat(drawn, [9, 9, 9], axis=0)
    found = [tuple(near_rows(spec, codes, known, [], many, random)[0]) for _ in range(60)]
    assert set(found) == {(1, 1, 1), (1, 1, 2)}
    found = [tuple(near_rows(spec, codes, known, [2], many, random)[0]) for _ in range(60)]
    assert set(found) == {(1, 1, 1)}  # where it shall have a value
    assert filled_gaps(spec, drawn, [2])[:, 2].tolist() == [0, 1, 0]


def test_an_encoder_and_a_decoder_take_turns():
    """No weights but biases: what is drawn has the decoder's probabilities, and known choices stay."""
    vae = build()
    kernel, bias = vae.decoder.get_weights()[-2:]
    bias[-16:-13] = [0.0, 50.0, 0.0]  # of the product: always a lamp
    vae.decoder.set_weights([*vae.decoder.get_weights()[:-2], 0 * kernel, bias])
    given = pd.DataFrame(
        {"product": ["cup", None, "table", None], "returned": [True, False, None, None]}
    )
    made = vae.generate(given=given, seed=0, passes=2)
    assert made["product"].tolist() == ["cup", "lamp", "table", "lamp"]
    assert made["returned"].tolist()[:2] == [True, False]


@BOTH
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"product": ["lamb"]}, "'product' must have one of its 3 values, 'lamp'.*'lamb'"),
        ({"products": ["lamp"]}, "`given` must have columns of the table.*'product'.*'products'"),
        ({"price": []}, "`given` must have rows.*Received: 0 rows, 1 columns"),
        ({}, "`given` must have rows.*Received: 0 rows, 0 columns"),
        ({"price": [np.inf]}, "'price' must hold finite numbers.*1 infinite"),
        ({"price": ["cheap"]}, "'price' must hold numbers.*Received: 'cheap'"),
        ({"rating": [2.5]}, "'rating' must hold whole numbers.*Received: 2.5"),
        ({"rating": [7]}, "'rating' must have one of its 5 values.*Received: 7"),
        ({"shop": ["Lund"]}, "'shop' must have one of its 1 values, 'Uppsala'.*'Lund'"),
        ({"day": ["tomorrow"]}, "'day' must hold dates"),
    ],
    ids=str,
)
def test_what_can_not_be_filled_is_refused(build_model, given, words):
    with pytest.raises(ValueError, match=words):
        build_model().generate(given=pd.DataFrame(given))


def test_given_stands_alone():
    given = pd.DataFrame({"product": ["lamp"]})
    vae = build()
    with pytest.raises(ValueError, match=r"`conditions` can't stand beside `given`"):
        vae.generate(given=given, conditions={"rating": 5})
    with pytest.raises(ValueError, match=r"`latents` can't stand beside `given`"):
        vae.generate(given=given, latents=np.zeros((1, 3)))
    with pytest.raises(ValueError, match=r"`n` must be the rows of `given`, 1.*n=2"):
        vae.generate(2, given=given)
    with pytest.raises(ValueError, match=r"`given` must be a pandas data frame.*list"):
        vae.generate(given=[["lamp"]])
    twice = pd.DataFrame([["lamp", "cup"]], columns=["product", "product"])
    with pytest.raises(ValueError, match=r"columns of different names.*'product' 2 times"):
        vae.generate(given=twice)
    assert len(vae.generate(1, given=given)) == 1


def test_rows_of_a_file_without_any_value_are_filled(tmp_path):
    (tmp_path / "given.csv").write_text("product,price\nlamp,\n,\n\n,1.2\n")
    made = build().generate(given=tmp_path / "given.csv", seed=0)
    assert len(made) == 3 and made["product"][0] == "lamp" and made["price"][2] == 1.2
    (tmp_path / "given.csv").write_text("product\nlamp\n\ncup\n")
    made = build().generate(given=tmp_path / "given.csv", seed=0)
    assert len(made) == 3 and made["product"].tolist()[::2] == ["lamp", "cup"]


@BOTH
def test_files_of_rows_are_filled_by_the_command_line(build_model, run, tmp_path):  # noqa: F811
    build_model().save(tmp_path / "model.keras")
    lines = [
        "price;rating;day;returned",
        "12,345;;2025-03-01;true",
        ";3;;",
        "7,5;4;2025-01-02;false",
    ]
    (tmp_path / "given.csv").write_text("\n".join(lines))
    asked = ["--given", "given.csv", "--seed", "0", "--output", "filled.csv"]
    code, _, err = run("generate", "model.keras", *asked)
    assert code == 0, err
    with open(tmp_path / "filled.csv", newline="") as file:
        filled = list(csv.DictReader(file))
    assert [row["price"] for row in filled][::2] == ["12.345", "7.50"] and filled[1]["price"]
    assert filled[0]["day"] == "2025-03-01" and filled[0]["returned"] == "True"
    assert filled[0]["rating"] and {row["product"] for row in filled} <= {"cup", "lamp", "table"}
    code, _, err = run("generate", "model.keras", *asked, "-n", "5")
    assert code == 2 and "3" in err
    code, _, err = run("generate", "model.keras", *asked[:1], "none.csv")
    assert code == 2 and "`--given` must be a file that exists" in err
    if build_model is build:
        code, _, err = run("generate", "gan_digits", *asked)
        assert code == 2 and "`--given` is for a model of tables of mixed types" in err


class Drawer(tabular_rows.LearnsTables):
    """Draws rows of a table of which one in ten is red, and counts them."""

    def __init__(self):
        colours = np.array(["red", *["blue"] * 9] * 2, object)
        self.gives = MixedRows(mixed_columns_of([RawColumn("colour", colours, "str")]))
        self.asked = []

    gives = None

    def draw_codes(self, n, seed, wanted, batch_size):
        self.asked.append(n)
        return (np.random.default_rng(seed).random((n, 1)) < 0.1).astype("float64")


def test_no_more_rows_are_drawn_again_than_are_missing():
    """About 900 of 1,000 are missing, of ten times as many drawn a tenth is met: 10,000, not 20 times 1,000."""
    model = Drawer()
    made = model.generate_codes(1000, seed=0, conditions={"colour": "red"})
    assert (made == 1).all() and made.shape == (1000, 1)
    assert 10_000 < sum(model.asked) < 13_000
    few = Drawer()
    assert (few.generate_codes(1, seed=0, conditions={"colour": "red"}) == 1).all()
    assert sum(few.asked) < 200


class RareDrawer(Drawer):
    """Draws rows of which one in 2,000 is red, and all of these are dark, which others never are."""

    def __init__(self):
        super().__init__()
        colours = np.array(["red", *["blue"] * 9] * 2, object)
        shades = np.array(["dark", *["light"] * 9] * 2, object)
        columns = RawColumn("colour", colours, "str"), RawColumn("shade", shades, "str")
        self.gives = MixedRows(mixed_columns_of(columns))

    def draw_codes(self, n, seed, wanted, batch_size):
        red = np.random.default_rng(seed).random((n, 1)) < 1 / 2000
        return np.concatenate([red, red], axis=1).astype("float64")


def test_rows_that_no_draw_gave_go_together_as_others_do():
    """Of 4,200 draws two are red, of 400 that are wanted: the others are filled, not painted over."""
    made = RareDrawer().generate_codes(400, seed=0, conditions={"colour": "red"})
    assert (made == 1).all()


def test_rows_are_made_in_parts(monkeypatch):
    """Of a part the size of the whole the rows are as they would be alone; batches change nothing."""
    monkeypatch.setattr(tabular_rows, "ROWS", 100)
    model = Drawer()
    made = model.generate_codes(250, seed=0)
    assert model.asked == [100, 100, 50]
    np.testing.assert_array_equal(made[:100], model.generate_codes(100, seed=0))
    assert (made[:100] != made[100:200]).any()
    vae = build()
    whole = vae.generate(250, seed=0)
    pd.testing.assert_frame_equal(vae.generate(250, seed=0, batch_size=64), whole)


def test_a_table_of_gaps_is_filled_without_any():
    """Every row drawn has a gap: the commonest value is taken."""
    values = np.array([None] * 15 + ["a"] * 3 + ["b"] * 2, object)
    other = np.array(["u", "v"] * 10, object)
    columns = [RawColumn("gappy", values, "object"), RawColumn("other", other, "object")]
    gan = build_gan(mixed_columns_of(columns))
    bias = gan.generator.get_weights()
    bias[-1] = np.array([-50.0, -50.0, 50.0, 0.0, 0.0], "float32")
    bias[-2] = 0 * bias[-2]
    gan.generator.set_weights(bias)
    frame = pd.DataFrame({"gappy": [None, "b", None], "other": ["u", None, "v"]})
    made = gan.generate(given=frame, seed=0)
    assert made["gappy"].tolist() == ["a", "b", "a"]
    assert gan.generate(given=frame[["other"]].dropna(), seed=0)["gappy"].isna().all()


def test_kinds_of_a_file_are_those_of_the_model(tmp_path):
    frame = pd.DataFrame({"zip": ["01", "02", "10"] * 5, "x": range(15), "code": [5, 7, 9] * 5})
    spec = MixedRows(open_mixed_table(frame, kinds={"code": "categorical"}).columns)
    (tmp_path / "given.csv").write_text("zip,code\n01,7\n10,\n")
    given = spec.given(tmp_path / "given.csv")
    assert given.known.tolist() == [[True, False, True], [True, False, False]]
    assert given.codes[0, [0, 2]].tolist() == [0, 1]
    assert OPENED.coded.slot_of("shop") is None
