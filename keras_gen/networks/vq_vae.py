from collections.abc import Sequence

import keras

from keras_gen.networks._blocks import Blocks
from keras_gen.networks._checks import check_image_shape, check_integer


def vq_encoder(
    image_shape: Sequence[int],
    code_dim: int = 32,
    filters: int = 64,
    halvings: int = 2,
    blocks: int = 2,
    seed: int | None = None,
    name: str = "vq_encoder",
) -> keras.Model:
    """Encoder of a VQ-VAE: images to a smaller map of vectors, which codes take the place of.

    Strided convolutions of 4 x 4 halve the size, residual blocks of a 3 x 3 and a 1 x 1 convolution follow.
    ReLU throughout, and none at the end.

    Args:
        image_shape: `(height, width, channels)`, each side at least 8; odd sizes are rounded up.
        code_dim: Length of a vector, at least 1. Defaults to 32.
        filters: Filters of every convolution, at least 1. Defaults to 64.
        halvings: How often the size is halved, at least 1. Defaults to 2.
        blocks: Residual blocks, at least 1. Defaults to 2.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float images `(batch, height, width, channels)` in [-1, 1] to float32 vectors
        `(batch, rows, columns, code_dim)`, unbounded.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> vq_encoder((28, 28, 1), code_dim=16).output_shape
    (None, 7, 7, 16)

    Reference: van den Oord et al., 2017, section 4.1, https://arxiv.org/abs/1711.00937
    """
    style, image_shape = _style(image_shape, code_dim, filters, halvings, blocks, seed)
    images = x = keras.Input(image_shape, name="images")
    for level in range(1, halvings + 1):
        x = style.halve(x, filters, f"down_{level}")
    x = style.residuals(style.convolution(x, filters, 3, "map"), blocks)
    x = style.convolution(x, code_dim, 1, "vectors", dtype="float32")
    return keras.Model(images, x, name=name)


def vq_decoder(
    image_shape: Sequence[int],
    code_dim: int = 32,
    filters: int = 64,
    halvings: int = 2,
    blocks: int = 2,
    seed: int | None = None,
    name: str = "vq_decoder",
) -> keras.Model:
    """Decoder of a VQ-VAE: a map of codes to images, the mirror of `vq_encoder`.

    Args:
        image_shape: As in `vq_encoder`, and so are all the others.
        code_dim: Integer. Defaults to 32.
        filters: Integer. Defaults to 64.
        halvings: Integer. Defaults to 2.
        blocks: Integer. Defaults to 2.
        seed: Integer. Defaults to `None`.
        name: The model's name.

    Returns:
        A `keras.Model` from float vectors `(batch, rows, columns, code_dim)` to float32 images
        `(batch, height, width, channels)`, unbounded.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> decoder = vq_decoder((28, 28, 1), code_dim=16)
    >>> decoder.input_shape, decoder.output_shape
    ((None, 7, 7, 16), (None, 28, 28, 1))

    Reference: van den Oord et al., 2017, section 4.1, https://arxiv.org/abs/1711.00937
    """
    style, image_shape = _style(image_shape, code_dim, filters, halvings, blocks, seed)
    sizes = [image_shape[:2]]
    for _ in range(halvings):
        sizes.append(tuple(-(-side // 2) for side in sizes[-1]))
    codes = keras.Input((*sizes[-1], code_dim), name="codes")
    x = style.residuals(style.convolution(codes, filters, 3, "map"), blocks)
    for level in range(halvings - 1, 0, -1):
        x = style.double(x, filters, sizes[level], f"up_{level}")
        x = style.activate(x, f"up_{level}_activation")
    # A transposed layer's fan that is He's is that of its outputs, here few: images would begin at tens.
    little = keras.initializers.RandomNormal(stddev=0.02, seed=style.next_seed())
    x = style.double(
        x, image_shape[2], sizes[0], "image", kernel_initializer=little, dtype="float32"
    )
    return keras.Model(codes, x, name=name)


def _style(image_shape, code_dim, filters, halvings, blocks, seed):
    image_shape = check_image_shape("image_shape", image_shape)
    for argument, value in (
        ("code_dim", code_dim),
        ("filters", filters),
        ("halvings", halvings),
        ("blocks", blocks),
    ):
        check_integer(argument, value)
    return _Style(None, "relu", "he_normal", seed), image_shape


class _Style(Blocks):
    """The blocks of one network."""

    def residuals(self, x, blocks):
        """Residual blocks, and the activation after them."""
        for block in range(1, blocks + 1):
            name = f"block_{block}"
            y = self.activate(x, f"{name}_activation")
            y = self.convolution(y, x.shape[-1], 3, f"{name}_in")
            y = self.convolution(
                self.activate(y, f"{name}_in_activation"), x.shape[-1], 1, f"{name}_out"
            )
            x = keras.layers.Add(name=name)([x, y])
        return self.activate(x, "blocks_activation")
