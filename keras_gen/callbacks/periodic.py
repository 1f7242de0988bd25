"""What the callbacks that measure a model every few epochs share."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import keras

from keras_gen.callbacks.needs import check_draws
from keras_gen.checks import check_positive_integer
from keras_gen.types import Array, ArrayLike, Logs

FREE_SECONDS = 1.0  # that it may take without its time being counted


class Pace:
    """When something that takes time may be done again, so that it has no more than a share of the time.

    Args:
        share: Number above 0, at most 1.
        free_seconds: Number from 0 up, what it may take without its time being counted.

    Raises:
        ValueError: If the share is out of range.
    """

    def __init__(self, share: float, free_seconds: float = FREE_SECONDS) -> None:
        if not 0.0 < share <= 1.0:
            raise ValueError(f"`share` must be above 0 and at most 1. Received: share={share}")
        self.share = share
        self._free_seconds = free_seconds
        self._free_from = 0.0

    @property
    def free(self) -> bool:
        """Whether it may be done: its last time is no more than the share of what has passed since."""
        return time.monotonic() >= self._free_from

    def begin(self) -> None:
        """Forgets what was done."""
        self._free_from = 0.0

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Context in which it is done."""
        begun = time.monotonic()
        yield
        took = time.monotonic() - begun
        self._free_from = begun + took / self.share if took > self._free_seconds else 0.0


class PeriodicMeasurement(keras.callbacks.Callback):
    """Base of the callbacks that measure every few epochs and put what they find into the logs.

    They measure after the first epoch of a `fit`, after every `every`-th and after the last, also where a
    callback before this one stops the training there. In the epochs between, the logs repeat what was
    found last: so every epoch has the same names, which `CSVLogger` needs from the first row on
    and `ModelCheckpoint` looks for in each epoch.

    Args:
        every: Integer above 0.
        share: Number above 0, at most 1: how much of the time measurements may take. Once one has taken
            longer than a second, none is made until its time is this share of what has passed since it was
            begun; the last is made all the same.
        free_seconds: Number from 0 up, in place of that second.
    """

    def __init__(self, every: int, share: float = 1.0, free_seconds: float = FREE_SECONDS) -> None:
        super().__init__()
        check_positive_integer("every", every)
        self.every = every
        self._pace = Pace(share, free_seconds)
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
        self._pace.begin()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        last = epoch + 1 == self.params.get("epochs") or self.model.stop_training
        if self._found is None or last or ((epoch + 1) % self.every == 0 and self._pace.free):
            with self._pace.taken():
                self._found = self.measure(epoch)
        if logs is not None:
            logs.update(self._found)
