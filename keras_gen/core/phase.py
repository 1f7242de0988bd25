"""A phase: what one optimizer updates."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


@dataclasses.dataclass(frozen=True)
class Phase:
    """One group of networks that is updated together, by one optimizer.

    Args:
        networks: Sequence of built `keras.Model`, whose trainable variables the phase updates.
        terms: Sequence of strings, the names of the scalars that are logged beside the loss. Backends
            that compile the step need to know them beforehand: a term that a loss gives and that is not
            named here is an error, and so is one that is named and never given.

    Example:
    >>> import keras
    >>> network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> [variable.name for variable in Phase([network]).variables]
    ['kernel', 'bias']
    """

    networks: Sequence
    terms: Sequence[str] = ()

    @property
    def variables(self) -> list[keras.Variable]:
        """List of the networks' trainable variables, each once."""
        unique = {id(v): v for network in self.networks for v in network.trainable_variables}
        return list(unique.values())
