from collections.abc import Sequence

import keras

from keras_gen.layers import Clip, Cropping2D, ReflectionPadding2D
from keras_gen.networks._blocks import SPATIAL, UPSAMPLINGS, Blocks
from keras_gen.networks._checks import check_choice, check_image_shape, check_integer, check_rate


def resnet_generator(
    input_shape: Sequence[int],
    output_channels: int = 3,
    base_filters: int = 64,
    blocks: int | None = None,
    dropout: float = 0.0,
    normalization: str | None = "instance",
    upsampling: str = "transposed",
    global_skip: bool = False,
    seed: int | None = None,
    name: str = "resnet_generator",
) -> keras.Model:
    """CycleGAN's ResNet: images to images of the same size.

    A 7 x 7 convolution, two strided ones, residual blocks at a quarter of the size, two transposed
    convolutions, a 7 x 7 convolution. Reflection padding keeps borders free of artefacts.

    Args:
        input_shape: `(height, width, channels)` of the input, each side at least 8 and divisible by
            4; sides may differ.
        output_channels: Channels of the output, at least 1. Defaults to 3.
        base_filters: Filters at full size; 2 x at half, 4 x at a quarter. Defaults to 64.
        blocks: Number of residual blocks, at least 1. Defaults to `None`: 9 where both sides are
            at least 256, otherwise 6.
        dropout: Rate inside the residual blocks, in [0, 1). Defaults to 0.
        normalization: `"instance"` (the paper's), `"batch"` or `None`, which keeps an image's own contrast;
            weights then begin as He's, not the paper's, and residual blocks as copies of what they are given.
            Defaults to `"instance"`.
        upsampling: `"transposed"` (the paper's) or `"nearest"`, as in `unet_generator`.
        global_skip: Whether the network gives what is added to its input, as in DeblurGAN: it begins
            as a copy and keeps what it need not change. Outputs are limited to [-1, 1] once it is
            used, not in training. Defaults to False: a tanh, the paper's.
        seed: Integer that fixes the initial weights and the dropout masks. Defaults to `None`:
            drawn from Python's generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float images `input_shape` in [-1, 1] to float32 images
        `(batch, height, width, output_channels)` in [-1, 1], whatever the dtype policy.

    Raises:
        ValueError: If an argument lies outside what is said above, or `global_skip` is set and
            `output_channels` are not the input's.

    Example:

    >>> generator = resnet_generator((64, 64, 3), base_filters=16)
    >>> generator.output_shape
    (None, 64, 64, 3)

    References:

    - Zhu et al., 2017, Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
      Networks, https://arxiv.org/abs/1703.10593
    - Kupyn et al., 2018, DeblurGAN: Blind Motion Deblurring Using Conditional Adversarial Networks,
      https://arxiv.org/abs/1711.07064 (`global_skip`)
    - Zhang et al., 2019, Fixup Initialization: Residual Learning Without Normalization,
      https://arxiv.org/abs/1901.09321 (where the blocks of `normalization=None` begin)
    """
    input_shape = check_image_shape("input_shape", input_shape, multiple=4)
    output_channels = check_integer("output_channels", output_channels)
    base_filters = check_integer("base_filters", base_filters)
    if blocks is None:
        blocks = 9 if min(input_shape[:2]) >= 256 else 6
    blocks = check_integer("blocks", blocks)
    dropout = check_rate("dropout", dropout)
    check_choice("normalization", normalization, ("instance", "batch", None))
    check_choice("upsampling", upsampling, UPSAMPLINGS)
    if global_skip and output_channels != input_shape[-1]:
        raise ValueError(
            "`output_channels` must be the input's where `global_skip` adds the two. "
            f"Received: output_channels={output_channels}, input_shape={input_shape}"
        )

    # The paper's N(0, 0.02) leaves hardly anything of an image where nothing scales it up again.
    initializer = "he_normal" if normalization is None else "normal"
    build = Blocks(normalization, "relu", initializer, seed)
    images = keras.Input(input_shape, name="images")
    x = _padded_convolution(build, images, base_filters, 7, "stem")
    x = build.finish(x, "stem")
    for level in (1, 2):
        # The padding is said, since "same" would pad only the end, and the way up mirrors it.
        x = keras.layers.ZeroPadding2D(1, **SPATIAL, name=f"down_{level}_padding")(x)
        x = build.convolution(
            x,
            base_filters * 2**level,
            3,
            f"down_{level}",
            padding="valid",
            strides=2,
            use_bias=build.needs_bias,
        )
        x = build.finish(x, f"down_{level}")
    for index in range(1, blocks + 1):
        x = _residual_block(build, x, dropout, f"block_{index}")
    for level in (2, 1):
        x = _up(build, x, base_filters * 2 ** (level - 1), f"up_{level}", upsampling)
        x = build.finish(x, f"up_{level}")
    if not global_skip:
        image = _padded_convolution(
            build, x, output_channels, 7, "image", use_bias=True, activation="tanh", dtype="float32"
        )
        return keras.Model(images, image, name=name)
    small = keras.initializers.RandomNormal(stddev=1e-3, seed=build.next_seed())
    change = _padded_convolution(
        build,
        x,
        output_channels,
        7,
        "change",
        use_bias=True,
        kernel_initializer=small,
        dtype="float32",
    )
    image = keras.layers.Add(dtype="float32", name="sum")([images, change])
    return keras.Model(images, Clip(dtype="float32", name="image")(image), name=name)


def _up(build, x, filters, name, upsampling):
    if upsampling == "nearest":
        x = keras.layers.UpSampling2D(2, **SPATIAL, name=f"{name}_upsampling")(x)
        return _padded_convolution(build, x, filters, 3, name)
    x = build.transposed_convolution(
        x, filters, 3, name, padding="valid", use_bias=build.needs_bias
    )
    return Cropping2D(((1, 0), (1, 0)), **SPATIAL, name=f"{name}_crop")(x)


def _residual_block(build, x, dropout, name):
    y = _padded_convolution(build, x, x.shape[-1], 3, f"{name}_convolution_1")
    y = build.finish(y, f"{name}_convolution_1")
    y = build.dropout(y, dropout, f"{name}_dropout")
    # Unnormalised branches that begin at nothing do not pile up (Fixup).
    first = {} if build.normalization else {"kernel_initializer": "zeros"}
    y = _padded_convolution(build, y, x.shape[-1], 3, f"{name}_convolution_2", **first)
    y = build.normalize(y, f"{name}_convolution_2_normalization")
    return keras.layers.Add(name=name)([x, y])


def _padded_convolution(build, x, filters, kernel_size, name, **arguments):
    x = ReflectionPadding2D(kernel_size // 2, name=f"{name}_padding")(x)
    arguments.setdefault("use_bias", build.needs_bias)
    return build.convolution(x, filters, kernel_size, name, padding="valid", **arguments)
