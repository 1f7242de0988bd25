"""One training from its settings to its files, and on again after an interruption."""

import contextlib
import csv
import dataclasses
import json
import pathlib
import time

import keras

from keras_gen import callbacks, distribution, pictures
from keras_gen.files import written_aside
from keras_gen.recipes import RECIPES, Settings


@dataclasses.dataclass(frozen=True)
class Execution:
    """How a training runs on its machine, which may change when it is resumed.

    Args:
        strategy: String, as in `keras_gen.distribution.start`.
        jit_compile: Boolean or `"auto"`, as in `keras.Model.compile`.
        steps_per_execution: Integer, as in `keras.Model.compile`.
    """

    strategy: str = "auto"
    jit_compile: bool | str = "auto"
    steps_per_execution: int = 1


def train(settings, output, resume=False, verbose="auto", execution=None):
    """Trains a model and leaves `model.keras`, `samples.png`, `history.csv` and `settings.json`.

    `samples/` holds a picture of the same latents after each epoch and an animation of them. The
    model's file is whole at every moment; with `resume` training goes on from it exactly as if it had
    not stopped.

    Args:
        settings: A `Settings`. With `resume`, those that are None are taken from the training's own.
        output: String or path of a folder.
        resume: Boolean.
        verbose: As in `keras.Model.fit`.
        execution: An `Execution`. Of several processes the first writes the files, in a folder that
            all of them see; they are resumed together, and begin anew where there is nothing yet.

    Returns:
        The trained model.

    Raises:
        ValueError: If a setting is wrong, or the folder holds a training and `resume` is False.
        FileNotFoundError: If there is nothing to resume.
    """
    execution = execution or Execution()
    output = pathlib.Path(output)
    model_path = output / "model.keras"
    settings_path = output / "settings.json"
    devices = distribution.start(execution.strategy)
    resume = resume and (settings_path.exists() or devices.processes == 1)
    if resume:
        if not settings_path.exists():
            raise FileNotFoundError(
                f"`output` must hold a training to resume, with a settings.json. Received: {output}"
            )
        settings = _resumed(settings, json.loads(settings_path.read_text()))
    elif model_path.exists():
        raise ValueError(
            f"`output` already holds a training: add --resume to go on with it, or choose another "
            f"folder. Received: output={str(output)!r}"
        )
    settings = settings.with_defaults()
    recipe = RECIPES[settings.model]

    keras.utils.set_random_seed(settings.seed)
    first_epoch = 0
    batches = recipe.load(settings, shard=devices.shard)
    steps = int(batches.cardinality())
    with _policy(settings.precision), devices.scope():
        if model_path.exists():
            model = keras.saving.load_model(model_path)
            first_epoch = int(keras.ops.convert_to_numpy(model.optimizer.iterations)) // steps
            batches = recipe.load(settings, first_epoch, devices.shard)
        else:
            model = recipe.build(batches, settings)
        model.set_execution(execution.jit_compile, execution.steps_per_execution)

    draw, columns = recipe.preview(settings)
    history = keras.callbacks.CSVLogger(output / "history.csv", append=True)
    watchers = [_StopOnNaN()]
    if devices.is_chief:
        with written_aside(settings_path) as aside:
            aside.write_text(json.dumps(dataclasses.asdict(settings), indent=2) + "\n")
        _trim_history(output / "history.csv", first_epoch)
        watchers += [
            _Clock(),
            callbacks.SampleImages(output / "samples", draw=draw, columns=columns),
            history,
            callbacks.Checkpoint(model_path),
        ]
    try:
        model.fit(
            devices.for_fit(batches),
            epochs=settings.epochs,
            initial_epoch=first_epoch,
            verbose=verbose if devices.is_chief else 0,
            callbacks=watchers,
        )
    finally:
        if getattr(history, "csv_file", None) is not None:  # Left open if training was interrupted.
            history.csv_file.close()
    if devices.is_chief:
        with model.alone() as own:
            grid = pictures.image_grid(draw(own), columns)
        pictures.save_png(output / "samples.png", pictures.enlarge(grid, 512))
    return model


@contextlib.contextmanager
def _policy(name):
    """Makes layers within the block compute by a dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


class _Clock(keras.callbacks.Callback):
    """Logs the seconds that each epoch took, pictures and files not counted."""

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["seconds"] = round(time.monotonic() - self._start, 2)


class _StopOnNaN(keras.callbacks.Callback):
    """Ends a training whose losses are no numbers before the last good file is written over."""

    def on_epoch_end(self, epoch, logs=None):
        broken = [name for name, value in (logs or {}).items() if value != value]
        if broken:
            raise ValueError(
                f"Training diverged in epoch {epoch + 1}: {', '.join(broken)} became NaN. Look for NaN in "
                "the data, or lower the learning rate. The model's file is that of the epoch before."
            )


def _resumed(settings, kept):
    given = dataclasses.asdict(settings)
    for name, value in kept.items():
        if given[name] is None:
            given[name] = value
        elif given[name] != value and (name != "epochs" or RECIPES[kept["model"]].decays):
            raise ValueError(
                f"`{name}` can't change when a training is resumed: it began with {value!r}. "
                f"Received: {name}={given[name]!r}"
            )
    return Settings(**given)


def _trim_history(path, epochs):
    """Leaves in the history only the epochs that the model's file has seen."""
    if not path.exists():
        return
    with open(path, newline="") as file:
        header, *rows = list(csv.reader(file))
    with written_aside(path) as aside, open(aside, "w", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in rows if int(row[0]) < epochs)])
