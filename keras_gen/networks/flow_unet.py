from collections.abc import Sequence

import keras

from keras_gen.layers import ImageToVelocity, PixelShuffle, SiLU, SinusoidalEmbedding
from keras_gen.networks._blocks import SPATIAL, Blocks, crop, doubled, halvings
from keras_gen.networks._checks import check_choice, check_image_shape, check_integer


def flow_unet(
    image_shape: Sequence[int],
    num_classes: int | None = None,
    base_filters: int = 16,
    blocks: int = 1,
    normalization: str | None = "rms",
    attention: bool = False,
    patch_size: int = 1,
    predicts: str = "velocity",
    seed: int | None = None,
    name: str = "flow_unet",
) -> keras.Model:
    """A small U-Net of noisy images and times, for diffusion and flow matching.

    Residual blocks work at each size, and averaging pixels two by two halves it until a side has at most 4
    pixels; on the way up each size is joined by its map from the way down. The time, and the class where there
    are classes, scale and shift the channels within every block. Blocks begin as the identity, and the outputs
    as zeros. Sides that are no power of two are cropped to.

    Args:
        image_shape: `(height, width, channels)`, each side at least 8 and divisible by `patch_size`.
        num_classes: Number of classes, at least 1. Defaults to `None`: no classes.
        base_filters: Filters at the image's size, at least 1; doubled at each coarser level, up to 8 x.
            Defaults to 16, which makes 1.4 million weights at 28 x 28.
        blocks: Residual blocks at each size on either way, at least 1. Defaults to 1.
        normalization: `"rms"` (each pixel by itself, over its channels), `"group"` (8 groups, or as many as
            there can be; on a CPU a step takes a third longer) or `None`. Defaults to `"rms"`.
        attention: Boolean, whether the pixels of the smallest map look at each other. Defaults to `False`.
        patch_size: Integer, the side in pixels of the patches that are the finest map's pixels: of 2, a step
            at 64 x 64 takes a third of the time, and more channels are affordable. Defaults to 1.
        predicts: `"velocity"`, what the last layer gives; or `"image"`, of which the velocity is made: the
            way from the noisy image to it, over the time that is left, 0.05 at least. The network then has
            no noise to pass on, which patches of many pixels have little room for. Defaults to `"velocity"`.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from `[images, times]`: floats `(batch, height, width, channels)` and `(batch,)`, the
        times in [0, 1]; or from `[images, times, labels]` with integer labels `(batch,)` in
        [0, num_classes], the last of which stands for no class. To velocities, float32
        `(batch, height, width, channels)`, unbounded.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> network = flow_unet((28, 28, 1))
    >>> network.output_shape
    (None, 28, 28, 1)

    Reference: Ho et al., 2020, Denoising Diffusion Probabilistic Models, https://arxiv.org/abs/2006.11239;
    Dhariwal & Nichol, 2021 (scale and shift), https://arxiv.org/abs/2105.05233; Hoogeboom et al., 2023
    (patches), https://arxiv.org/abs/2301.11093; Li & He, 2025 (images in the place of velocities),
    https://arxiv.org/abs/2511.13720
    """
    check_choice("predicts", predicts, ("velocity", "image"))
    style = _Style(image_shape, num_classes, base_filters, blocks, normalization, patch_size, seed)
    images = keras.Input(style.image_shape, name="images")
    inputs = [images, keras.Input((), name="times")]
    if num_classes is not None:
        inputs.append(keras.Input((), dtype="int32", name="labels"))
    style.condition(*inputs[1:])

    levels = len(style.sizes)
    x = style.take(images)
    maps = []
    for level in range(levels):
        if level:
            x = keras.layers.AveragePooling2D(
                2, padding="same", **SPATIAL, name=f"down_{level}_pooling"
            )(x)
        x = style.residual(x, style.filters(level), f"down_{level}")
        maps.append(x)
    if attention:
        x = style.attend(x, "middle_attention")
    x = style.block(x, x.shape[-1], "middle")
    for level in range(levels - 1, -1, -1):
        filters = style.filters(level)
        if level < levels - 1:
            # The convolution and the repeating commute; this order is the cheaper one.
            x = style.convolution(x, filters, 1, f"up_{level}_widen")
            x = keras.layers.UpSampling2D(2, **SPATIAL, name=f"up_{level}_upsampling")(x)
            x = crop(x, style.sizes[level], f"up_{level}_crop")
        x = keras.layers.Concatenate(name=f"up_{level}_skip")([x, maps[level]])
        x = style.residual(x, filters, f"up_{level}")
    x = style.give(x)
    if predicts == "image":
        x = ImageToVelocity(name="velocity", dtype="float32")([x, images, inputs[1]])
    return keras.Model(inputs, x, name=name)


class _Style(Blocks):
    """The blocks of one network, with its checked arguments.

    Attributes:
        image_shape: Tuple of three integers.
        sizes: The sizes of the maps, from the image's own to the coarsest one's.
    """

    def __init__(
        self, image_shape, num_classes, base_filters, blocks, normalization, patch_size, seed
    ):
        super().__init__(normalization, "silu", "glorot_uniform", seed)
        self.patch_size = check_integer("patch_size", patch_size)
        self.image_shape = check_image_shape("image_shape", image_shape, multiple=patch_size)
        self.sizes = halvings([side // patch_size for side in self.image_shape[:2]], smallest=4)
        if num_classes is not None:
            check_integer("num_classes", num_classes)
        self.num_classes = num_classes
        self.base_filters = check_integer("base_filters", base_filters)
        self.blocks = check_integer("blocks", blocks)
        check_choice("normalization", normalization, ("rms", "group", None))

    def filters(self, level):
        return doubled(self.base_filters, level)

    def condition(self, times, labels=None):
        """Makes of times and labels what scales and shifts the channels of every block."""
        units = 4 * self.base_filters
        # In full precision: times close by are told apart by small differences.
        x = SinusoidalEmbedding(units, name="time_embedding", dtype="float32")(times)
        x = self.dense(x, 2 * units, "time", dtype="float32")
        if labels is not None:
            embedding = keras.layers.Embedding(
                self.num_classes + 1,
                2 * units,
                embeddings_initializer=keras.initializers.RandomNormal(
                    stddev=0.5, seed=self.next_seed()
                ),
                name="label_embedding",
            )
            x = keras.layers.Add(name="time_and_label", dtype="float32")([x, embedding(labels)])
        x = SiLU(name="time_activation", dtype="float32")(x)
        x = self.dense(x, 2 * units, "condition")
        self._condition = SiLU(name="condition_activation")(x)

    def take(self, images):
        """The finest map of images: a pixel of each patch."""
        kernel_size = 3 if self.patch_size == 1 else self.patch_size
        return self.convolution(
            images, self.filters(0), kernel_size, "pixels", strides=self.patch_size
        )

    def give(self, x):
        """Float32 images of the finest map."""
        channels = self.patch_size**2 * self.image_shape[2]
        x = self.finish(x, "image")
        x = self.convolution(x, channels, 3, "image", kernel_initializer="zeros", dtype="float32")
        if self.patch_size == 1:
            return x
        return PixelShuffle(self.patch_size, name="image_shuffled", dtype="float32")(x)

    def normalize(self, x, name):
        if self.normalization == "rms":
            return keras.layers.RMSNormalization(name=name)(x)
        if self.normalization == "group":
            groups = next(n for n in range(min(8, x.shape[-1]), 0, -1) if not x.shape[-1] % n)
            return keras.layers.GroupNormalization(groups, epsilon=1e-5, name=name)(x)
        return x

    def activate(self, x, name):
        return SiLU(name=name)(x)

    def residual(self, x, filters, name):
        """The residual blocks of one size on one way."""
        for block in range(self.blocks):
            x = self.block(x, filters, f"{name}_block_{block + 1}")
        return x

    def block(self, x, filters, name):
        """Two convolutions, the time between them, and a way around."""
        y = self.finish(x, f"{name}_in")
        y = self.convolution(y, filters, 3, f"{name}_in")
        y = self.normalize(y, f"{name}_out_normalization")
        y = keras.layers.Multiply(name=f"{name}_scaled")(
            [y, self._of_channels(filters, f"{name}_scale", bias_initializer="ones")]
        )
        y = keras.layers.Add(name=f"{name}_shifted")(
            [y, self._of_channels(filters, f"{name}_shift")]
        )
        y = self.activate(y, f"{name}_out_activation")
        y = self.convolution(y, filters, 3, f"{name}_out", kernel_initializer="zeros")
        if x.shape[-1] != filters:
            x = self.convolution(x, filters, 1, f"{name}_widen", use_bias=False)
        return keras.layers.Add(name=name)([x, y])

    def _of_channels(self, filters, name, **arguments):
        x = self.dense(self._condition, filters, name, **arguments)
        return keras.layers.Reshape((1, 1, filters), name=f"{name}_reshape")(x)

    def attend(self, x, name):
        """Self-attention over pixels, with a way around that is all there is at first."""
        height, width, filters = x.shape[1:]
        y = self.normalize(x, f"{name}_normalization")
        y = keras.layers.Reshape((height * width, filters), name=f"{name}_pixels")(y)
        # Scores begin as those of a scaled dot product, whose layer has but a learnt scale, of 1 at first.
        small = keras.initializers.VarianceScaling(
            1.0 / filters, "fan_avg", "uniform", seed=self.next_seed()
        )
        query = self.dense(y, filters, f"{name}_query", kernel_initializer=small)
        parts = [query, *(self.dense(y, filters, f"{name}_{part}") for part in ("value", "key"))]
        y = keras.layers.Attention(use_scale=True, seed=self.next_seed(), name=f"{name}_looking")(
            parts
        )
        y = self.dense(y, filters, f"{name}_out", kernel_initializer="zeros")
        y = keras.layers.Reshape((height, width, filters), name=f"{name}_map")(y)
        return keras.layers.Add(name=name)([x, y])
