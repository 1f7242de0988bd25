"""Trainings that `keras-gen train` of 0.1.0 left half finished, on TensorFlow."""

import csv
import json
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_gen  # noqa: F401 (its classes, for files)
from tests.compatibility import training

RUNS = {
    "gan": ["--base-filters", "4"],
    "vae": [],
    "pix2pix": ["--input", "edges"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS if training.BACKEND == "tensorflow" else ["gan"])
def test_a_run_is_resumed(name, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(training.FIXTURES / "runs" / name, run)
    begun = keras.saving.load_model(run / "model.keras").get_weights()
    settings = json.loads((run / "settings.json").read_text())
    rows = history(run)
    assert [row["epoch"] for row in rows] == ["0", "1"]

    command = [sys.executable, "-m", "keras_gen", "train", name, "--dataset", "digits"]
    command += [*RUNS[name], "--output", str(run), "--resume"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr

    assert [row["epoch"] for row in history(run)] == ["0", "1", "2", "3"]
    assert [row["loss"] for row in history(run)[:2]] == [row["loss"] for row in rows]
    assert (run / "samples.png").exists()
    # What is kept may be more by then, or leave out what says nothing; not less.
    now = json.loads((run / "settings.json").read_text())
    assert now.items() >= {k: v for k, v in settings.items() if v is not None}.items()
    model = keras.saving.load_model(run / "model.keras")
    if training.BACKEND == "tensorflow":
        training.assert_same(training.weights(model), training.FIXTURES / "runs.npz", f"{name}/")
    end = model.get_weights()
    assert all(np.isfinite(weight).all() for weight in end)
    assert any((a != b).any() for a, b in zip(begun, end, strict=True))


def history(folder):
    with open(folder / "history.csv", newline="") as file:
        return list(csv.DictReader(file))
