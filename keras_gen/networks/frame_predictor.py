from collections.abc import Sequence

import keras
import numpy as np

from keras_gen.layers import PixelShuffle
from keras_gen.networks._blocks import Blocks
from keras_gen.networks._checks import check_image_shape, check_integer


def frame_predictor(
    image_shape: Sequence[int],
    context: int = 4,
    filters: int = 64,
    blocks: int = 6,
    patch_size: int = 4,
    seed: int | None = None,
    name: str = "frame_predictor",
) -> keras.Model:
    """Residual network from the frames of a clip to the next one.

    The frames are stacked in channels, the oldest first. Patches of `patch_size` x `patch_size` pixels become
    vectors; residual blocks of two 3 x 3 convolutions without normalisation work on their map, each on
    `2 * patch_size` pixels more to every side; a last 3 x 3 convolution and a pixel shuffle make what is
    added to a weighted sum of the frames, at first the newest itself. There is no activation at the end: a tanh
    saturates within a few steps where most of a frame is black, and never comes back. The cost falls with the
    square of `patch_size`.

    Args:
        image_shape: `(height, width, channels)` of a frame, each side at least 8 and divisible by
            `patch_size`.
        context: Integer, how many frames the network is given. Defaults to 4.
        filters: Integer, channels of the map of patches. Defaults to 64.
        blocks: Integer, residual blocks. Defaults to 6.
        patch_size: Integer, the side of a patch in pixels. Defaults to 4.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's generator,
            which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float images `(batch, height, width, context * channels)` in [-1, 1] to float32
        images `(batch, height, width, channels)` about [-1, 1], whatever the dtype policy; `NextFrame` clips
        them where it predicts.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> predictor = frame_predictor((64, 64, 1), context=4, filters=16)
    >>> predictor.input_shape, predictor.output_shape
    ((None, 64, 64, 4), (None, 64, 64, 1))

    Reference: Lim et al., 2017 (blocks without normalisation), https://arxiv.org/abs/1707.02921; Shi et al.,
    2016 (pixel shuffle), https://arxiv.org/abs/1609.05158
    """
    patch_size = check_integer("patch_size", patch_size)
    height, width, channels = check_image_shape("image_shape", image_shape, multiple=patch_size)
    context = check_integer("context", context)
    filters = check_integer("filters", filters)
    blocks = check_integer("blocks", blocks)

    layers = Blocks(None, "relu", seed=seed)
    inputs = keras.Input((height, width, context * channels), name="context")
    x = layers.convolution(inputs, filters, patch_size, "patches", strides=patch_size)
    for number in range(1, blocks + 1):
        name_of = f"block_{number}"
        y = layers.activate(x, f"{name_of}_activation_1")
        y = layers.convolution(y, filters, 3, f"{name_of}_convolution_1")
        y = layers.activate(y, f"{name_of}_activation_2")
        y = layers.convolution(y, filters, 3, f"{name_of}_convolution_2")
        x = keras.layers.Add(name=f"{name_of}_sum")([x, y])
    x = layers.activate(x, "image_activation")
    pixels = layers.convolution(x, patch_size**2 * channels, 3, "pixels")
    image = PixelShuffle(patch_size, name="pixels_shuffled")(pixels)
    newest = layers.convolution(inputs, channels, 1, "newest", use_bias=False, dtype="float32")
    image = keras.layers.Add(name="image", dtype="float32")([image, newest])
    model = keras.Model(inputs, image, name=name)
    # At first it gives back the newest frame, but for a little of all.
    copying = np.zeros((1, 1, context * channels, channels), "float32")
    copying[..., -channels:, :] = np.eye(channels)
    (drawn,) = model.get_layer("newest").get_weights()
    model.get_layer("newest").set_weights([copying + 0.1 * drawn])
    return model
