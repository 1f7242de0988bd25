"""How sharp images are: losses and measures of their gradients, of frames that are predicted, say."""

from keras import ops

from keras_gen.losses._tensors import same_shape
from keras_gen.types import Tensor


def gradient_difference(targets: Tensor, outputs: Tensor, alpha: float = 1.0) -> Tensor:
    """Gradient difference loss: how the steps between neighbouring pixels differ in size.

    `mean(| |dy(target)| - |dy(output)| | ** alpha)` down the rows plus the same along them. A blurred output
    has smaller steps than its target, and pays for it.

    Args:
        targets: Float tensor `(..., height, width, channels)`, both sides at least 2.
        outputs: Float tensor of the same shape.
        alpha: Number from 1 up. Defaults to 1; the paper has 1 and 2.

    Returns:
        Scalar float32 tensor. The paper has the sum over the pixels, this the mean, as `l1` and `l2` have.

    Raises:
        ValueError: If the shapes differ, or `alpha` is below 1.

    Example:

    >>> edge = keras.ops.array([[[[-1.0], [1.0]], [[-1.0], [1.0]]]])
    >>> float(gradient_difference(edge, keras.ops.zeros_like(edge)))  # rows: 0; along them: 2
    2.0

    Reference: Mathieu et al., 2015, https://arxiv.org/abs/1511.05440
    """
    if not alpha >= 1:
        raise ValueError(f"`alpha` must be a number of at least 1. Received: alpha={alpha!r}")
    targets, outputs = same_shape(targets=targets, outputs=outputs)
    total = 0.0
    for real, made in zip(_steps(targets), _steps(outputs), strict=True):
        difference = ops.abs(ops.abs(real) - ops.abs(made))
        total = total + ops.mean(difference if alpha == 1 else difference**alpha)
    return total


def gradient_magnitude(images: Tensor) -> Tensor:
    """Mean size of the steps between neighbouring pixels, down the rows plus along them.

    The blurred average of several possible images has less of it than any of them.

    Args:
        images: Float tensor `(..., height, width, channels)`, both sides at least 2.

    Returns:
        Scalar float32 tensor, in the images' units.

    Example:

    >>> float(gradient_magnitude(keras.ops.array([[[-1.0], [1.0]], [[-1.0], [1.0]]])))
    2.0
    """
    return sum(ops.mean(ops.abs(step)) for step in _steps(ops.cast(images, "float32")))


def sharpness_difference(targets: Tensor, outputs: Tensor, data_range: float = 2.0) -> Tensor:
    """The paper's sharpness measure of each image in decibels: the higher, the more alike its gradients.

    `10 log10(data_range ** 2 / mean(| g(target) - g(output) |))`, where `g` is the sum of the sizes of a
    pixel's steps from the one above it and from the one on its left.

    Args:
        targets: Float tensor `(batch, height, width, channels)`, both sides at least 2.
        outputs: Float tensor of the same shape.
        data_range: Largest value less the smallest possible. Defaults to 2, that of [-1, 1].

    Returns:
        Float32 tensor `(batch,)`; images of the same gradients score at most 100.

    Raises:
        ValueError: If the shapes differ.

    Example:

    >>> edge = keras.ops.array([[[[-1.0], [1.0]], [[-1.0], [1.0]]]])
    >>> round(float(sharpness_difference(edge, keras.ops.zeros_like(edge))[0]), 3)  # 10 log10(4 / 2)
    3.01

    Reference: Mathieu et al., 2015, https://arxiv.org/abs/1511.05440
    """
    targets, outputs = same_shape(targets=targets, outputs=outputs)
    error = ops.mean(ops.abs(_sizes(targets) - _sizes(outputs)), axis=(1, 2, 3))
    return 10.0 * ops.log10(data_range**2 / ops.maximum(error, 1e-10 * data_range**2))


def _steps(images):
    """Differences of neighbours down the rows and along them."""
    return (
        images[..., 1:, :, :] - images[..., :-1, :, :],
        images[..., :, 1:, :] - images[..., :, :-1, :],
    )


def _sizes(images):
    """The sum of both steps' sizes at each pixel that has a neighbour above and one on its left."""
    down, along = _steps(images)
    return ops.abs(down[..., :, 1:, :]) + ops.abs(along[..., 1:, :, :])
