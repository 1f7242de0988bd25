from collections.abc import Sequence

import keras

from keras_gen.networks._blocks import NORMALIZATIONS, SPATIAL, Blocks, doubled, halvings
from keras_gen.networks._checks import check_choice, check_image_shape, check_integer
from keras_gen.networks.conditional_dcgan import condition_latents


def sngan_resnet_generator(
    image_shape: Sequence[int],
    num_classes: int | None = None,
    latent_dim: int = 128,
    base_filters: int | None = None,
    normalization: str | None = "batch",
    seed: int | None = None,
    name: str = "sngan_resnet_generator",
) -> keras.Model:
    """SNGAN's residual generator, for images of 32 to 128 pixels.

    A dense layer makes the coarsest map, 4 to 7 on its smaller side; residual blocks with
    nearest-neighbour resizing double it. Below 48 pixels all blocks are equally wide, as the
    paper's for 32; from there on a block is half as wide as the one before.

    Args:
        image_shape: `(height, width, channels)`, each side at least 32 and divisible by 2 for each
            doubling: by 8 at 32 and 48, by 16 at 64 and 96, by 32 at 128.
        num_classes: Number of classes, at least 1; the class joins the latents as an embedding.
            Defaults to `None`: no classes.
        latent_dim: Size of the latent vectors, at least 1. Defaults to 128.
        base_filters: Filters of the last block. Defaults to `None`: the paper's, 256 below 48
            pixels and 64 from there on.
        normalization: `"batch"` (the paper's), `"synchronized_batch"` (with the statistics of all
            replicas, on TensorFlow), `"layer"`, `"instance"`, `"spectral"` or `None`.
            Defaults to `"batch"`.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float latents `(batch, latent_dim)`, or from `[latents, labels]` with
        integer labels `(batch,)` where there are classes, to float32 images
        `(batch, height, width, channels)` in [-1, 1].

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> generator = sngan_resnet_generator((32, 32, 3), base_filters=16)
    >>> generator.output_shape
    (None, 32, 32, 3)

    Reference: Miyato et al., 2018, Spectral Normalization for Generative Adversarial Networks,
    https://arxiv.org/abs/1802.05957
    """
    if base_filters is None:
        base_filters = 256 if _is_small(image_shape) else 64
    image_shape, num_classes, base_filters = _check(
        image_shape, num_classes, base_filters, normalization
    )
    sizes = halvings(image_shape)
    latent_dim = check_integer("latent_dim", latent_dim)

    blocks = Blocks(normalization, "relu", "glorot_uniform", seed)
    inputs = x = keras.Input((latent_dim,), name="latents")
    if num_classes is not None:
        inputs = [x, keras.Input((), dtype="int32", name="labels")]
        x = condition_latents(blocks, x, inputs[1], num_classes, "embedding")
    filters = _filters(image_shape, base_filters, len(sizes) - 1)
    x = blocks.dense(x, sizes[-1][0] * sizes[-1][1] * filters, "base")
    x = keras.layers.Reshape((*sizes[-1], filters), name="base_reshape")(x)
    for level in range(len(sizes) - 2, -1, -1):
        x = _block_up(blocks, x, _filters(image_shape, base_filters, level), f"up_{level}")
    x = blocks.finish(x, "top")
    image = blocks.convolution(x, image_shape[2], 3, "image", activation="tanh", dtype="float32")
    return keras.Model(inputs, image, name=name)


def sngan_resnet_discriminator(
    image_shape: Sequence[int],
    num_classes: int | None = None,
    base_filters: int | None = None,
    normalization: str | None = "spectral",
    seed: int | None = None,
    name: str = "sngan_resnet_discriminator",
) -> keras.Model:
    """SNGAN's residual discriminator, for images of 32 to 128 pixels.

    Residual blocks, halving the map by average pooling, then ReLU, a sum over the map, and a dense
    layer. Below 48 pixels two blocks halve and two more keep the size, all equally wide, as in the
    paper for 32. From there on blocks halve down to a smaller side of 4 to 7, each twice as wide as
    the one before, and one more keeps the size.

    Args:
        image_shape: `(height, width, channels)`, each side at least 32 and divisible by 2 for each
            halving of the generator: by 8 at 32 and 48, by 16 at 64 and 96, by 32 at 128.
        num_classes: Number of classes, at least 1; the features' inner product with a learned
            vector of the class is added to the score. Defaults to `None`: no classes.
        base_filters: Filters of the first block. Defaults to `None`: the paper's, 128 below 48
            pixels and 64 from there on.
        normalization: `"spectral"` (the paper's), `"layer"`, `"instance"`, `"batch"`,
            `"synchronized_batch"` (with the statistics of all replicas, on TensorFlow) or `None`;
            WGAN-GP wants `"layer"` or `None`. Defaults to `"spectral"`.
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

    >>> discriminator = sngan_resnet_discriminator((32, 32, 3), base_filters=16)
    >>> discriminator.output_shape
    (None, 1)

    Reference: Miyato et al., 2018, https://arxiv.org/abs/1802.05957; Miyato & Koyama, 2018, cGANs
    with Projection Discriminator, https://arxiv.org/abs/1802.05637
    """
    if base_filters is None:
        base_filters = 128 if _is_small(image_shape) else 64
    image_shape, num_classes, base_filters = _check(
        image_shape, num_classes, base_filters, normalization
    )
    sizes = halvings(image_shape)

    blocks = Blocks(normalization, "relu", "glorot_uniform", seed)
    images = x = keras.Input(image_shape, name="images")
    small = _is_small(image_shape)
    halved = 2 if small else len(sizes) - 1
    for level in range(halved + (2 if small else 1)):
        filters = _filters(image_shape, base_filters, level)
        x = _block_down(blocks, x, filters, f"block_{level + 1}", level == 0, level < halved)
    x = blocks.activate(x, "top_activation")
    height, width = x.shape[1:3]
    x = keras.layers.GlobalAveragePooling2D(**SPATIAL, name="features_mean", dtype="float32")(x)
    # The paper sums.
    features = keras.layers.Rescaling(height * width, name="features", dtype="float32")(x)
    if num_classes is None:
        return keras.Model(images, blocks.score(features), name=name)
    labels = keras.Input((), dtype="int32", name="labels")
    logits = blocks.score(features, labels, num_classes)
    return keras.Model([images, labels], logits, name=name)


def _check(image_shape, num_classes, base_filters, normalization):
    image_shape = check_image_shape("image_shape", image_shape, minimum=32)
    check_image_shape("image_shape", image_shape, multiple=2 ** (len(halvings(image_shape)) - 1))
    if num_classes is not None:
        num_classes = check_integer("num_classes", num_classes)
    base_filters = check_integer("base_filters", base_filters)
    check_choice("normalization", normalization, NORMALIZATIONS)
    return image_shape, num_classes, base_filters


def _is_small(image_shape):
    return min(check_image_shape("image_shape", image_shape)[:2]) < 48


def _filters(image_shape, base_filters, level):
    return base_filters if _is_small(image_shape) else doubled(base_filters, level, cap=16)


def _block_up(blocks, x, filters, name):
    shortcut = keras.layers.UpSampling2D(2, **SPATIAL, name=f"{name}_shortcut_upsampling")(x)
    shortcut = blocks.convolution(shortcut, filters, 1, f"{name}_shortcut")
    x = blocks.finish(x, f"{name}_input")
    x = keras.layers.UpSampling2D(2, **SPATIAL, name=f"{name}_upsampling")(x)
    x = blocks.convolution(x, filters, 3, f"{name}_convolution_1", use_bias=blocks.needs_bias)
    x = blocks.finish(x, f"{name}_convolution_1")
    x = blocks.convolution(x, filters, 3, f"{name}_convolution_2")
    return keras.layers.Add(name=name)([shortcut, x])


def _block_down(blocks, x, filters, name, first, halve):
    shortcut = x
    # The image itself gets neither normalisation nor ReLU.
    if not first:
        x = blocks.finish(x, f"{name}_input")
    x = blocks.convolution(x, filters, 3, f"{name}_convolution_1", use_bias=blocks.needs_bias)
    x = blocks.finish(x, f"{name}_convolution_1")
    x = blocks.convolution(x, filters, 3, f"{name}_convolution_2")
    if halve:
        # Pooling and the 1 x 1 convolution commute; this order is the cheaper one.
        x = _halve(x, f"{name}_pooling")
        shortcut = _halve(shortcut, f"{name}_shortcut_pooling")
    if halve or shortcut.shape[-1] != filters:
        shortcut = blocks.convolution(shortcut, filters, 1, f"{name}_shortcut")
    return keras.layers.Add(name=name)([shortcut, x])


def _halve(x, name):
    return keras.layers.AveragePooling2D(2, **SPATIAL, name=name)(x)
