"""Windows around the holes of pictures."""

import numpy as np
import pytest

from keras_gen.modalities.images.windows import windows_around


def covered(hidden, size):
    """Sums of the weights that windows give, and how many windows there were."""
    total, count = np.zeros(hidden.shape), 0
    for window, weights in windows_around(hidden, size):
        assert weights.shape == hidden[window].shape
        total[window] += weights
        count += 1
    return total, count


@pytest.mark.parametrize("shape", [(90, 200), (33, 40), (20, 120), (9, 7)])
def test_all_that_is_hidden_is_covered_and_nothing_else(shape):
    rng = np.random.default_rng(0)
    rows, columns = np.indices(shape)
    masks = [rng.random(shape) < share for share in (0.002, 0.05, 0.4)]
    masks += [abs(rows * shape[1] - columns * shape[0]) < 4 * max(shape), columns > shape[1] // 3]
    masks += [(rows < 2) | (columns < 2)]
    for hidden in masks:
        hidden[0, 0] = True
        total, _ = covered(hidden, (16, 24))
        np.testing.assert_array_equal(total > 0, hidden)


def test_windows_are_as_large_as_holes_are_thick():
    def sizes(*holes):
        hidden = np.zeros((200, 300), bool)
        for rows, columns in holes:
            hidden[rows, columns] = True
        return [weights.shape for _, weights in windows_around(hidden, (32, 32))]

    box = slice(100, 112)
    assert sizes((box, box)) == [(32, 32)]
    assert sizes((slice(100, 114), slice(100, 114))) == [(64, 64)]
    assert sizes((slice(100, 140), slice(100, 140))) == [(128, 128)]
    assert sizes((slice(20, 180), slice(60, 220))) == [(200, 300)]
    # A scratch is long and thin, and seen at the picture's own size.
    assert set(sizes((slice(100, 104), slice(0, 300)))) == {(32, 32)}
    # At the border there is nothing known on one side: a hole is as thick again.
    assert sizes((slice(100, 112), slice(0, 12))) == [(32, 32)]
    assert sizes((slice(0, 200), slice(0, 12)))[0] == (64, 64)
    # Specks beside each other are filled together, far ones apart.
    assert len(sizes((slice(48, 50), slice(48, 50)), (slice(51, 53), slice(50, 52)))) == 1
    assert len(sizes((slice(50, 52), slice(50, 52)), (slice(150, 152), slice(52, 54)))) == 2


def test_a_long_hole_is_taken_most_from_the_middle_of_windows():
    hidden = np.zeros((64, 256), bool)
    hidden[30:34] = True
    for window, weights in windows_around(hidden, (64, 64)):
        assert np.all(np.diff(weights[32, :32]) > 0) and np.all(np.diff(weights[32, 32:]) < 0)
        assert window[0] == slice(0, 64)
    assert covered(hidden, (64, 64))[1] == 7
