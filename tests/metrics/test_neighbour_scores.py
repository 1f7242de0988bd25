"""Precision, recall, density and coverage, against `prdc` and plain loops."""

import numpy as np
import prdc
import pytest

from keras_gen.metrics import DensityCoverage, PrecisionRecall, feature_store, neighbours
from keras_gen.metrics.density_coverage import density_coverage
from keras_gen.metrics.feature_store import FeatureStore
from keras_gen.metrics.neighbours import distance_blocks, neighbour_radii
from keras_gen.metrics.precision_recall import precision_recall


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK", 16)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("shift", [0.0, 0.7, 10.0])
def test_agrees_with_prdc(rng, k, shift):
    real, generated = rng.normal(size=(90, 8)), 0.8 * rng.normal(size=(70, 8)) + shift
    expected = prdc.compute_prdc(real, generated, nearest_k=k)
    precision, recall = precision_recall(real, generated, k)
    density, coverage = density_coverage(real, generated, k)
    assert precision == pytest.approx(expected["precision"], rel=1e-4)
    assert recall == pytest.approx(expected["recall"], rel=1e-4)
    assert density == pytest.approx(expected["density"], rel=1e-4)
    assert coverage == pytest.approx(expected["coverage"], rel=1e-4)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("offset", [0.0, 1e3])  # a common offset costs a product digits
def test_radii_agree_with_loops(rng, offset):
    features = rng.normal(size=(40, 3)) + offset
    distances = [sorted(np.linalg.norm(features - row, axis=1)) for row in features]
    expected = [row[4] for row in distances]  # row[0] is the vector itself
    np.testing.assert_allclose(np.sqrt(neighbour_radii(features, 4)), expected, rtol=1e-4)


def test_radii_that_are_known_are_not_looked_for_again(rng, monkeypatch):
    store, found = FeatureStore(rng.normal(size=(20, 3))), []
    monkeypatch.setattr(
        feature_store, "neighbour_radii", lambda x, k: found.append(k) or neighbour_radii(x, k)
    )
    for _ in range(2):
        np.testing.assert_array_equal(store.radii(3), neighbour_radii(store.features, 3))
    store.radii(5)
    assert found == [3, 5]
    store.update_features(rng.normal(size=(1, 3)))
    assert len(store.radii(3)) == 21


@pytest.mark.usefixtures("small_blocks")
def test_copies_are_at_no_distance_in_spite_of_rounding(rng):
    originals = 1e3 + rng.normal(size=(9, 50))
    copies = np.repeat(originals, 8, axis=0)
    blocks = [distances for _, distances in distance_blocks(originals, copies)]
    expected = np.repeat(np.eye(9, dtype=bool), 8, axis=1)
    np.testing.assert_array_equal(np.concatenate(blocks) == 0.0, expected)


@pytest.mark.parametrize("k", [0, 5])
def test_radii_need_more_samples_than_neighbours(k):
    with pytest.raises(ValueError, match=f"Received: k={k} with 5 samples"):
        neighbour_radii(np.zeros((5, 2)), k)


def test_identical_sets_are_perfect(rng):
    features = rng.normal(size=(60, 4))
    assert precision_recall(features, features) == (1.0, 1.0)
    density, coverage = density_coverage(features, features)
    assert coverage == 1.0
    # Every vector is in its own ball and, on average, in k others': (k + 1) / k.
    assert density == pytest.approx(6 / 5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sets_of_copies_are_perfect_too(rng, dtype):
    """Radii are 0 there, and rounding must not push a copy out of its ball."""
    features = np.repeat(rng.normal(size=(5, 7)).astype(dtype), 6, axis=0)
    assert precision_recall(features, features) == (1.0, 1.0)
    assert density_coverage(features, features)[1] == 1.0


def test_disjoint_sets_score_nothing(rng):
    real, generated = rng.normal(size=(50, 4)), rng.normal(size=(50, 4)) + 100.0
    assert precision_recall(real, generated) == (0.0, 0.0)
    assert density_coverage(real, generated) == (0.0, 0.0)


def test_collapse_keeps_precision_and_loses_recall(rng):
    real = rng.normal(size=(300, 4))
    generated = real[:1] + 1e-3 * rng.normal(size=(300, 4))
    precision, recall = precision_recall(real, generated)
    assert precision == 1.0
    assert recall < 0.01
    assert density_coverage(real, generated)[1] < 0.1


def test_garbage_loses_precision_and_keeps_recall(rng):
    real, generated = rng.normal(size=(300, 4)), 5 * rng.normal(size=(300, 4))
    precision, recall = precision_recall(real, generated)
    assert precision < 0.2
    assert recall > 0.9
    assert density_coverage(real, generated)[0] < 0.2


def test_metrics_score_the_extractors_features(rng, pixels, as_pictures):
    real = rng.uniform(-1, 1, (40, 6)).astype("float32")
    generated = rng.uniform(-0.5, 1, (30, 6)).astype("float32")
    for metric, function in (
        (PrecisionRecall(pixels, k=2), precision_recall),
        (DensityCoverage(pixels, k=2), density_coverage),
    ):
        metric.update_state(as_pictures(real), as_pictures(generated))
        assert tuple(metric.result().values()) == function(real, generated, k=2)


def test_too_few_images_are_refused(rng, pixels, as_pictures):
    images = as_pictures(rng.uniform(-1, 1, (3, 6)))
    metric = PrecisionRecall(pixels, k=3)
    metric.update_state(images, images)
    with pytest.raises(ValueError, match=r"4 generated images or more\. Received: 3 real"):
        metric.result()
