"""Terms of a batch's latents together."""

import numpy as np
import pytest

from keras_gen import losses
from tests.models.helpers import array


def test_the_total_correlation_of_a_gaussian_is_the_closed_form():
    random = np.random.default_rng(0)
    covariance = np.array([[1.0, 0.6], [0.6, 1.0]])
    own = 0.1  # the posteriors' variance
    mean = random.multivariate_normal(np.zeros(2), covariance - own * np.eye(2), 1500)
    latents = mean + np.sqrt(own) * random.normal(size=mean.shape)
    found = losses.total_correlation(latents, mean, np.full(mean.shape, np.log(own)))
    assert float(array(found)) == pytest.approx(-0.5 * np.log(1 - 0.6**2), abs=0.03)


def test_independent_latents_have_no_total_correlation():
    same = np.full((5, 3), 0.3)
    latents = np.random.default_rng(0).normal(size=(5, 3))
    assert abs(array(losses.total_correlation(latents, same, same))) < 1e-5
    with pytest.raises(ValueError, match="must have the same shape"):
        losses.total_correlation(latents, same[:2], same)


def test_the_discrepancy_is_the_kernel_by_hand_and_without_bias():
    x, y = np.random.default_rng(0).normal(size=(2, 4, 3))

    def kernel(a, b):
        return np.exp(-((a - b) ** 2).sum() / 6.0)

    within = [
        np.mean([kernel(one[i], one[j]) for i in range(4) for j in range(4) if i != j])
        for one in (x, y)
    ]
    across = np.mean([kernel(a, b) for a in x for b in y])
    found = float(array(losses.maximum_mean_discrepancy(x, y)))
    assert found == pytest.approx(sum(within) - 2 * across, abs=1e-6)
    many = np.random.default_rng(1).normal(size=(2, 600, 3))
    assert abs(array(losses.maximum_mean_discrepancy(*many))) < 0.005
    assert array(losses.maximum_mean_discrepancy(many[0], 2.0 * many[1])) > 0.05
    # Of one latent, as the last of 129 images has it in batches of 128, nothing is known.
    assert float(array(losses.maximum_mean_discrepancy(x[:1], y[:1]))) == 0.0
