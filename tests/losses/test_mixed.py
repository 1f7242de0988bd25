import itertools
import math

import keras
import numpy as np
import pytest
import scipy.special

from keras_gen.losses import MixedLikelihood, choice_log_probabilities


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_each_choice_has_a_softmax_of_its_own_however_large_its_logits_are():
    logits = np.array([[500.0, 500.0 + math.log(3.0), -700.0, -700.0, -700.0]], "float32")
    shares = np.exp(array(choice_log_probabilities(logits, (2, 3))))
    np.testing.assert_allclose(shares, [[0.25, 0.75, 1 / 3, 1 / 3, 1 / 3]], rtol=1e-4)


def test_the_log_likelihood_is_the_closed_form():
    likelihood = MixedLikelihood(sizes=(3, 2), modes=(2, 0))
    assert (likelihood.width, likelihood.parameters) == (6, 9)
    # Number 0.3 of the second of two modes; the first of two categories.
    row = np.array([[0.3, 0, 1, 0, 1, 0]], "float32")
    mean, deviation = math.tanh(0.5), 0.01 + 0.99 / (1.0 + math.exp(1.0))
    outputs = np.array([[9, 0.5, 9, -1.0, 0, math.log(2.0), 0, 0, math.log(4.0)]], "float32")
    density = -0.5 * ((0.3 - mean) / deviation) ** 2 - math.log(deviation * math.sqrt(2 * math.pi))
    expected = density + math.log(0.5) + math.log(0.2)
    assert array(likelihood.log_likelihood(row, outputs))[0] == pytest.approx(expected, rel=1e-5)
    # Where there is a value and no mode, there is no density.
    row[0, :4] = [0, 0, 0, 1]
    expected = math.log(0.25) + math.log(0.2)
    assert array(likelihood.log_likelihood(row, outputs))[0] == pytest.approx(expected, rel=1e-5)


def test_the_mean_is_the_modes_means_by_their_shares():
    likelihood = MixedLikelihood(sizes=(3,), modes=(2,))
    outputs = np.array([[math.atanh(0.5), math.atanh(-0.5), 0, 0, math.log(3.0), 0, 0]], "float32")
    expected = [[0.25, 0.6, 0.2, 0.2]]
    np.testing.assert_allclose(array(likelihood.mean(outputs)), expected, rtol=1e-5)


def test_draws_have_the_probabilities_and_the_deviations():
    likelihood = MixedLikelihood(sizes=(3, 2), modes=(2, 0))
    row = [math.atanh(0.5), math.atanh(-0.5), -9.0, -9.0, math.log(2.0), 0, 0, 0, math.log(9.0)]
    drawn = likelihood.draw(np.tile(row, (20_000, 1)), np.random.default_rng(0))
    shares = [(drawn[:, 0] == k).mean() for k in range(3)]
    np.testing.assert_allclose(shares, [0.5, 0.25, 0.25], atol=0.015)
    assert (drawn[:, 1] == 1).mean() == pytest.approx(0.9, abs=0.01)
    for mode, mean in ((0, 0.5), (1, -0.5)):
        numbers = drawn[drawn[:, 0] == mode, 2]
        assert numbers.mean() == pytest.approx(mean, abs=1e-3)
        assert numbers.std() == pytest.approx(0.01, rel=0.05)
    assert (drawn[drawn[:, 0] == 2, 2] == 0).all()
    likeliest = likelihood.likeliest(np.array([row]))
    np.testing.assert_allclose(likeliest, [[0, 1, 0.5]], rtol=1e-6)


def test_choices_are_those_of_the_inverse_distribution_function():
    """Of 3,000 rows and columns of 1 to 200 choices, some of them certain or impossible."""
    random = np.random.default_rng(0)
    sizes = (2, 200, 1, 7)
    logits = random.normal(scale=4.0, size=(3000, sum(sizes))).astype("float32")
    logits[::7, 0] = 1e4
    logits[::5, -1] = -np.inf
    drawn = MixedLikelihood(sizes, (0, 0, 0, 0)).draw(logits, np.random.default_rng(1))
    uniform = np.random.default_rng(1).random((3000, 4))
    starts = np.cumsum((0, *sizes))
    for slot, (start, end) in enumerate(itertools.pairwise(starts)):
        shares = scipy.special.softmax(logits[:, start:end].astype("float64"), axis=1)
        sums = np.cumsum(shares, axis=1)
        expected = (sums[:, :-1] <= uniform[:, [slot]]).sum(axis=1)
        nearest = np.abs(sums - uniform[:, [slot]]).min(axis=1)
        told = nearest > 1e-5  # by float32
        assert told.mean() > 0.99
        np.testing.assert_array_equal(drawn[told, slot], expected[told])
    assert (drawn[::5, 3] < 6).all() and (drawn[::7, 0] == 0).all()


def test_a_table_of_choices_alone_has_no_numbers():
    likelihood = MixedLikelihood(sizes=(2,), modes=(0,))
    assert (likelihood.width, likelihood.parameters) == (2, 2)
    assert likelihood.draw(np.zeros((5, 2)), np.random.default_rng(0)).shape == (5, 1)
    assert array(likelihood.mean(np.zeros((1, 2), "float32"))).tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize(("sizes", "modes"), [((), ()), ((2,), (3,)), ((2, 1), (0,)), ((0,), (0,))])
def test_wrong_sizes_are_refused(sizes, modes):
    with pytest.raises(ValueError, match="`sizes` must be integers above 0"):
        MixedLikelihood(sizes, modes)
