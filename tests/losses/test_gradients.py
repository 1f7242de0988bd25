"""Losses and measures of images' gradients, beside NumPy's."""

import numpy as np
import pytest

from keras_gen import losses

RANDOM = np.random.default_rng(0)
TARGETS, OUTPUTS = RANDOM.uniform(-1, 1, (2, 2, 5, 4, 3)).astype("float32")
# Rows 0 1 and 3 3: steps 3 and 2 down, 1 and 0 along.
SQUARE = np.array([[0.0, 1.0], [3.0, 3.0]], "float32").reshape(1, 2, 2, 1)


def steps(images):
    return [np.abs(np.diff(images, axis=axis)) for axis in (-3, -2)]


@pytest.mark.parametrize("alpha", [1, 2])
def test_gradient_difference(alpha):
    expected = sum(
        (np.abs(a - b) ** alpha).mean() for a, b in zip(steps(TARGETS), steps(OUTPUTS), strict=True)
    )
    found = float(losses.gradient_difference(TARGETS, OUTPUTS, alpha))
    assert found == pytest.approx(expected, rel=1e-5)
    by_hand = {1: 2.5 + 0.5, 2: 6.5 + 0.5}[alpha]
    found = losses.gradient_difference(SQUARE, np.zeros_like(SQUARE), alpha)
    assert float(found) == pytest.approx(by_hand)


def test_gradient_difference_sees_sizes_and_no_signs():
    assert float(losses.gradient_difference(SQUARE, -SQUARE)) == 0.0
    assert float(losses.gradient_difference(SQUARE, SQUARE + 1.0)) == 0.0
    blurred = np.full_like(SQUARE, SQUARE.mean())
    assert float(losses.gradient_difference(SQUARE, blurred)) == 3.0


def test_gradient_magnitude():
    assert float(losses.gradient_magnitude(SQUARE)) == 3.0
    expected = sum(step.mean() for step in steps(TARGETS))
    assert float(losses.gradient_magnitude(TARGETS[None])) == pytest.approx(expected, rel=1e-5)


def test_sharpness_difference_is_the_paper_s():
    """Of the pixels that have both neighbours, written as the paper writes it."""

    def sizes(image):
        return np.array(
            [
                [
                    np.abs(image[i, j] - image[i - 1, j]) + np.abs(image[i, j] - image[i, j - 1])
                    for j in range(1, image.shape[1])
                ]
                for i in range(1, image.shape[0])
            ]
        )

    found = losses.sharpness_difference(TARGETS, OUTPUTS, 2.0)
    for number, value in enumerate(np.asarray(found.cpu() if hasattr(found, "cpu") else found)):
        error = np.abs(sizes(TARGETS[number]) - sizes(OUTPUTS[number])).mean()
        assert value == pytest.approx(10 * np.log10(4 / error), rel=1e-4)
    assert float(losses.sharpness_difference(SQUARE, SQUARE)[0]) == pytest.approx(100.0)


def test_refuses():
    with pytest.raises(
        ValueError, match=r"`alpha` must be a number of at least 1. Received: alpha=0"
    ):
        losses.gradient_difference(SQUARE, SQUARE, 0)
    with pytest.raises(ValueError, match="same shape"):
        losses.sharpness_difference(SQUARE, SQUARE[..., 0])
