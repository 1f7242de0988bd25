import math
from collections.abc import Sequence

import keras

from keras_gen.layers import Clip, EqualizedConv2D, FadeIn, PixelNormalization
from keras_gen.networks._blocks import SPATIAL, EqualizedBlocks, doubled
from keras_gen.networks._checks import check_integer, check_square_shape


def progressive_generator(
    image_shape: Sequence[int],
    latent_dim: int = 64,
    base_filters: int = 32,
    seed: int | None = None,
    name: str = "progressive_generator",
) -> keras.Model:
    """The generator of progressive growing: every size from 4 pixels on makes an image, and fades in.

    Latents become a map of 4 x 4 pixels, and from then on each size has an upsampling, by repetition, and two
    3 x 3 convolutions, their weights equalised and their outputs normalised pixel by pixel. A 1 x 1 convolution
    `image_<size>` makes an image of each size's map, and `fade_<size>`, a `keras_gen.layers.FadeIn`, blends it
    into the image of the size before, enlarged: while the shares of larger sizes are 0, it makes smaller
    ones.

    Args:
        image_shape: `(height, width, channels)`: both sides one power of two, at least 8.
        latent_dim: Size of the latent vectors, at least 1. Defaults to 64.
        base_filters: Filters at the image's size; doubled at each coarser one, up to 8 x. Defaults to 32.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float latents `(batch, latent_dim)` to float32 images
        `(batch, height, width, channels)`, in [-1, 1] outside of training.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> generator = progressive_generator((16, 16, 3), latent_dim=8, base_filters=4)
    >>> generator.output_shape
    (None, 16, 16, 3)
    >>> [generator.get_layer(f"image_{size}").output.shape[1] for size in (4, 8, 16)]
    [4, 8, 16]

    Reference: Karras et al., 2017, https://arxiv.org/abs/1710.10196
    """
    blocks = _Blocks(image_shape, base_filters, seed)
    latents = keras.Input((check_integer("latent_dim", latent_dim),), name="latents")
    x = PixelNormalization(name="latents_normalization")(latents)
    x = blocks.dense(x, 16 * blocks.filters(4), "base")
    x = keras.layers.Reshape((4, 4, blocks.filters(4)), name="base_reshape")(x)
    x = PixelNormalization(name="base_normalization")(x)
    x = blocks.normalized(x, 4, "size_4")
    image = blocks.image(x, 4)
    for size in blocks.sizes[1:]:
        x = _doubled(x, f"size_{size}_upsampling")
        for number in (1, 2):
            x = blocks.normalized(x, size, f"size_{size}_{number}")
        image = _doubled(image, f"image_{size}_upsampling", dtype="float32")
        image = FadeIn(name=f"fade_{size}", dtype="float32")([image, blocks.image(x, size)])
    image = Clip(name="image_range", dtype="float32")(image)
    return keras.Model(latents, image, name=name)


def progressive_discriminator(
    image_shape: Sequence[int],
    base_filters: int = 32,
    minibatch_deviation: bool = True,
    seed: int | None = None,
    name: str = "progressive_discriminator",
) -> keras.Model:
    """The discriminator of progressive growing: `progressive_generator` the other way round.

    Each size has two 3 x 3 convolutions and halves the sides by averaging. `images_<size>` are the images
    reduced to a smaller size, of which a 1 x 1 convolution makes maps, and `fade_<size>`, a
    `keras_gen.layers.FadeIn`, blends what the size's convolutions give into the maps of the images of half of
    it: while the shares of the larger sizes are 0, it judges reduced images.

    Args:
        image_shape: `(height, width, channels)`: both sides one power of two, at least 8.
        base_filters: As in `progressive_generator`. Defaults to 32.
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

    >>> progressive_discriminator((16, 16, 3), base_filters=4).output_shape
    (None, 1)

    Reference: Karras et al., 2017, https://arxiv.org/abs/1710.10196
    """
    blocks = _Blocks(image_shape, base_filters, seed)
    reduced = images = keras.Input(blocks.image_shape, name="images")
    x = blocks.convolution(images, blocks.filters(blocks.sizes[-1]), 1, "pixels")
    for size in blocks.sizes[:0:-1]:
        half = size // 2
        x = blocks.convolution(x, blocks.filters(size), 3, f"size_{size}_1")
        x = blocks.convolution(x, blocks.filters(half), 3, f"size_{size}_2")
        x = _halved(x, f"size_{size}_pooling")
        reduced = _halved(reduced, f"images_{half}", dtype="float32")
        pixels = blocks.convolution(reduced, blocks.filters(half), 1, f"pixels_{half}")
        x = FadeIn(name=f"fade_{size}")([pixels, x])
    return keras.Model(images, blocks.score(x, minibatch_deviation), name=name)


def _doubled(x, name, dtype=None):
    return keras.layers.UpSampling2D(2, **SPATIAL, name=name, dtype=dtype)(x)


def _halved(x, name, dtype=None):
    return keras.layers.AveragePooling2D(2, **SPATIAL, name=name, dtype=dtype)(x)


class _Blocks(EqualizedBlocks):
    """The blocks of one pair of networks, with their checked arguments.

    Attributes:
        image_shape: Tuple of three integers.
        sizes: List of the sizes of the maps, from 4 to the image's own.
    """

    def __init__(self, image_shape, base_filters, seed):
        super().__init__(seed)
        self.image_shape = check_square_shape("image_shape", image_shape)
        self.base_filters = check_integer("base_filters", base_filters)
        self.sizes = [2**power for power in range(2, int(math.log2(self.image_shape[0])) + 1)]

    def filters(self, size):
        return doubled(self.base_filters, int(math.log2(self.image_shape[0] // size)))

    def normalized(self, x, size, name):
        """3 x 3 convolution, activation, normalisation of each pixel."""
        x = self.convolution(x, self.filters(size), 3, name)
        return PixelNormalization(name=f"{name}_normalization")(x)

    def image(self, x, size):
        """1 x 1 convolution to an image."""
        return EqualizedConv2D(
            self.image_shape[2],
            1,
            kernel_initializer=self.normal(),
            name=f"image_{size}",
            dtype="float32",
        )(x)
