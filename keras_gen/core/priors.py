"""What generators draw from: latent vectors, in a step and on the host."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_gen.checks import check_non_negative, check_positive_integer, check_steps, is_integer
from keras_gen.types import Array, ArrayLike, Tensor


class DrawsLatents:
    """Base of what latents are drawn from. A subclass has a `shape` and defines `_drawn(n, seed)`."""

    shape: tuple[int, ...]

    def draw(
        self,
        n: int | None,
        seed: int | np.random.Generator | None = None,
        given: ArrayLike | None = None,
    ) -> Array:
        """Draws latents on the host, or checks those that the user gave.

        Args:
            n: Integer, how many, or None with `given`.
            seed: Integer or None; see `draw_latents`.
            given: Float array of shape `(n, latent_dim)`, or `(n, *shape)`, or None.

        Returns:
            Float32 array of that shape, the same on every backend.

        Raises:
            ValueError: If neither is given, or the latents have another shape or range.
        """
        if given is not None:
            latents = _checked_latents(n, self.shape, given)
            self._check_range(latents)
            return latents
        if n is None:
            raise ValueError(
                "Give `n`, how many images to generate, or `latents`. Received: neither"
            )
        check_positive_integer("n", n)
        return self._drawn(n, seed)

    def _drawn(self, n, seed):
        """Float32 array `(n, *shape)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `_drawn`.")

    def _check_range(self, latents):
        """Raises a ValueError of numbers that are never drawn: none by default."""


class Normal(DrawsLatents):
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

    def _drawn(self, n, seed):
        return draw_latents(n, self.shape, seed)

    def between(self, start: Array, end: Array, steps: int) -> Array:
        """Walks from one latent to another through what is likely: see `spherical_interpolation`."""
        return spherical_interpolation(start, end, steps)

    def near(self, latent: Array, amount: float, n: int, seed: int | None = None) -> Array:
        """Draws latents near one, as likely as any other: `sqrt(1 - amount**2) * latent + amount * noise`.

        Args:
            latent: Float array `(latent_dim,)`, or of the shape of one.
            amount: Float in [0, 1]: 0 gives the latent itself, 1 others that do not depend on it.
            n: Integer, how many.
            seed: Integer or None.

        Returns:
            Float32 array `(n, latent_dim)`, or `(n, *shape)`.
        """
        latent = np.asarray(latent, dtype="float32")
        drawn = self.draw(n, seed)
        return np.float32(math.sqrt(1.0 - amount**2)) * latent + np.float32(amount) * drawn


class Uniform(Normal):
    """Numbers in [0, 1), independent and uniform: by which an autoregressive model makes its choices.

    Args:
        latent_dim: As in `Normal`.
    """

    def sample(self, count: int | Tensor, seed_generator: keras.random.SeedGenerator) -> Tensor:
        """Draws latents within a step: see `Normal.sample`."""
        return keras.random.uniform((count, *self.shape), seed=seed_generator)

    def _drawn(self, n, seed):
        return np.random.default_rng(seed).random((n, *self.shape), dtype="float32")

    def _check_range(self, latents):
        if latents.size and not (latents.min() >= 0.0 and latents.max() < 1.0):
            raise ValueError(
                "`latents` must be in [0, 1), numbers by which choices are made. "
                f"Received: values from {latents.min():g} to {latents.max():g}"
            )

    def between(self, start: Array, end: Array, steps: int) -> Array:
        """Walks through what is likely: along the great circle of the normal numbers that stand for them."""
        path = _places(super().between(_normal(start), _normal(end), steps))
        path[0], path[-1] = start, end  # Where a choice hangs on the last digit.
        return path

    def near(self, latent: Array, amount: float, n: int, seed: int | None = None) -> Array:
        """Draws latents near one, as likely as any other, by the normal numbers that stand for them."""
        beside = Normal(self.shape).near(_normal(latent), amount, n, seed)
        return (
            _places(beside) if amount else np.repeat(np.asarray(latent, "float32")[None], n, axis=0)
        )


class NormalWithCodes(Normal):
    """Normal noise and beside it codes: one category, and numbers in [-1, 1].

    A latent is flat: the noise, the category one-hot, the numbers. All are independent, the category and
    the numbers uniform.

    Args:
        noise_dim: Integer, the length of the noise.
        categories: Integer, at least 2.
        continuous: Integer from 0 up, how many numbers.
        noise_deviation: Number from 0 up, the standard deviation of the noise.

    Raises:
        ValueError: If one of them is out of range.
    """

    def __init__(
        self, noise_dim: int, categories: int, continuous: int = 0, noise_deviation: float = 1.0
    ) -> None:
        check_positive_integer("noise_dim", noise_dim)
        if not is_integer(categories) or categories < 2:
            raise ValueError(
                f"`categories` must be an integer, at least 2. Received: categories={categories!r}"
            )
        if not is_integer(continuous) or continuous < 0:
            raise ValueError(
                f"`continuous` must be an integer from 0 up. Received: continuous={continuous!r}"
            )
        check_non_negative("noise_deviation", noise_deviation)
        super().__init__(noise_dim + categories + continuous)
        self.noise_dim = noise_dim
        self.categories = categories
        self.continuous = continuous
        self.noise_deviation = noise_deviation

    @property
    def entropy(self) -> float:
        """Float, of the codes, in nats: `log(categories) + continuous * log(2)`."""
        return math.log(self.categories) + self.continuous * math.log(2.0)

    def parts(self, latents: Any) -> tuple[Any, Any, Any]:
        """The noise, the one-hot categories and the numbers of latents, tensors or arrays `(n, ...)`."""
        codes = self.noise_dim + self.categories
        return latents[:, : self.noise_dim], latents[:, self.noise_dim : codes], latents[:, codes:]

    def sample(self, count: int | Tensor, seed_generator: keras.random.SeedGenerator) -> Tensor:
        """Draws latents within a step: see `Normal.sample`."""
        noise = keras.random.normal(
            (count, self.noise_dim), stddev=self.noise_deviation, seed=seed_generator
        )
        category = draw_categories(count, self.categories, seed_generator)
        numbers = keras.random.uniform((count, self.continuous), -1.0, 1.0, seed=seed_generator)
        one_hot = ops.one_hot(category, self.categories, dtype="float32")
        return ops.concatenate([noise, one_hot, numbers], axis=1)

    def draw(
        self,
        n: int | None,
        seed: int | np.random.Generator | None = None,
        given: ArrayLike | None = None,
        codes: Mapping[str, Any] | None = None,
    ) -> Array:
        """Draws latents on the host, or checks those that the user gave, and puts codes in.

        Args:
            n: Integer, how many, or None with `given` or with codes for each.
            seed: Integer or None; see `draw_latents`.
            given: Float array of shape `(n, latent_dim)`, or None.
            codes: Dict of `"category"`, an integer or integers `(n,)`, and `"continuous"`, numbers
                `(continuous,)` or `(n, continuous)`, or one of the two; or None. Other codes stay as drawn.

        Returns:
            Float32 array of shape `(n, latent_dim)`.

        Raises:
            ValueError: If it is not said how many, or the latents or codes are not of these shapes.
        """
        wanted = self._checked(codes or {})
        counts = [len(code) for name, code in wanted.items() if code.ndim > (name == "continuous")]
        if n is None and given is None and counts:
            n = counts[0]
        latents = super().draw(n, seed, given).copy()
        if any(count != len(latents) for count in counts):
            raise ValueError(
                f"`codes` must be those of one latent, or of each of {len(latents)}. "
                f"Received: codes of {', '.join(map(str, counts))}"
            )
        _, one_hot, numbers = self.parts(latents)
        if "category" in wanted:
            one_hot[:] = np.eye(self.categories, dtype="float32")[wanted["category"]]
        if "continuous" in wanted:
            numbers[:] = wanted["continuous"]
        return latents

    def _drawn(self, n, seed):
        # One stream, row by row: the largest of some normal numbers is at a uniform place, and the angle
        # of a pair of them is uniform.
        width = self.latent_dim + self.continuous
        latents = draw_latents(n, width, seed)
        noise, scores, pairs = self.parts(latents)
        one_hot = np.eye(self.categories, dtype="float32")[scores.argmax(axis=1)]
        angles = np.arctan2(pairs[:, : self.continuous], pairs[:, self.continuous :]) / np.pi
        noise = np.float32(self.noise_deviation) * noise
        return np.concatenate([noise, one_hot, angles.clip(-1.0, 1.0)], axis=1, dtype="float32")

    def between(self, start: Array, end: Array, steps: int) -> Array:
        """Walks along the great circle of the noise, and straight between the codes."""
        noise = spherical_interpolation(start[: self.noise_dim], end[: self.noise_dim], steps)
        fractions = np.linspace(0.0, 1.0, steps, dtype="float32")[:, None]
        codes = (1.0 - fractions) * start[self.noise_dim :] + fractions * end[self.noise_dim :]
        return np.concatenate([noise, codes], axis=1, dtype="float32")

    def near(self, latent: Array, amount: float, n: int, seed: int | None = None) -> Array:
        """Draws noise near a latent's, beside its own codes: see `Normal.near`."""
        latents = super().near(latent, amount, n, seed)
        latents[:, self.noise_dim :] = np.asarray(latent)[self.noise_dim :]
        return latents

    def _checked(self, codes):
        """Codes as arrays."""
        if not isinstance(codes, Mapping) or not set(codes) <= {"category", "continuous"}:
            raise ValueError(
                "`codes` must be a dict of 'category', 'continuous' or both. "
                f"Received: codes={codes!r}"
            )
        wanted = {}
        if "category" in codes:
            category = np.asarray(codes["category"])
            whole = category.ndim < 2 and np.issubdtype(category.dtype, np.integer)
            if not whole or np.any((category < 0) | (category >= self.categories)):
                raise ValueError(
                    "`codes['category']` must be an integer, or one for each latent, in "
                    f"[0, {self.categories}). Received: {codes['category']!r}"
                )
            wanted["category"] = category
        if "continuous" in codes:
            numbers = np.asarray(codes["continuous"], dtype="float32")
            if numbers.ndim not in (1, 2) or numbers.shape[-1] != self.continuous:
                raise ValueError(
                    f"`codes['continuous']` must have shape ({self.continuous},) or "
                    f"(n, {self.continuous}). Received: shape {numbers.shape}"
                )
            wanted["continuous"] = numbers
        return wanted


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
    check_positive_integer("n", n)
    shape = latent_dim if isinstance(latent_dim, Sequence) else (latent_dim,)
    return np.random.default_rng(seed).standard_normal((n, *shape), dtype="float32")


def noise_and_places(n, latent_dim, seed):
    """Normal noise `(n, latent_dim)`, and uniform places in [0, 1] `(n,)` by which a component is chosen.

    One stream, row by row: the first of `n` do not depend on `n`. The angle of two normal numbers is uniform.
    """
    numbers = draw_latents(n, latent_dim + 2, seed)
    return numbers[:, :-2], np.arctan2(numbers[:, -2], numbers[:, -1]) / (2 * np.pi) + 0.5


def draw_categories(
    count: int | Tensor, categories: int, seed_generator: keras.random.SeedGenerator
) -> Tensor:
    """Draws categories within a step, each as likely as the others, an int32 tensor `(count,)`."""
    shares = keras.random.uniform((count,), 0.0, categories, seed=seed_generator)
    # Rounded up, a number just below the end would be a category more.
    return ops.minimum(ops.cast(ops.floor(shares), "int32"), categories - 1)


def _normal(places):
    """The normal numbers below which such shares of them lie, of places in [0, 1)."""
    from scipy.special import ndtri

    return ndtri(np.clip(np.asarray(places, "float64"), 1e-7, 1.0 - 1e-7))


def _places(numbers):
    """The shares of normal numbers below such: float32 places in [0, 1)."""
    from scipy.special import ndtr

    return np.minimum(ndtr(numbers), 1.0 - 2.0**-24).astype("float32")


def _checked_latents(n, shape, latents):
    """Latents that the user gave, as a float32 array of shape `(n, *shape)`."""
    latents = np.asarray(latents, dtype="float32")
    if not latents.ndim or latents.shape[1:] != shape or n not in (None, len(latents)):
        raise ValueError(
            f"`latents` must have shape ({'n' if n is None else n}, {', '.join(map(str, shape))}). "
            f"Received: shape {latents.shape}"
        )
    return latents


def straight_interpolation(start: Array, end: Array, steps: int) -> Array:
    """Walks straight from one latent to another: see `spherical_interpolation`."""
    check_steps(steps)
    return np.linspace(start, end, steps, dtype="float32")


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
