"""Trackers: where a training's logs and pictures go beside its own folder."""

import contextlib
import importlib
import importlib.util
import uuid

import keras
from PIL import Image

PROJECT = "keras_gen"  # under which trackers list trainings


class Tracker(keras.callbacks.Callback):
    """Sends logs, and the picture of an epoch where there is one, after each epoch.

    A training that is resumed goes on as the same run, whose name `tracking.json` keeps.

    Args:
        folder: `RunFolder`.
        settings: Dict, the recipe's options, which are shown beside the run.
    """

    package = ""

    def __init__(self, folder, settings):
        super().__init__()
        self._folder = folder
        self._library = importlib.import_module(self.package)
        kept = folder.read_tracking()
        self._run = self.begin(kept.get(self.package), settings)
        folder.write_json(folder.tracking, {**kept, self.package: self.name_of(self._run)})

    def begin(self, name, settings):
        """Begins a run, or goes on with one.

        Args:
            name: What `name_of` gave of the run to go on with, or None.
            settings: Dict, the recipe's options.
        """
        raise NotImplementedError

    def name_of(self, run):
        """String, by which the run is found again."""
        raise NotImplementedError

    def send(self, epoch, logs, picture):
        """Sends what an epoch left.

        Args:
            epoch: Integer from 1 up.
            logs: Dict of floats.
            picture: Pillow's image, or None.
        """
        raise NotImplementedError

    def on_epoch_end(self, epoch, logs=None):
        path = self._folder.samples / f"epoch_{epoch + 1:04d}.png"
        logs = {name: float(value) for name, value in (logs or {}).items()}
        with contextlib.ExitStack() as opened:
            picture = opened.enter_context(Image.open(path)) if path.exists() else None
            self.send(epoch + 1, logs, picture)

    def close(self):
        """Ends the run, which may be gone on with."""
        self._run.finish()


class WandB(Tracker):
    """Weights & Biases: the server, key and mode are those of its own environment variables."""

    package = "wandb"

    def begin(self, name, settings):
        return self._library.init(
            project=PROJECT,
            name=self._folder.path.name,
            id=name or uuid.uuid4().hex,
            resume="allow",
            config=settings,
            dir=self._folder.path,
        )

    def name_of(self, run):
        return run.id

    def send(self, epoch, logs, picture):
        if picture is not None:
            logs = {**logs, "samples": self._library.Image(picture)}
        self._run.log(logs, step=epoch)


class Trackio(WandB):
    """Trackio, whose runs stay on this machine: `trackio show` opens them."""

    package = "trackio"

    def begin(self, name, settings):
        name = name or f"{self._folder.path.name}-{uuid.uuid4().hex[:8]}"
        return self._library.init(project=PROJECT, name=name, resume="allow", config=settings)

    def name_of(self, run):
        return run.name


class MLflow(Tracker):
    """MLflow, where `MLFLOW_TRACKING_URI` says."""

    package = "mlflow"

    def begin(self, name, settings):
        if name is not None:
            return self._library.start_run(run_id=name)
        self._library.set_experiment(PROJECT)
        run = self._library.start_run(run_name=self._folder.path.name)
        self._library.log_params(settings)
        return run

    def name_of(self, run):
        return run.info.run_id

    def send(self, epoch, logs, picture):
        self._library.log_metrics(logs, step=epoch)
        if picture is not None:
            self._library.log_image(picture, key="samples", step=epoch)

    def close(self):
        self._library.end_run()


class TensorBoard(keras.callbacks.TensorBoard):
    """Keras's, in `tensorboard/` of the training's folder; pictures are `SampleImages`'s to write there.

    Args:
        folder: `RunFolder`.
        settings: Not looked at.
    """

    def __init__(self, folder, settings):
        super().__init__(folder.tensorboard, write_graph=False)
        folder.write_json(folder.tracking, {**folder.read_tracking(), "tensorboard": "tensorboard"})

    def close(self):
        """What an interruption leaves open is whole on the disk."""


TRACKERS = {
    "tensorboard": TensorBoard,
    "trackio": Trackio,
    "wandb": WandB,
    "mlflow": MLflow,
}


def chosen_trackers(track, folder):
    """The trackers that a training is followed by.

    Args:
        track: Key of `TRACKERS`, `"none"`, or None for those that it had before it was resumed.
        folder: `RunFolder`.

    Returns:
        List of keys of `TRACKERS`.

    Raises:
        ImportError: If a package is missing.
    """
    names = list(folder.read_tracking()) if track is None else [track]
    names = [name for name in names if name != "none"]
    for name in names:
        if importlib.util.find_spec(name) is None:
            raise ImportError(f"`track` needs the package {name}: pip install {name}")
    return names
