"""Parts of trained networks, which others see by."""

from collections.abc import Sequence

import keras


def frozen_part(
    model: keras.Model, layers: Sequence[str], input_shape: Sequence[int | None]
) -> keras.Model:
    """A frozen copy of a network as far as some of its layers, for inputs of another size.

    Args:
        model: Functional or Sequential `keras.Model` of one input.
        layers: Names of its layers.
        input_shape: Tuple, the shape of an input, without the batch.

    Returns:
        A `keras.Model` from inputs to a list of what the layers give, or to that itself where there is one.

    Raises:
        ValueError: If there are no such layers.
    """
    found = {layer.name: layer for layer in model.layers}
    if not set(layers) <= found.keys():
        raise ValueError(
            f"`layers` must be names of layers of {model.name}, {list(found)}. Received: layers={list(layers)}"
        )
    part = keras.Model(model.inputs, [found[name].output for name in layers])
    images = keras.Input(input_shape, name="images")
    copy = keras.models.clone_model(part, input_tensors=[images])
    copy = keras.Model(images, copy.outputs, name="features")
    copy.set_weights(part.get_weights())
    copy.trainable = False
    return copy
