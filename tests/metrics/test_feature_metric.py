"""What holds for every metric of features."""

import keras
import numpy as np
import pytest

from keras_gen.metrics import (
    DensityCoverage,
    FrechetDistance,
    InceptionScore,
    KernelDistance,
    PrecisionRecall,
    ReferenceStatistics,
)
from tests.metrics.test_feature_extractor import preset  # noqa: F401

METRICS = {
    "frechet_distance": FrechetDistance,
    "kernel_distance": lambda extractor: KernelDistance(extractor, subsets=5, subset_size=20),
    "inception_score": lambda extractor: InceptionScore(extractor, splits=3),
    "precision_recall": PrecisionRecall,
    "density_coverage": DensityCoverage,
}
REFERENCED = [name for name in METRICS if name != "inception_score"]


@pytest.fixture(params=METRICS)
def metric(request, classifier):
    return METRICS[request.param](classifier)


@pytest.fixture
def images(rng):
    def draw(count, spread=1.0):
        return (spread * rng.uniform(-1, 1, (count, 6, 6, 1))).astype("float32")

    return draw


def as_dict(result):
    return result if isinstance(result, dict) else {"score": result}


def test_batches_of_seven_equal_one_batch(metric, images):
    real, generated = images(45), images(38, spread=0.8)
    metric.update_state(real, generated)
    whole = as_dict(metric.result())
    metric.reset_state()
    for start in range(0, 45, 7):
        metric.update_real(real[start : start + 7])
    for start in range(0, 38, 7):
        metric.update_generated(generated[start : start + 7])
    assert as_dict(metric.result()) == pytest.approx(whole, rel=1e-4, abs=1e-7)


def test_results_are_floats_and_repeat(metric, images):
    metric.update_state(images(30), images(30))
    first = metric.result()
    assert first == metric.result()
    assert {type(value) for value in as_dict(first).values()} == {float}


def test_tensors_are_taken_as_arrays_are(metric, images):
    real, generated = images(30), images(30)
    metric.update_state(real, generated)
    expected = metric.result()
    metric.reset_state()
    metric.update_state(*map(keras.ops.convert_to_tensor, (real, generated)))
    assert metric.result() == expected


def test_reset_generated_keeps_the_real_side(metric, images):
    real, generated = images(30), images(30)
    metric.update_state(real, images(40, spread=0.3))
    metric.reset_generated()
    metric.update_generated(generated)
    partly = metric.result()
    metric.reset_state()
    assert metric.counts == (0, 0)
    metric.update_state(real, generated)
    assert metric.result() == partly


def test_no_images_are_refused(metric):
    with pytest.raises(ValueError, match=r"Received: 0"):
        metric.result()


def test_config_holds_a_name_and_makes_the_metric_again(metric, preset, images):  # noqa: F811
    named = type(metric)(str(preset), name="mine")
    config = named.get_config()
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(named))
    assert again.get_config() == config
    assert config["name"] == "mine"
    real, generated = images(40), images(40)
    for one in (named, again):
        one.update_state(real, generated)
    assert again.result() == named.result()


def test_config_of_a_model_is_refused(metric):
    with pytest.raises(ValueError, match="cannot hold its feature extractor's weights"):
        metric.get_config()


@pytest.mark.parametrize("name", REFERENCED)
def test_reference_statistics_stand_in_for_the_real_images(name, classifier, images):
    real, generated = images(40), images(40, spread=0.7)
    direct, referenced = METRICS[name](classifier), METRICS[name](classifier)
    direct.update_state(real, generated)
    referenced.set_reference(ReferenceStatistics.from_images(real, classifier))
    referenced.update_generated(generated)
    assert referenced.counts == (40, 40)
    assert as_dict(referenced.result()) == pytest.approx(as_dict(direct.result()), rel=1e-6)


@pytest.mark.parametrize("name", REFERENCED)
def test_statistics_are_not_changed_by_more_images(name, classifier, images):
    statistics = ReferenceStatistics.from_images(images(40), classifier)
    before = statistics.covariance.copy(), statistics.mean.copy(), statistics.features.copy()
    metric = METRICS[name](classifier)
    metric.set_reference(statistics)
    metric.update_state(images(10), images(20))
    assert metric.counts == (50, 20)
    for left, right in zip(
        before, (statistics.covariance, statistics.mean, statistics.features), strict=True
    ):
        np.testing.assert_array_equal(left, right)


def test_statistics_of_another_extractor_are_refused(classifier, images, pixels):
    statistics = ReferenceStatistics.from_images(images(4), pixels)
    with pytest.raises(ValueError, match="do not serve another extractor"):
        FrechetDistance(classifier).set_reference(statistics)


@pytest.mark.parametrize(
    ("name", "score", "lower_is_better"),
    [
        ("frechet_distance", "score", True),
        ("kernel_distance", "kernel_distance", True),
        ("precision_recall", "precision", False),
        ("precision_recall", "recall", False),
        ("density_coverage", "density", False),
        ("density_coverage", "coverage", False),
    ],
)
def test_the_farther_the_data_the_worse_the_score(name, score, lower_is_better, classifier, images):
    """Images that fade into a flat gray: features leave the data and crowd together."""
    metric = METRICS[name](classifier)
    metric.update_real(images(150))
    scores = []
    for fading in (0.0, 0.4, 0.8):
        metric.reset_generated()
        metric.update_generated((1 - fading) * images(150) + fading * 0.9)
        scores.append(as_dict(metric.result())[score])
    same, off, far = scores
    if lower_is_better:
        assert 100 * abs(same) < off < far
    else:
        assert same > 0.85 > 0.5 > off > far
