import csv
import json
import math

import keras
import numpy as np
import pandas as pd
import pytest

import keras_gen
from keras_gen.data import open_mixed_table
from tests.app.conftest import run  # noqa: F401
from tests.models.helpers import array
from tests.models.tabular import OPENED, codes, orders
from tests.models.tabular_vae.case import build


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    frame = orders()
    vae = build(open_mixed_table(frame).columns, width=64, latent_dim=8)
    vae.compile(keras.optimizers.Adam(3e-3))
    vae.fit(frame, batch_size=100, epochs=60, verbose=0)
    return vae


@pytest.mark.one_backend
@pytest.mark.slow
def test_it_learns_shares_and_what_goes_together(trained):
    real, made = orders(), trained.generate(2000, seed=1)
    shares = made["product"].value_counts(normalize=True)
    assert abs(shares["cup"] - 0.5) < 0.08 and abs(shares["table"] - 0.2) < 0.08
    # The prices of a product are its own.
    for product, price in made.groupby("product")["price"].median().items():
        expected = real.loc[real["product"] == product, "price"].median()
        assert price == pytest.approx(expected, rel=0.2)
    assert made["rating"].isna().mean() == pytest.approx(0.15, abs=0.06)
    scores = trained.gives.score(trained.encode_rows(real), trained.generate_codes(2000, seed=1))
    assert scores["quality"] > 0.85


@pytest.mark.one_backend
@pytest.mark.slow
def test_it_fills_what_goes_together(trained):
    """Of a price the product can be told, and the other way round."""
    real = orders(300, seed=2)
    made = trained.generate(given=real.drop(columns="product"), seed=0)
    assert (made["product"] == real["product"]).mean() > 0.75  # 0.38 by chance
    made = trained.generate(given=real[["product"]], seed=0)
    assert np.corrcoef(made["price"], real["price"])[0, 1] > 0.5


def assert_is_a_table_like(made, real):
    """Dtypes, ranges, decimals and categories are the table's."""
    pd.testing.assert_series_equal(made.dtypes, real.dtypes)
    for name in ("price", "rating", "day"):
        there = made[name].dropna()
        assert there.between(real[name].min(), real[name].max()).all()
    assert (made["price"] == made["price"].round(2)).all()
    assert set(made["product"]) <= set(real["product"]) and set(made["shop"]) == {"Uppsala"}
    assert not made.drop(columns="rating").isna().any().any()


def test_generate_keeps_dtypes_ranges_and_decimals_and_is_seeded():
    vae = build()
    made = vae.generate(300, seed=0)
    assert_is_a_table_like(made, orders(64))
    pd.testing.assert_frame_equal(vae.generate(300, seed=0), made)
    assert not vae.generate(300, seed=1).equals(made)
    pd.testing.assert_frame_equal(vae.gives.frame(vae.generate_codes(300, seed=0)), made)
    latents = vae.prior.draw(5, 0)
    pd.testing.assert_frame_equal(vae.generate(latents=latents), vae.decode(latents))
    with pytest.raises(ValueError, match="`n`"):
        vae.generate()


def test_frames_are_taken_wherever_codes_are():
    vae, frame = build(), orders(64)
    coded = vae.encode_rows(frame)
    np.testing.assert_array_equal(coded, codes(64))
    for method in (vae.encode, vae.anomaly_scores, vae.importance_weighted_bound):
        np.testing.assert_array_equal(method(frame), method(coded))
    assert vae.reconstruct(frame).shape == frame.shape
    vae.compile(keras.optimizers.SGD(0.0))
    losses = vae.fit(frame, validation_data=(frame,), verbose=0).history
    assert {"loss", "val_elbo"} <= losses.keys()
    strange = frame.assign(product="sofa")
    with pytest.raises(ValueError, match="'product' must have one of its 3 values"):
        vae.fit(strange, verbose=0)


def test_the_loss_counts_reconstructions_twice():
    vae = build()
    vae.compile()
    scores = vae.evaluate(codes(32), batch_size=32, verbose=0, return_dict=True)
    expected = scores["reconstruction_loss"] + 0.5 * scores["kl_loss"]
    assert scores["loss"] == pytest.approx(expected, rel=1e-5)


def test_a_decoder_of_zeros_costs_what_can_be_worked_out():
    vae = build()
    vae.decoder.set_weights([np.zeros_like(w) for w in vae.decoder.get_weights()])
    rows = vae.gives.take("Rows", codes(8))
    found = array(vae.likelihood.log_likelihood(rows, vae.decoder(np.zeros((8, 3), "float32"))))
    numbers = codes(8)[:, len(vae.gives.sizes) :]
    deviation = 0.01 + 0.99 / 2
    density = -0.5 * (numbers / deviation) ** 2 - math.log(deviation * math.sqrt(2 * math.pi))
    expected = density.sum(axis=1) - np.log(vae.gives.sizes).sum()
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_columns_are_kept_with_the_model(tmp_path):
    vae = build()
    vae.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    vae.save_to_preset(tmp_path / "preset")
    kept = keras_gen.from_preset(tmp_path / "preset")
    for other in (loaded, kept):
        assert other.columns == vae.columns == list(OPENED.columns)
        pd.testing.assert_frame_equal(other.generate(20, seed=0), vae.generate(20, seed=0))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (codes(16)[:, :3], r"codes of shape \(batch, 7\).*Received: shape \(16, 3\)"),
        (codes(16) + 9, "whole number from 0 below its count"),
        (codes(16) > 0, "must be a data frame, or codes, which are numbers. Received: dtype=bool"),
    ],
    ids=["slots", "codes", "booleans"],
)
def test_fit_refuses_other_rows(wrong, words):
    vae = build()
    vae.compile()
    with pytest.raises(ValueError, match=words):
        vae.fit(wrong, verbose=0)
    assert int(vae.optimizer.iterations) == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"columns": []}, "`columns` must be a list of MixedColumn"),
        ({"encoder": keras_gen.networks.mlp_encoder(2, 3, 4)}, r"`encoder` must take inputs"),
        ({"decoder": keras_gen.networks.mlp_decoder(3, 2, 4)}, r"`decoder` must give outputs"),
        ({"beta": -1.0}, "`beta` must be"),
    ],
)
def test_wrong_arguments_are_refused(change, words):
    vae = build()
    given = {
        "encoder": vae.encoder,
        "decoder": vae.decoder,
        "latent_dim": 3,
        "columns": vae.columns,
    }
    with pytest.raises(ValueError, match=words):
        keras_gen.TabularVAE(**{**given, **change})


@pytest.mark.one_backend
def test_conditions_of_columns_whose_names_hold_an_equals_sign():
    frame = orders(20)[["product", "rating"]].rename(columns={"product": "a", "rating": "a=b"})
    vae = build(open_mixed_table(frame).columns)
    assert vae.meeting(["a=cup", "a=b=5"]) == {"conditions": {"a": "cup", "a=b": "5"}}
    assert vae.meeting(["a=", "c = x=y"]) == {"conditions": {"a": None, "c": "x=y"}}
    with pytest.raises(ValueError, match=r"`condition` must be a column and a value.*'rating'"):
        vae.meeting(["rating"])


@pytest.mark.slow
@pytest.mark.one_backend
def test_the_command_line_from_csv_to_csv(run, tmp_path):  # noqa: F811
    orders(64).to_csv(tmp_path / "orders.csv", index=False)
    tiny = ["--width", "8", "--latent-dim", "3", "--batch-size", "16", "--epochs", "2"]
    tiny += ["--kinds", "rating=categorical"]
    code, out, err = run(
        "train", "tabular_vae", "--dataset", "orders.csv", "--output", "runs/orders", *tiny
    )
    assert code == 0 and "samples.csv" in out, err
    assert "rating: categorical, 5 values" in err and "`--kinds name=categorical` says" in err
    code, _, err = run("generate", "runs/orders", "-n", "10", "--seed", "0", "--output", "made.csv")
    assert code == 0, err
    with open(tmp_path / "made.csv", newline="") as file:
        header, *made = list(csv.reader(file))
    assert header == list(orders(12)) and len(made) == 10
    assert {row[0] for row in made} <= {"cup", "lamp", "table"}
    code, out, err = run("evaluate", "runs/orders", "--json", "-")
    assert code == 0, err
    report = json.loads(out)
    assert report["counts"] == {"generated": 64, "real": 64}
    assert {"quality", "shapes", "trends", "shape of day"} <= report["scores"].keys()
    assert report["floor"]["quality"] > 0.6
    code, out, err = run("evaluate", "runs/orders")
    assert code == 0, err


@pytest.mark.slow
@pytest.mark.one_backend
def test_evaluate_says_what_held_out_rows_tell_and_draws(run, tmp_path):  # noqa: F811
    (tmp_path / "shop").mkdir()
    orders(64).to_csv(tmp_path / "shop" / "train.csv", index=False)
    orders(40, 1).to_csv(tmp_path / "shop" / "test.csv", index=False)
    vae = build(open_mixed_table(tmp_path / "shop" / "train.csv").columns)
    vae.save(tmp_path / "model.keras")
    given = ["model.keras", "--dataset", "shop", "--target", "product"]
    code, out, err = run("evaluate", *given, "--report", "report.png", "--json", "-")
    assert code == 0, err
    report = json.loads(out)
    scores, floor = report["scores"], report["floor"]
    assert list(scores)[:5] == ["quality", "shapes", "trends", "auc", "auc lost"]
    assert scores["auc lost"] == pytest.approx(floor["auc"] - scores["auc"])
    assert floor["auc of decision tree"] > 0.9  # Prices tell products.
    assert floor["membership auc"] == 0.5 and 0 <= scores["nearer to training"] <= 1
    assert scores["copied"] == floor["copied"] == 0.0
    assert (tmp_path / "report.png").stat().st_size > 10_000
    code, _, err = run("evaluate", *given[:3], "--target", "prodct")
    assert code == 2 and "`--target` must be one of the table's columns, 'product'" in err
    code, _, err = run("evaluate", *given, "--split", "train")
    assert code == 2 and "held out of a training" in err
    code, _, err = run("evaluate", *given, "--report", "report.html")
    assert code == 2 and "`--report` must be a picture's file" in err
