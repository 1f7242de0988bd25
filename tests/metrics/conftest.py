import keras
import numpy as np
import pytest

from keras_gen.metrics import FeatureExtractor


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def pixels():
    """An extractor whose features are the pixels, so that a test knows them."""
    model = keras.Sequential([keras.Input((2, 3, 1)), keras.layers.Flatten()])
    return FeatureExtractor(model, name="pixel")


@pytest.fixture
def classifier(rng):
    """A convolution, a layer called "features" and logits, with the same weights everywhere."""
    inputs = keras.Input((6, 6, 1))
    x = keras.layers.Conv2D(5, 3, activation="relu")(inputs)
    x = keras.layers.GlobalAveragePooling2D(name="features")(x)
    model = keras.Model(inputs, keras.layers.Dense(4)(x), name="tiny_classifier")
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    return model


@pytest.fixture
def as_pictures():
    """Lays feature vectors of length 6 out as images, which `pixels` reads back."""

    def convert(features):
        return np.asarray(features, "float32").reshape(-1, 2, 3, 1)

    return convert
