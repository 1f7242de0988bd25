from collections.abc import Sequence

import keras

from keras_gen.layers import GatedActivation, NoiseInjection, SiLU
from keras_gen.networks._blocks import SPATIAL, Blocks, crop, doubled, halvings
from keras_gen.networks._checks import check_image_shape, check_integer

_SKIP = 4  # levels from a map to the one that its excitation goes to


def fast_gan_generator(
    image_shape: Sequence[int],
    latent_dim: int = 128,
    base_filters: int = 16,
    seed: int | None = None,
    name: str = "fast_gan_generator",
) -> keras.Model:
    """FastGAN's generator: light, and made for some hundreds or thousands of images.

    A dense layer makes the coarsest map; each level doubles it by nearest-neighbour resizing, a 3 x 3
    convolution under spectral normalization, batch normalization and a gated linear unit, every other
    level twice and with noise. A map 16 times as large is multiplied, channel by channel, by what a small
    map says of them (skip-layer excitation): from 64 pixels on.

    Args:
        image_shape: `(height, width, channels)`, each side at least 8; sides may differ and be odd.
        latent_dim: Size of the latent vectors, at least 1. Defaults to 128.
        base_filters: Filters at half the image's size and at its own; doubled at each coarser level, up to
            16 x. Defaults to 16.
        seed: Integer that fixes the initial weights and the noise. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float latents `(batch, latent_dim)` to float32 images
        `(batch, height, width, channels)` in [-1, 1], whatever the dtype policy.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> generator = fast_gan_generator((64, 64, 3), latent_dim=32, base_filters=4)
    >>> generator.output_shape
    (None, 64, 64, 3)

    Reference: Liu et al., 2021, Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image
    Synthesis, https://arxiv.org/abs/2101.04775
    """
    image_shape = check_image_shape("image_shape", image_shape)
    latent_dim = check_integer("latent_dim", latent_dim)
    base_filters = check_integer("base_filters", base_filters)

    build = Blocks("spectral", seed=seed)
    # Between the convolutions: the two normalizations go together, as in the paper.
    between = Blocks("batch", seed=build.next_seed())
    sizes = halvings(image_shape, smallest=4)[::-1]
    last = len(sizes) - 1
    latents = keras.Input((latent_dim,), name="latents")
    filters = [doubled(base_filters, max(0, last - level - 1), cap=16) for level in range(last + 1)]

    height, width = sizes[0]
    x = build.dense(latents, 2 * height * width * filters[0], "base", use_bias=False)
    x = keras.layers.Reshape((height, width, 2 * filters[0]), name="base_reshape")(x)
    maps = [_gated(between, x, "base")]
    for level in range(1, last + 1):
        noisy = level % 2 == 1
        x = keras.layers.UpSampling2D(2, **SPATIAL, name=f"up_{level}_upsampling")(maps[-1])
        x = crop(x, sizes[level], f"up_{level}_crop")
        x = _convolved(build, between, x, filters[level], f"up_{level}", noisy)
        if noisy:
            x = _convolved(build, between, x, filters[level], f"up_{level}_second", noisy)
        if level >= _SKIP:
            x = _excited(build, maps[level - _SKIP], x, level - _SKIP, f"excitation_{level}")
        maps.append(x)
    image = build.convolution(maps[-1], image_shape[-1], 3, "image", dtype="float32")
    image = keras.layers.Activation("tanh", dtype="float32", name="image_activation")(image)
    return keras.Model(latents, image, name=name)


def _convolved(build, between, x, filters, name, noisy):
    x = build.convolution(x, 2 * filters, 3, name, use_bias=False)
    if noisy:
        x = NoiseInjection(seed=build.next_seed(), name=f"{name}_noise")(x)
    return _gated(between, x, name)


def _gated(between, x, name):
    x = between.normalize(x, f"{name}_normalization")
    return GatedActivation(activation=None, name=f"{name}_gates")(x)


def _excited(build, small, large, level, name):
    """The large map, its channels weighted by what the small one says."""
    if level:
        small = keras.layers.AveragePooling2D(2**level, **SPATIAL, name=f"{name}_pooling")(small)
    x = build.convolution(
        small, large.shape[-1], small.shape[1:3], f"{name}_squeeze", padding="valid", use_bias=False
    )
    x = SiLU(name=f"{name}_activation")(x)
    x = build.convolution(
        x, large.shape[-1], 1, f"{name}_weights", use_bias=False, activation="sigmoid"
    )
    return keras.layers.Multiply(name=name)([large, x])
