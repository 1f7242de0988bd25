"""PyTorch: `torch.autograd.grad`, which leaves no gradients behind."""

import contextlib
from collections.abc import Callable
from typing import Any

import keras
import torch

from keras_gen.backend.outputs import in_full
from keras_gen.backend.recorded import Recorded
from keras_gen.types import Data, Tensor


class TrainerSteps:
    """`train_step` and `test_step` as Keras's PyTorch trainer calls them."""

    def train_step(self, data: Data) -> Any:
        return _mean_over_processes(self.run_train_step(data))

    def test_step(self, data: Data) -> Any:
        return _mean_over_processes(self.run_test_step(data))


def step_scope():
    """See `keras_gen.backend`."""
    return torch.no_grad()


def loss_and_gradients(loss, variables, optimizer):
    """See `keras_gen.backend`."""
    with torch.enable_grad():
        value, aside = loss()
        scaled = optimizer.scale_loss(value)
    gradients = _gradient(scaled, [variable.value for variable in variables])
    return value.detach(), _detach(aside), gradients


def loss_and_output_gradient(loss, outputs, optimizer):
    """See `keras_gen.backend`."""
    with torch.enable_grad():
        outputs = outputs.detach().requires_grad_()
        value, aside = loss(outputs)
        scaled = optimizer.scale_loss(value)
    (gradient,) = _gradient(scaled, [outputs])
    return value.detach(), _detach(aside), gradient


def record(function, variables):
    """See `keras_gen.backend`."""
    with torch.enable_grad():
        outputs = function()

    def pullback(gradient):
        return _gradient(outputs, [variable.value for variable in variables], gradient)

    return Recorded(outputs.detach(), pullback)


def apply_gradients(optimizer, gradients, variables):
    """See `keras_gen.backend`."""
    with torch.no_grad():
        if torch.distributed.is_initialized():
            # One message for all of them. DistributedDataParallel's hooks don't see `autograd.grad`.
            flat = torch.cat([gradient.reshape(-1).float() for gradient in gradients])
            torch.distributed.all_reduce(flat)
            flat /= torch.distributed.get_world_size()
            parts = flat.split([gradient.numel() for gradient in gradients])
            gradients = [
                part.reshape(gradient.shape).to(gradient.dtype)
                for part, gradient in zip(parts, gradients, strict=True)
            ]
        optimizer.apply(gradients, variables)


def conditionally(condition, function):
    """See `keras_gen.backend`."""
    if bool(condition):
        function()


def outputs_and_input_gradient(
    function: Callable[[Tensor], Tensor], inputs: Tensor
) -> tuple[Tensor, Tensor]:
    """See `keras_gen.backend`."""
    with torch.enable_grad():
        if not inputs.requires_grad:
            inputs = inputs.detach().requires_grad_()
        outputs = function(inputs)
        (gradient,) = torch.autograd.grad(
            outputs.sum(), inputs, create_graph=True, materialize_grads=True
        )
    return outputs, gradient


fused_batch_normalization = None


def predict(network: keras.Model, inputs: Any, batch_size: int) -> Any:
    """See `keras_gen.backend`."""
    return in_full(network.predict(inputs, batch_size=batch_size, verbose=0))


def repeat(function, count, state):
    """See `keras_gen.backend`."""
    with torch.no_grad():
        for number in range(int(count)):
            state = function(number, state)
    return state


def keeps_state(model):
    """Variables are written in place: a step that fails has written none."""
    return contextlib.nullcontext()


def replica_id():
    """See `keras_gen.backend`."""
    distributed = torch.distributed
    return distributed.get_rank() if distributed.is_initialized() else 0


def sum_over_replicas(value):
    """See `keras_gen.backend`."""
    if not torch.distributed.is_initialized():
        return value
    total = value.clone()
    torch.distributed.all_reduce(total)
    return total


def replicas_here(model):
    """Always 1: a process has one replica."""
    return 1


def process_id(model):
    """See `keras_gen.backend`."""
    return replica_id()


def process_count(model):
    """Always 1: a process's model is its own in any case."""
    return 1


def alone():
    """See `keras_gen.backend`."""
    return contextlib.nullcontext()


def synchronize(model):
    """See `keras_gen.backend`."""
    if torch.distributed.is_initialized():
        variables = {id(v): v for v in (*model.variables, *model.optimizer.variables)}
        with torch.no_grad():
            for variable in variables.values():
                torch.distributed.broadcast(variable.value.detach(), src=0)


def check_jit_compile(jit_compile):
    """See `keras_gen.backend`."""
    if jit_compile is True:
        raise ValueError(
            "`jit_compile=True` can't be had on the PyTorch backend: torch.compile has no double "
            "backward pass, which gradient penalties need. Use `jit_compile=False` or 'auto'. "
            f"Received: jit_compile={jit_compile}"
        )


def seed_layers(model):
    """Keras's Dropout would draw from PyTorch's global generator (its name for "no seed" is private)."""
    for layer in model._flatten_layers():
        generator = getattr(layer, "seed_generator", None)
        if generator is not None and generator._initial_seed is None:
            generator._initial_seed = int(generator.state.value[0])


def _gradient(outputs, inputs, output_gradients=None):
    return list(
        torch.autograd.grad(
            outputs, inputs, output_gradients, allow_unused=True, materialize_grads=True
        )
    )


def _mean_over_processes(logs):
    if not torch.distributed.is_initialized():
        return logs
    values = torch.stack([value.detach() for value in logs.values()])
    torch.distributed.all_reduce(values)
    return dict(zip(logs, values / torch.distributed.get_world_size(), strict=True))


def _detach(aside):
    return keras.tree.map_structure(
        lambda each: each.detach() if isinstance(each, torch.Tensor) else each, aside
    )
