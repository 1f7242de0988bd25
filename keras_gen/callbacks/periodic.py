"""What the callbacks that measure a model every few epochs share."""

from typing import Any

import keras

from keras_gen.callbacks.needs import check_draws
from keras_gen.checks import check_positive_integer
from keras_gen.types import Array, ArrayLike, Logs


class PeriodicMeasurement(keras.callbacks.Callback):
    """Base of the callbacks that measure every few epochs and put what they find into the logs.

    They measure after the first epoch of a `fit`, after every `every`-th and after the last. In the
    epochs between, the logs repeat what was found last: so every epoch has the same names, which
    `CSVLogger` needs from the first row on and `ModelCheckpoint` looks for in each epoch.

    Args:
        every: Integer above 0.
    """

    def __init__(self, every: int) -> None:
        super().__init__()
        check_positive_integer("every", every)
        self.every = every
        self._found: Any = None

    @property
    def names(self) -> tuple[str, ...] | None:
        """Tuple of the names that it puts into the logs, or None where they are not known."""
        return None

    def measure(self, epoch: int) -> dict[str, float]:
        """Measures `self.model`.

        Args:
            epoch: Integer, the number of the epoch that has ended, from 0.

        Returns:
            Dict of floats for the logs.
        """
        raise NotImplementedError

    def draw_samples(self) -> tuple[ArrayLike, Array | None]:
        """Makes `self.n` samples: by `self.draw` where the user gave it, else by the model itself.

        Where there are classes, each gets the same number of them.

        Returns:
            Pair of the samples, a float array `(n, ...)`, and their labels, or None.
        """
        with self.model.alone() as model:
            if self.draw is not None:
                return self.draw(model), None
            return model.samples(self.n, seed=self.seed)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        check_draws(self)
        self._found = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        last = epoch + 1 == self.params.get("epochs")
        if self._found is None or last or (epoch + 1) % self.every == 0:
            self._found = self.measure(epoch)
        if logs is not None:
            logs.update(self._found)
