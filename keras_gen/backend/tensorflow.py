"""TensorFlow: gradient tapes. What the names mean is said in the room's `__init__`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from keras_gen.backend.outputs import in_full
from keras_gen.backend.recorded import Recorded
from keras_gen.types import Data, Tensor

if TYPE_CHECKING:
    import keras


class TrainerSteps:
    """`train_step` and `test_step` as Keras's TensorFlow trainer calls them."""

    def train_step(self, data: Data) -> Any:
        return _for_keras(self.run_train_step(data))

    def test_step(self, data: Data) -> Any:
        return _for_keras(self.run_test_step(data))


def step_scope():
    """Tapes differentiate nothing but what they are given."""
    return contextlib.nullcontext()


def loss_and_gradients(loss, variables, optimizer):
    """See `keras_gen.backend`."""
    values = [variable.value for variable in variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        value, aside = loss()
        scaled = _scale(value, optimizer)
    return value, aside, _gradient(tape, scaled, values)


def loss_and_output_gradient(loss, outputs, optimizer):
    """See `keras_gen.backend`."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(outputs)
        value, aside = loss(outputs)
        scaled = _scale(value, optimizer)
    return value, aside, _gradient(tape, scaled, outputs)


def record(function, variables):
    """See `keras_gen.backend`."""
    values = [variable.value for variable in variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        outputs = function()

    def pullback(gradient):
        return _gradient(tape, outputs, values, output_gradients=gradient)

    return Recorded(tf.stop_gradient(outputs), pullback)


def apply_gradients(optimizer, gradients, variables):
    """See `keras_gen.backend`."""
    # The optimizer's count waits for a gradient, and so for a batch. Without that TensorFlow counts an update
    # more where a data set of unknown length ends, or a batch is refused.
    with tf.control_dependencies(gradients[-1:]), _alone():
        optimizer.apply(gradients, variables)


class _AloneContext(tf.distribute.ReplicaContext):
    """The context of a process without replicas, whose sum over all of them is what it has."""

    def all_reduce(self, reduce_op, value, options=None):
        return value


def _alone():
    """A context in which an optimizer's sum over replicas, where there are none, leaves nothing behind.

    TensorFlow registers a gradient of that sum for the life of the process, and with it the graph of the
    whole step: every training would keep 100 MB and more after its model is gone.
    """
    if tf.distribute.has_strategy():
        return contextlib.nullcontext()
    return _AloneContext(tf.distribute.get_strategy(), replica_id_in_sync_group=0)


def conditionally(condition, function):
    """See `keras_gen.backend`. Replicas can't meet within a condition, to sum up gradients."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas > 1:
        raise ValueError(
            "An update in every so many steps, by `penalties_every` above 1 or by path lengths, can't be had "
            "on several replicas of TensorFlow: take it in every step, or none, or train on one device. "
            f"Received: {replicas} replicas"
        )

    def taken():
        function()
        return tf.constant(True)

    tf.cond(condition, taken, lambda: tf.constant(False))


def outputs_and_input_gradient(
    function: Callable[[Tensor], Tensor], inputs: Tensor
) -> tuple[Tensor, Tensor]:
    """What a function gives, and the gradient of its sum by its inputs, in one run and differentiable again.

    Args:
        function: Callable, tensor to tensor, each example by itself.
        inputs: Float tensor.

    Returns:
        Tuple of the outputs and of a tensor of the shape of `inputs`.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(inputs)
        outputs = function(inputs)
        total = tf.reduce_sum(outputs)
    return outputs, _gradient(tape, total, inputs)


def fused_batch_normalization(inputs, gamma, beta, epsilon):
    """Batch normalisation in training, by one kernel forward and one back.

    Args:
        inputs: Float tensor `(batch, channels)` or `(batch, height, width, channels)`.
        gamma: Scale of shape `(channels,)`, or None.
        beta: Shift of shape `(channels,)`, or None.
        epsilon: Float, added to the variance.

    Returns:
        The normalised inputs, their mean and their (biased) variance, the last two of shape
        `(channels,)`.
    """
    channels = inputs.shape[-1]
    is_map = len(inputs.shape) == 4
    maps = inputs if is_map else inputs[:, None, None, :]
    # Not `tf.nn.fused_batch_norm`, which takes no epsilon below 1.001e-5.
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=maps,
        scale=tf.ones(channels) if gamma is None else tf.cast(gamma, "float32"),
        offset=tf.zeros(channels) if beta is None else tf.cast(beta, "float32"),
        mean=tf.zeros(0),
        variance=tf.zeros(0),
        epsilon=epsilon,
        is_training=True,
    )
    # The kernel's variance is the unbiased one.
    count = tf.cast(tf.reduce_prod(tf.shape(maps)[:-1]), "float32")
    variance = variance * (count - 1.0) / count
    return outputs if is_map else outputs[:, 0, 0, :], mean, variance


def predict(network: keras.Model, inputs: Any, batch_size: int) -> Any:
    """A network's outputs in inference, batch by batch.

    One batch runs without the input pipeline that `network.predict` builds at each call, which takes
    some 40 ms, twenty times as long as a small network.

    Args:
        network: `keras.Model`.
        inputs: Array, or list of arrays of one length.
        batch_size: Integer.

    Returns:
        What `network.predict` returns: NumPy arrays, those of half precision as float32.
    """
    alone = network.distribute_strategy.num_replicas_in_sync == 1
    if alone and len(tf.nest.flatten(inputs)[0]) <= batch_size:
        return in_full(network.predict_on_batch(inputs))
    return in_full(network.predict(inputs, batch_size=batch_size, verbose=0))


def repeat(function, count, state):
    """See `keras_gen.backend`."""
    _, state = tf.while_loop(
        lambda number, _: number < count,
        lambda number, state: (number + 1, function(number, state)),
        (tf.constant(0), state),
    )
    return state


def keeps_state(model):
    """Variables are written in place: a step that fails has written none."""
    return contextlib.nullcontext()


def replica_id():
    """See `keras_gen.backend`."""
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def sum_over_replicas(value):
    """See `keras_gen.backend`."""
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return value
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def replicas_here(model):
    """See `keras_gen.backend`."""
    return model.distribute_strategy.num_replicas_in_sync // process_count(model)


def process_id(model):
    """See `keras_gen.backend`."""
    resolver = getattr(model.distribute_strategy, "cluster_resolver", None)
    if resolver is None or resolver.task_type in (None, "", "chief"):
        return 0
    workers = resolver.cluster_spec().as_dict()
    return int(resolver.task_id) + ("chief" in workers)


def process_count(model):
    """See `keras_gen.backend`."""
    resolver = getattr(model.distribute_strategy, "cluster_resolver", None)
    workers = resolver.cluster_spec().as_dict() if resolver is not None else {}
    return max(1, sum(len(workers.get(kind, ())) for kind in ("chief", "worker")))


def alone():
    """See `keras_gen.backend`."""
    return contextlib.nullcontext()


def synchronize(model):
    """`tf.distribute` starts them alike."""


def check_jit_compile(jit_compile):
    """All are had."""


def seed_layers(model):
    """Here they do."""


def _for_keras(logs):
    """With several workers Keras averages logs over an axis that scalars don't have."""
    if isinstance(tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy):
        return {name: tf.reshape(value, (1,)) for name, value in logs.items()}
    return logs


def _scale(loss, optimizer):
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    return optimizer.scale_loss(loss / replicas if replicas > 1 else loss)


def _gradient(tape, target, sources, **options):
    return tape.gradient(
        target, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO, **options
    )
