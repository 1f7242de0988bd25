import math
from collections.abc import Sequence

import keras

from keras_gen.checks import check_positive
from keras_gen.layers import (
    Blur2D,
    EqualizedConv2D,
    EqualizedDense,
    LearnedConstant,
    ModulatedConv2D,
    NoiseInjection,
    PixelNormalization,
)
from keras_gen.networks._blocks import LEAKY_GAIN, SPATIAL, EqualizedBlocks, doubled
from keras_gen.networks._checks import check_integer, check_square_shape


def style_gan2_mapping(
    latent_dim: int = 64,
    style_dim: int = 64,
    depth: int = 2,
    learning_rate_multiplier: float = 0.01,
    seed: int | None = None,
    name: str = "style_gan2_mapping",
) -> keras.Model:
    """StyleGAN2's mapping network: dense layers from latents to codes of style.

    Args:
        latent_dim: Size of the latent vectors, at least 1. Defaults to 64.
        style_dim: Size of the codes, at least 1. Defaults to 64.
        depth: Dense layers, at least 1: 2 for small images, 8 for those of 1024 pixels. Defaults to 2.
        learning_rate_multiplier: Number above 0, of the optimizer's rate. Defaults to 0.01.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float latents `(batch, latent_dim)` to float32 codes `(batch, style_dim)`.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> style_gan2_mapping(8, 16).output_shape
    (None, 16)

    Reference: Karras et al., 2019, https://arxiv.org/abs/1912.04958
    """
    style = _Style(seed)
    x = latents = keras.Input((check_integer("latent_dim", latent_dim),), name="latents")
    units, depth = check_integer("style_dim", style_dim), check_integer("depth", depth)
    x = PixelNormalization(name="latents_normalization")(x)
    for number in range(1, depth + 1):
        dtype = "float32" if number == depth else None
        x = EqualizedDense(
            units,
            gain=LEAKY_GAIN,
            learning_rate_multiplier=learning_rate_multiplier,
            kernel_initializer=style.normal(1.0 / learning_rate_multiplier),
            name=f"dense_{number}",
            dtype=dtype,
        )(x)
        x = keras.layers.LeakyReLU(
            negative_slope=0.2, name=f"dense_{number}_activation", dtype=dtype
        )(x)
    return keras.Model(latents, x, name=name)


def style_gan2_synthesis(
    image_shape: Sequence[int],
    style_dim: int = 64,
    base_filters: int = 32,
    output_scale: float = 1.0,
    seed: int | None = None,
    name: str = "style_gan2_synthesis",
) -> keras.Model:
    """StyleGAN2's synthesis network: modulated convolutions from a learnt map, and images that are summed.

    From 4 x 4 pixels on each size has one convolution that doubles the sides (but for the first) and one that
    does not, both demodulated, with noise; and one to an image, to which that of the size before is added,
    doubled bilinearly. Each convolution is modulated by the code of its level, the ones to images by that of
    the convolution after them.

    Args:
        image_shape: `(height, width, channels)`: both sides one power of two, at least 8.
        style_dim: Size of a code, at least 1. Defaults to 64.
        base_filters: Filters at the image's size; doubled at each coarser one, up to 8 x. Defaults to 32.
        output_scale: Number above 0, what images are multiplied by. Of new weights they have a deviation of 1.5
            or so: a judge that has learnt to see wants them within [-1, 1] from the first, by a scale of
            0.25 as StyleGAN3's. Defaults to 1.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float codes `(batch, levels, style_dim)`, of `2 * log2(height) - 2` levels from
        coarse to fine, to float32 images `(batch, height, width, channels)` without bounds.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> synthesis = style_gan2_synthesis((16, 16, 3), style_dim=8, base_filters=4)
    >>> synthesis.input_shape, synthesis.output_shape
    ((None, 6, 8), (None, 16, 16, 3))

    Reference: Karras et al., 2019, https://arxiv.org/abs/1912.04958; Karras et al., 2021 (the scale),
    https://arxiv.org/abs/2106.12423
    """
    style = _Style(seed)
    check_positive("output_scale", output_scale)
    *_, side, channels = check_square_shape("image_shape", image_shape)
    check_integer("base_filters", base_filters)
    sizes = [4 * 2**number for number in range(int(math.log2(side)) - 1)]
    codes = keras.Input((2 * len(sizes), check_integer("style_dim", style_dim)), name="codes")
    filters = [doubled(base_filters, len(sizes) - 1 - number) for number in range(len(sizes))]
    x = LearnedConstant((4, 4), filters[0], style.normal(), name="constant")(codes)
    image, level = None, 0
    for size, width in zip(sizes, filters, strict=True):
        if size > 4:
            x = style.modulated(x, codes, level, width, f"size_{size}_up", upsample=True)
            level += 1
        x = style.modulated(x, codes, level, width, f"size_{size}")
        level += 1
        part = ModulatedConv2D(
            channels,
            1,
            demodulate=False,
            level=level,
            kernel_initializer=style.normal(),
            style_initializer=style.normal(),
            name=f"size_{size}_image",
            dtype="float32",
        )([x, codes])
        if image is None:
            image = part
        else:
            image = keras.layers.UpSampling2D(
                2,
                interpolation="bilinear",
                **SPATIAL,
                name=f"size_{size}_image_upsampling",
                dtype="float32",
            )(image)
            image = keras.layers.Add(name=f"size_{size}_image_sum", dtype="float32")([image, part])
    if output_scale != 1.0:
        image = keras.layers.Rescaling(output_scale, name="output_scale", dtype="float32")(image)
    return keras.Model(codes, image, name=name)


def style_gan2_discriminator(
    image_shape: Sequence[int],
    base_filters: int = 32,
    minibatch_deviation: bool = True,
    seed: int | None = None,
    name: str = "style_gan2_discriminator",
) -> keras.Model:
    """StyleGAN2's discriminator: residual blocks that halve the sides, and how much the images differ.

    Args:
        image_shape: `(height, width, channels)`: both sides one power of two, at least 8.
        base_filters: As in `style_gan2_synthesis`. Defaults to 32.
        minibatch_deviation: Whether the last maps have a channel with the deviation over the batch: see
            `keras_gen.layers.MinibatchStandardDeviation`. Defaults to True.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float images `(batch, height, width, channels)` to float32 logits `(batch, 1)`.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> style_gan2_discriminator((16, 16, 3), base_filters=4).output_shape
    (None, 1)

    Reference: Karras et al., 2019, https://arxiv.org/abs/1912.04958; Karras et al., 2017 (the deviation),
    https://arxiv.org/abs/1710.10196
    """
    style = _Style(seed)
    image_shape = check_square_shape("image_shape", image_shape)
    width = check_integer("base_filters", base_filters)
    x = images = keras.Input(image_shape, name="images")
    x = style.convolution(x, width, 1, "pixels")
    size = image_shape[0]
    while size > 4:
        width = doubled(base_filters, round(math.log2(image_shape[0] / size)) + 1)
        x = style.halved(x, width, f"size_{size}")
        size //= 2
    return keras.Model(images, style.score(x, minibatch_deviation), name=name)


class _Style(EqualizedBlocks):
    """The blocks of the networks."""

    def modulated(self, x, codes, level, filters, name, upsample=False):
        """3 x 3 modulated convolution, noise, activation."""
        x = ModulatedConv2D(
            filters,
            3,
            upsample=upsample,
            level=level,
            gain=LEAKY_GAIN,
            kernel_initializer=self.normal(),
            style_initializer=self.normal(),
            name=name,
        )([x, codes])
        x = NoiseInjection(gain=LEAKY_GAIN, seed=self.next_seed(), name=f"{name}_noise")(x)
        return self.activate(x, f"{name}_activation")

    def halved(self, x, filters, name):
        """Residual block of two convolutions; both ways have half the variance."""
        shortcut = Blur2D(padding=1, strides=2, name=f"{name}_shortcut_blur")(x)
        shortcut = EqualizedConv2D(
            filters,
            1,
            use_bias=False,
            gain=math.sqrt(0.5),
            kernel_initializer=self.normal(),
            name=f"{name}_shortcut",
        )(shortcut)
        x = self.convolution(x, x.shape[-1], 3, f"{name}_in")
        x = Blur2D(padding=2, name=f"{name}_blur")(x)
        x = self.convolution(
            x,
            filters,
            3,
            f"{name}_out",
            gain=LEAKY_GAIN * math.sqrt(0.5),
            strides=2,
            padding="valid",
        )
        return keras.layers.Add(name=f"{name}_sum")([shortcut, x])
