from collections.abc import Sequence

import keras

from keras_gen.networks._blocks import UPSAMPLINGS, Blocks, doubled
from keras_gen.networks._checks import (
    check_choice,
    check_halvings,
    check_image_shape,
    check_integer,
    check_rate,
)


def unet_generator(
    input_shape: Sequence[int],
    output_channels: int = 3,
    base_filters: int = 64,
    depth: int | None = None,
    dropout: float = 0.5,
    normalization: str | None = "batch",
    upsampling: str = "transposed",
    seed: int | None = None,
    name: str = "unet_generator",
) -> keras.Model:
    """Pix2Pix's U-Net: images to images of the same size.

    `depth` strided convolutions lead down and as many transposed ones lead up (kernel 4, stride 2),
    each of the latter joined by the map of its size from the way down. The first layer, the last
    and the innermost are not normalised: an innermost map of 1 x 1 in a batch of one would become
    zero.

    Args:
        input_shape: `(height, width, channels)` of the input, each side divisible by `2**depth`;
            sides may differ.
        output_channels: Channels of the output, at least 1. Defaults to 3.
        base_filters: Filters of the first layer; doubled at each further one, up to 8 x.
            Defaults to 64.
        depth: Number of halvings, at least 2. Defaults to `None`: as many as both sides allow, at
            most 8. That is 8 at 256 x 256, down to 1 x 1.
        dropout: Rate in the first three layers of the way up, in [0, 1). Defaults to 0.5.
        normalization: `"batch"` (the paper's), `"synchronized_batch"` (with the statistics of all
            replicas, on TensorFlow), `"instance"` or `None`. Defaults to `"batch"`.
        upsampling: `"transposed"` (the paper's) or `"nearest"`, which repeats pixels before a 3 x 3
            convolution and leaves no checkerboard (Odena et al., 2016,
            https://distill.pub/2016/deconv-checkerboard); a last convolution then sees the input itself,
            too, without which lines would be as coarse as repeated pixels. Defaults to `"transposed"`.
        seed: Integer that fixes the initial weights and the dropout masks. Defaults to `None`:
            drawn from Python's generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float images `input_shape` in [-1, 1] to float32 images
        `(batch, height, width, output_channels)` in [-1, 1], whatever the dtype policy.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> generator = unet_generator((64, 128, 1), output_channels=3, base_filters=16)
    >>> generator.output_shape
    (None, 64, 128, 3)

    Reference: Isola et al., 2017, Image-to-Image Translation with Conditional Adversarial Networks,
    https://arxiv.org/abs/1611.07004
    """
    input_shape = check_image_shape("input_shape", input_shape, 4, multiple=4)
    size = input_shape[:2]
    if depth is None:
        depth = next(n for n in range(8, 1, -1) if not any(side % 2**n for side in size))
    depth = check_halvings("depth", depth, input_shape)
    output_channels = check_integer("output_channels", output_channels)
    base_filters = check_integer("base_filters", base_filters)
    dropout = check_rate("dropout", dropout)
    check_choice("normalization", normalization, ("batch", "synchronized_batch", "instance", None))
    check_choice("upsampling", upsampling, UPSAMPLINGS)

    down = Blocks(normalization, "leaky_relu", seed=seed)
    up = Blocks(normalization, "relu", seed=down.next_seed())
    images = keras.Input(input_shape, name="images")
    maps = [images]
    for level in range(1, depth + 1):
        filters = doubled(base_filters, level - 1)
        maps.append(down.halve(maps[-1], filters, f"down_{level}", 1 < level < depth))

    x = maps.pop()
    for level in range(depth - 1, 0, -1):
        filters = doubled(base_filters, level - 1)
        to = maps[level].shape[1:3]
        x = up.double(x, filters, to, f"up_{level}", upsampling, use_bias=up.needs_bias)
        x = up.normalize(x, f"up_{level}_normalization")
        if depth - level <= 3:
            x = up.dropout(x, dropout, f"up_{level}_dropout")
        x = up.activate(x, f"up_{level}_activation")
        x = keras.layers.Concatenate(name=f"up_{level}_skip")([x, maps[level]])
    if upsampling == "transposed":
        image = up.double(x, output_channels, size, "image", activation="tanh", dtype="float32")
        return keras.Model(images, image, name=name)
    x = up.double(x, max(base_filters // 2, 1), size, "up_0", upsampling, use_bias=up.needs_bias)
    x = up.activate(up.normalize(x, "up_0_normalization"), "up_0_activation")
    x = keras.layers.Concatenate(name="up_0_skip")([x, images])
    image = up.convolution(x, output_channels, 3, "image", activation="tanh", dtype="float32")
    return keras.Model(images, image, name=name)
