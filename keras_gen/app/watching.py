"""Callbacks of a training that is kept in a folder."""

import csv
import time

import keras

from keras_gen.app.run_folder import Progress
from keras_gen.files import naming, written_aside

_SHARE = 20  # times what a checkpoint took until the next, after a whole pass


class History(keras.callbacks.CSVLogger):
    """Adds a row to a file after each epoch; where it can't, the error names the file.

    A stage that logs what those before it did not gets columns of its own.

    Args:
        path: Path of the file.
    """

    def __init__(self, path):
        super().__init__(path, append=True)

    def on_train_begin(self, logs=None):
        with naming(self.filename):
            super().on_train_begin(logs)

    def on_epoch_end(self, epoch, logs=None):
        with naming(self.filename):
            if self.keys is None and not self.append_header:
                self._keep_columns(logs or {})
            super().on_epoch_end(epoch, logs)

    def on_train_end(self, logs=None):
        with naming(self.filename):
            super().on_train_end(logs)

    def _keep_columns(self, logs):
        """Goes on with the columns of the file, and adds those that it has not."""
        with open(self.filename, newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        new = [name for name in sorted(logs) if name not in header]
        self.keys = [*header[1:], *new]
        if not new:
            return
        self.csv_file.close()
        with (
            written_aside(self.filename) as aside,
            open(aside, "w", newline="", encoding="utf-8") as file,
        ):
            rows = [[*row, *["NA"] * len(new)] for row in rows]
            csv.writer(file).writerows([[*header, *new], *rows])
        self.csv_file = open(self.filename, "a", newline="", encoding="utf-8")  # noqa: SIM115

    def close(self):
        """Closes the file, which a training that is interrupted leaves open."""
        if self.csv_file is not None:
            with naming(self.filename):
                self.csv_file.close()


class StopOnNaN(keras.callbacks.Callback):
    """Ends a training whose losses are no numbers before the last good file is written over."""

    def on_epoch_end(self, epoch, logs=None):
        refuse_nan(epoch, logs or {})


def number(variable):
    """The value of a scalar variable, also of one that several devices share."""
    return keras.ops.convert_to_numpy(variable).item()


def refuse_nan(epoch, logs):
    """Raises `ValueError` if a log is NaN."""
    broken = [name for name, value in logs.items() if value != value]
    if broken:
        raise ValueError(
            f"Training diverged in epoch {epoch + 1}: {', '.join(broken)} became NaN. Look for NaN in "
            "the data, or lower the learning rate. The model's file is that of the epoch before."
        )


class Clock(keras.callbacks.Callback):
    """Logs the seconds that each epoch took, pictures and files not counted.

    Args:
        seconds: Float, what a pass that is continued had taken.
    """

    def __init__(self, seconds=0.0):
        super().__init__()
        self._before = seconds
        self._start = time.monotonic()

    @property
    def seconds(self):
        """What the pass under way has taken."""
        return self._before + time.monotonic() - self._start

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["seconds"] = round(self.seconds, 2)
        self._before = 0.0


class ContinueMeans(keras.callbacks.Callback):
    """Gives the running means of the first pass the values that a checkpoint kept.

    Args:
        logs: Dict as in `Progress`, or None.
    """

    def __init__(self, logs):
        super().__init__()
        self._logs = logs

    def on_epoch_begin(self, epoch, logs=None):
        if self._logs:
            for metric in self.model.metrics:
                for variable, value in zip(
                    metric.variables, self._logs.get(metric.name, ()), strict=False
                ):
                    variable.assign(value)
        self._logs = None


class Saver(keras.callbacks.Callback):
    """Writes a checkpoint after each epoch, every few minutes within one, and when a signal comes.

    Where epochs are short, not after each: so that writing takes no more than a twentieth of the time.

    Args:
        folder: `RunFolder`, or None in a process that writes nothing.
        clock: `Clock`.
        stopper: `Stopper`.
        minutes: Float, or None: how often within an epoch.
        means: Boolean, whether a checkpoint within an epoch keeps the running means of the logs. Where
            several processes train, one can't read them by itself: the epoch's row in the history is
            then of the steps after the checkpoint.

    Attributes:
        stage: Tuple of the name of the stage under way, None of the first, and the step that it began with.
    """

    def __init__(self, folder, clock, stopper, minutes=None, means=True):
        super().__init__()
        self._folder = folder
        self._clock = clock
        self._stopper = stopper
        self._minutes = minutes
        self._keeps_means = means
        self._saved = time.monotonic()
        self._took = 0.0  # seconds, the last checkpoint
        self._epoch = 0
        self._unsaved = False  # steps of the pass under way
        self.stage = (None, 0)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        self._unsaved = False

    def on_train_batch_begin(self, batch, logs=None):
        # Between two steps; `on_train_batch_end` would wait for each step's logs.
        if self._unsaved:
            stopped = self._stopper.check()
            if stopped or self._late():
                self._save(self._means())
            if stopped:
                raise KeyboardInterrupt
        self._unsaved = True
        self._stopper.waits = True

    def on_epoch_end(self, epoch, logs=None):
        self._unsaved = False
        stopped = self._stopper.check()
        last = self.model.stop_training or epoch + 1 >= self.params["epochs"]
        due = time.monotonic() - self._saved >= _SHARE * self._took
        if stopped or last or due or self._late():
            self._save(None)
        if stopped:
            raise KeyboardInterrupt

    def on_train_end(self, logs=None):
        self._stopper.waits = False

    def _late(self):
        """Whether the minutes are over after which a checkpoint is written anyway."""
        since = time.monotonic() - self._saved
        return self._minutes is not None and since >= 60.0 * self._minutes

    def _means(self):
        if not self._keeps_means:
            return None
        means = {m.name: [number(v) for v in m.variables] for m in self.model.metrics}
        refuse_nan(self._epoch, {name: sum(values) for name, values in means.items()})
        return means

    def _save(self, means):
        start = time.monotonic()
        if self._folder is not None:
            step = number(self.model.optimizer.iterations)
            seconds = 0.0 if means is None else self._clock.seconds
            self._folder.save(self.model, Progress(step, means, seconds, *self.stage))
        self._saved = time.monotonic()
        self._took = self._saved - start
