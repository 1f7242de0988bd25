"""What the callbacks that measure a model every few epochs share."""

import keras
import numpy as np


class PeriodicMeasurement(keras.callbacks.Callback):
    """Base of the callbacks that measure every few epochs and put what they find into the logs.

    They measure after the first epoch of a `fit`, after every `every`-th and after the last. In the
    epochs between, the logs repeat what was found last: so every epoch has the same names, which
    `CSVLogger` needs from the first row on and `ModelCheckpoint` looks for in each epoch.

    Args:
        every: Integer above 0.
    """

    def __init__(self, every):
        super().__init__()
        if not isinstance(every, int) or every < 1:
            raise ValueError(f"`every` must be an integer above 0. Received: every={every!r}")
        self.every = every
        self._found = None

    def measure(self, epoch):
        """Measures `self.model`.

        Args:
            epoch: Integer, the number of the epoch that has ended, from 0.

        Returns:
            Dict of floats for the logs.
        """
        raise NotImplementedError

    def draw_samples(self):
        """Makes `self.n` images: by `self.draw` where the user gave it, else by the model's `generate`.

        Where there are classes, each gets the same number of them.

        Returns:
            Pair of the images, a float array `(n, height, width, channels)`, and their labels, or None.
        """
        with self.model.alone() as model:
            if self.draw is not None:
                return self.draw(model), None
            num_classes = getattr(model, "num_classes", None)
            if num_classes is None:
                return model.generate(self.n, seed=self.seed), None
            labels = np.arange(self.n, dtype="int32") % num_classes
            return model.generate(labels=labels, seed=self.seed), labels

    def on_train_begin(self, logs=None):
        self._found = None

    def on_epoch_end(self, epoch, logs=None):
        last = epoch + 1 == self.params.get("epochs")
        if self._found is None or last or (epoch + 1) % self.every == 0:
            self._found = self.measure(epoch)
        if logs is not None:
            logs.update(self._found)
