"""The last state of a training, whole at every moment."""

import keras

from keras_gen.checks import check_positive_integer
from keras_gen.files import written_aside
from keras_gen.types import Logs, PathLike


class Checkpoint(keras.callbacks.Callback):
    """Saves the model after each epoch, so that training can go on exactly where it stopped.

    Unlike `keras.callbacks.ModelCheckpoint` it writes aside and renames into place: whenever the
    process is killed, the file is the last whole one. `model.optimizer.iterations` in it tells how far
    training had come. Of several processes that train together only the first writes.

    Args:
        path: String or path ending in `.keras`.
        every: Integer: after every so many epochs, and at the end of training.

    Example:
    ```python
    gan.fit(images, epochs=20, callbacks=[keras_gen.callbacks.Checkpoint("gan.keras")])
    ```
    """

    def __init__(self, path: PathLike, every: int = 1) -> None:
        super().__init__()
        if not str(path).endswith(".keras"):
            raise ValueError(f"`path` must end in '.keras'. Received: path={str(path)!r}")
        check_positive_integer("every", every)
        self.path = path
        self.every = every
        self._unsaved = False

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._unsaved = True
        if (epoch + 1) % self.every == 0:
            self._save()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._unsaved:
            self._save()

    def _save(self):
        if not self.model.is_chief:
            return
        with written_aside(self.path) as aside:
            self.model.save(aside)
        self._unsaved = False
