"""The folder of a training: what is kept there, and what an interruption may leave of it."""

import csv
import dataclasses
import json
import os
import pathlib
import warnings
import zipfile

from keras_gen.files import remove_strays, written_aside
from keras_gen.lock import locked

_PROGRESS = "keras_gen_progress"  # in the comment of the model's file, a zip archive
_SCORE = "keras_gen_score"  # likewise, of the best one


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a checkpoint's training had come.

    Args:
        step: Integer, the steps that it had done.
        logs: Dict from the names of the running means to their variables' values, or None where the
            checkpoint stands between two passes.
        seconds: Float, what the pass under way had taken.
        stage: String, the stage of its last step; None of the first one.
        stage_start: Integer, the steps that had been done when that stage began.
    """

    step: int
    logs: dict | None = None
    seconds: float = 0.0
    stage: str | None = None
    stage_start: int = 0


def path_of(dataset):
    """The whole path of data that are files, or None."""
    path = os.path.realpath(os.path.expanduser(dataset))
    return path if os.path.exists(path) else None


class RunFolder:
    """The files of one training.

    `model.keras` is the last checkpoint and `model.previous.keras` the one before; each holds the
    training's progress. Every file is whole at every moment, but for the last line of `history.csv`.

    Args:
        path: String or path.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.model = self.path / "model.keras"
        self.previous = self.path / "model.previous.keras"
        self.best = self.path / "best.keras"
        self.settings = self.path / "settings.json"
        self.data = self.path / "data.json"
        self.history = self.path / "history.csv"
        self.picture = self.path / "samples.png"
        self.film = self.path / "interpolation.gif"
        self.samples = self.path / "samples"
        self.tracking = self.path / "tracking.json"
        self.tensorboard = self.path / "tensorboard"

    def locked(self):
        """Context in which no other process trains into this folder.

        Raises:
            ValueError: If one does.
        """
        return locked(self.path / ".lock")

    @property
    def has_model(self):
        """Whether there is a checkpoint."""
        return self.model.exists() or self.previous.exists()

    def remove_strays(self):
        """Removes the files that a killed process had not finished; gives their number."""
        kept = (
            self.model,
            self.previous,
            self.best,
            self.settings,
            self.data,
            self.history,
            self.tracking,
        )
        return remove_strays(
            self.path, *(file.name for file in kept), self.picture.stem, self.film.name
        ) + remove_strays(self.samples, "epoch_*.*", "training.gif")

    # Settings, and what was known of the data

    def read_settings(self):
        """What `settings.json` says, a dict, or None if there is none.

        Raises:
            ValueError: If it can't be read.
        """
        settings = self._read_json(self.settings)
        if settings is not None and not isinstance(settings.get("model"), str):
            raise ValueError(
                f"{self.settings} must name the model that is trained. Received: "
                f"model={settings.get('model')!r}"
            )
        return settings

    def read_data(self):
        """What `data.json` says, a dict, or None if there is none: a training of 0.1."""
        return self._read_json(self.data)

    def data_set(self, dataset):
        """The data of the training: their whole path where a name of theirs leads elsewhere from here.

        Args:
            dataset: String, as in the settings.
        """
        path = (self.read_data() or {}).get("path")
        moved = path is None or not os.path.exists(path)
        return dataset if moved or path_of(dataset) == path else path

    def read_tracking(self):
        """What `tracking.json` says, a dict from trackers to the names that they know the training by."""
        return self._read_json(self.tracking) or {}

    def _read_json(self, path):
        if not path.exists():
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is damaged and can't be read: {error}") from error
        if not isinstance(found, dict):
            raise ValueError(f"{path} must hold one object. Received: {str(found)[:40]!r}")
        return found

    def write_json(self, path, content):
        """Writes a dict in one piece."""
        with written_aside(path) as aside:
            aside.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    # Checkpoints

    def save(self, model, progress):
        """Writes a checkpoint; the one before it is kept."""
        with written_aside(self.model) as aside:
            _save_with(model, aside, {_PROGRESS: dataclasses.asdict(progress)})
            if self.model.exists():
                self._keep_previous()

    def save_best(self, model, score, features):
        """Writes a model that scores better than all before it, with its score and what measured it."""
        with written_aside(self.best) as aside:
            _save_with(model, aside, {_SCORE: [float(score), features]})

    def best_score(self, features=None):
        """The score of the best model that is kept, or None where there is none that can be read.

        Args:
            features: String, what it must be measured with, or None.
        """
        try:
            with zipfile.ZipFile(self.best) as archive:
                score, measured_with = json.loads(archive.comment)[_SCORE]
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            return None
        return float(score) if features in (None, measured_with) else None

    def _keep_previous(self):
        """Gives the checkpoint its second name, so that there is one under either at every moment."""
        link = self.path / f".{self.previous.name}.link"
        link.unlink(missing_ok=True)
        try:
            os.link(self.model, link)
        except OSError:  # A file system without links: for a moment there is only the previous one.
            os.replace(self.model, self.previous)
        else:
            os.replace(link, self.previous)
            # Two names of one file are left as they are: those of a process killed between two renamings.
            link.unlink(missing_ok=True)

    def checkpoint(self):
        """The last checkpoint that is whole.

        Returns:
            Triple: its path; its `Progress`, or None where it has none, in files of 0.1; and a list of
            sentences, what is to be said of it.

        Raises:
            ValueError: If none is whole.
        """
        failures = []
        for path in (self.model, self.previous):
            if not path.exists():
                continue
            try:
                with zipfile.ZipFile(path) as archive:
                    damaged = archive.testzip()
                    if damaged is not None:
                        raise ValueError(f"{damaged} in it is damaged")
                    kept = json.loads(archive.comment or "{}")
                    progress = Progress(**kept[_PROGRESS]) if kept else None
            except Exception as error:  # What damage does to a zip file has many names.
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
                failures.append(f"{path} can't be read: {reason}.")
                continue
            if failures:
                failures.append(f"The training goes on from the checkpoint before it, {path.name}.")
            return path, progress, failures
        raise ValueError(
            f"{' '.join(failures)} No checkpoint of this training is left: to begin it anew, remove "
            f"{self.model.name} and {self.previous.name}, or choose another folder."
        )

    def load(self, model, path):
        """Loads a checkpoint into a model that was built alike.

        Args:
            model: Compiled model.
            path: Path of the checkpoint.

        Raises:
            ValueError: If it is of another model.
        """
        try:
            with warnings.catch_warnings():
                # Keras only warns of an optimizer's state that does not fit.
                warnings.filterwarnings("error", message=".*[Ss]kipping variable loading.*")
                model.load_weights(path)
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ValueError(
                f"{path} does not fit the model that {self.settings} describes: {reason}"
            ) from error

    # History

    def epochs_in_history(self):
        """The numbers of the passes in `history.csv`, a list.

        Raises:
            ValueError: If it can't be read.
        """
        return [int(row[0]) for row in self._read_history()[1]]

    def trim_history(self, epochs):
        """Leaves the rows of so many epochs: a checkpoint may be older than the last row."""
        if not self.history.exists():
            return
        header, rows = self._read_history()
        kept = [row for row in rows if int(row[0]) < epochs]
        with written_aside(self.history) as aside, open(aside, "w", newline="") as file:
            if kept:
                csv.writer(file).writerows([header, *kept])

    def _read_history(self):
        """Header and rows, without a last row of which only a part was written."""
        if not self.history.exists():
            return [], []
        try:
            with open(self.history, newline="", encoding="utf-8") as file:
                header, *rows = list(csv.reader(file)) or [[]]
        except (ValueError, csv.Error) as error:
            raise ValueError(f"{self.history} is damaged and can't be read: {error}") from error
        if rows and (len(rows[-1]) != len(header) or not rows[-1][0].isdigit()):
            rows.pop()
        if rows and (
            header[:1] != ["epoch"]
            or not all(len(row) == len(header) and row[0].isdigit() for row in rows)
        ):
            raise ValueError(
                f"{self.history} is damaged: it must have a column epoch and rows as long as its "
                "header. Move it away to go on without it."
            )
        return header, rows


def _save_with(model, path, kept):
    """Writes a model's file with a dict in its comment."""
    model.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = json.dumps(kept).encode()
