"""Trackers follow a training, and go on with it when it is resumed."""

import json
import sys
import types

import pytest

pytestmark = pytest.mark.one_backend


class Run:
    """What Weights & Biases gives: a run with an id."""

    def __init__(self, started):
        self.id = started["id"]
        self.started = started
        self.sent = []
        self.finished = False

    def log(self, values, step):
        self.sent.append((step, values))

    def finish(self):
        self.finished = True


@pytest.fixture
def runs(monkeypatch):
    """The runs that a stand-in of the package `wandb` was asked for."""
    runs = []
    package = types.ModuleType("wandb")
    package.__spec__ = types.SimpleNamespace(name="wandb")
    package.Image = lambda picture: picture.size
    package.init = lambda **started: runs.append(Run(started)) or runs[-1]
    monkeypatch.setitem(sys.modules, "wandb", package)
    return runs


def test_a_resumed_training_goes_on_as_the_same_run(training, runs, tmp_path):
    training("run", epochs=1, track="wandb", seed=3)
    training("run", epochs=3, resume=True)
    first, second = runs
    assert (
        first.id == second.id == json.loads((tmp_path / "run/tracking.json").read_text())["wandb"]
    )
    assert first.started["name"] == "run" and first.started["resume"] == "allow"
    assert (first.started["config"]["model"], first.started["config"]["seed"]) == ("vae", 3)
    assert [step for run in runs for step, _ in run.sent] == [1, 2, 3]
    assert all(isinstance(values["loss"], float) for run in runs for _, values in run.sent)
    assert all(len(values["samples"]) == 2 for run in runs for _, values in run.sent)
    assert first.finished and second.finished


def test_it_is_left_when_that_is_said(training, runs):
    training("run", epochs=1, track="wandb")
    training("run", epochs=2, resume=True, track="none")
    assert len(runs) == 1


def test_tensorboard_shows_losses_and_pictures(training, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    training("run", epochs=1, track="tensorboard")
    training("run", epochs=2, resume=True)
    folder = tmp_path / "run" / "tensorboard"
    losses = EventAccumulator(str(folder / "train")).Reload()
    assert [event.step for event in losses.Tensors("epoch_loss")] == [0, 1]
    shown = EventAccumulator(str(folder)).Reload()
    assert [image.step for image in shown.Images("samples")] == [1, 2]


def test_a_package_that_is_missing_is_named_before_the_data_are_read(training, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(ImportError, match="`track` needs the package mlflow: pip install mlflow"):
        training("run", dataset="/nowhere", track="mlflow")
