import numpy as np
import pytest
from scipy import integrate, special, stats

from keras_gen import losses
from tests.models.helpers import array

MEANS = np.array([[0.0, 1.0], [-3.0, 2.0], [40.0, -1.0]])
LOG_VARIANCES = np.array([[0.0, -1.0], [1.0, 0.5], [-2.0, 0.0]])


def test_a_mixture_s_log_density_is_scipy_s():
    points = np.array([[0.1, 0.9], [-2.0, 4.0], [300.0, -300.0]])
    logs = [
        stats.norm(mean, np.exp(log_variance / 2)).logpdf(points).sum(1)
        for mean, log_variance in zip(MEANS, LOG_VARIANCES, strict=True)
    ]
    found = array(losses.gaussian_mixture_log_density(points, MEANS, LOG_VARIANCES))
    assert found.shape == (3,) and found.dtype == "float32"
    # Far from all it is a large number, and no infinite one.
    np.testing.assert_allclose(found, special.logsumexp(logs, axis=0) - np.log(3), rtol=1e-5)


def test_of_one_component_the_bound_is_the_divergence():
    mean, log_variance = np.array([[0.3, -1.0], [2.0, 0.0]]), np.array([[0.2, -0.5], [0.0, 1.0]])
    plain = array(losses.gaussian_kl_divergence(mean, log_variance))
    normal = np.zeros((1, 2))
    bound = array(losses.mixture_divergence_bound(mean, log_variance, normal, normal))
    np.testing.assert_allclose(bound, plain, rtol=1e-5)
    # Of a component of another place and width, N(m, v): (log v / u + (u + (x - m)^2) / v - 1) / 2.
    m, v = MEANS[1], np.exp(LOG_VARIANCES[1])
    u = np.exp(log_variance)
    expected = 0.5 * (np.log(v / u) + (u + (mean - m) ** 2) / v - 1).sum(1)
    found = losses.mixture_divergence_bound(mean, log_variance, MEANS[1:2], LOG_VARIANCES[1:2])
    np.testing.assert_allclose(array(found), expected, rtol=1e-5)


def test_the_bound_is_above_the_divergence_and_exact_of_components_far_apart():
    means, variances = np.array([[-1.0], [1.5]]), np.array([[0.5], [2.0]])
    posterior = stats.norm(0.4, 0.7)

    def cost(z):
        density = np.mean(stats.norm(means[:, 0], np.sqrt(variances[:, 0])).pdf(z))
        return posterior.pdf(z) * (posterior.logpdf(z) - np.log(density))

    truth, _ = integrate.quad(cost, -6.0, 6.0)
    arguments = [[[0.4]], [[2 * np.log(0.7)]]]
    bound = float(losses.mixture_divergence_bound(*arguments, means, np.log(variances))[0])
    assert truth < bound < truth + 0.5
    far = losses.mixture_divergence_bound(
        [[0.4, 0.0]], [[0.0, 0.0]], [[0.4, 0.0], [99.0, 0.0]], np.zeros((2, 2))
    )
    assert float(far[0]) == pytest.approx(np.log(2), rel=1e-5)  # half of the mixture is elsewhere
