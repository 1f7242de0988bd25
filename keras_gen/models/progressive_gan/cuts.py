"""The parts of growing networks that run at one size."""

import keras

from keras_gen.layers import FadeIn


def fades_of(argument: str, network: keras.Model, side: int | None) -> dict[int, FadeIn]:
    """The layers by which a network's sizes fade in, from the smallest on.

    Args:
        argument: String, the constructor's argument that the network came in.
        network: Built `keras.Model`.
        side: Integer, of its images; None of any.

    Returns:
        Dict from sizes, each twice the one before and the first 8, to the layers `fade_<size>`.

    Raises:
        ValueError: If one is missing.
    """
    layers = {layer.name: layer for layer in network.layers if isinstance(layer, FadeIn)}
    found, size = {}, 8
    while size <= (side or 0) and f"fade_{size}" in layers:
        found[size] = layers[f"fade_{size}"]
        size *= 2
    if side not in found:
        raise ValueError(
            f"`{argument}` must have a layer `fade_<size>`, a FadeIn, for each size from 8 on: take "
            f"keras_gen.networks.progressive_{argument}. Received: {argument}={network.name!r}"
        )
    return found


def generator_at(network: keras.Model, size: int) -> keras.Model:
    """The part of a generator that makes images of one size, a `keras.Model` with the same weights."""
    if size == network.output_shape[1]:
        return network
    last = network.get_layer("image_4" if size == 4 else f"fade_{size}")
    return keras.Model(network.inputs[0], last.output, name=f"{network.name}_{size}")


def discriminator_at(network: keras.Model, size: int) -> keras.Model:
    """The part of a discriminator that judges images of one size, a `keras.Model` with the same weights."""
    if size == network.input_shape[1]:
        return network
    fade = network.get_layer(f"fade_{2 * size}")
    reduced = network.get_layer(f"images_{size}").output
    maps, _ = fade.input  # of the images, and of what larger sizes make of theirs
    of_pixels = keras.Model(reduced, maps)
    further = [reduced, fade.output] if size > 4 else fade.output
    of_maps = keras.Model(further, network.outputs[0])
    images = keras.Input(reduced.shape[1:], name="images")
    x = of_pixels(images)
    scores = of_maps([images, x] if size > 4 else x)
    return keras.Model(images, scores, name=f"{network.name}_{size}")
