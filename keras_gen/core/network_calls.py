"""Ways to run a network that the losses need beside the plain call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from keras_gen import backend, layers
from keras_gen.types import Tensor

if TYPE_CHECKING:
    from keras_gen.backend.recorded import Recorded

# Layers that treat each example by itself, draw nothing and keep nothing.
_BY_EXAMPLE = {
    keras.layers.InputLayer,
    keras.layers.Dense,
    keras.layers.Conv1D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3D,
    keras.layers.Conv3DTranspose,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.Embedding,
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.ELU,
    keras.layers.PReLU,
    keras.layers.Add,
    keras.layers.Concatenate,
    keras.layers.Multiply,
    keras.layers.Flatten,
    keras.layers.Reshape,
    keras.layers.Cropping2D,
    keras.layers.ZeroPadding2D,
    keras.layers.UpSampling2D,
    keras.layers.AveragePooling2D,
    keras.layers.MaxPooling2D,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.Rescaling,
    layers.Cropping2D,
    layers.GatedConv2D,
    layers.InstanceNormalization,
    layers.LabelMap,
    layers.LabelProjection,
    layers.ReflectionPadding2D,
}


def record(network: keras.Model, inputs: Any) -> Recorded:
    """Runs a network in training mode and keeps the way back to its weights.

    Args:
        network: Built `keras.Model`.
        inputs: Tensor, or what else the network takes.

    Returns:
        A `Recorded`.
    """
    return backend.record(lambda: network(inputs, training=True), network.trainable_variables)


def without_updates(
    network: keras.Model,
    *further_inputs: Tensor,
    inputs_of: Callable[[Tensor], Any] | None = None,
    training: bool = True,
    output: int = 0,
) -> Callable[[Tensor], Tensor]:
    """Makes a function of a network that leaves BatchNorm statistics and seeds alone.

    Gradient penalties look at points between real and generated data, whose statistics are nobody's.

    Args:
        network: Built `keras.Model`.
        *further_inputs: Tensors that the network takes beside the data, labels say.
        inputs_of: Callable from the data to the network's inputs, in place of `further_inputs`.
        training: Boolean, whether it runs in training mode. Defaults to `True`.
        output: Integer, which output of several. Defaults to the first.

    Returns:
        Callable `data -> outputs`; only the one output of several.
    """
    if inputs_of is None:

        def inputs_of(data):
            return [data, *further_inputs] if further_inputs else data

    def call(data):
        inputs = inputs_of(data)
        outputs, _ = network.stateless_call(
            [variable.value for variable in network.trainable_variables],
            [variable.value for variable in network.non_trainable_variables],
            inputs,
            training=training,
        )
        return outputs[output] if isinstance(outputs, (list, tuple)) else outputs

    return call


def run_together(network, *batches, training):
    """Runs a network on several batches: at once if it treats each example by itself.

    Larger batches are faster, and fewer calls are quicker traced. Batch normalisation, dropout,
    spectral normalisation and layers of a user's own would notice: such networks run on one batch
    after the other.

    Args:
        network: Built `keras.Model`.
        *batches: Tensors, or lists of tensors where the network has several inputs.
        training: Boolean.

    Returns:
        List of what the network gives, one for each batch.
    """
    if not _goes_by_example(network):
        return [network(batch, training=training) for batch in batches]
    joined = keras.tree.map_structure(lambda *parts: ops.concatenate(parts), *batches)
    outputs = network(joined, training=training)
    parts = [_parted(each, batches) for each in keras.tree.flatten(outputs)]
    return [keras.tree.pack_sequence_as(outputs, part) for part in zip(*parts, strict=True)]


def _parted(outputs, batches):
    """What belongs to each batch of the outputs of all."""
    sizes = [keras.tree.flatten(batch)[0].shape[0] for batch in batches]
    if None not in sizes and len(set(sizes)) == 1:
        return ops.split(outputs, len(batches))
    results, start = [], 0
    for batch in batches:
        end = start + ops.shape(keras.tree.flatten(batch)[0])[0]
        results.append(outputs[start:end])
        start = end
    return results


def _goes_by_example(network):
    if type(network) is keras.Sequential:
        operations = network.layers
    elif hasattr(network, "operations") and type(network).__name__ == "Functional":
        operations = network.operations
    else:
        return False
    return all(
        _goes_by_example(operation)
        if isinstance(operation, keras.Model)
        else type(operation) in _BY_EXAMPLE
        for operation in operations
    )
