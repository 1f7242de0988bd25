"""A phase: what one optimizer updates, and by which loss."""

import dataclasses
from collections.abc import Callable, Sequence


@dataclasses.dataclass(frozen=True)
class Phase:
    """One group of networks that is updated together, by one loss and one optimizer.

    Args:
        networks: Sequence of built `keras.Model`, whose trainable variables the phase updates.
        loss: Callable `(batch, training) -> (scalar, {name: tensor})`: the loss that is
            differentiated, and the named terms beside it. It is pure but for BatchNorm statistics and
            random seeds, which the engine carries.
        terms: Sequence of strings, the names of the terms that are logged, scalars all. Backends that
            compile the step need to know them beforehand. What else the loss returns (images made on
            the way, say) is handed to the schedule.

    Example:
    >>> network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> phase = Phase([network], loss=lambda batch, training: (keras.ops.mean(network(batch)), {}))
    >>> [variable.name for variable in phase.variables]
    ['kernel', 'bias']
    """

    networks: Sequence
    loss: Callable
    terms: Sequence[str] = ()

    @property
    def variables(self):
        """List of the networks' trainable variables, each once."""
        unique = {id(v): v for network in self.networks for v in network.trainable_variables}
        return list(unique.values())
