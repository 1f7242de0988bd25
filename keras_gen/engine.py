"""Models of one's own: what they stand on.

`GenerativeModel` here is that of 0.1, whose models say what they do by `phases` with losses and by a
`schedule`; new ones define `step`, on `keras_gen.core.GenerativeModel`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from keras_gen.backend import Recorded, input_gradient, predict
from keras_gen.backend.seeds import ReplicaSeedGenerator
from keras_gen.core import model as _model
from keras_gen.core.network_calls import record, without_updates
from keras_gen.core.phase import Phase as _Phase
from keras_gen.core.phase_optimizer import PhaseOptimizer
from keras_gen.types import Data, PathLike

if TYPE_CHECKING:
    from keras_gen.core.update import Update

__all__ = [
    "GenerativeModel",
    "Phase",
    "PhaseOptimizer",
    "Recorded",
    "ReplicaSeedGenerator",
    "input_gradient",
    "predict",
    "record",
    "without_updates",
]


@dataclasses.dataclass(frozen=True)
class Phase:
    """One group of networks that is updated together, by one loss and one optimizer.

    Args:
        networks: Sequence of built `keras.Model`, whose trainable variables the phase updates.
        loss: Callable `(batch, training) -> (scalar, {name: tensor})`: the loss that is
            differentiated, and the named terms beside it. It is pure but for BatchNorm statistics and
            random seeds, which the backend carries.
        terms: Sequence of strings, the names of the terms that are logged, scalars all. Backends that
            compile the step need to know them beforehand. What else the loss returns (images made on
            the way, say) is handed to the schedule.

    Example:
    >>> import keras
    >>> network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> phase = Phase([network], loss=lambda batch, training: (keras.ops.mean(network(batch)), {}))
    >>> [variable.name for variable in phase.variables]
    ['kernel', 'bias']
    """

    networks: Sequence
    loss: Callable
    terms: Sequence[str] = ()

    variables = _Phase.variables


class GenerativeModel(_model.GenerativeModel):
    """A `keras.Model` that trains in phases, each with its loss, in the order of a schedule.

    A subclass is given its networks already built and says only what is its own:

    - `phases()`: a dict from names to `Phase`: the networks, the loss, the names of its terms.
    - `schedule(data, training)`: a generator of `(phase name, batch)`, one for each update of a training step.
      A phase sees what the phases before it changed, and `yield` returns the dict that the phase's
      loss gave, images made on the way among it. What the schedule itself computes (samples for the
      discriminator, say) is not differentiated. A batch that holds a `Recorded` under `"recorded"` is
      given to the loss with its outputs as `"fakes"`, and differentiated at them.
    - `compile`, which hands its optimizers to `compile_phases`.
    - `after_phase(phase)`: called when a phase has updated its networks.
    """

    @classmethod
    def from_preset(
        cls,
        preset: PathLike,
        load_weights: bool = True,
        custom_objects: Mapping[str, Any] | None = None,
    ) -> Any:
        """See `keras_gen.from_preset`; of this class itself, any model of the package."""
        if cls is GenerativeModel:
            return _model.GenerativeModel.from_preset(preset, load_weights, custom_objects)
        return super().from_preset(preset, load_weights, custom_objects)

    def schedule(self, data: Data, training: bool) -> Generator[tuple[str, Any], Any, None]:
        """Generator of `(phase name, batch)`, one for each update of a training step.

        Args:
            data: What `fit` was given, one batch of it.
            training: Boolean, False when the model is evaluated.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `schedule`.")

    def after_phase(self, phase: str) -> None:
        """Called when a phase has updated its networks; a model may keep averages here.

        Args:
            phase: String, the phase's name.
        """

    def step(self, data: Data, update: Update) -> None:
        schedule = self.schedule(data, update.training)
        answer = None
        while True:
            try:
                name, batch = schedule.send(answer)
            except StopIteration:
                return
            answer = self._run_phase(name, batch, update)
            if update.training:
                self.after_phase(name)

    def _run_phase(self, name, batch, update):
        phase = self.plan[name]
        recorded = batch.get("recorded") if isinstance(batch, dict) else None

        def loss(*outputs):
            given = {**batch, "fakes": outputs[0]} if outputs else batch
            value, terms = phase.loss(given, training=update.training)
            return value, {n: t for n, t in terms.items() if n in phase.terms}, terms

        return update(name, loss, at=recorded)
