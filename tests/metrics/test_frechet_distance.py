import numpy as np
import pytest
import scipy.linalg
import torch
from torchmetrics.image.fid import FrechetInceptionDistance

from keras_gen.metrics import FrechetDistance
from keras_gen.metrics.frechet_distance import frechet_distance


def random_covariance(rng, dim):
    factor = rng.normal(size=(dim, dim))
    return factor @ factor.T / dim


def test_diagonal_gaussians_have_the_closed_form():
    mean1, mean2 = np.array([1.0, -2.0, 0.5]), np.array([0.0, 1.0, 0.5])
    variances1, variances2 = np.array([4.0, 1.0, 0.25]), np.array([1.0, 9.0, 0.25])
    # Means: 1 + 9 + 0. Deviations: (2 - 1)^2 + (1 - 3)^2 + 0.
    distance = frechet_distance(mean1, np.diag(variances1), mean2, np.diag(variances2))
    assert distance == pytest.approx(15.0, rel=1e-12)


@pytest.mark.parametrize("dim", [1, 2, 20])
def test_covariances_that_do_not_commute_agree_with_the_matrix_square_root(rng, dim):
    covariance1, covariance2 = random_covariance(rng, dim), random_covariance(rng, dim)
    mean1, mean2 = rng.normal(size=dim), rng.normal(size=dim)
    root = scipy.linalg.sqrtm(covariance1 @ covariance2)
    expected = np.sum((mean1 - mean2) ** 2) + np.trace(covariance1 + covariance2 - 2 * root.real)
    result = frechet_distance(mean1, covariance1, mean2, covariance2)
    assert result == pytest.approx(expected, rel=1e-8)


def test_distance_is_symmetric(rng):
    a = rng.normal(size=4), random_covariance(rng, 4)
    b = rng.normal(size=4), random_covariance(rng, 4)
    assert frechet_distance(*a, *b) == pytest.approx(frechet_distance(*b, *a), rel=1e-10)


@pytest.mark.parametrize("count", [10, 500])  # 10 samples of 64 features: singular covariance
@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_identical_features_are_at_no_distance(rng, count, scale):
    features = scale * rng.normal(size=(count, 64))
    moments = features.mean(axis=0), np.cov(features, rowvar=False)
    assert 0.0 <= frechet_distance(*moments, *moments) <= 1e-6 * np.trace(moments[1])


def test_samples_of_known_gaussians_come_near_the_closed_form(rng, pixels, as_pictures):
    metric = FrechetDistance(pixels)
    deviations = np.array([0.05, 0.1, 0.15, 0.05, 0.1, 0.15])
    metric.update_real(as_pictures(rng.normal(size=(20_000, 6)) * deviations))
    metric.update_generated(as_pictures(rng.normal(size=(20_000, 6)) * 0.1 + 0.2))
    # Means: 6 * 0.04. Deviations: 4 * 0.05^2.
    assert metric.result() == pytest.approx(0.25, rel=0.02)


class Identity(torch.nn.Module):
    num_features = 6

    def forward(self, x):
        return x.flatten(1)


def test_agrees_with_torchmetrics(rng, pixels, as_pictures):
    real = as_pictures(rng.uniform(-1, 1, (200, 6)))
    generated = as_pictures(rng.uniform(-0.6, 1, (150, 6)) * np.linspace(0.5, 1, 6))
    other = FrechetInceptionDistance(feature=Identity()).set_dtype(torch.float64)
    other.update(torch.tensor(real), real=True)
    other.update(torch.tensor(generated), real=False)
    metric = FrechetDistance(pixels)
    metric.update_state(real, generated)
    assert metric.result() == pytest.approx(float(other.compute()), rel=1e-4)


def test_memory_does_not_grow_with_the_samples(rng, pixels, as_pictures):
    metric = FrechetDistance(pixels)
    for _ in range(50):
        metric.update_real(as_pictures(rng.uniform(-1, 1, (20, 6))))
    held = sum(np.size(value) for value in vars(metric._real).values())
    assert metric.counts == (1000, 0)
    assert held == 1 + 6 + 6 * 6
