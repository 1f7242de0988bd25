from collections.abc import Sequence

import keras

from keras_gen.networks._blocks import NORMALIZATIONS, Blocks, append_label
from keras_gen.networks._checks import check_choice, check_image_shape, check_integer


def conv_encoder(
    image_shape: Sequence[int],
    latent_dim: int = 32,
    base_filters: int = 32,
    hidden: int = 256,
    normalization: str | None = None,
    seed: int | None = None,
    name: str = "conv_encoder",
    num_classes: int | None = None,
) -> keras.Model:
    """Convolutional encoder of a VAE: images to a Gaussian over latents.

    Strided convolutions halve the map while its smaller side is over 7; a dense layer and two
    linear heads follow. ReLU throughout. With `num_classes` it is a conditional VAE's: the label, as a
    one-hot code, joins the features before the dense layer.

    Args:
        image_shape: `(height, width, channels)`, each side at least 8; sides may differ and be odd.
        latent_dim: Size of the latent vectors, at least 1. Defaults to 32.
        base_filters: Filters at half the image's size; doubled at each coarser level, up to
            8 x. Defaults to 32.
        hidden: Units of the dense layer, at least 1. Defaults to 256.
        normalization: `"batch"`, `"synchronized_batch"` (with the statistics of all replicas, on
            TensorFlow), `"layer"`, `"instance"`, `"spectral"` or `None`. Defaults to
            `None`.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.
        num_classes: Number of classes, at least 1, or `None` for a network that takes no labels.

    Returns:
        A `keras.Model` from float images `(batch, height, width, channels)` in [-1, 1] to
        `[mean, log_variance]`, both float32 `(batch, latent_dim)` and unbounded. With `num_classes`
        it takes `[images, labels]`, the latter integers `(batch,)` in [0, num_classes).

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> encoder = conv_encoder((28, 28, 1), latent_dim=16)
    >>> encoder.output_shape
    [(None, 16), (None, 16)]
    >>> conv_encoder((28, 28, 1), latent_dim=16, num_classes=10).input_shape
    [(None, 28, 28, 1), (None,)]

    Reference: Kingma & Welling, 2013, Auto-Encoding Variational Bayes,
    https://arxiv.org/abs/1312.6114; Sohn et al., 2015 (labels), Learning Structured Output
    Representation using Deep Conditional Generative Models
    """
    image_shape, latent_dim, base_filters, hidden = _check(
        image_shape, latent_dim, base_filters, hidden, normalization, num_classes
    )
    blocks = Blocks(normalization, "relu", "glorot_uniform", seed)
    images = keras.Input(image_shape, name="images")
    x = blocks.flatten(blocks.image_to_map(images, base_filters))
    inputs, x = _beside_label(images, x, num_classes, "features")
    x = blocks.activate(blocks.dense(x, hidden, "hidden"), "hidden_activation")
    mean = blocks.dense(x, latent_dim, "mean", dtype="float32")
    log_variance = blocks.dense(x, latent_dim, "log_variance", dtype="float32")
    return keras.Model(inputs, [mean, log_variance], name=name)


def conv_decoder(
    image_shape: Sequence[int],
    latent_dim: int = 32,
    base_filters: int = 32,
    hidden: int = 256,
    normalization: str | None = None,
    seed: int | None = None,
    name: str = "conv_decoder",
    num_classes: int | None = None,
) -> keras.Model:
    """Convolutional decoder of a VAE: latents to the parameters of each pixel's distribution.

    The mirror of `conv_encoder`: two dense layers, then transposed convolutions. Its output has no
    activation: logits for a Bernoulli likelihood, means for a Gaussian one. With `num_classes` it is a
    conditional VAE's: the label, as a one-hot code, joins the latents.

    Args:
        image_shape: `(height, width, channels)`, each side at least 8; sides may differ and be odd.
        latent_dim: Size of the latent vectors, at least 1. Defaults to 32.
        base_filters: Filters at half the image's size; doubled at each coarser level, up to
            8 x. Defaults to 32.
        hidden: Units of the first dense layer, at least 1. Defaults to 256.
        normalization: `"batch"`, `"synchronized_batch"` (with the statistics of all replicas, on
            TensorFlow), `"layer"`, `"instance"`, `"spectral"` or `None`. Defaults to
            `None`.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.
        num_classes: Number of classes, at least 1, or `None` for a network that takes no labels.

    Returns:
        A `keras.Model` from float latents `(batch, latent_dim)` to float32
        `(batch, height, width, channels)`, unbounded. With `num_classes` it takes `[latents, labels]`,
        the latter integers `(batch,)` in [0, num_classes).

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> decoder = conv_decoder((28, 28, 1), latent_dim=16)
    >>> decoder.output_shape
    (None, 28, 28, 1)
    >>> conv_decoder((28, 28, 1), latent_dim=16, num_classes=10).input_shape
    [(None, 16), (None,)]

    Reference: Kingma & Welling, 2013, Auto-Encoding Variational Bayes,
    https://arxiv.org/abs/1312.6114; Sohn et al., 2015 (labels), Learning Structured Output
    Representation using Deep Conditional Generative Models
    """
    image_shape, latent_dim, base_filters, hidden = _check(
        image_shape, latent_dim, base_filters, hidden, normalization, num_classes
    )
    blocks = Blocks(normalization, "relu", "glorot_uniform", seed)
    latents = keras.Input((latent_dim,), name="latents")
    inputs, x = _beside_label(latents, latents, num_classes, "latents")
    x = blocks.activate(blocks.dense(x, hidden, "hidden"), "hidden_activation")
    pixels = blocks.vector_to_image(x, image_shape, base_filters, activation=None)
    return keras.Model(inputs, pixels, name=name)


def _beside_label(inputs, x, num_classes, name):
    """A network's inputs, a label among them where there are classes, and `x` with that label."""
    if num_classes is None:
        return inputs, x
    labels = keras.Input((), dtype="int32", name="labels")
    return [inputs, labels], append_label(x, labels, num_classes, name)


def _check(image_shape, latent_dim, base_filters, hidden, normalization, num_classes):
    image_shape = check_image_shape("image_shape", image_shape)
    latent_dim = check_integer("latent_dim", latent_dim)
    base_filters = check_integer("base_filters", base_filters)
    hidden = check_integer("hidden", hidden)
    check_choice("normalization", normalization, NORMALIZATIONS)
    if num_classes is not None:
        check_integer("num_classes", num_classes)
    return image_shape, latent_dim, base_filters, hidden
