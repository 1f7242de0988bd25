import keras
import numpy as np
import pytest

from keras_gen.core.priors import (
    Normal,
    NormalWithCodes,
    Uniform,
    draw_latents,
    spherical_interpolation,
)


def test_latents_are_standard_normal_and_the_same_everywhere():
    latents = draw_latents(20_000, 2, seed=0)
    assert latents.dtype == "float32"
    assert np.abs(latents.mean(0)).max() < 5 / np.sqrt(20_000)
    assert np.abs(latents.std(0) - 1).max() < 5 / np.sqrt(40_000)
    # Pinned, since samples in the documentation depend on them.
    expected = [[1.117622, -1.387125, -0.426572]]
    np.testing.assert_allclose(draw_latents(1, 3, seed=0), expected, rtol=1e-5)


def test_a_path_on_the_circle_keeps_the_length_and_turns_evenly():
    start, end = np.array([3.0, 0.0, 0.0]), np.array([0.0, 1.8, 2.4])
    path = spherical_interpolation(start, end, 7)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 3.0, rtol=1e-5)
    turns = np.arccos((path[1:] * path[:-1]).sum(1) / 9.0)
    np.testing.assert_allclose(turns, np.pi / 2 / 6, rtol=1e-3)
    np.testing.assert_allclose(path[[0, -1]], [start, end], atol=1e-6)


@pytest.mark.parametrize(
    ("start", "end"), [([1, 2], [1, 2]), ([1, 2], [2, 4]), ([1, 2], [-1, -2]), ([0, 0], [1, 2])]
)
def test_where_there_is_no_circle_the_path_is_straight(start, end):
    path = spherical_interpolation(start, end, 3)
    np.testing.assert_allclose(path, [start, np.add(start, end) / 2, end], atol=1e-6)


N = 20_000
PRIOR = NormalWithCodes(noise_dim=2, categories=5, continuous=3)


def in_a_step(prior, n):
    """Latents as a training step draws them."""
    return keras.ops.convert_to_numpy(prior.sample(n, keras.random.SeedGenerator(0)))


@pytest.mark.parametrize("draw", [in_a_step, lambda prior, n: prior.draw(n, seed=0)])
def test_codes_are_one_hot_and_uniform_and_in_their_range(draw):
    latents = draw(PRIOR, N)
    assert latents.shape == (N, 10) and latents.dtype == "float32"
    noise, one_hot, numbers = PRIOR.parts(latents)
    assert np.abs(noise.mean(0)).max() < 5 / np.sqrt(N)
    assert np.abs(noise.std(0) - 1).max() < 5 / np.sqrt(2 * N)
    assert set(np.unique(one_hot)) == {0.0, 1.0} and (one_hot.sum(1) == 1).all()
    # Chi-square of four degrees of freedom: above 23.5 in one case of ten thousand.
    assert ((one_hot.sum(0) - N / 5) ** 2 / (N / 5)).sum() < 23.5
    assert np.abs(numbers).max() <= 1
    tenths = np.stack([np.histogram(column, 10, (-1, 1))[0] for column in numbers.T])
    assert ((tenths - N / 10) ** 2 / (N / 10)).sum(1).max() < 33.7  # of nine, likewise
    # No part tells anything of another.
    together = np.corrcoef(latents.T)
    apart = ~np.eye(10, dtype=bool)
    apart[2:7, 2:7] = False
    assert np.abs(together[apart]).max() < 5 / np.sqrt(N)


def test_the_first_latents_with_codes_do_not_depend_on_how_many_there_are():
    latents = PRIOR.draw(6, seed=0)
    np.testing.assert_array_equal(PRIOR.draw(2, seed=0), latents[:2])
    random = np.random.default_rng(0)
    parts = [PRIOR.draw(n, random) for n in (2, 4)]
    np.testing.assert_array_equal(np.concatenate(parts), latents)
    assert (PRIOR.draw(6, seed=1) != latents).any()


def test_asked_codes_take_the_drawn_ones_place():
    drawn = PRIOR.draw(3, seed=0)
    category = PRIOR.draw(3, seed=0, codes={"category": [4, 0, 1]})
    np.testing.assert_array_equal(category[:, 2:7], np.eye(5)[[4, 0, 1]])
    np.testing.assert_array_equal(category[:, [0, 1, 7, 8, 9]], drawn[:, [0, 1, 7, 8, 9]])
    numbers = PRIOR.draw(None, given=drawn, codes={"continuous": [0.5, -1.0, 2.0]})
    np.testing.assert_array_equal(numbers[:, 7:], 3 * [[0.5, -1.0, 2.0]])
    np.testing.assert_array_equal(numbers[:, :7], drawn[:, :7])
    np.testing.assert_array_equal(PRIOR.draw(3, seed=0), drawn)  # What was given is not written to.
    assert len(PRIOR.draw(None, seed=0, codes={"category": [1, 2]})) == 2


def test_between_latents_noise_turns_and_codes_go_straight():
    start, end = PRIOR.draw(2, seed=0)
    path = PRIOR.between(start, end, 5)
    np.testing.assert_allclose(path[[0, -1]], [start, end], atol=1e-6)
    np.testing.assert_allclose(path[2, 2:], (start[2:] + end[2:]) / 2, atol=1e-6)
    np.testing.assert_allclose(path[:, :2], spherical_interpolation(start[:2], end[:2], 5))


def test_latents_near_one_are_as_likely_as_any():
    prior = Normal(4000)
    (latent,) = prior.draw(1, seed=0)
    near = prior.near(latent, 0.6, 2, seed=1)
    np.testing.assert_allclose(near, 0.8 * latent + 0.6 * prior.draw(2, seed=1), rtol=1e-6)
    assert abs(near.std() - 1.0) < 0.03  # 0.8**2 + 0.6**2 = 1
    np.testing.assert_array_equal(prior.near(latent, 0.0, 2, seed=1), np.stack([latent] * 2))
    np.testing.assert_array_equal(prior.near(latent, 1.0, 2, seed=1), prior.draw(2, seed=1))


def test_latents_near_one_keep_its_codes():
    prior = NormalWithCodes(3, categories=2, continuous=1)
    (latent,) = prior.draw(1, seed=0)
    near = prior.near(latent, 1.0, 5, seed=1)
    np.testing.assert_array_equal(near[:, 3:], np.stack([latent[3:]] * 5))
    assert (near[:, :3] != latent[:3]).all()


def test_choices_near_others_and_between_them_are_as_likely_as_any():
    prior = Uniform((N,))
    first, second = prior.draw(2, seed=0)
    near = prior.near(first, 0.3, n=1, seed=1)[0]
    middle = prior.between(first, second, 3)[1]
    for places in (near, middle):
        assert places.dtype == "float32" and places.min() >= 0.0 and places.max() < 1.0
        tenths = np.histogram(places, 10, (0.0, 1.0))[0]
        # Chi-square of nine degrees of freedom: above 33.7 in one case of ten thousand.
        assert ((tenths - N / 10) ** 2 / (N / 10)).sum() < 33.7
    # Uniform numbers of normal ones that correlate by r correlate by 6 / pi asin(r / 2).
    expected = 6 / np.pi * np.arcsin(np.sqrt(1 - 0.3**2) / 2)
    assert np.corrcoef(first, near)[0, 1] == pytest.approx(expected, abs=0.01)
    np.testing.assert_array_equal(prior.near(first, 0.0, n=2), [first, first])
    np.testing.assert_allclose(prior.between(first, second, 2), [first, second], atol=1e-6)


@pytest.mark.parametrize("wrong", [1.0, -0.1, np.nan])
def test_choices_are_made_by_numbers_below_one(wrong):
    prior = Uniform((2, 1))
    given = np.full((3, 2, 1), 0.5)
    np.testing.assert_array_equal(prior.draw(None, given=given), given)
    given[1] = wrong
    with pytest.raises(ValueError, match=r"`latents` must be in \[0, 1\).* Received: values from"):
        prior.draw(None, given=given)
