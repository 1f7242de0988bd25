"""The devices of a training, whatever spreads the work over them."""

import contextlib
import dataclasses
from collections.abc import Callable
from typing import Any

import keras

from keras_gen.types import Dataset


@dataclasses.dataclass(frozen=True)
class Devices:
    """What a training runs on. The default is one process, as Keras runs it by itself.

    Args:
        strategy: String, the name it was started by; None for none.
        process: Integer, the number of this process.
        processes: Integer, how many there are.
        replicas: Integer, how many copies of the model train together, in all processes.
        scope: Callable without arguments that gives the context in which models are made, compiled and
            loaded.
        distribute: Callable, or None, from the pipeline of this process to what `fit` is given.
    """

    strategy: str | None = None
    process: int = 0
    processes: int = 1
    replicas: int = 1
    scope: Callable = contextlib.nullcontext
    distribute: Callable | None = None

    @property
    def shard(self) -> tuple[int, int]:
        """What the pipelines of `keras_gen.data` take as `shard`: `(process, processes)`."""
        return self.process, self.processes

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the files."""
        return self.process == 0

    def for_fit(self, batches: Dataset) -> Any:
        """What `fit` is given for this process's part of the batches.

        Args:
            batches: `tf.data.Dataset`, with the shard of this process.

        Raises:
            ValueError: If the replicas can't share the batches equally.
        """
        size = keras.tree.flatten(batches.element_spec)[0].shape[0]
        local = self.replicas // self.processes
        if local > 1 and (size is None or size % local):
            raise ValueError(
                f"The batch size must be a multiple of the {self.replicas} replicas, which share each "
                f"batch. Received: batches of {'any size' if size is None else size * self.processes}"
            )
        return batches if self.distribute is None else self.distribute(batches)
