from collections.abc import Sequence

import keras

from keras_gen.networks._blocks import SPATIAL, Blocks, doubled
from keras_gen.networks._checks import (
    check_choice,
    check_halvings,
    check_image_shape,
    check_integer,
)


def gated_unet_generator(
    input_shape: Sequence[int],
    output_channels: int = 3,
    base_filters: int = 32,
    depth: int | None = None,
    gates: str = "full",
    seed: int | None = None,
    name: str = "gated_unet_generator",
) -> keras.Model:
    """A U-Net of gated convolutions: pictures with holes, and their masks, to whole pictures.

    `depth` convolutions of kernel 4 and stride 2 lead down; one of kernel 3 stands in the middle; as many
    of kernel 3 lead up, each of the doubled map (repeated pixels, which leave no checkerboard) beside the
    map of its size from the way down, the last one's being the input itself. A convolution makes the
    image. Nothing is normalised: statistics over a map would be those of its holes, too.

    Gated convolutions rather than partial ones (Liu et al., 2018): those count hidden pixels by a rule,
    which ends after a few layers, where nothing is hidden any more, and says nothing in the joints of a
    U-Net, whose two maps have other masks. A gate learns it, and single gates cost next to nothing. The
    paper's second network and its attention, which refine pictures of 256 pixels and more, are left out.

    Args:
        input_shape: `(height, width, channels)` of the input, the mask's channel among them, each side
            divisible by `2**depth`; sides may differ.
        output_channels: Channels of the output, at least 1. Defaults to 3.
        base_filters: Filters of the first layer; doubled at each further one, up to 8 x.
            Defaults to 32.
        depth: Number of halvings, at least 2. Defaults to `None`: as many as both sides allow while
            the smaller is at least 4; 4 at 64 x 64.
        gates: `"full"` or `"single"`, as in `keras_gen.layers.GatedConv2D`. Defaults to `"full"`.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's generator,
            which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float tensors of `input_shape` to float32 images
        `(batch, height, width, output_channels)` in [-1, 1], whatever the dtype policy.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> generator = gated_unet_generator((64, 32, 4), base_filters=8)
    >>> generator.output_shape
    (None, 64, 32, 3)

    Reference: Yu et al., 2019, Free-Form Image Inpainting with Gated Convolution,
    https://arxiv.org/abs/1806.03589
    """
    input_shape = check_image_shape("input_shape", input_shape, 8, multiple=4)
    size = input_shape[:2]
    if depth is None:
        fitting = (
            n for n in range(8, 2, -1) if min(size) >= 2**n * 4 and not any(s % 2**n for s in size)
        )
        depth = next(fitting, 2)
    depth = check_halvings("depth", depth, input_shape)
    output_channels = check_integer("output_channels", output_channels)
    base_filters = check_integer("base_filters", base_filters)
    check_choice("gates", gates, ("full", "single"))

    blocks = Blocks(initializer="he_normal", seed=seed)
    images = keras.Input(input_shape, name="images_and_masks")
    maps = [images]
    for level in range(1, depth + 1):
        filters = doubled(base_filters, level - 1)
        maps.append(blocks.gated(maps[-1], filters, 4, f"down_{level}", gates=gates, strides=2))
    x = maps.pop()
    x = blocks.gated(x, x.shape[-1], 3, "middle", gates=gates)
    for level in range(depth - 1, -1, -1):
        filters = doubled(base_filters, level - 1) if level else max(base_filters // 2, 1)
        x = keras.layers.UpSampling2D(2, **SPATIAL, name=f"up_{level}_upsampling")(x)
        x = keras.layers.Concatenate(name=f"up_{level}_skip")([x, maps[level]])
        x = blocks.gated(x, filters, 3, f"up_{level}", gates=gates)
    image = blocks.convolution(x, output_channels, 3, "image", activation="tanh", dtype="float32")
    return keras.Model(images, image, name=name)
