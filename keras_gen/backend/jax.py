"""JAX: pure functions of the model's whole state.

A training step runs inside one `keras.StatelessScope` that holds every variable. Where something is
differentiated, a scope inside it holds the same values with tracers in the variables' places, and
what changed there (BatchNorm statistics, seeds) is carried out of it.
"""

import contextlib
from collections.abc import Callable
from typing import Any

import jax
import keras

from keras_gen.backend.outputs import in_full
from keras_gen.backend.recorded import Recorded
from keras_gen.types import Data, Tensor


class TrainerSteps:
    """`train_step` and `test_step` as Keras's JAX trainer calls them: state in, state out."""

    def train_step(self, state: Any, data: Data) -> Any:
        return _run(
            self.run_train_step,
            data,
            state,
            (
                self.trainable_variables,
                self.non_trainable_variables,
                self.optimizer.variables,
                self.metrics_variables,
            ),
        )

    def test_step(self, state: Any, data: Data) -> Any:
        return _run(
            self.run_test_step,
            data,
            state,
            (self.trainable_variables, self.non_trainable_variables, self.metrics_variables),
        )


def step_scope():
    """`jax.grad` differentiates nothing but what it is given."""
    return contextlib.nullcontext()


def loss_and_gradients(loss, variables, optimizer):
    """See `keras_gen.backend`."""

    def scaled(values):
        (value, aside), changes = _call_with(variables, values, loss)
        return optimizer.scale_loss(value), (value, aside, changes)

    gradients, (value, aside, changes) = jax.grad(scaled, has_aux=True)(
        [variable.value for variable in variables]
    )
    _carry(changes)
    return value, aside, gradients


def loss_and_output_gradient(loss, outputs, optimizer):
    """See `keras_gen.backend`."""

    def scaled(outputs):
        (value, aside), changes = _call_with([], [], lambda: loss(outputs))
        return optimizer.scale_loss(value), (value, aside, changes)

    gradient, (value, aside, changes) = jax.grad(scaled, has_aux=True)(outputs)
    _carry(changes)
    return value, aside, gradient


def record(function, variables):
    """See `keras_gen.backend`."""
    outputs, vjp, changes = jax.vjp(
        lambda values: _call_with(variables, values, function),
        [variable.value for variable in variables],
        has_aux=True,
    )
    _carry(changes)
    return Recorded(outputs, lambda gradient: vjp(gradient)[0])


def apply_gradients(optimizer, gradients, variables):
    """See `keras_gen.backend`."""
    values, state = optimizer.stateless_apply(
        [variable.value for variable in optimizer.variables],
        gradients,
        [variable.value for variable in variables],
    )
    for variable, value in zip(variables + optimizer.variables, values + state, strict=True):
        variable.assign(value)


def conditionally(condition, function):
    """See `keras_gen.backend`."""

    def taken(values):
        mapping = list(zip(_state_variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            function()
            return [scope.get_current_value(variable) for variable in _state_variables]

    before = [variable.value for variable in _state_variables]
    after = jax.lax.cond(condition, taken, lambda values: values, before)
    for variable, value in zip(_state_variables, after, strict=True):
        variable.assign(value)


def outputs_and_input_gradient(
    function: Callable[[Tensor], Tensor], inputs: Tensor
) -> tuple[Tensor, Tensor]:
    """See `keras_gen.backend`."""

    def total(inputs):
        outputs = function(inputs)
        return outputs.sum(), outputs

    gradient, outputs = jax.grad(total, has_aux=True)(inputs)
    return outputs, gradient


fused_batch_normalization = None


def predict(network: keras.Model, inputs: Any, batch_size: int) -> Any:
    """See `keras_gen.backend`."""
    return in_full(network.predict(inputs, batch_size=batch_size, verbose=0))


def repeat(function, count, state):
    """See `keras_gen.backend`."""
    return jax.lax.fori_loop(0, count, function, state)


@contextlib.contextmanager
def keeps_state(model):
    """Keras takes the variables' values away while it trains or evaluates, and gives them back at its end.

    A call that fails before its end gives them back here: those of the last whole step, or of before.
    """
    variables = [
        *model.variables,
        *getattr(model.optimizer, "variables", ()),
        *model.metrics_variables,
    ]
    before = {id(variable): (variable, variable.value) for variable in variables}
    try:
        yield
    except BaseException:
        model.jax_state_sync()
        for variable, value in before.values():
            if variable._value is None and not value.is_deleted():
                variable.assign(value)
        raise


def replica_id():
    """Always 0: a step on JAX sees the global batch, however many devices share it."""
    return 0


def sum_over_replicas(value):
    """The value itself, which is the global batch's."""
    return value


def replicas_here(model):
    """See `keras_gen.backend`."""
    distribution = keras.distribution.distribution()
    mesh = getattr(distribution, "device_mesh", None)
    axis = getattr(distribution, "batch_dim_name", None)
    if mesh is None or axis not in mesh.axis_names:
        return 1
    return mesh.shape[mesh.axis_names.index(axis)] // jax.process_count()


def process_id(model):
    """See `keras_gen.backend`."""
    return jax.process_index()


def process_count(model):
    """See `keras_gen.backend`."""
    return jax.process_count()


@contextlib.contextmanager
def alone():
    """See `keras_gen.backend`."""
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)


def synchronize(model):
    """The sharding of the weights sees to it."""


def check_jit_compile(jit_compile):
    """All are had."""


def seed_layers(model):
    """Here they do."""


_state_variables = []  # of the step that is being traced


def _run(step, data, state, groups):
    # Without jit Keras hands over NumPy arrays, which layers refuse beside tensors.
    data = jax.tree.map(jax.numpy.asarray, data)
    mapping = []
    for group, values in zip(groups, state, strict=True):
        mapping.extend(zip(group, values, strict=True))
    global _state_variables
    outer, _state_variables = _state_variables, [variable for variable, _ in mapping]
    try:
        with keras.StatelessScope(state_mapping=mapping) as scope:
            logs = step(data)
    finally:
        _state_variables = outer
    return logs, tuple([scope.get_current_value(v) for v in group] for group in groups)


def _call_with(variables, values, function):
    """Calls `function()` with values in the variables' places.

    Returns:
        Tuple of its result and the changes it made: a dict from a variable's number in the state to
        its new value.
    """
    mapping = {id(v): (v, v.value) for v in _state_variables}
    mapping |= {id(v): (v, value) for v, value in zip(variables, values, strict=True)}
    with keras.StatelessScope(state_mapping=list(mapping.values())) as scope:
        before = [scope.get_current_value(v) for v in _state_variables]
        result = function()
        after = [scope.get_current_value(v) for v in _state_variables]
    changes = {
        number: new
        for number, (old, new) in enumerate(zip(before, after, strict=True))
        if new is not old
    }
    return result, changes


def _carry(changes):
    for number, value in changes.items():
        _state_variables[number].assign(value)
