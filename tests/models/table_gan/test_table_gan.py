import csv
import json

import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.app.execution import Execution
from keras_gen.app.training import train
from keras_gen.modalities import columns_of
from keras_gen.recipes.rates import falling
from tests.app.conftest import run  # noqa: F401
from tests.app.test_training import StopsAfter, assert_same
from tests.models.tables import NAMES, assert_looks_like, people, write_csv

TINY = {"width": 8, "latent_dim": 3, "batch_size": 16, "ema_decay": 0.5}


def build(rows, width=64, **options):
    return keras_gen.TableGAN(
        keras_gen.networks.mlp_generator(8, rows.shape[1], width),
        keras_gen.networks.mlp_discriminator(rows.shape[1], width),
        latent_dim=8,
        columns=columns_of(rows, NAMES),
        **options,
    )


@pytest.mark.one_backend
@pytest.mark.slow
def test_it_learns_means_deviations_and_correlation():
    keras.utils.set_random_seed(0)
    rows = people()
    gan = build(rows, ema_decay=0.99)
    rates = [keras.optimizers.Adam(falling(rate, 1600), beta_1=0.5) for rate in (5e-4, 2e-3)]
    gan.compile(*rates, r1_weight=0.1)
    untrained = gan.generate(2000, seed=1)
    with pytest.raises(AssertionError):
        assert_looks_like(untrained, rows)
    gan.fit(keras_gen.data.table(rows, batch_size=128), epochs=100, verbose=0)
    assert_looks_like(gan.generate(2000, seed=1), rows)


def test_a_seed_gives_the_same_rows_and_none_gives_others():
    gan = build(people(64))
    first, again, other = (gan.generate(5, seed=seed) for seed in (0, 0, 1))
    assert first.shape == (5, 3) and first.dtype == "float32"
    np.testing.assert_array_equal(first, again)
    assert (first != other).any() and (gan.generate(5) != gan.generate(5)).any()


def test_predict_gives_rows_neither_clipped_nor_rounded():
    gan = build(people(64))
    latents = np.random.default_rng(0).standard_normal((50, 8)).astype("float32")
    raw = gan.predict(latents, verbose=0)
    np.testing.assert_allclose(raw, gan.generate(latents=latents), atol=0.51)
    assert (raw[:, 2] != np.rint(raw[:, 2])).any()


def test_columns_are_kept_with_the_model(tmp_path):
    gan = build(people(64))
    gan.save_to_preset(tmp_path / "preset")
    loaded = keras_gen.from_preset(tmp_path / "preset")
    assert loaded.columns == gan.columns and loaded.gives.names == NAMES
    np.testing.assert_array_equal(loaded.generate(5, seed=0), gan.generate(5, seed=0))
    config = json.loads((tmp_path / "preset" / "config.json").read_text())["config"]
    height = config["columns"][0]["config"]
    assert height["name"] == "height" and height["decimals"] == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (people(32)[:, :2], "with the columns height, weight, children. Received: shape"),
        ((people(32) - 170) / 10, "own units.*'height'"),
        (people(32) * np.nan, "NaN"),
        (people(32).astype(str), "must be numbers"),
        ((people(32), np.zeros(32)), "row|data"),
    ],
    ids=["columns", "standardised", "NaN", "text", "two parts"],
)
def test_fit_refuses_other_rows(wrong, words):
    gan = build(people(64))
    gan.compile()
    with pytest.raises(ValueError, match=words):
        gan.fit(wrong, verbose=0)
    assert int(gan.optimizer.iterations) == 0


def test_networks_of_other_sizes_are_refused():
    columns = columns_of(people(64), NAMES)
    generator, discriminator = (
        keras_gen.networks.mlp_generator(8, 3, 4),
        keras_gen.networks.mlp_discriminator(3, 4),
    )
    with pytest.raises(ValueError, match=r"`generator` must give outputs of shape \(batch, 2\)"):
        keras_gen.TableGAN(generator, discriminator, 8, columns[:2])
    with pytest.raises(ValueError, match="`discriminator` must take inputs"):
        keras_gen.TableGAN(generator, keras_gen.networks.mlp_discriminator(2, 4), 8, columns)
    with pytest.raises(ValueError, match="`columns` must be a list of Column"):
        keras_gen.TableGAN(generator, discriminator, 8, NAMES)


@pytest.mark.slow
@pytest.mark.one_backend
def test_the_command_line_from_csv_to_csv(run, tmp_path):  # noqa: F811
    (tmp_path / "rows").mkdir()
    write_csv(tmp_path / "rows" / "train.csv", people(64))
    write_csv(tmp_path / "rows" / "test.csv", people(48, seed=1))
    options = [f"--{name.replace('_', '-')}={value}" for name, value in TINY.items()]
    train_it = ["train", "table_gan", "--dataset", "rows", "--output", "runs/rows", *options]
    code, out, err = run(*train_it, "--epochs", "2")
    assert code == 0, err
    assert "runs/rows/model.keras, samples.csv, history.csv" in out
    names = {path.name for path in (tmp_path / "runs" / "rows").iterdir()}
    assert {"model.keras", "samples.csv", "history.csv", "settings.json", "samples"} <= names

    code, out, err = run(
        "generate", "runs/rows", "-n", "100", "--seed", "0", "--output", "made.csv"
    )
    assert (code, out) == (0, "Wrote made.csv\n"), err
    with open(tmp_path / "made.csv", newline="") as file:
        header, *made = list(csv.reader(file))
    assert header == list(NAMES) and len(made) == 100
    assert all("." not in row[2] and len(row[0].split(".")[1]) == 1 for row in made)
    assert keras_gen.data.open_table(tmp_path / "made.csv").count == 100

    code, out, err = run("evaluate", "runs/rows", "--json", "-")
    assert code == 0, err
    report = json.loads(out)
    assert report["split"] == "test" and report["counts"] == {"generated": 48, "real": 48}
    assert report["floor_counts"] == {"generated": 48, "real": 48}
    wanted = {"ks", "wasserstein", "correlation"}
    wanted |= {f"{score} of {name}" for score in ("ks", "wasserstein") for name in NAMES}
    assert set(report["scores"]) == set(report["floor"]) == wanted
    assert report["scores"]["ks"] > report["floor"]["ks"]

    code, _, err = run("generate", "runs/rows", "--separate")
    assert code == 2 and "`--separate` is for images. Received: a model of rows" in err


def test_the_command_line_says_in_one_line_what_is_wrong_with_a_file(run, tmp_path):  # noqa: F811
    (tmp_path / "rows.csv").write_text("age,name\n30,Ada\n50,Bob\n")
    code, _, err = run("train", "table_gan", "--dataset", "rows.csv")
    assert code == 2 and err.count("\n") == 1
    assert "Column 'name' must be of numbers" in err and "numeric columns only" in err
    code, _, err = run("train", "table_gan", "--dataset", "other.csv")
    assert code == 2 and "CSV file that exists" in err


@pytest.mark.slow
def test_a_training_stopped_in_mid_epoch_goes_on_as_if_it_had_not(tmp_path):
    dataset = str(write_csv(tmp_path / "rows.csv", people(70)))

    def training(output, stopper=None, resume=False):
        execution = Execution(output=str(tmp_path / output), resume=resume)
        options = {"dataset": dataset, **TINY, "epochs": 3}
        return train("table_gan", options, execution, stopper)

    whole = training("whole")  # Passes of 4 steps.
    with pytest.raises(KeyboardInterrupt):
        training("parts", StopsAfter(5))
    assert_same(whole, training("parts", resume=True))


def test_recipe_learns_the_columns_that_were_chosen(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("name,age,height\n" + "".join(f"x,{k},{k / 10}\n" for k in range(20)))
    recipe = keras_gen.recipes.find_family("table_gan").load()
    chosen = recipe(dataset=str(path), columns="height, age", width=4, batch_size=10)
    opened = chosen.open()
    gan = chosen.build(opened, 100)
    assert gan.gives.names == ("height", "age") and opened.steps(10) == 2
    assert next(iter(chosen.batches(opened))).shape == (10, 2)
