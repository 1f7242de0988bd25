import csv
import json

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.modalities import columns_of
from tests.app.conftest import run  # noqa: F401
from tests.models.tables import NAMES, assert_looks_like, people, write_csv


def build(rows, width=64, latent_dim=4, **options):
    return keras_gen.TableVAE(
        keras_gen.networks.mlp_encoder(rows.shape[1], latent_dim, width),
        keras_gen.networks.mlp_decoder(latent_dim, rows.shape[1], width),
        latent_dim=latent_dim,
        columns=columns_of(rows, NAMES),
        **options,
    )


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    vae = build(people())
    vae.compile(keras.optimizers.Adam(3e-3))
    vae.fit(keras_gen.data.table(people(), batch_size=128), epochs=40, verbose=0)
    return vae


@pytest.mark.one_backend
@pytest.mark.slow
def test_it_learns_means_deviations_and_correlation(trained):
    with pytest.raises(AssertionError):
        assert_looks_like(build(people()).generate(2000, seed=1), people())
    assert_looks_like(trained.generate(2000, seed=1), people())


@pytest.mark.slow
def test_rows_are_reconstructed_in_their_own_units(trained):
    rows = people(200, seed=1)
    back = trained.reconstruct(rows)
    assert back.shape == rows.shape and (back[:, 2] == np.rint(back[:, 2])).all()
    errors = np.abs(back - rows).mean(axis=0)
    assert (errors < 0.5 * rows.std(axis=0)).all()
    # In deviations: less than those of giving everyone the means.
    assert trained.reconstruction_errors(rows).mean() < 0.2
    taken = trained.gives.take("Rows", rows)
    means = trained.means_of(trained.encode(rows)[0], None, 128)
    np.testing.assert_allclose(
        trained.reconstruction_errors(rows), ((taken - means) ** 2).mean(axis=1), rtol=1e-4
    )


@pytest.mark.slow
def test_strange_rows_have_the_highest_scores(trained):
    usual = people(200, seed=1)
    strange = usual.copy()
    strange[:, 1] = 140.0 - usual[:, 1]  # Each weight is usual, but not at that height.
    tall = np.abs(usual[:, 0] - 170) > 10
    scores = [trained.anomaly_scores(rows[tall]) for rows in (usual, strange)]
    assert np.mean(scores[1][:, None] > scores[0]) > 0.9
    bound = trained.importance_weighted_bound(usual, num_samples=20)
    losses = trained.evaluate(usual, verbose=0, return_dict=True)
    assert bound.mean() > losses["elbo"] - 0.2


def test_generate_draws_the_likelihoods_noise_unless_latents_are_given():
    vae = build(people(64), standard_deviation=0.5)
    latents = np.zeros((400, 4), "float32")
    means = vae.generate(latents=latents)
    assert (means == means[0]).all()
    np.testing.assert_array_equal(means, vae.decode(latents))
    first, again, other = (vae.generate(400, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    drawn = vae.prior.draw(400, 0)
    noise = (first - vae.decode(drawn))[:, 1] / vae.columns[1].deviation
    assert 0.4 < noise.std() < 0.55


def test_predict_reconstructs_neither_clipped_nor_rounded():
    vae = build(people(64))
    raw = vae.predict(people(50), verbose=0)
    np.testing.assert_allclose(raw, vae.reconstruct(people(50)), atol=0.51)
    assert (raw[:, 2] != np.rint(raw[:, 2])).any()


def test_columns_are_kept_with_the_model(tmp_path):
    vae = build(people(64), standard_deviation=0.3)
    vae.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.columns == vae.columns and loaded.standard_deviation == 0.3
    np.testing.assert_array_equal(loaded.generate(5, seed=0), vae.generate(5, seed=0))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (people(32)[:, :2], "with the columns height, weight, children. Received: shape"),
        ((people(32) - 170) / 10, "own units.*'height'"),
        (people(32) * np.nan, "NaN"),
        (people(32) > 0, "must be numbers. Received: dtype=bool"),
    ],
    ids=["columns", "standardised", "NaN", "booleans"],
)
def test_fit_refuses_other_rows(wrong, words):
    vae = build(people(64))
    vae.compile()
    with pytest.raises(ValueError, match=words):
        vae.fit(wrong, verbose=0)
    assert int(vae.optimizer.iterations) == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"columns": []}, "`columns` must be a list of Column"),
        ({"encoder": keras_gen.networks.mlp_encoder(2, 4, 4)}, r"`encoder` must take inputs"),
        ({"decoder": keras_gen.networks.mlp_decoder(4, 2, 4)}, r"`decoder` must give outputs"),
        ({"standard_deviation": 0.0}, "`standard_deviation` must be above 0"),
    ],
)
def test_wrong_arguments_are_refused(change, words):
    config = {
        "encoder": keras_gen.networks.mlp_encoder(3, 4, 4),
        "decoder": keras_gen.networks.mlp_decoder(4, 3, 4),
        "latent_dim": 4,
        "columns": columns_of(people(64), NAMES),
    }
    with pytest.raises(ValueError, match=words):
        keras_gen.TableVAE(**{**config, **change})


@pytest.mark.slow
@pytest.mark.one_backend
def test_the_command_line_from_csv_to_csv(run, tmp_path):  # noqa: F811
    write_csv(tmp_path / "rows.csv", people(64))
    tiny = ["--width", "8", "--latent-dim", "3", "--batch-size", "16", "--epochs", "2"]
    code, out, err = run(
        "train", "table_vae", "--dataset", "rows.csv", "--output", "runs/rows", *tiny
    )
    assert code == 0 and "samples.csv" in out, err
    code, _, err = run("generate", "runs/rows", "-n", "10", "--output", "made.csv")
    assert code == 0, err
    with open(tmp_path / "made.csv", newline="") as file:
        header, *made = list(csv.reader(file))
    assert header == list(NAMES) and len(made) == 10

    code, out, err = run("evaluate", "runs/rows", "--json", "-")
    assert code == 0, err
    report = json.loads(out)
    assert report["split"] == "train" and "which it learnt from" in err
    assert report["counts"] == {"generated": 64, "real": 64}
    assert report["floor_counts"] == {"generated": 32, "real": 32}
    assert {"importance_weighted_bound", "reconstruction_error"} <= report["losses"].keys()
    code, out, err = run("evaluate", "runs/rows")
    assert code == 0, err
    words = " ".join(out.split())
    assert "64 generated against 64 real rows" in words and "32 other real rows" in words
