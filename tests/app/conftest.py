import csv
import sys

import numpy as np
import pytest
from PIL import Image

from keras_gen.app.cli import main
from keras_gen.app.execution import Execution
from keras_gen.app.training import train

TINY = {"base_filters": 4, "latent_dim": 3, "batch_size": 4}


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs a command in an empty folder; returns its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["keras-gen", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        output = capsys.readouterr()
        return stop.value.code or 0, output.out, output.err

    return run


def write_pictures(folder, numbers):
    """PNG files, 8 x 8, grey, each of its number's own noise."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        values = np.random.default_rng(number).integers(0, 256, (8, 8), dtype="uint8")
        Image.fromarray(values).save(folder / f"{number:03d}.png")


@pytest.fixture
def pictures(tmp_path):
    """A folder of 23 pictures: five steps a pass, of four."""
    write_pictures(tmp_path / "pictures", range(23))
    return tmp_path / "pictures"


@pytest.fixture
def training(pictures, tmp_path, monkeypatch):
    """Trains a tiny model into a folder of `tmp_path`; options and execution by name."""
    monkeypatch.chdir(tmp_path)

    def training(output, name="vae", stopper=None, **options):
        running = {
            key: options.pop(key)
            for key in (
                "resume",
                "from_preset",
                "freeze_discriminator",
                "keep_best",
                "save_every",
                "steps_per_execution",
                "track",
                "verbose",
            )
            if key in options
        }
        execution = Execution(output=str(tmp_path / output), **running)
        given = {"dataset": str(pictures), **TINY, **options}
        return train(name, given, execution, stopper)

    return training


def history(folder):
    with open(folder / "history.csv", newline="") as file:
        return list(csv.DictReader(file))


def without_seconds(rows):
    return [{k: v for k, v in row.items() if "seconds" not in k} for row in rows]
