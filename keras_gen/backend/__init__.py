"""The one room of TensorFlow, JAX and PyTorch: what the rest asks of the running Keras backend.

`backend/<name>.py` is a backend's file. Each has all of these names, and this is what they mean:

- `TrainerSteps`: mixin, Keras's `train_step` and `test_step` over the model's `run_train_step` and
  `run_test_step`.
- `step_scope()`: context of a whole step, in which nothing is differentiated but what the following three
  are given.
- `loss_and_gradients(loss, variables, optimizer)`: evaluates `loss() -> (scalar, aside)` and differentiates it:
  `(scalar, aside, gradients)`. The gradients are those of the scaled loss, divided by the number of replicas,
  zeros where it does not depend on a variable; `aside`, any structure of tensors, is cut off from them.
- `loss_and_output_gradient(loss, outputs, optimizer)`: the same of `loss(outputs)` by the tensor `outputs`.
- `record(function, variables)`: runs `function()` and keeps the way back to the variables: a `Recorded`.
- `apply_gradients(optimizer, gradients, variables)`: one optimizer step, on the mean of all processes'
  gradients.
- `conditionally(condition, function)`: runs `function()`, which may assign to the model's variables and returns
  nothing, in the steps in which a scalar boolean tensor is true.
- `outputs_and_input_gradient(function, inputs)`: what a function gives and the gradient of its sum by `inputs`,
  in one run, differentiable again.
- `repeat(function, count, state)`: `state = function(number, state)` for the numbers 0 to `count - 1`, and the
  last state: a tensor that keeps its shape and dtype. In a compiled graph it is one loop, which is traced once
  whatever `count` is, an integer tensor say; PyTorch, which compiles nothing, runs it in Python. Nothing is
  differentiated through it, and the function draws and assigns nothing.
- `predict(network, inputs, batch_size)`: its outputs in inference, NumPy arrays and none of half precision.
- `fused_batch_normalization`: a kernel for training, see `tensorflow.py`; None on a backend that has none.
- `keeps_state(model)`: context in which a call that fails leaves the model its weights.
- `replica_id()`: number of this replica among those that train together, an int or an integer tensor.
- `sum_over_replicas(value)`: the sum of a tensor over the replicas that train together, within a step.
- `replicas_here(model)`: how many replicas share the batches that this process is given.
- `process_id(model)`, `process_count(model)`: number of this process, and how many train a model together;
  number 0 writes files.
- `alone()`: context in which a model is made and run by this process by itself.
- `synchronize(model)`: gives all processes that train a model the weights of the first.
- `check_jit_compile(jit_compile)`: raises a ValueError if the backend can't train so.
- `seed_layers(model)`: makes layers that were given no seed draw by their own state, which files keep.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import keras

from keras_gen.backend.recorded import Recorded
from keras_gen.types import Tensor

_NAME = keras.backend.backend()

if TYPE_CHECKING or _NAME == "tensorflow":
    from keras_gen.backend import tensorflow as running
elif _NAME == "jax":
    from keras_gen.backend import jax as running
elif _NAME == "torch":
    from keras_gen.backend import torch as running
else:
    raise ImportError(f"no engine for the Keras backend {_NAME!r}")

CONTRACT = (
    "TrainerSteps",
    "alone",
    "apply_gradients",
    "check_jit_compile",
    "conditionally",
    "fused_batch_normalization",
    "keeps_state",
    "loss_and_gradients",
    "loss_and_output_gradient",
    "outputs_and_input_gradient",
    "predict",
    "process_count",
    "process_id",
    "record",
    "repeat",
    "replica_id",
    "replicas_here",
    "seed_layers",
    "step_scope",
    "sum_over_replicas",
    "synchronize",
)

TrainerSteps = running.TrainerSteps
alone = running.alone
apply_gradients = running.apply_gradients
check_jit_compile = running.check_jit_compile
conditionally = running.conditionally
fused_batch_normalization = running.fused_batch_normalization
keeps_state = running.keeps_state
loss_and_gradients = running.loss_and_gradients
loss_and_output_gradient = running.loss_and_output_gradient
outputs_and_input_gradient = running.outputs_and_input_gradient
predict = running.predict
process_count = running.process_count
process_id = running.process_id
record = running.record
repeat = running.repeat
replica_id = running.replica_id
replicas_here = running.replicas_here
seed_layers = running.seed_layers
step_scope = running.step_scope
sum_over_replicas = running.sum_over_replicas
synchronize = running.synchronize

__all__ = ["CONTRACT", "Recorded", "input_gradient", *CONTRACT]


def input_gradient(function: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """Gradient of `sum(function(inputs))` with respect to `inputs`, differentiable again.

    Args:
        function: Callable, tensor to tensor, each example by itself.
        inputs: Float tensor.

    Returns:
        Tensor of the shape of `inputs`.
    """
    _, gradient = outputs_and_input_gradient(function, inputs)
    return gradient
