from collections.abc import Sequence

import keras

from keras_gen.layers import BicubicUpsampling2D, Clip, PixelShuffle
from keras_gen.networks._blocks import Blocks
from keras_gen.networks._checks import check_any_image_shape, check_choice, check_integer
from keras_gen.networks.icnr import ICNR

# Each factor's stages of pixel shuffling.
STAGES = {2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}


def edsr_generator(
    input_shape: Sequence[int | None] = (None, None, 3),
    factor: int = 4,
    base_filters: int = 64,
    blocks: int = 16,
    normalization: str | None = None,
    seed: int | None = None,
    name: str = "edsr_generator",
) -> keras.Model:
    """EDSR's baseline, SRResNet without its normalisation: images to images `factor` times as large.

    Residual blocks of two 3 x 3 convolutions at the input's size, a skip over them all, then for each
    doubling a convolution and a pixel shuffle. To the last convolution's output the input's bicubic
    enlargement is added: the network, which begins next to 0, learns what that lacks. Kernels before a
    shuffle begin alike for all pixels of a group, so that there is no checkerboard at the start. It is
    convolutional throughout: with `(None, None, channels)` it takes images of any size.

    Args:
        input_shape: `(height, width, channels)` of the input, height and width None for any, from 1 up.
            Defaults to `(None, None, 3)`.
        factor: 2, 3, 4 or 8, how many times larger the output is. Defaults to 4.
        base_filters: Filters of every convolution, at least 1. Defaults to 64.
        blocks: Number of residual blocks, at least 1. Defaults to 16.
        normalization: `None` (EDSR's), or `"batch"` (SRResNet's). Defaults to `None`.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's generator,
            which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float images `input_shape` in [-1, 1] to float32 images
        `(batch, factor * height, factor * width, channels)`, whatever the dtype policy; in [-1, 1] but in
        training, where nothing is clipped.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> generator = edsr_generator((None, None, 3), factor=2, base_filters=8, blocks=2)
    >>> generator(keras.ops.zeros((1, 5, 7, 3))).shape == (1, 10, 14, 3)
    True

    Reference: Lim et al., 2017, Enhanced Deep Residual Networks for Single Image Super-Resolution,
    https://arxiv.org/abs/1707.02921; Ledig et al., 2017 (SRResNet), https://arxiv.org/abs/1609.04802;
    Aitken et al., 2017 (the kernels' start), https://arxiv.org/abs/1707.02937
    """
    input_shape = check_any_image_shape("input_shape", input_shape)
    check_choice("factor", factor, STAGES)
    base_filters = check_integer("base_filters", base_filters)
    blocks = check_integer("blocks", blocks)
    check_choice("normalization", normalization, (None, "batch"))

    build = Blocks(normalization, "relu", "glorot_uniform", seed=seed)
    images = keras.Input(input_shape, name="images")
    x = head = build.convolution(images, base_filters, 3, "head")
    for index in range(1, blocks + 1):
        x = _residual_block(build, x, f"block_{index}")
    x = build.convolution(x, base_filters, 3, "body", use_bias=build.needs_bias)
    x = build.normalize(x, "body_normalization")
    x = keras.layers.Add(name="long_skip")([head, x])
    for level, times in enumerate(STAGES[factor], 1):
        initializer = ICNR(times, seed=build.next_seed())
        x = build.convolution(
            x, times**2 * base_filters, 3, f"up_{level}", kernel_initializer=initializer
        )
        x = PixelShuffle(times, name=f"up_{level}_shuffle")(x)
    small = keras.initializers.RandomNormal(stddev=1e-3, seed=build.next_seed())
    details = build.convolution(
        x, input_shape[-1], 3, "details", kernel_initializer=small, dtype="float32"
    )
    enlarged = BicubicUpsampling2D(factor, dtype="float32", name="enlarged")(images)
    image = keras.layers.Add(dtype="float32", name="sum")([enlarged, details])
    return keras.Model(images, Clip(dtype="float32", name="image")(image), name=name)


def _residual_block(build, x, name):
    y = build.convolution(x, x.shape[-1], 3, f"{name}_convolution_1", use_bias=build.needs_bias)
    y = build.finish(y, f"{name}_convolution_1")
    y = build.convolution(y, x.shape[-1], 3, f"{name}_convolution_2", use_bias=build.needs_bias)
    y = build.normalize(y, f"{name}_convolution_2_normalization")
    return keras.layers.Add(name=name)([x, y])
