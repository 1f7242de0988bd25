import keras
import numpy as np
import pytest

from keras_gen.metrics import mode_coverage

CLASSES = 3


@pytest.fixture(scope="module")
def classifier():
    """Tells which of three pixels is the brightest."""
    return keras.Sequential([keras.Input((1, CLASSES, 1)), keras.layers.Flatten()])


def pictures(numbers):
    """Images of pairs of classes, one a channel: `(n, 1, 3, 2)`."""
    lit = np.eye(CLASSES, dtype="float32")[np.asarray(numbers)]  # (n, 2, 3)
    return 2.0 * lit.transpose(0, 2, 1)[:, None] - 1.0


def test_all_modes_as_often_are_covered_without_divergence(classifier):
    every = [(a, b) for a in range(CLASSES) for b in range(CLASSES)] * 4
    found = mode_coverage(pictures(every), classifier)
    assert (found["modes"], found["possible"]) == (9, 9)
    assert found["kl"] == pytest.approx(0.0, abs=1e-9)


def test_one_mode_alone_diverges_by_the_logarithm_of_all(classifier):
    found = mode_coverage(pictures([(2, 1)] * 10), classifier)
    assert found["modes"] == 1 and found["kl"] == pytest.approx(np.log(9))


def test_the_divergence_is_that_of_the_shares(classifier):
    numbers = [(0, 1)] * 6 + [(1, 0)] * 3 + [(2, 2)]
    shares = np.array([0.6, 0.3, 0.1])
    found = mode_coverage(pictures(numbers), classifier)
    assert found["modes"] == 3  # (0, 1) and (1, 0) are two
    assert found["kl"] == pytest.approx(float(np.sum(shares * np.log(9 * shares))))
    in_batches = mode_coverage(pictures(numbers), classifier, batch_size=4)
    assert in_batches == found


@pytest.mark.parametrize("shape", [(0, 1, 3, 2), (4, 3, 2)])
def test_what_is_no_batch_of_images_is_refused(classifier, shape):
    with pytest.raises(ValueError, match=r"`images` must be an array.*Received: shape"):
        mode_coverage(np.zeros(shape), classifier)
