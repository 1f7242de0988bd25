from collections.abc import Sequence

import keras

from keras_gen.layers import LabelMap
from keras_gen.networks._blocks import NORMALIZATIONS, SPATIAL, UPSAMPLINGS, Blocks, append_label
from keras_gen.networks._checks import check_choice, check_image_shape, check_integer, check_rate

GENERATOR_CONDITIONINGS = ("embedding", "one_hot")
DISCRIMINATOR_CONDITIONINGS = ("projection", "one_hot", "embedding", None)


def conditional_dcgan_generator(
    image_shape: Sequence[int],
    num_classes: int,
    latent_dim: int = 128,
    conditioning: str | None = "embedding",
    base_filters: int = 64,
    upsampling: str = "transposed",
    normalization: str | None = "batch",
    seed: int | None = None,
    name: str = "conditional_dcgan_generator",
) -> keras.Model:
    """DCGAN's generator for images of a chosen class.

    The class joins the latents, and `dcgan_generator`'s layers follow.

    Args:
        image_shape: `(height, width, channels)`, each side at least 8; sides may differ and be odd.
        num_classes: Number of classes, at least 1.
        latent_dim: Size of the latent vectors, at least 1. Defaults to 128.
        conditioning: What joins the latents: `"embedding"`, a learned vector of `latent_dim`
            numbers a class, of length 1 or so at first; or `"one_hot"`, `num_classes` zeros and
            ones. Defaults to `"embedding"`.
        base_filters: Filters at half the image's size; doubled at each coarser level, up to
            8 x. Defaults to 64.
        upsampling: `"transposed"` or `"nearest"`, as in `dcgan_generator`.
        normalization: `"batch"`, `"synchronized_batch"` (with the statistics of all replicas, on
            TensorFlow), `"layer"`, `"instance"`, `"spectral"` or `None`. Defaults to
            `"batch"`.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from `[latents, labels]`, floats `(batch, latent_dim)` and integers
        `(batch,)` in [0, num_classes), to float32 images `(batch, height, width, channels)` in
        [-1, 1].

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> generator = conditional_dcgan_generator((28, 28, 1), num_classes=10)
    >>> generator.input_shape
    [(None, 128), (None,)]

    Reference: Mirza & Osindero, 2014, Conditional Generative Adversarial Nets,
    https://arxiv.org/abs/1411.1784
    """
    image_shape = check_image_shape("image_shape", image_shape)
    num_classes = check_integer("num_classes", num_classes)
    latent_dim = check_integer("latent_dim", latent_dim)
    check_choice("conditioning", conditioning, GENERATOR_CONDITIONINGS)
    base_filters = check_integer("base_filters", base_filters)
    check_choice("upsampling", upsampling, UPSAMPLINGS)
    check_choice("normalization", normalization, NORMALIZATIONS)

    blocks = Blocks(normalization, "relu", seed=seed)
    latents = keras.Input((latent_dim,), name="latents")
    labels = keras.Input((), dtype="int32", name="labels")
    x = condition_latents(blocks, latents, labels, num_classes, conditioning)
    image = blocks.vector_to_image(x, image_shape, base_filters, "tanh", upsampling)
    return keras.Model([latents, labels], image, name=name)


def conditional_dcgan_discriminator(
    image_shape: Sequence[int],
    num_classes: int,
    conditioning: str | None = "projection",
    base_filters: int = 64,
    normalization: str | None = "batch",
    dropout: float = 0.0,
    auxiliary_classifier: bool = False,
    seed: int | None = None,
    name: str = "conditional_dcgan_discriminator",
) -> keras.Model:
    """DCGAN's discriminator, which scores an image together with the class it should show.

    Args:
        image_shape: `(height, width, channels)`, each side at least 8; sides may differ and be odd.
        num_classes: Number of classes, at least 1.
        conditioning: How the label enters. `"projection"`: the last map's mean over its places
            (each channel's, as in the paper, whose discriminator has a sum there) is multiplied with
            a learned vector of the class, and the inner product added to the score; a vector for
            every place as well would let the discriminator learn single pictures of a class, and the
            generator collapse to them. `"one_hot"`: the image gets
            `num_classes` more channels, the label's all ones and the others all zeros.
            `"embedding"`: the image gets one more channel, a learned picture of the class. `None`:
            not at all, as in AC-GAN, and only with `auxiliary_classifier`. Defaults to
            `"projection"`.
        base_filters: Filters at half the image's size; doubled at each coarser level, up to
            8 x. Defaults to 64.
        normalization: `"batch"`, `"synchronized_batch"` (with the statistics of all replicas, on
            TensorFlow), `"layer"`, `"instance"`, `"spectral"` or `None`. Defaults to
            `"batch"`.
        dropout: Rate after each level, in [0, 1). Defaults to 0.
        auxiliary_classifier: Whether a second output tells the class from the image alone. Its
            features must not have seen the label, so `conditioning` is `"projection"` or `None`.
            Defaults to `False`.
        seed: Integer that fixes the initial weights and the dropout masks. Defaults to `None`:
            drawn from Python's generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from `[images, labels]`, floats `(batch, height, width, channels)` in
        [-1, 1] and integers `(batch,)` in [0, num_classes), to float32 logits `(batch, 1)`; with
        `auxiliary_classifier`, to `[logits, class_logits]`, the latter `(batch, num_classes)`.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Example:

    >>> discriminator = conditional_dcgan_discriminator((28, 28, 1), num_classes=10)
    >>> discriminator.input_shape, discriminator.output_shape
    ([(None, 28, 28, 1), (None,)], (None, 1))

    Reference: Miyato & Koyama, 2018, cGANs with Projection Discriminator,
    https://arxiv.org/abs/1802.05637; Odena et al., 2016, Conditional Image Synthesis with Auxiliary
    Classifier GANs, https://arxiv.org/abs/1610.09585
    """
    image_shape = check_image_shape("image_shape", image_shape)
    num_classes = check_integer("num_classes", num_classes)
    check_choice("conditioning", conditioning, DISCRIMINATOR_CONDITIONINGS)
    base_filters = check_integer("base_filters", base_filters)
    check_choice("normalization", normalization, NORMALIZATIONS)
    dropout = check_rate("dropout", dropout)
    if auxiliary_classifier and conditioning not in ("projection", None):
        raise ValueError(
            "`auxiliary_classifier` needs features that have not seen the label: `conditioning` "
            f"must be 'projection' or None. Received: conditioning={conditioning!r}"
        )
    if conditioning is None and not auxiliary_classifier:
        raise ValueError(
            "`conditioning` may be None only with `auxiliary_classifier=True`: the labels would be "
            f"ignored. Received: auxiliary_classifier={auxiliary_classifier!r}"
        )

    blocks = Blocks(normalization, "leaky_relu", seed=seed)
    images = keras.Input(image_shape, name="images")
    labels = keras.Input((), dtype="int32", name="labels")
    x = images
    if conditioning == "one_hot":
        x = LabelMap(num_classes, name="label_map")([images, labels])
    elif conditioning == "embedding":
        x = _paint_label(blocks, images, labels, num_classes)
    x = blocks.image_to_map(x, base_filters, dropout)
    features = blocks.flatten(x)
    if conditioning == "projection":
        pooled = keras.layers.GlobalAveragePooling2D(**SPATIAL, name="pooled_features")(x)
        logits = blocks.score(features, labels, num_classes, pooled)
    else:
        logits = blocks.score(features)
    if not auxiliary_classifier:
        return keras.Model([images, labels], logits, name=name)
    class_logits = blocks.dense(features, num_classes, "class_logits", dtype="float32")
    return keras.Model([images, labels], [logits, class_logits], name=name)


def condition_latents(blocks, latents, labels, num_classes, conditioning):
    """Join the class to the latents: `(batch, latent_dim)` and `(batch,)` to `(batch, wider)`."""
    latent_dim = latents.shape[-1]
    if conditioning == "embedding":
        # As long as a one-hot code. Were it as large as the latents, a class would be half of what
        # the generator sees, which then learns one picture a class and is deaf to the latents.
        classes = _embedding(blocks, num_classes, latent_dim, latent_dim**-0.5)(labels)
        return keras.layers.Concatenate(name="latents_and_label")([latents, classes])
    return append_label(latents, labels, num_classes, "latents")


def _paint_label(blocks, images, labels, num_classes):
    height, width = images.shape[1:3]
    # As large as the pixels that it stands beside.
    picture = _embedding(blocks, num_classes, height * width, 1.0)(labels)
    picture = keras.layers.Reshape((height, width, 1), name="label_picture")(picture)
    return keras.layers.Concatenate(name="image_and_label")([images, picture])


def _embedding(blocks, num_classes, size, stddev):
    initializer = keras.initializers.RandomNormal(stddev=stddev, seed=blocks.next_seed())
    return keras.layers.Embedding(
        num_classes, size, embeddings_initializer=initializer, name="label_embedding"
    )
