from collections.abc import Sequence

import keras

from keras_gen.layers import Clip, LearnedBasis
from keras_gen.networks._blocks import SPATIAL, Blocks, crop, doubled, halvings
from keras_gen.networks._checks import check_image_shape, check_integer
from keras_gen.networks.conditional_dcgan import condition_latents

# Of a leaky ReLU of slope 0.2.
_GAIN = 2.0 / (1.0 + 0.2**2)


def r3gan_generator(
    image_shape: Sequence[int],
    num_classes: int | None = None,
    latent_dim: int = 64,
    base_filters: int = 64,
    blocks: int = 2,
    group_size: int | None = None,
    seed: int | None = None,
    name: str = "r3gan_generator",
) -> keras.Model:
    """R3GAN's generator: residual blocks without normalisation, from a learnt first map.

    The latents weigh learnt pictures of 3 or 4 pixels a side; residual blocks (1 x 1, 3 x 3, 1 x 1, the last
    zero at first) work at each size, and bilinear resizing doubles it. Sides that are no power of two are
    cropped to.

    Args:
        image_shape: `(height, width, channels)`, each side at least 8.
        num_classes: Number of classes, at least 1; the class joins the latents as an embedding.
            Defaults to `None`: no classes.
        latent_dim: Size of the latent vectors, at least 1. Defaults to 64.
        base_filters: Filters at the image's size; doubled at each coarser level, up to 8 x.
            Defaults to 64.
        blocks: Residual blocks at each size, at least 1. Defaults to 2.
        group_size: Channels of a group of the 3 x 3 convolutions, over twice the filters: 16 in the paper,
            right for a GPU. Defaults to `None`: one group of as many weights in all, fewer channels, which on
            a CPU takes a fraction of the time, for TensorFlow has no kernel for the gradient of grouped
            convolutions there.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float latents `(batch, latent_dim)`, or from `[latents, labels]` with
        integer labels `(batch,)` where there are classes, to float32 images
        `(batch, height, width, channels)`, in [-1, 1] outside of training.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> generator = r3gan_generator((28, 28, 1), base_filters=8, blocks=1)
    >>> generator.output_shape
    (None, 28, 28, 1)

    Reference: Huang et al., 2025, The GAN is dead; long live the GAN!, https://arxiv.org/abs/2501.05441
    """
    style = _Style(image_shape, num_classes, base_filters, blocks, group_size, seed)
    latents = check_integer("latent_dim", latent_dim)
    inputs = x = keras.Input((latents,), name="latents")
    if num_classes is not None:
        inputs = [x, keras.Input((), dtype="int32", name="labels")]
        x = condition_latents(style, x, inputs[1], num_classes, "embedding")
    *_, coarsest = style.sizes
    levels = len(style.sizes) - 1
    x = style.dense(x, style.filters(levels), "strengths", use_bias=False)
    x = LearnedBasis(coarsest, style.normal(1.0), name="base")(x)
    for level in range(levels, -1, -1):
        if level < levels:
            # The convolution and the resizing commute; this order is the cheaper one.
            x = style.widen(x, style.filters(level), f"up_{level}")
            # In full precision: XLA has no bilinear gradient of TensorFlow's in half.
            x = keras.layers.UpSampling2D(
                2,
                interpolation="bilinear",
                **SPATIAL,
                name=f"up_{level}_upsampling",
                dtype="float32",
            )(x)
            x = crop(x, style.sizes[level], f"up_{level}_crop")
        x = style.residual(x, f"level_{level}")
    image = style.pixel(x, style.image_shape[2], "image", dtype="float32")
    image = Clip(name="image_range", dtype="float32")(image)
    return keras.Model(inputs, image, name=name)


def r3gan_discriminator(
    image_shape: Sequence[int],
    num_classes: int | None = None,
    base_filters: int = 64,
    blocks: int = 2,
    group_size: int | None = None,
    seed: int | None = None,
    name: str = "r3gan_discriminator",
) -> keras.Model:
    """R3GAN's discriminator: `r3gan_generator`'s blocks the other way round.

    Residual blocks without normalisation work at each size, and averaging pixels two by two halves it; what
    is left is weighed by learnt pictures and by a dense layer. No image's score depends on another's, and
    nothing is drawn: what penalties on its gradient want.

    Args:
        image_shape: `(height, width, channels)`, each side at least 8.
        num_classes: Number of classes, at least 1; the features' inner product with a learned
            vector of the class is added to the score. Defaults to `None`: no classes.
        base_filters: As in `r3gan_generator`, and so are `blocks` and `group_size`. Defaults to 64.
        blocks: Residual blocks at each size. Defaults to 2.
        group_size: Channels of a group of the 3 x 3 convolutions. Defaults to `None`: one group.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float images `(batch, height, width, channels)` in [-1, 1], or from
        `[images, labels]` with integer labels `(batch,)` where there are classes, to float32 logits
        `(batch, 1)`.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> discriminator = r3gan_discriminator((28, 28, 1), base_filters=8, blocks=1)
    >>> discriminator.output_shape
    (None, 1)

    Reference: Huang et al., 2025, https://arxiv.org/abs/2501.05441; Miyato & Koyama, 2018, cGANs with
    Projection Discriminator, https://arxiv.org/abs/1802.05637
    """
    style = _Style(image_shape, num_classes, base_filters, blocks, group_size, seed)
    images = keras.Input(style.image_shape, name="images")
    x = style.pixel(images, style.filters(0), "pixels")
    for level in range(len(style.sizes)):
        if level:
            x = keras.layers.AveragePooling2D(
                2, padding="same", **SPATIAL, name=f"down_{level}_pooling"
            )(x)
            x = style.widen(x, style.filters(level), f"down_{level}")
        x = style.residual(x, f"level_{level}")
    x = keras.layers.DepthwiseConv2D(
        x.shape[1:3],
        use_bias=False,
        depthwise_initializer=style.scaled(1.0),
        **SPATIAL,
        name="pictures",
    )(x)
    features = style.flatten(x)
    if num_classes is None:
        return keras.Model(images, style.score(features), name=name)
    labels = keras.Input((), dtype="int32", name="labels")
    return keras.Model([images, labels], style.score(features, labels, num_classes), name=name)


class _Style(Blocks):
    """The blocks of one pair of networks, with their checked arguments.

    Attributes:
        image_shape: Tuple of three integers.
        sizes: The sizes of the maps, from the image's own to the coarsest one's.
    """

    def __init__(self, image_shape, num_classes, base_filters, blocks, group_size, seed):
        super().__init__(None, "leaky_relu", "glorot_uniform", seed)
        self.image_shape = check_image_shape("image_shape", image_shape)
        if num_classes is not None:
            check_integer("num_classes", num_classes)
        self.sizes = halvings(self.image_shape, smallest=4)
        self.base_filters = check_integer("base_filters", base_filters)
        self.blocks = check_integer("blocks", blocks)
        if group_size is not None:
            check_integer("group_size", group_size)
            if (2 * self.base_filters) % group_size:
                raise ValueError(
                    "`group_size` must divide twice `base_filters`. "
                    f"Received: group_size={group_size}, base_filters={base_filters}"
                )
        self.group_size = group_size
        # So deep a network without normalisation neither grows nor fades.
        self.depth_gain = (self.blocks * len(self.sizes)) ** -0.5

    def filters(self, level):
        return doubled(self.base_filters, level)

    def normal(self, stddev):
        return keras.initializers.RandomNormal(stddev=stddev, seed=self.next_seed())

    def scaled(self, gain):
        return keras.initializers.VarianceScaling(
            gain, "fan_in", "untruncated_normal", seed=self.next_seed()
        )

    def kernel_initializer(self):
        return self.scaled(1.0)

    def pixel(self, x, filters, name, **arguments):
        """1 x 1 convolution."""
        return self.convolution(x, filters, 1, name, **arguments)

    def widen(self, x, filters, name):
        """1 x 1 convolution without a bias, where the number of filters changes."""
        return x if x.shape[-1] == filters else self.pixel(x, filters, name, use_bias=False)

    def residual(self, x, name):
        """The residual blocks of one size."""
        for block in range(self.blocks):
            x = self._block(x, f"{name}_block_{block + 1}")
        return x

    def _block(self, x, name):
        filters = x.shape[-1]
        inner, groups = 2 * filters, 1
        if self.group_size is None:
            inner = _as_heavy(filters)
        else:
            groups = inner // self.group_size
        gain = _GAIN * self.depth_gain
        y = self.pixel(x, inner, f"{name}_in", kernel_initializer=self.scaled(gain))
        y = self.activate(y, f"{name}_in_activation")
        y = self.convolution(
            y, inner, 3, f"{name}_middle", groups=groups, kernel_initializer=self.scaled(gain)
        )
        y = self.activate(y, f"{name}_middle_activation")
        y = self.pixel(y, filters, f"{name}_out", use_bias=False, kernel_initializer="zeros")
        return keras.layers.Add(name=name)([x, y])


def _as_heavy(filters, group_size=16):
    """The channels of a plain 3 x 3 convolution between 1 x 1 ones that has a grouped one's weights.

    >>> _as_heavy(64)
    55
    """
    inner = 2 * filters
    weights = 2 * filters * inner + 9 * group_size * inner
    return max(1, round(((inner**2 + 36 * weights) ** 0.5 - inner) / 18))
