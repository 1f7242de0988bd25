"""One run of a network on several batches, where that gives what a run on each would."""

import functools

import keras
from keras import ops

from keras_gen import layers

# Layers that treat each example by itself, draw nothing and keep nothing.
_BY_EXAMPLE = {
    keras.layers.InputLayer,
    keras.layers.Dense,
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
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
    keras.layers.Rescaling,
    layers.Cropping2D,
    layers.InstanceNormalization,
    layers.LabelMap,
    layers.LabelProjection,
    layers.ReflectionPadding2D,
}


def run_together(network, *batches, training):
    """Runs a network on several batches: at once if it treats each example by itself.

    Larger batches are faster, and fewer calls are quicker traced. Batch normalisation, dropout,
    spectral normalisation and layers of a user's own would notice: such networks run on one batch
    after the other.

    Args:
        network: Built `keras.Model` with one output.
        *batches: Tensors, or lists of tensors where the network has several inputs.
        training: Boolean.

    Returns:
        List of the network's outputs, one for each batch.
    """
    if not _goes_by_example(network):
        return [network(batch, training=training) for batch in batches]
    joined = keras.tree.map_structure(lambda *parts: ops.concatenate(parts), *batches)
    outputs = network(joined, training=training)
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
    elif type(network) is _functional():
        operations = network.operations
    else:
        return False
    return len(network.outputs) == 1 and all(
        _goes_by_example(operation)
        if isinstance(operation, keras.Model)
        else type(operation) in _BY_EXAMPLE
        for operation in operations
    )


@functools.cache
def _functional():
    """The class of functional models, which has no public name."""
    inputs = keras.Input((1,))
    return type(keras.Model(inputs, inputs))
