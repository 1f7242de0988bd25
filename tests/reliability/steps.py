"""Many steps of a tiny GAN by `fit`: neither memory, open files, threads nor the time of a step grow.

`python -m tests.reliability steps [--backend tensorflow|jax|torch] [--steps 20000]`. The training has the
usual callbacks: samples, a checkpoint, scores of samples, a watch for collapse, a log, a backup. It is cut
into 20 epochs; the last quarter of them is compared with the second, since in the first everything is
made that is then kept. Steps are timed against a piece of work that does not change, done between them:
cores that share their units with another's work are slower by more than what is looked for.
"""

import argparse
import gc
import os
import pathlib
import statistics
import tempfile
import threading
import time

EPOCHS = 20
MOST_BYTES = 16e6  # what the last quarter may hold beyond the second
MOST_SLOWER = 1.25  # times
_BATCH = 8


def run(arguments):
    parser = argparse.ArgumentParser("python -m tests.reliability steps", description=__doc__)
    parser.add_argument("--backend", default=os.environ.get("KERAS_BACKEND", "tensorflow"))
    parser.add_argument("--steps", type=int, default=20_000)
    options = parser.parse_args(arguments)
    os.environ["KERAS_BACKEND"] = options.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as folder:
        rows = _train(options.steps, pathlib.Path(folder))
    for number, row in enumerate(rows):
        words = f"{row['bytes'] / 1e6:.1f} MB, {row['files']} files, {row['threads']} threads"
        print(f"epoch {number + 1}: {row['pieces']:.3f} pieces of work a step, {words}")
    quarters = rows[EPOCHS // 4 : EPOCHS // 2], rows[-(EPOCHS // 4) :]
    second, last = (
        {name: statistics.median(row[name] for row in part) for name in rows[0]}
        for part in quarters
    )
    grown = {name: last[name] - second[name] for name in ("bytes", "files", "threads")}
    slower = last["pieces"] / second["pieces"]
    print(
        f"last quarter against second: {grown['bytes'] / 1e6:+.1f} MB, {grown['files']:+g} files, "
        f"{grown['threads']:+g} threads, steps {slower:.3f} times as long"
    )
    wrong = [name for name in ("files", "threads") if grown[name] > 0]
    wrong += ["bytes"] * (grown["bytes"] > MOST_BYTES) + ["time"] * (slower > MOST_SLOWER)
    print(f"{options.steps} steps; wrong: {', '.join(wrong) or 'nothing'}")
    return min(1, len(wrong))


def _train(steps, folder):
    """Trains, and gives what each epoch had taken and left: a list of dicts."""
    import keras
    import tensorflow as tf

    import keras_gen
    from tests import cases

    keras.utils.set_random_seed(0)
    model = cases.compiled(cases.CASES["gan"])
    each = steps // EPOCHS
    images = cases.images(_BATCH * 16)
    batches = tf.data.Dataset.from_tensor_slices(images).shuffle(64, seed=0).repeat()
    features = keras.Sequential([keras.Input(cases.IMAGE_SHAPE), keras.layers.Flatten()])
    rows = []

    class Measure(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.start, self.measured = time.process_time(), []

        def on_train_batch_end(self, batch, logs=None):
            if batch % 4 == 0:
                start = time.thread_time()
                _piece_of_work()
                self.measured.append(time.thread_time() - start)
            if batch == each - 1:
                seconds = time.process_time() - self.start - sum(self.measured)
                self.pieces = seconds / each / statistics.mean(self.measured)

        def on_epoch_end(self, epoch, logs=None):
            gc.collect()
            rows.append(
                {
                    "pieces": self.pieces,
                    "bytes": _resident(),
                    "files": len(os.listdir("/proc/self/fd")),
                    "threads": len(os.listdir("/proc/self/task")),
                    "of Python": threading.active_count(),
                }
            )

    callbacks = [
        keras_gen.callbacks.SampleImages(folder / "samples", n=4),
        keras_gen.callbacks.Checkpoint(folder / "model.keras"),
        keras_gen.callbacks.EvaluateSamples(images, features, n=32),
        keras_gen.callbacks.CollapseMonitor(n=16),
        keras.callbacks.CSVLogger(folder / "history.csv"),
        keras.callbacks.BackupAndRestore(folder / "backup", delete_checkpoint=False),
        Measure(),
    ]
    model.fit(
        batches.batch(_BATCH), epochs=EPOCHS, steps_per_epoch=each, callbacks=callbacks, verbose=0
    )
    return rows


def _piece_of_work():
    """Some milliseconds of Python's own work and of NumPy's."""
    import numpy as np

    square = np.full((64, 64), 0.01, "float32")
    for number in range(200):
        square = square @ square + np.float32(1.0 / (1 + sum(range(number))))


def _resident():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise KeyError("VmRSS")
