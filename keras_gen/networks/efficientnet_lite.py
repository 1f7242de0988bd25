import keras

from keras_gen.networks._blocks import SPATIAL, Blocks
from keras_gen.networks._checks import check_integer
from keras_gen.types import Shape

# Repeats, kernel size, stride, expansion and filters of each stage.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_STEM, _FEATURES = 32, 1280


def efficientnet_lite0(
    input_shape: Shape = (224, 224, 3),
    num_classes: int = 1000,
    seed: int | None = None,
    name: str = "efficientnet_lite0",
) -> keras.Model:
    """EfficientNet-Lite0: a small network that tells what pictures show.

    Its layers `features` (the mean over all places of the last convolution) and `stage_1` to `stage_7`
    are what scores and perceptual losses look at; the zoo's `classifier_imagenet_lite0` is it, with
    ImageNet's weights.

    Args:
        input_shape: `(height, width, 3)`, either of them None or at least 32. Defaults to the
            224 x 224 that the paper's weights learnt from.
        num_classes: Integer, how many classes. Defaults to ImageNet's 1,000.
        seed: Integer that fixes the initial weights. Defaults to `None`: drawn from Python's
            generator, which `keras.utils.set_random_seed` sets.
        name: The model's name.

    Returns:
        A `keras.Model` from float images `(batch, height, width, 3)` in [-1, 1] to float32 logits
        `(batch, num_classes)`.

    Raises:
        ValueError: If an argument lies outside what is said above.

    Reference: Tan & Le, 2019, EfficientNet, https://arxiv.org/abs/1905.11946; the Lite variant, without
    squeeze-and-excitation and with ReLU6, is that of TensorFlow's TPU models.

    Example:

    >>> efficientnet_lite0((64, 64, 3)).get_layer("features").output.shape
    (None, 1280)
    """
    num_classes = check_integer("num_classes", num_classes)
    _check_shape(input_shape)
    blocks = Blocks(None, initializer="glorot_uniform", seed=seed)
    images = keras.Input(input_shape, name="images")
    # The weights learnt from (bytes - 127) / 128.
    x = keras.layers.Rescaling(127.5 / 128.0, 0.5 / 128.0, name="rescaling")(images)
    x = _convolution(blocks, x, _STEM, 3, "stem", strides=2)
    for stage, (repeats, size, stride, expansion, filters) in enumerate(_STAGES, start=1):
        for number in range(repeats):
            scope = f"stage_{stage}_block_{number + 1}"
            x = _inverted(blocks, x, scope, size, stride if number == 0 else 1, expansion, filters)
        x = keras.layers.Identity(name=f"stage_{stage}")(x)
    x = _convolution(blocks, x, _FEATURES, 1, "head")
    x = keras.layers.GlobalAveragePooling2D(**SPATIAL, name="features")(x)
    return keras.Model(images, blocks.dense(x, num_classes, "logits", dtype="float32"), name=name)


def _check_shape(shape):
    sides = tuple(shape)[:2] if isinstance(shape, (tuple, list)) and len(shape) == 3 else (0, 0)
    fit = [side is None or (isinstance(side, int) and side >= 32) for side in sides]
    if not all(fit) or shape[-1] != 3:
        raise ValueError(
            "`input_shape` must be (height, width, 3), of sides of at least 32 or None. "
            f"Received: input_shape={shape!r}"
        )


def _convolution(blocks, x, filters, size, name, activation=True, **options):
    x = blocks.convolution(x, filters, size, name, use_bias=False, **options)
    return _finished(x, name, activation)


def _finished(x, name, activation=True):
    """After a convolution: its normalization, and ReLU6."""
    x = keras.layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(x)
    return keras.layers.ReLU(6.0, name=f"{name}_relu")(x) if activation else x


def _inverted(blocks, inputs, scope, size, stride, expansion, filters):
    """An inverted residual block (MobileNetV2's)."""
    x, depth = inputs, inputs.shape[-1]
    if expansion != 1:
        x = _convolution(blocks, x, depth * expansion, 1, f"{scope}_expand")
    x = keras.layers.DepthwiseConv2D(
        size,
        stride,
        "same",
        use_bias=False,
        depthwise_initializer=blocks.kernel_initializer(),
        name=f"{scope}_depthwise",
        **SPATIAL,
    )(x)
    x = _finished(x, f"{scope}_depthwise")
    x = _convolution(blocks, x, filters, 1, f"{scope}_project", activation=False)
    if stride == 1 and depth == filters:
        x = keras.layers.Add(name=f"{scope}_add")([inputs, x])
    return x
