import keras

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
    num_classes = check_integer("num_classes", num_classes, 1)
    height, width, channels = input_shape
    if channels != 3 or any(side is not None and side < 32 for side in (height, width)):
        raise ValueError(
            "`input_shape` must be (height, width, 3), of sides of at least 32 or None. "
            f"Received: input_shape={input_shape}"
        )
    images = keras.Input(input_shape, name="images")
    # The weights learnt from (bytes - 127) / 128.
    x = keras.layers.Rescaling(127.5 / 128.0, 0.5 / 128.0, name="rescaling")(images)
    x = _unit(keras.layers.Conv2D(_STEM, 3, 2, "same", use_bias=False, name="stem"), x)
    for stage, (repeats, size, stride, expansion, filters) in enumerate(_STAGES, start=1):
        for block in range(repeats):
            scope = f"stage_{stage}_block_{block + 1}"
            x = _inverted(x, scope, size, stride if block == 0 else 1, expansion, filters)
        x = keras.layers.Identity(name=f"stage_{stage}")(x)
    x = _unit(keras.layers.Conv2D(_FEATURES, 1, use_bias=False, name="head"), x)
    x = keras.layers.GlobalAveragePooling2D(name="features")(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name=name)


def _unit(layer, x, activation=True):
    """A convolution, its normalization, and ReLU6."""
    x = layer(x)
    x = keras.layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"{layer.name}_bn")(x)
    return keras.layers.ReLU(6.0, name=f"{layer.name}_relu")(x) if activation else x


def _inverted(inputs, scope, size, stride, expansion, filters):
    """An inverted residual block (MobileNetV2's)."""
    x, depth = inputs, inputs.shape[-1]
    if expansion != 1:
        expand = keras.layers.Conv2D(depth * expansion, 1, use_bias=False, name=f"{scope}_expand")
        x = _unit(expand, x)
    depthwise = keras.layers.DepthwiseConv2D(
        size, stride, "same", use_bias=False, name=f"{scope}_depthwise"
    )
    x = _unit(depthwise, x)
    project = keras.layers.Conv2D(filters, 1, use_bias=False, name=f"{scope}_project")
    x = _unit(project, x, activation=False)
    if stride == 1 and depth == filters:
        x = keras.layers.Add(name=f"{scope}_add")([inputs, x])
    return x
