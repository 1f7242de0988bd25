"""Scores of a translator's answers and of others, in one pass over the targets."""

import numpy as np
import pytest

from keras_gen.metrics import FrechetDistance, KernelDistance, PerceptualDistance
from keras_gen.metrics.translation_scores import TranslationScores


@pytest.fixture
def batches(rng):
    """Three batches, the last one smaller, of targets and of two translations."""
    shape = (6, 6, 1)
    targets = rng.uniform(-1, 1, (25, *shape)).astype("float32")
    near, far = 0.9 * targets, -0.5 * np.abs(targets)
    return [[part[i : i + 10] for part in (targets, near, far)] for i in (0, 10, 20)]


def gathered(batches):
    return [np.concatenate(parts) for parts in zip(*batches, strict=True)]


def scored(batches, *arguments):
    scores = TranslationScores(*arguments)
    for targets, near, far in batches:
        scores.update(targets, {"near": near, "far": far})
    return scores


def test_each_translation_has_the_distances_of_the_metrics(batches, classifier):
    result = scored(batches, classifier, False).result()
    targets, near, far = gathered(batches)
    for name, images in {"near": near, "far": far}.items():
        expected = {}
        for metric in (FrechetDistance(classifier), KernelDistance(classifier)):
            metric.update_state(targets, images)
            value = metric.result()
            label = f"({classifier.name} features)"
            if isinstance(value, dict):
                expected[f"KID {label}"] = value["kernel_distance"]
            else:
                expected[f"FID {label}"] = value
        assert result[name] == pytest.approx(expected, rel=1e-4)
    assert set(result) == {"near", "far"}  # no floor without further targets


def test_averages_are_of_images_not_of_batches(batches):
    result = scored(batches, None, True).result()
    targets, near, far = gathered(batches)
    for name, images in {"near": near, "far": far}.items():
        assert result[name]["l1"] == pytest.approx(np.abs(targets - images).mean(), rel=1e-5)
    assert set(result["near"]) == {"l1", "psnr", "ssim"}


def test_the_floor_is_of_other_targets(batches, classifier, rng):
    scores = scored(batches, classifier, False)
    others = rng.uniform(-1, 1, (30, 6, 6, 1)).astype("float32")
    scores.update_floor(others[:20])
    scores.update_floor(others[20:])
    metric = FrechetDistance(classifier)
    metric.update_state(gathered(batches)[0], others)
    floor = scores.result()["floor"]
    assert floor[f"FID ({classifier.name} features)"] == pytest.approx(metric.result(), rel=1e-4)


def test_without_features_or_pairs_there_is_nothing_to_say(batches):
    scores = scored(batches, None, False)
    scores.update_floor(batches[0][0])
    assert scores.result() == {}


def test_of_one_pair_there_is_no_distance(batches, classifier):
    scores = TranslationScores(classifier, True)
    (targets, near, _), *_ = batches
    scores.update(targets[:1], {"near": near[:1]})
    scores.update_floor(targets)
    assert {*scores.result()} == {"near"} and {*scores.result()["near"]} == {"l1", "psnr", "ssim"}


@pytest.mark.slow
def test_pairs_that_are_large_enough_have_a_perceptual_distance(rng):
    targets = rng.uniform(-1, 1, (5, 32, 32, 3)).astype("float32")
    near, far = 0.9 * targets, -targets
    scores = TranslationScores("classifier_imagenet_lite0", True)
    for part in (slice(0, 3), slice(3, 5)):
        scores.update(targets[part], {"near": near[part], "far": far[part]})
    name = "perceptual distance (imagenet_lite0 classifier features)"
    result = scores.result()
    assert result["near"][name] == pytest.approx(
        float(PerceptualDistance()(targets, near)), rel=1e-4
    )
    assert result["near"][name] < result["far"][name]
    small = TranslationScores("classifier_imagenet_lite0", True)
    small.update(targets[:, :16, :16], {"near": near[:, :16, :16]})
    assert name not in small.result()["near"]
