import numpy as np
import pytest
import torch
from torchmetrics.image.kid import KernelInceptionDistance

from keras_gen.metrics import KernelDistance
from keras_gen.metrics.kernel_distance import kernel_distance, polynomial_mmd


def test_number_by_hand():
    # dim 2, degree 2. k(a1, a2) = (0/2 + 1)^2 = 1; k(b1, b2) = (4/2 + 1)^2 = 9;
    # cross: a1.b = 2 -> 4, a2.b = 0 -> 1, twice each, mean 2.5.
    a, b = np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[2.0, 0.0], [2.0, 0.0]])
    assert polynomial_mmd(a, b, degree=2) == pytest.approx(1 + 9 - 2 * 2.5)


def test_is_unbiased(rng):
    """Over many pairs of samples of one distribution it averages to 0; the biased one does not."""
    draws = [polynomial_mmd(*np.split(rng.normal(size=(16, 3)), 2)) for _ in range(3000)]
    error = np.std(draws) / np.sqrt(len(draws))
    assert abs(np.mean(draws)) < 4 * error
    # The biased estimate adds (mean diagonal - mean off the diagonal) / 8 a side, far outside.
    diagonal = np.mean((np.square(rng.normal(size=(10_000, 3))).sum(axis=1) / 3 + 1) ** 3)
    assert 2 * (diagonal - 1) / 8 > 20 * error


def test_identical_sets_score_only_what_the_missing_diagonal_leaves(rng):
    """`2 (mean off the diagonal - mean diagonal) / n`, to rounding: the estimator's own value."""
    features = rng.normal(size=(40, 5))
    kernel = (features @ features.T / 5 + 1) ** 3
    diagonal = np.trace(kernel) / 40
    off = (kernel.sum() - np.trace(kernel)) / (40 * 39)
    mean, deviation = kernel_distance(features, features)
    assert mean == pytest.approx(2 * (off - diagonal) / 40, abs=1e-6 * abs(off))
    assert deviation == 0.0


class Identity(torch.nn.Module):
    num_features = 6

    def forward(self, x):
        return x.flatten(1)


# Its notice that it keeps the features.
@pytest.mark.filterwarnings("ignore:Metric `Kernel:UserWarning")
@pytest.mark.parametrize(("subsets", "size"), [(1, 60), (10, 25)])
def test_agrees_with_torchmetrics(rng, subsets, size):
    real = rng.uniform(-1, 1, (60, 6))
    generated = rng.uniform(-0.2, 1, (60, 6))
    other = KernelInceptionDistance(feature=Identity(), subsets=subsets, subset_size=size)
    other.set_dtype(torch.float64)
    other.update(torch.tensor(real), real=True)
    other.update(torch.tensor(generated), real=False)
    torch.manual_seed(3)
    mean, deviation = map(float, other.compute())
    # Its draws, repeated: one permutation a side and subset.
    torch.manual_seed(3)
    scores = [
        polynomial_mmd(real[torch.randperm(60)[:size]], generated[torch.randperm(60)[:size]])
        for _ in range(subsets)
    ]
    assert np.mean(scores) == pytest.approx(mean, rel=1e-4)
    assert np.std(scores) == pytest.approx(deviation, rel=1e-4, abs=1e-12)


def test_subsets_average_to_the_whole(rng):
    real, generated = rng.normal(size=(80, 4)), rng.normal(size=(80, 4)) + 0.5
    whole = polynomial_mmd(real, generated)
    mean, deviation = kernel_distance(real, generated, subsets=400, subset_size=20)
    assert deviation > 0
    assert mean == pytest.approx(whole, abs=5 * deviation / np.sqrt(400))


def test_seed_decides_the_draws(rng):
    real, generated = rng.normal(size=(50, 4)), rng.normal(size=(50, 4))
    first = kernel_distance(real, generated, subsets=5, subset_size=10, seed=1)
    assert first == kernel_distance(real, generated, subsets=5, subset_size=10, seed=1)
    assert first != kernel_distance(real, generated, subsets=5, subset_size=10, seed=2)


def test_subsets_shrink_to_the_samples_there_are(rng, pixels, as_pictures):
    metric = KernelDistance(pixels, subsets=3, subset_size=1000)
    real, generated = rng.uniform(-1, 1, (12, 6)), rng.uniform(-1, 1, (9, 6))
    metric.update_state(as_pictures(real), as_pictures(generated))
    assert set(metric.result()) == {"kernel_distance", "kernel_distance_std"}
    assert metric.result()["kernel_distance_std"] > 0  # 9 of the 12 real ones each time


@pytest.mark.parametrize("arguments", [{"subsets": 0}, {"subset_size": 1}])
def test_impossible_subsets_are_refused(pixels, arguments):
    with pytest.raises(ValueError, match="Received: subsets="):
        KernelDistance(pixels, **arguments)
