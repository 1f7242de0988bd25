"""Exponential moving averages of a generator's weights."""

import keras


def clone_for_averaging(network):
    """Makes a frozen copy of a network with weights of its own.

    The weights are copied by value: a shared buffer would be donated twice in a JAX step.

    Args:
        network: Built `keras.Model`.

    Returns:
        A `keras.Model` of the same outputs, not trainable.
    """
    average = keras.models.clone_model(network)
    average.set_weights(network.get_weights())
    average.trainable = False
    return average


def update_average(average, network, decay, step):
    """Moves an average towards a network's weights; BatchNorm statistics are copied.

    Early on the decay is `(1 + step) / (10 + step)` where that is smaller, so that the first weights,
    which are noise, are soon forgotten.

    Args:
        average: The clone.
        network: The network it follows.
        decay: Float in [0, 1).
        step: Integer tensor, updates of the network so far.
    """
    step = keras.ops.cast(step, "float32")
    rate = 1.0 - keras.ops.minimum(decay, (1.0 + step) / (10.0 + step))
    trainable = {id(variable) for variable in network.trainable_variables}
    for mean, variable in zip(average.weights, network.weights, strict=True):
        if id(variable) in trainable:
            mean.assign(mean.value + rate * (variable.value - mean.value))
        else:
            # A copy, since JAX's `predict` gives away the buffers of the network it runs.
            mean.assign(keras.ops.copy(variable.value))
