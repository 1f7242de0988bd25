"""How many steps a training of so many minutes has."""

import tempfile
import time

import keras

from keras_gen.app.run_folder import Progress, RunFolder

_WARM_UP = 3  # executions that trace, compile and fill caches
_LEAST = 5  # executions that are timed
_SHARE = 0.05  # of the minutes, at most, goes into timing
_LONGEST = 10.0  # seconds, of timing
# Of a training's time, what pictures (a tenth) and checkpoints (a twentieth) take at most, of short passes.
_MOST_BETWEEN = 0.15


class _Timer(keras.callbacks.Callback):
    """Times steps and ends the training when it knows enough."""

    def __init__(self, seconds, steps_per_execution):
        super().__init__()
        self._wanted = seconds
        self._each = steps_per_execution
        self._count = 0
        self.seconds = None  # of a step

    def on_train_batch_end(self, batch, logs=None):
        now = time.monotonic()
        self._count += 1
        if self._count == _WARM_UP:
            self._start = now
        timed = self._count - _WARM_UP
        if timed >= _LEAST and now - self._start >= self._wanted:
            self.seconds = (now - self._start) / (timed * self._each)
            self.model.stop_training = True


def steps_in(minutes, stages, steps, draw, steps_per_execution=1):
    """Plans a training by time: a throwaway model of each of its stages trains for a moment.

    Args:
        minutes: Float.
        stages: List of tuples of a stage's part of the training, a number above 0; of a function without
            arguments that gives the compiled model; and of one pass, a `tf.data.Dataset`.
        steps: Integer, those of a pass.
        draw: Function from the model to its pictures, which are drawn after each pass.
        steps_per_execution: Integer.

    Returns:
        Integer, steps that take so long, with the pictures and checkpoints of their passes.
    """
    seconds, whole = 0.0, sum(part for part, *_ in stages)
    for part, build, batches in stages:
        model = build()
        timer = _Timer(min(_LONGEST, 60.0 * minutes * _SHARE) / len(stages), steps_per_execution)
        endless = batches.repeat()
        endless.is_checked = getattr(batches, "is_checked", False)
        model.fit(endless, steps_per_epoch=10**6, epochs=1, verbose=0, callbacks=[timer])
        seconds += timer.seconds * part / whole
    start = time.monotonic()
    draw(model)
    with tempfile.TemporaryDirectory() as folder:
        RunFolder(folder).save(model, Progress(0))
    between = (time.monotonic() - start) / steps
    between = min(between, seconds * _MOST_BETWEEN / (1.0 - _MOST_BETWEEN))
    return max(1, round(60.0 * minutes / (seconds + between)))
