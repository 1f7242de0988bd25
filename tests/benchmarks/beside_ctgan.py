"""Trains ctgan and this package's models of tables on the same rows, one thread each, and prints both.

    python3 -m venv <folder> && <folder>/bin/pip install ctgan==0.12.1
    taskset -c 0 python -m tests.benchmarks.beside_ctgan <folder>/bin/python
    taskset -c 0 python -m tests.benchmarks.beside_ctgan <folder>/bin/python --epochs 300 --seed 1

Rows a second are by CPU time. Those of training are of the epochs alone: what a training of two epochs takes
less than the long one. The scores are against held-out rows, of as many made ones. ctgan is no dependency
of this package, and its licence is no open one; hence an environment of its own.

On JAX, where rows are learnt fastest, unless `KERAS_BACKEND` says otherwise.
"""

import argparse
import csv
import json
import os
import pathlib
import subprocess
import tempfile
import time

from tests.benchmarks import ONE_THREAD

# Before Keras is imported, which reads them then.
os.environ |= ONE_THREAD
os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np

from keras_gen import metrics
from keras_gen.data.builders import adult
from keras_gen.data.named_tables import named_table

DATASET = "adult/whole"
MODELS = ("vae", "gan")
DRAWN = 100_000
SCORES = ("quality", "shapes", "trends", "auc lost", "membership auc", "copied")
_OF_CTGAN = """
import json, sys, time
import numpy, pandas, torch
import ctgan

name, folder, (epochs, seed, drawn, count) = *sys.argv[1:3], map(int, sys.argv[3:])
rows = pandas.read_csv(f"{folder}/train.csv", keep_default_na=False)
texts = [column for column in rows if not pandas.api.types.is_numeric_dtype(rows[column])]

def fit(epochs):
    numpy.random.seed(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    kind = {"vae": ctgan.TVAE, "gan": ctgan.CTGAN}[name]
    model = kind(epochs=epochs, enable_gpu=False)  # batches of 500, as ours
    start = time.process_time()
    model.fit(rows, texts)
    return model, time.process_time() - start

fit(2)  # What is made but once.
_, short = fit(2)
model, long = fit(2 + epochs)
model.sample(1000)
start = time.process_time()
model.sample(drawn)
drawing = time.process_time() - start
model.sample(count).to_csv(f"{folder}/made.csv", index=False)
print(json.dumps({"training": long - short, "whole": long, "drawing": drawing}))
"""


def main():
    """Reads the command line, trains and prints."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.beside_ctgan", description=__doc__.split("\n")[0]
    )
    parser.add_argument("python", help="the interpreter of an environment with ctgan")
    parser.add_argument("--epochs", type=int, default=40, help="of ctgan, besides two")
    parser.add_argument("--our-epochs", type=int, help="of this package, besides two; the same")
    parser.add_argument(
        "--option", action="append", default=[], help="of this package's recipes: latent_dim=32"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", action="append", choices=MODELS, help="all, if not said")
    arguments = parser.parse_args()
    import rich.console
    import rich.table

    ours = arguments.our_epochs or arguments.epochs
    table = rich.table.Table()
    table.add_column("")
    for column in ("trained, rows/s", "drawn, rows/s", "training, s", *SCORES):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        real = {split: _columns_of(split) for split in ("train", "test")}
        _write(real["train"], folder / "train.csv")
        trained, held_out = (len(real[split][0]) for split in ("train", "test"))
        settings = arguments.seed, DRAWN, held_out
        options = {o: int(v) for o, _, v in (x.partition("=") for x in arguments.option)}
        for name in arguments.model or MODELS:
            for maker, epochs in (("ctgan", arguments.epochs), ("keras_gen", ours)):
                if maker == "ctgan":
                    found = _of_ctgan(arguments.python, name, folder, epochs, *settings)
                else:
                    found = _of_ours(name, folder, epochs, *settings, **options)
                scores = _scores(real, _columns(folder / "made.csv"))
                table.add_row(
                    f"{name} of {maker}, {2 + epochs} epochs",
                    f"{epochs * trained / found['training']:,.0f}",
                    f"{DRAWN / found['drawing']:,.0f}",
                    f"{found['whole']:.0f}",
                    *(f"{scores[score]:.3f}" for score in SCORES),
                )
    rich.console.Console(width=150).print(table)


def _columns_of(split):
    return [raw.values for raw in named_table(DATASET, split)[0]]


def _write(columns, path):
    """Writes rows as the file has them: whole numbers, and `?` where there is no value."""
    texts = [
        [f"{v:.0f}" if name in adult.NUMBERS else v or "?" for v in values]
        for name, values in zip(adult.NAMES, columns, strict=True)
    ]
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([adult.NAMES, *zip(*texts, strict=True)])


def _columns(path):
    with open(path, newline="") as file:
        names, *rows = csv.reader(file)
    fields = dict(zip(names, zip(*rows, strict=True), strict=True))
    return [adult.raw_column(name, fields[name]).values for name in adult.NAMES]


def _scores(real, made):
    numbers = [name in adult.NUMBERS for name in adult.NAMES]
    sides = real["train"], real["test"], made
    count = len(made[0])  # as many real rows, as `keras-gen evaluate` takes
    as_many = np.arange(count) * len(real["train"][0]) // count
    some = [values[as_many] for values in real["train"]]
    efficacy = metrics.table_efficacy(some, *sides[1:], adult.NAMES, numbers, "income")
    return {
        **metrics.mixed_table_scores(real["test"], made, adult.NAMES, numbers),
        **metrics.table_privacy(*sides, numbers),
        "auc lost": efficacy["lost"]["auc"],
    }


def _of_ctgan(python, *settings):
    command = [python, "-W", "ignore", "-c", _OF_CTGAN, *map(str, settings)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(found.stdout.splitlines()[-1])


def _of_ours(name, folder, epochs, seed, drawn, count, **options):
    import keras

    from keras_gen.recipes.registry import find_family

    def fit(epochs):
        keras.utils.set_random_seed(seed)
        recipe = find_family(f"tabular_{name}").load()(
            dataset=DATASET, epochs=epochs, seed=seed, **options
        )
        start = time.process_time()
        opened = recipe.open()
        model = recipe.build(opened, epochs * opened.steps(recipe.batch_size))
        model.fit(recipe.batches(opened), epochs=epochs, verbose=0)
        return model, time.process_time() - start

    fit(2)  # What is made but once.
    _, short = fit(2)
    model, long = fit(2 + epochs)
    model.generate(1000, seed=0)
    start = time.process_time()
    model.generate(drawn, seed=1)
    drawing = time.process_time() - start
    model.generate(count, seed=2).to_csv(folder / "made.csv", index=False, na_rep="?")
    return {"training": long - short, "whole": long, "drawing": drawing}


if __name__ == "__main__":
    main()
