from collections.abc import Sequence

import keras
from keras import layers


def image_classifier(
    image_shape: Sequence[int],
    num_classes: int,
    feature_dim: int = 128,
    filters: int = 24,
    name: str | None = None,
) -> keras.Model:
    """Builds a small classifier whose features serve the scores of a data set.

    Five convolutions with batch normalisation and ReLU, of which the second, fourth and fifth halve
    the maps down to 4 pixels, then a linear layer called `"features"`, which is what
    `FeatureExtractor` looks for.

    Args:
        image_shape: Shape of one image, `(height, width, channels)`. Images are in [-1, 1].
        num_classes: Number of classes.
        feature_dim: Number of features. Defaults to 128.
        filters: Channels of the first convolution; the later ones have 2, 2, 4 and 3 times as
            many. Defaults to 24.
        name: Name of the model, which scores are printed with.

    Returns:
        A functional Keras model from images to logits `(batch, num_classes)`.

    Example:

    >>> model = image_classifier((28, 28, 1), 10)
    >>> model.get_layer("features").output.shape, model.output_shape
    ((None, 128), (None, 10))
    """
    inputs = keras.Input(image_shape, name="images")
    x = inputs
    for index, (factor, halve) in enumerate([(1, 0), (2, 1), (2, 0), (4, 1), (3, 1)]):
        x = layers.Conv2D(
            factor * filters,
            3,
            strides=2 if halve and min(x.shape[1:3]) > 4 else 1,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"convolution_{index}",
        )(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"normalization_{index}")(x)
        x = layers.ReLU(name=f"relu_{index}")(x)
    x = layers.Dense(feature_dim, name="features")(layers.Flatten(name="flatten")(x))
    x = layers.ReLU(name="feature_relu")(x)
    x = layers.Dropout(0.3, name="dropout")(x)
    return keras.Model(inputs, layers.Dense(num_classes, name="logits")(x), name=name)
