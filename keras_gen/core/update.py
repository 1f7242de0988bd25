"""What a model's `step` is given: it takes the updates, or only measures their losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keras import ops

from keras_gen import backend
from keras_gen.core.network_calls import record

if TYPE_CHECKING:
    import keras

    from keras_gen.backend.recorded import Recorded
    from keras_gen.core.model import GenerativeModel
    from keras_gen.types import Tensor


class Update:
    """One step's updates: `update("discriminator", loss)` evaluates a loss and moves its phase's networks.

    In an evaluation the same calls measure the losses alone, and nothing moves.

    Args:
        model: A compiled `GenerativeModel`.
        training: Boolean, False when the model is evaluated.
    """

    def __init__(self, model: GenerativeModel, training: bool) -> None:
        self.training = training
        self._measured = {}
        self._model = model
        self._given = set()
        self._lazy = set()
        self._total = 0.0

    def __call__(
        self, phase: str, loss: Callable[..., Any], at: Recorded | None = None, every: int = 1
    ) -> Any:
        """Evaluates a loss and updates a phase by its gradient, at once: what follows sees it moved.

        Args:
            phase: String, a name in the model's `phases()`.
            loss: Callable `() -> scalar`, `(scalar, terms)` or `(scalar, terms, made)`: the loss that is
                differentiated, a dict of the named scalars that are logged, or of pairs of one and its
                weight in the mean over the steps, and anything else that was made on the way (images,
                say). It is pure but for BatchNorm statistics and random seeds. With `at` it is a callable
                of that pass's outputs.
            at: A `Recorded` or None. With one, the loss is differentiated at its outputs and pulled back
                through the network that made them, which does not run again.
            every: Integer above 0. Above 1 the update is taken in every so many steps alone, the first
                among them, for penalties that are dear: the loss itself then is not logged, but its terms
                are, averaged over the steps that had them; a pass without any repeats the one before.

        Returns:
            What the loss gave as `made`, cut off from the weights, or None.

        Raises:
            ValueError: If there is no such phase, or the loss gives a term that it does not declare.
        """
        if phase not in self._model.plan:
            raise ValueError(
                f"`phase` must be one of {', '.join(self._model.plan)}. Received: phase={phase!r}"
            )
        if every == 1 or not self.training:
            return self._update(phase, loss, at, logged=every == 1)
        self._lazy.add(phase)  # Its terms may be missing in a step that is run by Python.
        step = self._model.optimizer.iterations
        backend.conditionally(
            ops.equal(ops.mod(step, every), 0),
            lambda: self._update(phase, loss, at, logged=False) and None,
        )
        return None

    def record(self, network: keras.Model, inputs: Any) -> Recorded:
        """Runs a network and keeps the way back to its weights, for `at`.

        Args:
            network: Built `keras.Model`.
            inputs: Tensor, or what else the network takes.

        Returns:
            A `Recorded`, in training mode, or in inference when the model is evaluated.
        """
        if not self.training:
            return backend.Recorded(network(inputs, training=False), None)
        return record(network, inputs)

    def _update(self, phase, loss, at, logged):
        if not self.training:
            value, (terms, made) = _parts(loss() if at is None else loss(at.outputs))
        else:
            value, (terms, made) = self._apply(phase, loss, at)
        self._check(phase, terms)
        values = {self._model.loss_name(phase): value} if logged else {}
        if self.training:
            self._model.track(values | terms)
            if logged:
                self._total = self._total + value
        else:
            for name, found in (values | terms).items():
                self._measured.setdefault(name, []).append(found)
        return made

    def _apply(self, phase, loss, at):
        variables = self._model.plan[phase].variables
        optimizer = self._model.optimizer[phase]
        if at is None:
            value, aside, gradients = backend.loss_and_gradients(
                lambda: _parts(loss()), variables, optimizer
            )
        else:
            value, aside, gradient = backend.loss_and_output_gradient(
                lambda outputs: _parts(loss(outputs)), at.outputs, optimizer
            )
            gradients = at.pullback(gradient)
        backend.apply_gradients(optimizer, gradients, variables)
        return value, aside

    def _check(self, phase, terms):
        declared = self._model.plan[phase].terms
        unknown = [name for name in terms if name not in declared]
        if unknown:
            raise ValueError(
                f"The loss of phase {phase!r} gives the terms {unknown}, which its `Phase` must declare: "
                f"Phase(networks, terms={[*declared, *unknown]}). Received: terms={list(declared)}"
            )
        self._given |= {(phase, name) for name in terms}

    @property
    def measured(self) -> dict[str, Any]:
        """Dict of the scalars that were measured, or of pairs as losses give them.

        What a phase of several updates a step gave several times is averaged.
        """
        return {name: _mean(found) for name, found in self._measured.items()}

    @property
    def count(self) -> Tensor:
        """The integer 1, which waits for the step's losses: see `backend.tensorflow.apply_gradients`."""
        unknown = ops.isnan(ops.cast(self._total, "float32"))
        return ops.maximum(ops.cast(unknown, self._model.optimizer.iterations.dtype), 1)

    def finish(self) -> None:
        """Ends a training step: the sum of its losses, and whether every declared term was given."""
        plan = self._model.plan
        for phase, declared in plan.items():
            if phase in self._lazy:
                continue
            missing = [name for name in declared.terms if (phase, name) not in self._given]
            if missing:
                raise ValueError(
                    f"The `Phase` {phase!r} declares the terms {missing}, which no loss of it gives. "
                    f"Received: {sorted(name for of, name in self._given if of == phase)}"
                )
        if len(plan) > 1:
            self._model.track({"loss": self._total})


def _mean(found):
    """The mean of scalars, or of pairs of one and its weight, as such a pair."""
    if len(found) == 1:
        return found[0]
    if not isinstance(found[0], tuple):
        return sum(found) / len(found)
    weight = sum(weight for _, weight in found)
    return ops.divide_no_nan(sum(value * weight for value, weight in found), weight), weight


def _parts(result):
    """A loss's scalar, and aside its terms and what else it made."""
    if not isinstance(result, tuple):
        return result, ({}, None)
    value, terms, *made = result
    return value, (terms, made[0] if made else None)
