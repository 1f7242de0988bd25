"""Penalties on a discriminator's gradient and scores, all in float32."""

from collections.abc import Callable

import keras
from keras import ops

from keras_gen.backend import input_gradient, outputs_and_input_gradient
from keras_gen.losses._tensors import float32, same_shape
from keras_gen.types import Tensor

# Inside the square root, whose gradient is infinite at 0.
_EPSILON = 1e-12


def interpolation_epsilon(
    batch_size: int | Tensor, seed: int | keras.random.SeedGenerator | None = None, axes: int = 3
) -> Tensor:
    """Draws the mixing weights of `gradient_penalty`: uniform, one per example.

    Args:
        batch_size: Integer or scalar integer tensor.
        seed: A `keras.random.SeedGenerator`, which a traced step needs in order to draw anew each
            time, or an integer. Defaults to `None`.
        axes: Integer, the axes of one example: 3 of an image, 1 of a row. Defaults to `3`.

    Returns:
        Float32 tensor `(batch_size, 1, ..., 1)` of values in `[0, 1)`, of `axes` ones.

    Example:

    >>> tuple(interpolation_epsilon(4, seed=0).shape)
    (4, 1, 1, 1)

    Reference: Gulrajani et al., 2017, algorithm 1, https://arxiv.org/abs/1704.00028
    """
    return keras.random.uniform((batch_size, *[1] * axes), dtype="float32", seed=seed)


def gradient_penalty(
    critic: Callable[[Tensor], Tensor],
    real_images: Tensor,
    fake_images: Tensor,
    epsilon: Tensor,
    target: float = 1.0,
) -> Tensor:
    """Penalty of WGAN-GP: `mean((||d critic(x) / dx|| - target)^2)` between real and fake images.

    `x = epsilon * real + (1 - epsilon) * fake`, and the norm is taken over each image. The weight
    (10 in the paper) is the caller's.

    Args:
        critic: Callable, images to logits `(batch, ...)`, in which no example's logits depend on
            another's image (so no batch normalisation).
        real_images: Float tensor `(batch, height, width, channels)`, or of other axes behind the first.
        fake_images: Float tensor of the same shape.
        epsilon: Float tensor `(batch, 1, ..., 1)` in `[0, 1]`, of as many axes: see
            `interpolation_epsilon`.
        target: The norm aimed at. Defaults to 1.

    Returns:
        Scalar float32 tensor, differentiable in the critic's weights, also where the norm is 0.

    Raises:
        ValueError: If the images' shapes differ, or `epsilon` isn't one value per example.

    Example:

    >>> images = keras.ops.ones((2, 1, 2, 1))
    >>> critic = lambda x: 3.0 * x[:, 0, 0] + 4.0 * x[:, 0, 1]  # the norm is 5
    >>> epsilon = interpolation_epsilon(2, seed=0)
    >>> round(float(gradient_penalty(critic, images, -images, epsilon)), 4)
    16.0

    Reference: Gulrajani et al., 2017, https://arxiv.org/abs/1704.00028
    """
    real_images, fake_images = same_shape(real_images=real_images, fake_images=fake_images)
    (epsilon,) = float32(epsilon)
    if any(size != 1 for size in epsilon.shape[1:]) or len(epsilon.shape) != len(real_images.shape):
        raise ValueError(
            "`epsilon` must have one value per example, in a shape of "
            f"(batch{', 1' * (len(real_images.shape) - 1)}). "
            f"Received: epsilon.shape={tuple(epsilon.shape)}"
        )
    images = epsilon * real_images + (1.0 - epsilon) * fake_images
    norms = ops.sqrt(_squared_gradient_norm(critic, images) + _EPSILON)
    return ops.mean((norms - target) ** 2)


def r1_penalty(discriminator: Callable[[Tensor], Tensor], real_images: Tensor) -> Tensor:
    """Penalty R1: half the mean squared norm of the gradient at real images.

    `0.5 * mean(||d discriminator(x) / dx||^2)`, so that its weight is the gamma of the paper, which
    writes `gamma / 2`.

    Args:
        discriminator: Callable, images to logits `(batch, ...)`.
        real_images: Float tensor `(batch, height, width, channels)`.

    Returns:
        Scalar float32 tensor, differentiable in the discriminator's weights.

    Example:

    >>> discriminator = lambda x: keras.ops.sum(3.0 * x, axis=(1, 2, 3))
    >>> float(r1_penalty(discriminator, keras.ops.ones((2, 1, 2, 1))))  # (9 + 9) / 2
    9.0

    Reference: Mescheder et al., 2018, https://arxiv.org/abs/1801.04406
    """
    (images,) = float32(real_images)
    return 0.5 * ops.mean(_squared_gradient_norm(discriminator, images))


def r2_penalty(discriminator: Callable[[Tensor], Tensor], fake_images: Tensor) -> Tensor:
    """Penalty R2: half the mean squared norm of the gradient at generated images.

    The same as `r1_penalty`, of the images of the generator.

    Args:
        discriminator: Callable, images to logits `(batch, ...)`.
        fake_images: Float tensor `(batch, height, width, channels)`.

    Returns:
        Scalar float32 tensor, differentiable in the discriminator's weights.

    Example:

    >>> discriminator = lambda x: keras.ops.sum(x * x, axis=(1, 2, 3))
    >>> penalty = r2_penalty(discriminator, keras.ops.ones((2, 1, 2, 1)))  # (4 + 4) / 2
    >>> float(keras.ops.convert_to_numpy(penalty))
    4.0

    Reference: Mescheder et al., 2018, https://arxiv.org/abs/1801.04406
    """
    return r1_penalty(discriminator, fake_images)


def scores_and_squared_gradient_norms(
    discriminator: Callable[[Tensor], Tensor], images: Tensor
) -> tuple[Tensor, Tensor]:
    """Scores of images, and the squared norm of the score's gradient at each, in one run of a discriminator.

    R1 is half the mean of the norms at real images, R2 half the mean at generated ones: of a batch of both
    they cost one pass together.

    Args:
        discriminator: Callable, images to logits `(batch, ...)`, in which no example's logits depend on
            another's image.
        images: Float tensor `(batch, height, width, channels)`, or of other axes behind the first.

    Returns:
        Tuple of the logits and of a float32 tensor `(batch,)`, both differentiable in the discriminator's
        weights.

    Example:

    >>> discriminator = lambda x: keras.ops.sum(3.0 * x, axis=(1, 2, 3))
    >>> scores, norms = scores_and_squared_gradient_norms(discriminator, keras.ops.ones((2, 1, 2, 1)))
    >>> keras.ops.convert_to_numpy(scores).tolist(), keras.ops.convert_to_numpy(norms).tolist()
    ([6.0, 6.0], [18.0, 18.0])

    Reference: Huang et al., 2025, The GAN is dead, https://arxiv.org/abs/2501.05441
    """
    (images,) = float32(images)
    scores, gradient = outputs_and_input_gradient(discriminator, images)
    return scores, _squared_norm(gradient)


def path_lengths(synthesis: Callable[[Tensor], Tensor], codes: Tensor, noise: Tensor) -> Tensor:
    """How far images move with their codes: the length of the Jacobian's product with noise images.

    `sqrt(mean over levels of ||d sum(synthesis(codes) * noise) / d code||^2)`. Held to one number for all codes
    and directions, the path-length regularisation, it makes a step in the codes a step of a fixed size in the
    images.

    Args:
        synthesis: Callable, codes to images `(batch, height, width, channels)`, or to what else is made.
        codes: Float tensor `(batch, levels, style_dim)`, or `(batch, style_dim)`.
        noise: Float tensor of the images' shape, in which directions are drawn: normal numbers divided by the
            square root of the number of pixels.

    Returns:
        Float32 tensor `(batch,)`, differentiable in the weights that make images and codes.

    Example:

    >>> codes = keras.ops.ones((2, 1, 3))
    >>> slopes = keras.ops.array([3.0, 4.0, 0.0])
    >>> synthesis = lambda codes: keras.ops.sum(codes * slopes, axis=(1, 2))
    >>> lengths = path_lengths(synthesis, codes, keras.ops.array([1.0, -2.0]))
    >>> keras.ops.convert_to_numpy(lengths).tolist()
    [5.0, 10.0]

    Reference: Karras et al., 2019, section 3.2, https://arxiv.org/abs/1912.04958
    """
    codes, noise = float32(codes, noise)
    gradient = input_gradient(lambda codes: ops.cast(synthesis(codes), "float32") * noise, codes)
    squares = ops.sum(ops.square(ops.cast(gradient, "float32")), axis=-1)
    if len(squares.shape) > 1:
        squares = ops.mean(squares, axis=1)
    return ops.sqrt(squares + _EPSILON)


def drift_penalty(real_logits: Tensor) -> Tensor:
    """Mean squared score of real images, which keeps a critic's scores near zero.

    Args:
        real_logits: Float tensor `(batch, ...)`, the critic's scores of real images.

    Returns:
        Scalar float32 tensor. The paper's weight is 0.001.

    Example:

    >>> float(drift_penalty(keras.ops.array([[3.0], [-1.0]])))
    5.0

    Reference: Karras et al., 2017, appendix A.1, https://arxiv.org/abs/1710.10196
    """
    return ops.mean(ops.cast(real_logits, "float32") ** 2)


def _squared_gradient_norm(function, images):
    return _squared_norm(input_gradient(function, images))


def _squared_norm(gradient):
    gradient = ops.cast(gradient, "float32")
    return ops.sum(gradient**2, axis=tuple(range(1, len(gradient.shape))))
