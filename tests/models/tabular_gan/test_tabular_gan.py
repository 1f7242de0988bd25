import csv
import json

import keras
import numpy as np
import pandas as pd
import pytest

import keras_gen
from keras_gen.data import open_mixed_table
from tests.app.conftest import run  # noqa: F401
from tests.models.helpers import array
from tests.models.tabular import codes, orders
from tests.models.tabular_gan.case import build
from tests.models.tabular_vae.case import build as build_vae
from tests.models.tabular_vae.test_tabular_vae import assert_is_a_table_like


def trained_a_little(**options):
    keras.utils.set_random_seed(0)
    gan = build(**options)
    gan.compile()
    gan.fit(codes(64), batch_size=32, verbose=0)
    return gan


@pytest.mark.slow
def test_generate_keeps_dtypes_ranges_and_decimals_and_is_seeded():
    gan = trained_a_little()
    made = gan.generate(300, seed=0)
    assert_is_a_table_like(made, orders(64))
    pd.testing.assert_frame_equal(gan.generate(300, seed=0), made)
    assert not gan.generate(300, seed=1).equals(made)


@pytest.mark.parametrize("build_model", [build, build_vae], ids=["gan", "vae"])
@pytest.mark.parametrize(
    "conditions",
    [{"rating": 5}, {"rating": None, "returned": True}, {"product": "lamp"}, {"shop": "Uppsala"}],
    ids=str,
)
def test_all_rows_meet_conditions(build_model, conditions):
    made = build_model().generate(200, conditions=conditions, seed=0)
    assert len(made) == 200
    for name, value in conditions.items():
        assert (made[name].isna() if value is None else made[name] == value).all()
    pd.testing.assert_series_equal(made.dtypes, orders(12).dtypes)
    assert made["price"].nunique() > 20


def test_rows_that_no_draw_gave_are_given_the_value():
    """A network that never makes a choice, and is not told."""
    vae = build_vae()
    kernel, bias = vae.decoder.get_weights()[-2:]
    bias[-16:-13] = [50.0, 0.0, 0.0]  # of the product: always a cup
    vae.decoder.set_weights([*vae.decoder.get_weights()[:-2], 0 * kernel, bias])
    assert set(vae.generate(50, seed=0)["product"]) == {"cup"}
    assert set(vae.generate(50, seed=0, conditions={"product": "table"})["product"]) == {"table"}


@pytest.mark.parametrize("build_model", [build, build_vae], ids=["gan", "vae"])
@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({"ratings": 5}, "table's columns, 'rating'.*Received: 'ratings'"),
        ({"product": "lamb"}, "'product' must have one of its 3 values, 'lamp'.*Received: 'lamb'"),
        ({"product": None}, "'product' must have a value"),
        ({"price": 3.0}, "'price' has no number that many rows have"),
    ],
    ids=str,
)
def test_conditions_that_can_not_be_met_are_refused(build_model, conditions, words):
    with pytest.raises(ValueError, match=words):
        build_model().generate(3, conditions=conditions)


def test_rows_are_chosen_for_their_conditions():
    gan = build()
    rows = gan.gives.take("Rows", codes(64))
    chosen, conditions = gan.conditioned(keras.ops.convert_to_tensor(rows), 64)
    chosen, conditions = array(chosen), array(conditions)
    hot = chosen[:, -conditions.shape[1] :]
    assert (conditions.sum(axis=1) == 1).all() and (conditions <= hot).all()
    assert {tuple(row) for row in chosen} <= {tuple(row) for row in rows}


def test_choices_are_drawn_by_the_logarithm_of_their_frequency():
    """Of 90 and 10 rows: log(91) to log(11)."""
    frame = pd.DataFrame({"x": ["a"] * 900 + ["b"] * 100})
    gan = build(open_mixed_table(frame).columns)
    rows = keras.ops.convert_to_tensor(gan.gives.take("Rows", gan.encode_rows(frame)))
    _, conditions = gan.conditioned(rows, 1000)
    expected = np.log(901) / (np.log(901) + np.log(101))
    assert array(conditions).mean(axis=0)[0] == pytest.approx(expected, abs=0.05)
    plain = build(open_mixed_table(frame).columns, balanced=False)
    rows, conditions = plain.conditioned(rows, 1000)
    assert array(conditions).mean(axis=0)[0] == pytest.approx(0.9, abs=1e-6)


def test_made_rows_are_like_real_ones():
    """Choices sum to one in each column, and numbers are in [-1, 1]."""
    gan = build()
    conditions = keras.ops.zeros((10, sum(gan.gives.sizes)))
    rows, logits = gan.make(10, conditions, False)
    assert rows.shape == (10, gan.gives.width) and logits.shape == conditions.shape
    count = len(gan.gives.numbered)
    rows = array(rows)
    assert (np.abs(rows[:, :count]) <= 1).all()
    starts = np.cumsum((0, *gan.gives.sizes[:-1]))
    sums = np.add.reduceat(rows[:, count:], starts, axis=1)
    np.testing.assert_allclose(sums, 1.0, rtol=1e-5)


def test_the_generator_loses_by_the_cross_entropy_of_its_condition():
    gan = build()
    gan.generator.set_weights([np.zeros_like(w) for w in gan.generator.get_weights()])
    gan.discriminator.set_weights([np.zeros_like(w) for w in gan.discriminator.get_weights()])
    conditions = np.zeros((4, sum(gan.gives.sizes)), "float32")
    conditions[:, 1] = 1.0  # one of three products
    loss, terms = gan.generator_loss(4, keras.ops.convert_to_tensor(conditions), False)
    assert float(array(loss)) == pytest.approx(np.log(3), rel=1e-5)
    assert float(array(terms["condition_loss"])) == pytest.approx(np.log(3), rel=1e-5)


def test_rows_are_judged_in_packs():
    gan = build()
    rows = np.arange(4 * gan.gives.width, dtype="float32").reshape(4, -1)
    conditions = np.zeros((4, sum(gan.gives.sizes)), "float32")
    packs = array(gan.packed(rows, conditions))
    np.testing.assert_array_equal(packs[0, : gan.gives.width], rows[0])
    second = packs[1, gan.gives.width + conditions.shape[1] :][: gan.gives.width]
    np.testing.assert_array_equal(second, rows[3])
    gan.compile()
    with pytest.raises(ValueError, match="at least 2 examples"):
        gan.fit(codes(1), verbose=0)


def test_a_last_batch_of_less_than_a_pack_does_no_harm():
    """Of 33 rows one is left after a batch of 32, and a stream ends with one, where two are judged together."""
    gan = build()
    gan.compile()
    history = gan.fit(codes(33), validation_data=(codes(33),), batch_size=32, verbose=0).history
    gan.fit((batch for batch in [codes(32), codes(1)]), verbose=0)
    assert np.isfinite(list(history.values())).all()
    assert all(np.isfinite(weight).all() for weight in gan.get_weights())
    assert int(gan.optimizer["generator"].iterations) == 1 + 2


@pytest.mark.slow
def test_files_and_presets_generate_the_same(tmp_path):
    gan = trained_a_little(ema_decay=0.9)
    gan.save(tmp_path / "model.keras")
    gan.save_to_preset(tmp_path / "preset")
    made = gan.generate(20, seed=0, conditions={"rating": 1})
    for other in (
        keras.saving.load_model(tmp_path / "model.keras"),
        keras_gen.from_preset(tmp_path / "preset"),
    ):
        again = other.generate(20, seed=0, conditions={"rating": 1})
        pd.testing.assert_frame_equal(again, made)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pac": 0}, "`pac` must be"),
        ({"pac": 3}, "`discriminator` must take inputs of shape"),
        ({"columns": []}, "`columns` must be a list of MixedColumn"),
        ({"penalty_weight": -1.0}, "`penalty_weight` must be"),
        ({"generator": keras_gen.networks.mlp_generator(3, 4, 8)}, "`generator` must take two"),
    ],
)
def test_wrong_arguments_are_refused(change, words):
    gan = build()
    names = ("generator", "discriminator", "latent_dim", "columns", "pac")
    given = {name: getattr(gan, name) for name in names}
    with pytest.raises(ValueError, match=words):
        keras_gen.TabularGAN(**{**given, **change})


@pytest.mark.slow
@pytest.mark.one_backend
@pytest.mark.parametrize(("rows", "batch_size"), [(20, 16), (100, 32), (800, 64), (4000, 500)])
def test_few_rows_come_in_smaller_batches(run, tmp_path, rows, batch_size):  # noqa: F811
    orders(rows).to_csv(tmp_path / "orders.csv", index=False)
    tiny = ["--width", "8", "--latent-dim", "3", "--epochs", "1", "--pac", "2"]
    code, _, err = run("train", "tabular_gan", "--dataset", "orders.csv", "--output", "run", *tiny)
    assert code == 0, err
    assert (f"Batches of {batch_size}: there are {rows} examples" in err) == (batch_size < 500)
    assert json.loads((tmp_path / "run/settings.json").read_text())["batch_size"] == batch_size


@pytest.mark.slow
@pytest.mark.one_backend
def test_the_command_line_from_csv_to_csv(run, tmp_path):  # noqa: F811
    orders(64).to_csv(tmp_path / "orders.csv", index=False)
    tiny = [
        "--width",
        "8",
        "--latent-dim",
        "3",
        "--batch-size",
        "16",
        "--epochs",
        "2",
        "--pac",
        "4",
    ]
    code, out, err = run(
        "train", "tabular_gan", "--dataset", "orders.csv", "--output", "runs/orders", *tiny
    )
    assert code == 0 and "samples.csv" in out, err
    asked = ["--condition", "rating=5", "--condition", "returned=True"]
    code, _, err = run("generate", "runs/orders", "-n", "10", *asked, "--output", "made.csv")
    assert code == 0, err
    with open(tmp_path / "made.csv", newline="") as file:
        made = list(csv.DictReader(file))
    assert len(made) == 10 and {(row["rating"], row["returned"]) for row in made} == {("5", "True")}
    code, _, err = run("generate", "runs/orders", "--condition", "rating", "--output", "made.csv")
    assert code != 0 and "a column and a value" in err
