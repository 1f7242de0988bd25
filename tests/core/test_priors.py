import numpy as np
import pytest

from keras_gen.core.priors import draw_latents, spherical_interpolation


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
