"""What generators draw from: latent vectors, in a step and on the host."""

from collections.abc import Sequence

import keras
import numpy as np

from keras_gen.checks import check_positive_integer, check_steps, is_integer
from keras_gen.types import Array, ArrayLike, Tensor


class Normal:
    """Standard normal latents.

    Args:
        latent_dim: Integer, the length of a latent vector; or the shape of one, a tuple of integers.

    Raises:
        ValueError: If one of them is none above 0.
    """

    def __init__(self, latent_dim: int | Sequence[int]) -> None:
        self.shape = tuple(latent_dim) if isinstance(latent_dim, Sequence) else (latent_dim,)
        for size in self.shape:
            check_positive_integer("latent_dim", size)
        self.latent_dim = latent_dim

    def sample(self, count: int | Tensor, seed_generator: keras.random.SeedGenerator) -> Tensor:
        """Draws latents within a step.

        Args:
            count: Integer, or scalar integer tensor.
            seed_generator: `keras.random.SeedGenerator`, the model's.

        Returns:
            Float32 tensor of shape `(count, latent_dim)`, or `(count, *shape)`.
        """
        return keras.random.normal((count, *self.shape), seed=seed_generator)

    def draw(self, n: int | None, seed: int | None = None, given: ArrayLike | None = None) -> Array:
        """Draws latents on the host, or checks those that the user gave.

        Args:
            n: Integer, how many, or None with `given`.
            seed: Integer or None; see `draw_latents`.
            given: Float array of shape `(n, latent_dim)`, or `(n, *shape)`, or None.

        Returns:
            Float32 array of that shape.

        Raises:
            ValueError: If neither is given, or the latents have another shape.
        """
        return given_or_drawn_latents(n, self.shape, seed, given)


def draw_latents(
    n: int, latent_dim: int | Sequence[int], seed: int | np.random.Generator | None
) -> Array:
    """Draws standard normal latents, the same on every backend.

    Args:
        n: Integer, how many.
        latent_dim: Integer, or a tuple of them: the shape of a latent.
        seed: Integer, or None for other latents at each call.

    Returns:
        Float32 array of shape `(n, latent_dim)`, or `(n, *shape)`. The first of `n`
        latents do not depend on `n`.
    """
    if not is_integer(n) or n < 1:
        raise ValueError(f"`n` must be an integer above 0. Received: n={n!r}")
    shape = latent_dim if isinstance(latent_dim, Sequence) else (latent_dim,)
    return np.random.default_rng(seed).standard_normal((n, *shape), dtype="float32")


def given_or_drawn_latents(n, shape, seed, latents):
    """Checks latents that the user gave, or draws `n` where there are none.

    Returns:
        Float32 array of shape `(n, *shape)`.
    """
    if latents is None:
        if n is None:
            raise ValueError(
                "Give `n`, how many images to generate, or `latents`. Received: neither"
            )
        return draw_latents(n, shape, seed)
    latents = np.asarray(latents, dtype="float32")
    if not latents.ndim or latents.shape[1:] != shape or n not in (None, len(latents)):
        raise ValueError(
            f"`latents` must have shape ({'n' if n is None else n}, {', '.join(map(str, shape))}). "
            f"Received: shape {latents.shape}"
        )
    return latents


def spherical_interpolation(start: Array, end: Array, steps: int) -> Array:
    """Walks along the great circle from one latent to another.

    A straight line between two normal vectors passes closer to the origin than samples ever lie.

    Args:
        start: Float array of any shape, `(latent_dim,)` say.
        end: Float array of that shape.
        steps: Integer, at least 2: how many latents, both ends among them.

    Returns:
        Float32 array of shape `(steps, *shape)`.

    Example:
    >>> spherical_interpolation([1.0, 0.0], [0.0, 1.0], 3).astype(float).round(4).tolist()
    [[1.0, 0.0], [0.7071, 0.7071], [0.0, 1.0]]

    Reference: White, 2016, Sampling Generative Networks, https://arxiv.org/abs/1609.04468
    """
    check_steps(steps)
    start, end = np.asarray(start, dtype="float64"), np.asarray(end, dtype="float64")
    lengths = np.linalg.norm(start) * np.linalg.norm(end)
    angle = np.arccos(np.clip(np.vdot(start, end) / lengths, -1.0, 1.0)) if lengths > 0 else 0.0
    fractions = np.linspace(0.0, 1.0, steps).reshape(-1, *[1] * start.ndim)
    if np.sin(angle) < 1e-6:
        path = (1.0 - fractions) * start + fractions * end
    else:
        path = np.sin((1.0 - fractions) * angle) * start + np.sin(fractions * angle) * end
        path = path / np.sin(angle)
    return path.astype("float32")
