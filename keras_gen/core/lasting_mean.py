"""Means for the logs of what not every pass over the data measures."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import keras
from keras import ops

from keras_gen.types import Tensor


class LastingMean(keras.metrics.Mean):
    """A mean that, until something is added to it, is still what it was before it was reset.

    Penalties that are taken in every so many steps are missing from some short passes, whose logs then
    repeat the last ones, in place of a 0 that nothing measured.

    Example:

    >>> mean = LastingMean(name="r1_penalty")
    >>> mean.update_state(3.0)
    >>> mean.reset_state()
    >>> float(mean.result())
    3.0
    >>> mean.update_state(5.0)
    >>> float(mean.result())
    5.0
    """

    def __init__(self, name: str = "mean", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.last = self.add_variable((), initializer="zeros", dtype=self.dtype, name="last")

    def result(self) -> Tensor:
        count, last = ops.convert_to_tensor(self.count), ops.convert_to_tensor(self.last)
        return ops.where(count > 0, ops.divide_no_nan(self.total, count), last)

    def begin_after(self, last: Any) -> None:
        """Forgets all, but for what the mean is until something is added: 0 where that was no number."""
        super().reset_state()
        self.last.assign(ops.where(ops.isfinite(last), last, 0.0))

    def reset_state(self) -> None:
        self.begin_after(self.result())


@contextlib.contextmanager
def kept(means: Sequence[LastingMean]) -> Iterator[None]:
    """Context in which means are used for something else: a validation within a training, say."""
    lasts = [mean.result() for mean in means]
    yield
    for mean, last in zip(means, lasts, strict=True):
        mean.begin_after(last)
