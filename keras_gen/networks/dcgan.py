from collections.abc import Sequence

import keras

from keras_gen.layers import MinibatchStandardDeviation
from keras_gen.networks._blocks import NORMALIZATIONS, UPSAMPLINGS, Blocks
from keras_gen.networks._checks import check_choice, check_image_shape, check_integer, check_rate

CODE_FEATURES = 128  # as in InfoGAN's paper


def dcgan_generator(
    image_shape: Sequence[int],
    latent_dim: int = 128,
    base_filters: int = 64,
    upsampling: str = "transposed",
    normalization: str | None = "batch",
    seed: int | None = None,
    name: str = "dcgan_generator",
) -> keras.Model:
    """DCGAN's generator: latents to images, for any size.

    A dense layer makes the coarsest map, 4 to 7 on its smaller side; each level doubles it,
    cropping a row or a column where the size is odd. Normalisation everywhere but at the output,
    ReLU, tanh, kernels from N(0, 0.02).

    Args:
        image_shape: `(height, width, channels)`, each side at least 8; sides may differ and be odd.
        latent_dim: Size of the latent vectors, at least 1. Defaults to 128.
        base_filters: Filters at half the image's size; doubled at each coarser level, up to
            8 x. Defaults to 64.
        upsampling: `"transposed"` for transposed convolutions (the paper's), or `"nearest"` for
            nearest-neighbour resizing and a convolution, which leaves no checkerboards but costs
            more. Defaults to `"transposed"`.
        normalization: `"batch"` (the paper's), `"synchronized_batch"` (with the statistics of all
            replicas, on TensorFlow), `"layer"`, `"instance"`, `"spectral"` or `None`.
            Defaults to `"batch"`.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float latents `(batch, latent_dim)` to float32 images
        `(batch, height, width, channels)` in [-1, 1], whatever the dtype policy.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> generator = dcgan_generator((28, 28, 1), latent_dim=64)
    >>> generator.output_shape
    (None, 28, 28, 1)

    Reference: Radford et al., 2015, Unsupervised Representation Learning with Deep Convolutional
    Generative Adversarial Networks, https://arxiv.org/abs/1511.06434
    """
    image_shape = check_image_shape("image_shape", image_shape)
    latent_dim = check_integer("latent_dim", latent_dim)
    base_filters = check_integer("base_filters", base_filters)
    check_choice("upsampling", upsampling, UPSAMPLINGS)
    check_choice("normalization", normalization, NORMALIZATIONS)

    blocks = Blocks(normalization, "relu", seed=seed)
    latents = keras.Input((latent_dim,), name="latents")
    image = blocks.vector_to_image(latents, image_shape, base_filters, "tanh", upsampling)
    return keras.Model(latents, image, name=name)


def dcgan_discriminator(
    image_shape: Sequence[int],
    base_filters: int = 64,
    normalization: str | None = "batch",
    dropout: float = 0.0,
    minibatch_deviation: bool = False,
    seed: int | None = None,
    name: str = "dcgan_discriminator",
    codes: int | None = None,
    classes: int | None = None,
) -> keras.Model:
    """DCGAN's discriminator, or WGAN-GP's critic: images to one unbounded score each.

    Strided convolutions halve the map while its smaller side is over 7, and a dense layer scores
    it. Normalisation everywhere but at the input, leaky ReLU of slope 0.2, kernels from N(0, 0.02).

    Args:
        image_shape: `(height, width, channels)`, each side at least 8; sides may differ and be odd.
        base_filters: Filters at half the image's size; doubled at each coarser level, up to
            8 x. Defaults to 64.
        normalization: `"batch"` (the paper's), `"synchronized_batch"` (with the statistics of all
            replicas, on TensorFlow), `"layer"`, `"instance"`, `"spectral"` or `None`.
            A gradient penalty is defined per image, so WGAN-GP wants `"layer"` or `None`.
            Defaults to `"batch"`.
        dropout: Rate after each level, in [0, 1). Defaults to 0.
        minibatch_deviation: Whether the scoring layer also sees how much the images of a batch
            differ, which punishes mode collapse. Defaults to `False`.
        seed: Integer that fixes the initial weights and the dropout masks. Defaults to `None`:
            drawn from Python's generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.
        codes: How many codes an `InfoGAN`'s images are made of, of which a second head of two dense
            layers on the same features tells. Defaults to `None`: there is no such head.
        classes: How many classes a `SemiSupervisedGAN` tells, with a logit for each in place of the one.
            Defaults to `None`.

    Returns:
        A `keras.Model` from float images `(batch, height, width, channels)` in [-1, 1] to float32
        logits `(batch, 1)` or `(batch, classes)`, whatever the dtype policy; with `codes` to a list of them
        and of float32 `(batch, codes)`.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> critic = dcgan_discriminator((28, 28, 1), normalization="layer")
    >>> critic.output_shape
    (None, 1)

    Reference: Radford et al., 2015, https://arxiv.org/abs/1511.06434; Gulrajani et al., 2017,
    Improved Training of Wasserstein GANs, https://arxiv.org/abs/1704.00028; Chen et al., 2016,
    InfoGAN, https://arxiv.org/abs/1606.03657
    """
    image_shape = check_image_shape("image_shape", image_shape)
    base_filters = check_integer("base_filters", base_filters)
    check_choice("normalization", normalization, NORMALIZATIONS)
    dropout = check_rate("dropout", dropout)

    blocks = Blocks(normalization, "leaky_relu", seed=seed)
    images = keras.Input(image_shape, name="images")
    x = blocks.image_to_map(images, base_filters, dropout)
    if minibatch_deviation:
        x = MinibatchStandardDeviation(name="minibatch_deviation")(x)
    features = blocks.flatten(x)
    logits = blocks.score(
        features, units=1 if classes is None else check_integer("classes", classes)
    )
    if codes is None:
        return keras.Model(images, logits, name=name)
    codes = check_integer("codes", codes)
    x = blocks.dense(features, CODE_FEATURES, "code_features", use_bias=blocks.needs_bias)
    x = blocks.finish(x, "code_features")
    return keras.Model(
        images, [logits, blocks.dense(x, codes, "codes", dtype="float32")], name=name
    )
