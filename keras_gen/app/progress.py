"""What a training shows while it runs."""

import sys
import time

import keras

from keras_gen.app.watching import number

_REFRESH = 0.2  # seconds
_LOSSES = 2.0  # seconds: to read them, a step must have ended
_BAR = 12  # columns
_TIME = len("12:34 left  ")


def line(verbose, plan, done, means=True):
    """The callback of what `--verbose` asks for, with a `close`, or None.

    Args:
        verbose: One of `keras_gen.app.execution.VERBOSE`.
        plan: `Plan`.
        done: Integer, the steps done before.
        means: Boolean, whether the running means may be read within an epoch.
    """
    if verbose == "auto":
        verbose = "line" if sys.stdout.isatty() else "epochs"
    makers = {"line": lambda: OneLine(plan, done, means), "epochs": lambda: EpochLines(plan)}
    return makers[verbose]() if verbose in makers else None


class EpochLines(keras.callbacks.Callback):
    """Prints a line after each epoch.

    Args:
        plan: `Plan`.
    """

    def __init__(self, plan):
        super().__init__()
        self._epochs = plan.epochs

    def on_epoch_end(self, epoch, logs=None):
        logs = dict(logs or {})
        seconds = logs.pop("seconds", None)
        took = "" if seconds is None else f" ({seconds:.1f} s)"
        print(f"Epoch {epoch + 1} of {self._epochs}: {_in_words(logs)}{took}", flush=True)

    def close(self):
        """Nothing is open."""


class OneLine(keras.callbacks.Callback):
    """Shows one line for the whole training, refreshed as it goes.

    Args:
        plan: `Plan`.
        done: Integer, the steps done before.
        means: Boolean, as in `line`.
    """

    def __init__(self, plan, done, means=True):
        super().__init__()
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._plan = plan
        self._done = done
        self._reads = means
        self._drawn = self._read = 0.0
        self._words = ""
        self._line = Progress(
            TextColumn("epoch {task.fields[epoch]} of {task.fields[epochs]}"),
            BarColumn(bar_width=_BAR),
            TextColumn("step {task.completed:,} of {task.total:,},"),
            TimeRemainingColumn(compact=True),
            TextColumn("left  {task.fields[words]}"),
            auto_refresh=False,
        )
        self._task = self._line.add_task(
            "", total=plan.total, completed=done, epoch=1, epochs=plan.epochs, words=""
        )

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        self._line.start()

    def on_train_batch_begin(self, batch, logs=None):
        now = time.monotonic()
        if now - self._drawn < _REFRESH:
            return
        if self._reads and now - self._read > _LOSSES and batch:
            self._words = _in_words(
                {m.name: float(keras.ops.convert_to_numpy(m.result())) for m in self.model.metrics}
            )
            self._read = time.monotonic()
        self._draw(self._done + batch)
        self._drawn = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        logs = {name: value for name, value in (logs or {}).items() if name != "seconds"}
        self._words = _in_words(logs)
        self._done = number(self.model.optimizer.iterations)
        self._draw(self._done)

    def close(self):
        """Leaves the line as it is, for what is printed next."""
        self._line.stop()

    def _draw(self, done):
        plan = self._plan
        before = f"epoch {self._epoch + 1} of {plan.epochs}  step {done:,} of {plan.total:,}, "
        room = self._line.console.width - len(before) - _BAR - _TIME
        words = self._words
        if len(words) > room:
            words = words[: max(0, room - 4)] + " ..." if room > 8 else ""
        self._line.update(
            self._task, completed=done, epoch=self._epoch + 1, words=words, refresh=True
        )


def _in_words(logs):
    return ", ".join(f"{name.removesuffix('_loss')} {value:.4g}" for name, value in logs.items())
