import keras
import numpy as np
import pytest

import keras_gen
from keras_gen.metrics import (
    FeatureExtractor,
    default_feature_extractor,
    get_feature_extractor,
)


def numpy_features(model, images):
    """The fixture's convolution, ReLU and average, computed without Keras."""
    kernel, bias = model.get_weights()[:2]
    windows = np.lib.stride_tricks.sliding_window_view(images[..., 0], (3, 3), axis=(1, 2))
    maps = np.einsum("nhwij,ijc->nhwc", windows, kernel[:, :, 0]) + bias
    return np.maximum(maps, 0).mean(axis=(1, 2))


def test_features_and_probabilities_are_the_networks(rng, classifier):
    """Against NumPy, on every backend: so the backends agree with each other."""
    images = rng.uniform(-1, 1, (9, 6, 6, 1)).astype("float32")
    embedding = FeatureExtractor(classifier, batch_size=4)(images)
    features = numpy_features(classifier, images)
    np.testing.assert_allclose(embedding.features, features, rtol=1e-4, atol=1e-6)
    kernel, bias = classifier.get_weights()[2:]
    exponentials = np.exp(features @ kernel + bias)
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(embedding.probabilities, expected, rtol=1e-4, atol=1e-7)
    assert len(embedding) == 9
    assert embedding.features.dtype == "float32"


def test_runs_as_in_inference(rng):
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.BatchNormalization(), keras.layers.Dropout(0.9)]
    )
    images = rng.uniform(-1, 1, (8, 4, 4, 1)).astype("float32")
    before = [weight.copy() for weight in model.get_weights()]
    features = FeatureExtractor(model)(images).features
    expected = images.mean(axis=(1, 2)) / np.sqrt(1 + 1e-3)  # no batch statistics, no dropout
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-6)
    for left, right in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_a_layer_may_be_named(rng, classifier):
    extractor = FeatureExtractor(classifier, feature_layer=classifier.layers[1].name)
    images = rng.uniform(-1, 1, (3, 6, 6, 1)).astype("float32")
    # The convolution's maps are averaged over positions, as the "features" layer does.
    features = extractor(images).features
    np.testing.assert_allclose(features, FeatureExtractor(classifier)(images).features, rtol=1e-5)


def test_without_a_features_layer_the_output_serves(rng, pixels):
    images = rng.uniform(-1, 1, (3, 2, 3, 1)).astype("float32")
    np.testing.assert_array_equal(pixels(images).features, images.reshape(3, 6))
    np.testing.assert_allclose(pixels(images).probabilities.sum(axis=1), 1.0)
    assert not pixels.is_classifier


def test_subclassed_model_is_taken(rng):
    class Model(keras.Model):
        def call(self, images):
            return keras.ops.mean(images, axis=(1, 2))

    images = rng.uniform(-1, 1, (3, 4, 5, 2)).astype("float32")
    extractor = FeatureExtractor(Model(name="mean"))
    np.testing.assert_allclose(extractor(images).features, images.mean(axis=(1, 2)), atol=1e-6)


def test_images_are_fitted_to_the_network(rng, classifier):
    extractor = FeatureExtractor(classifier)
    colour = rng.uniform(-1, 1, (2, 12, 12, 3)).astype("float32")
    assert extractor.prepare(colour).shape == (2, 6, 6, 1)
    np.testing.assert_allclose(
        extractor(colour).features, extractor(extractor.prepare(colour)).features, rtol=1e-6
    )


def test_networks_of_any_size_get_images_as_they_are(rng):
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(inputs))
    gray = rng.uniform(-1, 1, (2, 5, 9, 1)).astype("float32")
    features = FeatureExtractor(model)(gray).features
    np.testing.assert_allclose(features, np.repeat(gray.mean(axis=(1, 2)), 3, axis=1), atol=1e-6)


def test_what_cannot_serve_is_refused(classifier):
    a, b = keras.Input((2, 2, 1)), keras.Input((2, 2, 1))
    two_inputs = keras.Model([a, b], keras.layers.Add()([a, b]))
    with pytest.raises(ValueError, match="must have one input, the images, and one output"):
        FeatureExtractor(two_inputs)
    with pytest.raises(ValueError, match="Received: feature_layer='pool'"):
        FeatureExtractor(classifier, feature_layer="pool")
    scalar = keras.Model(a, keras.ops.mean(a, axis=(1, 2, 3)))
    with pytest.raises(ValueError, match=r"must return \(batch, dim\)"):
        FeatureExtractor(scalar)(np.zeros((3, 2, 2, 1)))


def test_fingerprint_tells_weights_apart(classifier):
    extractor = FeatureExtractor(classifier)
    before = extractor.fingerprint
    assert before == FeatureExtractor(classifier, name="another").fingerprint
    weights = classifier.get_weights()
    weights[0][0, 0, 0, 0] += 1e-3
    classifier.set_weights(weights)
    assert extractor.fingerprint != before
    assert len(before) == 8


@pytest.fixture
def preset(classifier, tmp_path):
    folder = tmp_path / "classifier_squares"
    keras_gen.save_to_preset(classifier, folder)
    return folder


@pytest.mark.parametrize("convert", [str, lambda folder: folder, lambda folder: f"{folder}/"])
def test_preset_folder(rng, classifier, preset, convert):
    extractor = get_feature_extractor(convert(preset))
    assert extractor.name == "squares classifier"
    assert extractor.is_classifier
    assert extractor.fingerprint == FeatureExtractor(classifier).fingerprint


def test_unknown_names_and_types_are_refused():
    with pytest.raises(ValueError, match="no_such_preset"):
        get_feature_extractor("no_such_preset")
    with pytest.raises(TypeError, match="Received: feature_extractor=3"):
        get_feature_extractor(3)


@pytest.mark.parametrize("end", ["softmax", "layer", "operation", "logits"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_softmax_is_found_however_a_classifier_ends(end, wrapped):
    inputs = keras.Input((4, 4, 3))
    x = keras.layers.Flatten()(inputs)
    x = keras.layers.Dense(5, activation="softmax" if end == "softmax" else None)(x)
    if end == "layer":
        x = keras.layers.Softmax()(x)
    if end == "operation":
        x = keras.ops.softmax(x)
    classifier = keras.Model(inputs, x)
    if wrapped:  # as the docstring has it, with a rescaling before it
        classifier = keras.Sequential([inputs, keras.layers.Rescaling(127.5, 127.5), classifier])
        whole = keras.Input((4, 4, 3))
        classifier = keras.Model(whole, classifier(whole))
    assert FeatureExtractor(classifier).from_logits is (end == "logits")


def test_inception_v3_is_keras_applications(monkeypatch, rng):
    calls = []

    def inception_v3(**arguments):
        calls.append(arguments)
        inputs = keras.Input((5, 5, 3))
        x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(inputs)
        return keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(x))

    monkeypatch.setattr(keras.applications, "InceptionV3", inception_v3)
    extractor = get_feature_extractor("inception_v3")
    embedding = extractor(rng.uniform(-1, 1, (2, 9, 9, 1)))
    assert calls == [{"weights": "imagenet"}]
    assert extractor.name == "inception_v3"
    assert not extractor.from_logits
    assert embedding.features.shape == (2, 3)
    assert embedding.probabilities.shape == (2, 10)


@pytest.mark.parametrize(
    ("dataset", "extractor"),
    [
        ("digits", "classifier_digits"),
        ("fashion_mnist", "classifier_fashion_mnist"),
        ("fashion_mnist:3.0.1", "classifier_fashion_mnist"),
        ("digits/small", "classifier_digits"),
        ("emoji", "classifier_emoji"),
        ("fluent_emoji", "classifier_imagenet_lite0"),
        ("mnist", "classifier_mnist_10k"),
        ("mnist_10k", "classifier_mnist_10k"),
        ("cifar10", "inception_v3"),
        ("./digits", "inception_v3"),
        ("/data/fashion_mnist", "inception_v3"),
    ],
)
def test_each_data_set_has_its_own_extractor(dataset, extractor):
    assert default_feature_extractor(dataset) == extractor


@pytest.mark.parametrize(
    ("shape", "extractor"),
    [
        ((64, 64, 3), "classifier_imagenet_lite0"),
        ((64, 80, 3), "classifier_imagenet_lite0"),
        ((63, 80, 3), "inception_v3"),
        ((64, 64, 1), "inception_v3"),
        ((None, None, 3), "inception_v3"),
    ],
)
def test_large_colour_pictures_are_told_apart_by_what_knows_photographs(shape, extractor):
    assert default_feature_extractor("photos/", shape) == extractor
    assert default_feature_extractor("digits", shape) == "classifier_digits"


@pytest.mark.parametrize("dataset", ["digits", "emoji", "fashion_mnist", "mnist_10k"])
def test_the_default_extractors_are_presets_of_the_package(dataset):
    extractor = get_feature_extractor(default_feature_extractor(dataset))
    assert extractor.name == f"{dataset} classifier"
    assert extractor.num_classes == 10


def test_classes_are_of_classifiers_alone(classifier, pixels):
    assert FeatureExtractor(classifier).num_classes == 4
    assert pixels.num_classes is None
