from collections.abc import Sequence

import keras

from keras_gen.networks._blocks import NORMALIZATIONS, SPATIAL, Blocks, doubled
from keras_gen.networks._checks import check_choice, check_image_shape, check_integer


def patch_receptive_field(layers: int) -> int:
    """Side of the square of pixels that one score of a PatchGAN discriminator sees.

    Args:
        layers: Number of strided convolutions, at least 0. Two further convolutions of stride 1
            follow; every kernel is 4 x 4.

    Returns:
        The side in pixels.

    Example:

    >>> [patch_receptive_field(layers) for layers in range(6)]
    [7, 16, 34, 70, 142, 286]
    """
    field = 1 + 3 + 3
    for _ in range(check_integer("layers", layers, 0)):
        field = 2 * field + 2
    return field


# Receptive field to number of strided convolutions; 1 is the paper's PixelGAN, of 1 x 1 kernels.
FIELDS = {1: 0} | {patch_receptive_field(layers): layers for layers in range(1, 6)}
# What layers' names begin with, of the images' own size, of half of it and of a quarter.
SCALES = ("", "half_", "quarter_")


def patch_discriminator(
    input_shape: Sequence[int],
    target_shape: Sequence[int] | None = None,
    receptive_field: int | None = None,
    base_filters: int = 64,
    normalization: str | None = "instance",
    seed: int | None = None,
    name: str | None = None,
    scales: int = 1,
) -> keras.Model:
    """PatchGAN discriminator: images to a map of scores, one for each overlapping patch.

    Strided convolutions of kernel 4, one of stride 1, and one to a single channel; leaky ReLU of
    slope 0.2. The first and the last aren't normalised.

    Args:
        input_shape: `(height, width, channels)`, each side at least 8. Without `target_shape` the
            images to be judged (CycleGAN); with it the condition, Pix2Pix's input.
        target_shape: `(height, width, channels)` of the images to be judged, given the condition;
            of the condition's height and width. Defaults to `None`: no condition.
        receptive_field: Side of a patch in pixels: 1, 16, 34, 70, 142 or 286. Defaults to `None`:
            the largest of 16, 34 and 70 (the papers' at 256 x 256) that the smaller side holds, and
            16 below. The model's name says which, for instance `"patch_discriminator_70"`.
        base_filters: Filters of the first layer; doubled at each further one, up to 8 x.
            Defaults to 64.
        normalization: `"batch"`, `"synchronized_batch"` (with the statistics of all replicas, on
            TensorFlow), `"layer"`, `"instance"`, `"spectral"` or `None`. Defaults to
            `"instance"`, CycleGAN's; Pix2Pix's `"batch"` is the same in a batch of one.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name. Defaults to `None`: `"patch_discriminator_"` and the field.
        scales: 1, 2 or 3: one judge of the images, another of them at half the size, a third at a
            quarter (averages of 2 x 2 pixels), each of the same field and with weights of its own.
            Defaults to 1.

    Returns:
        A `keras.Model` from float images in [-1, 1], or from `[input, target]` where
        `target_shape` is given, to float32 logits `(batch, rows, columns, 1)`, a list of them where
        there are several scales.

    Raises:
        ValueError: If an argument lies outside what is said above, or if the images are too small
            for the receptive field.

    Example:

    >>> discriminator = patch_discriminator((64, 64, 1), target_shape=(64, 64, 3))
    >>> discriminator.name, discriminator.output_shape
    ('patch_discriminator_34', (None, 14, 14, 1))

    Reference: Isola et al., 2017, Image-to-Image Translation with Conditional Adversarial Networks,
    https://arxiv.org/abs/1611.07004; the scales: Wang et al., 2017, High-Resolution Image Synthesis and
    Semantic Manipulation with Conditional GANs, https://arxiv.org/abs/1711.11585
    """
    input_shape = check_image_shape("input_shape", input_shape)
    base_filters = check_integer("base_filters", base_filters)
    check_choice("normalization", normalization, NORMALIZATIONS)
    check_choice("scales", scales, tuple(range(1, len(SCALES) + 1)))
    side = min(input_shape[:2])
    if receptive_field is None:
        receptive_field = max(field for field in (16, 34, 70) if field <= max(side, 16))
    layers = FIELDS[check_choice("receptive_field", receptive_field, tuple(FIELDS))]
    least = side // 2 ** (scales - 1)
    fitting = [field for field, strided in FIELDS.items() if -(-least // 2**strided) > 2]
    if receptive_field not in fitting:
        raise ValueError(
            f"`receptive_field` must be one of {fitting} for images of {input_shape[0]} x "
            f"{input_shape[1]}{f' at {scales} scales' if scales > 1 else ''}: a larger one leaves no patch. "
            f"Received: receptive_field={receptive_field}"
        )

    inputs = x = keras.Input(input_shape, name="input")
    if target_shape is not None:
        target_shape = check_image_shape("target_shape", target_shape)
        if target_shape[:2] != input_shape[:2]:
            raise ValueError(
                "`target_shape` must have `input_shape`'s height and width. "
                f"Received: input_shape={input_shape}, target_shape={target_shape}"
            )
        inputs = [inputs, keras.Input(target_shape, name="target")]
        x = keras.layers.Concatenate(name="input_and_target")(inputs)

    blocks = Blocks(normalization, "leaky_relu", seed=seed)
    logits = []
    for prefix in SCALES[:scales]:
        if prefix:
            x = keras.layers.AveragePooling2D(2, **SPATIAL, name=f"{prefix}size")(x)
        logits.append(_judge(blocks, x, layers, base_filters, prefix))
    outputs = logits if scales > 1 else logits[0]
    return keras.Model(inputs, outputs, name=name or f"patch_discriminator_{receptive_field}")


def _judge(blocks, x, layers, base_filters, prefix):
    """Logits of one scale's patches; without strided convolutions those of pixels."""
    if layers == 0:
        x = blocks.convolution(x, base_filters, 1, f"{prefix}pixel_1")
        x = blocks.activate(x, f"{prefix}pixel_1_activation")
        filters = 2 * base_filters
        x = blocks.convolution(x, filters, 1, f"{prefix}pixel_2", use_bias=blocks.needs_bias)
        x = blocks.finish(x, f"{prefix}pixel_2")
        return blocks.convolution(x, 1, 1, f"{prefix}logits", dtype="float32")
    for level in range(1, layers + 1):
        filters = doubled(base_filters, level - 1)
        x = blocks.halve(x, filters, f"{prefix}down_{level}", level > 1)
    filters = doubled(base_filters, layers)
    x = _flat_convolution(blocks, x, filters, f"{prefix}patch", use_bias=blocks.needs_bias)
    x = blocks.finish(x, f"{prefix}patch")
    return _flat_convolution(blocks, x, 1, f"{prefix}logits", dtype="float32")


def _flat_convolution(blocks, x, filters, name, **arguments):
    # One pixel on each side, as in the papers' code, which makes the map one smaller.
    x = keras.layers.ZeroPadding2D(1, **SPATIAL, name=f"{name}_padding")(x)
    return blocks.convolution(x, filters, 4, name, padding="valid", **arguments)
