"""A training that finds odd data, or whose losses become NaN, ends, and the model is what it was before."""

import warnings

import keras


class KeepLastGood(keras.callbacks.Callback):
    """Ends a training when a loss becomes NaN, with the weights and optimizers of the epoch before.

    Every model's `fit` has one. Of what is not a number no further step makes numbers again. Where the
    data held values that the model does not take, it raises a `ValueError` that says so.

    It stands last among the callbacks, behind those that load weights when a training begins; its `guard`
    stands first, so that none writes, or measures, weights that are to be put back.

    Args:
        strays: `Strays` of the model.
    """

    def __init__(self, strays):
        super().__init__()
        self.guard = _Guard(self)
        self._strays = strays
        self._kept = None
        self._broken = []

    def on_train_begin(self, logs=None):
        self._broken = []
        self._keep()

    def look(self, epoch, logs):
        """Puts the model back after an epoch in which a loss of its own became NaN."""
        self._strays.refuse(f"in epoch {epoch + 1}")
        own = {metric.name for metric in self.model.metrics}
        self._broken = [
            name for name, value in (logs or {}).items() if name in own and value != value
        ]
        if self._broken:
            self.restore()
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        if not self._broken:
            self._keep()
            return
        warnings.warn(
            f"Training diverged in epoch {epoch + 1}: {', '.join(self._broken)} became NaN. It was ended, and "
            "the model has the weights of before that epoch. Look for NaN in the data, or lower the learning "
            "rate.",
            stacklevel=2,
        )

    def restore(self):
        """Puts the model back to what it was before the epoch under way."""
        if self._kept is not None:
            for variable, value in zip(self._variables(), self._kept, strict=True):
                variable.assign(value)

    def _variables(self):
        return [*self.model.variables, *self.model.optimizer.variables]

    def _keep(self):
        self._kept = [keras.ops.convert_to_numpy(variable) for variable in self._variables()]


class _Guard(keras.callbacks.Callback):
    """Has a `KeepLastGood` look at an epoch before the other callbacks do."""

    def __init__(self, keeper):
        super().__init__()
        self._keeper = keeper

    def on_epoch_end(self, epoch, logs=None):
        self._keeper.look(epoch, logs)
