"""Exponential moving averages of a network's weights."""

from __future__ import annotations

import keras

from keras_gen.types import Tensor


class Average:
    """An exponential moving average of a network, which samples better than the network itself.

    Args:
        network: Built `keras.Model`.
        decay: Float in [0, 1).

    Raises:
        ValueError: If the decay is out of range.
    """

    def __init__(self, network: keras.Model, decay: float) -> None:
        if isinstance(decay, bool) or not isinstance(decay, (int, float)) or not 0.0 <= decay < 1.0:
            raise ValueError(
                f"`ema_decay` must be None or a number in [0, 1). Received: ema_decay={decay!r}"
            )
        self.decay = decay
        self.followed = network
        self.network = clone_for_averaging(network)

    def follow(self, step: Tensor) -> None:
        """Moves the average towards the network, after its `step`-th update."""
        update_average(self.network, self.followed, self.decay, step)


def average_of(network: keras.Model, decay: float | None) -> Average | None:
    """An `Average`, or None where there is no decay."""
    return None if decay is None else Average(network, decay)


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
