"""What holds for every metric of pairs, and the peak signal-to-noise ratio."""

import keras
import numpy as np
import pytest
import skimage.metrics

from keras_gen.metrics import (
    FeatureDistance,
    PeakSignalToNoiseRatio,
    StructuralSimilarity,
    get_feature_extractor,
)
from keras_gen.metrics.feature_distance import feature_distance

METRICS = {
    "peak_signal_to_noise_ratio": lambda classifier: PeakSignalToNoiseRatio(),
    "structural_similarity": lambda classifier: StructuralSimilarity(filter_size=5),
    "feature_distance": FeatureDistance,
}


@pytest.fixture(params=METRICS)
def metric(request, classifier):
    return METRICS[request.param](classifier)


@pytest.fixture
def pair(rng):
    real = rng.uniform(-0.8, 0.8, (20, 6, 6, 1))
    return real, real + rng.uniform(-0.2, 0.2, real.shape)


def test_batches_of_seven_equal_one_batch(metric, pair):
    metric.update_state(*pair)
    whole = metric.result()
    metric.reset_state()
    for start in range(0, 20, 7):
        metric.update_state(*(images[start : start + 7] for images in pair))
    assert metric.count == 20
    assert metric.result() == pytest.approx(whole, rel=1e-4)


def test_tensors_of_the_backend_are_taken(metric, pair):
    metric.update_state(*pair)
    expected = metric.result()
    metric.reset_state()
    metric.update_state(*(keras.ops.convert_to_tensor(images, "float32") for images in pair))
    assert metric.result() == pytest.approx(expected, rel=1e-4)


def test_no_images_and_other_shapes_are_refused(metric, pair):
    with pytest.raises(ValueError, match="Received: 0 pairs"):
        metric.result()
    with pytest.raises(ValueError, match="must have one shape"):
        metric.update_state(pair[0], pair[1][:5])


@pytest.mark.parametrize(
    "metric",
    [PeakSignalToNoiseRatio(name="ratio"), StructuralSimilarity(scales=2, filter_size=3, name="s")],
    ids=["ratio", "similarity"],
)
def test_config_makes_the_metric_again(metric):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert type(again) is type(metric)
    assert again.get_config() == metric.get_config()


def test_noise_ratio_agrees_with_scikit_image(pair):
    expected = [
        skimage.metrics.peak_signal_noise_ratio(a, b, data_range=2.0)
        for a, b in zip(*pair, strict=True)
    ]
    metric = PeakSignalToNoiseRatio()
    metric.update_state(*pair)
    assert metric.result() == pytest.approx(np.mean(expected), rel=1e-4)


def test_noise_ratio_falls_with_the_noise_from_a_hundred():
    black, ratios = np.full((1, 2, 2, 1), -1.0), []
    for noise in (0.0, 0.02, 0.2, 2):
        metric = PeakSignalToNoiseRatio()
        metric.update_state(black, black + noise)
        ratios.append(metric.result())
    assert ratios == pytest.approx([100.0, 40.0, 20.0, 0.0], rel=1e-4, abs=1e-4)


def test_feature_distance_by_hand():
    # Unit vectors: (3, 4)/5 against (1, 0): 0.16 + 0.64 = 0.8; equal directions: 0. Mean 0.4.
    real = np.array([[3.0, 4.0], [2.0, 2.0]]).reshape(1, 1, 2, 2)
    generated = np.array([[7.0, 0.0], [5.0, 5.0]]).reshape(1, 1, 2, 2)
    assert feature_distance(real, generated)[0] == pytest.approx(0.4)
    assert feature_distance(np.zeros((1, 1, 1, 2)), np.zeros((1, 1, 1, 2)))[0] == 0.0


def test_feature_distance_adds_the_layers_up(pair):
    inputs = keras.Input((6, 6, 1))
    scaled = keras.layers.Rescaling(1.0, name="before_any_weights")(inputs)
    x = keras.layers.Conv2D(3, 3, padding="same", name="first")(scaled)
    x = keras.layers.ReLU(name="last_of_6x6")(x)
    x = keras.layers.Conv2D(4, 3, strides=2, name="last_of_2x2")(x)
    model = keras.Model(inputs, keras.layers.Flatten()(x))
    both = FeatureDistance(model)
    assert both.layers == ("last_of_6x6", "last_of_2x2")
    distances = []
    for layers in (["last_of_6x6"], ["last_of_2x2"], None):
        metric = FeatureDistance(model, layers=layers)
        metric.update_state(*pair)
        distances.append(metric.result())
    assert distances[0] + distances[1] == pytest.approx(distances[2], rel=1e-5)


def test_feature_distance_grows_with_the_noise(rng, classifier, pair):
    real, noise = pair[0], rng.uniform(-1, 1, pair[0].shape)
    metric, distances = FeatureDistance(classifier), []
    for share in (0.0, 0.1, 0.5, 1.0):
        metric.reset_state()
        metric.update_state(real, (1 - share) * real + share * noise)
        distances.append(metric.result())
    assert distances[0] == 0.0
    assert distances == sorted(distances)
    assert distances[1] > 0


def test_feature_distance_fits_images_to_the_network(rng, classifier):
    real, generated = rng.uniform(-1, 1, (2, 3, 12, 12, 3))
    metric = FeatureDistance(classifier)
    metric.update_state(real, generated)
    large = metric.result()
    metric.reset_state()
    prepare = get_feature_extractor(classifier).prepare
    metric.update_state(prepare(real), prepare(generated))
    assert metric.result() == pytest.approx(large, rel=1e-5)


def test_feature_distance_needs_maps(pixels, classifier):
    with pytest.raises(ValueError, match="or `layers` must name some"):
        FeatureDistance(pixels)
    with pytest.raises(ValueError, match="cannot hold its feature extractor's weights"):
        FeatureDistance(classifier).get_config()
