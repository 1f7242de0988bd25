"""The likelihood of a table's rows, whose columns are choices, and numbers beside some of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Self

import keras
import numpy as np
from keras import ops

from keras_gen.types import Array, Config, Tensor

LEAST_DEVIATION = 0.01
_ROWS = 2048  # that are drawn at a time
_LOG_2_PI = math.log(2.0 * math.pi)


def choice_log_probabilities(logits: Tensor, sizes: Sequence[int]) -> Tensor:
    """Log probabilities of several choices that stand side by side: a log softmax over each.

    Args:
        logits: Float tensor `(batch, sum(sizes))`.
        sizes: Sequence of integers, of how many each choice is.

    Returns:
        Float32 tensor of the logits' shape.

    Example:

    >>> found = choice_log_probabilities(keras.ops.array([[0.0, 0.0, 5.0]]), sizes=(2, 1))
    >>> np.exp(keras.ops.convert_to_numpy(found)).round(3).tolist()
    [[0.5, 0.5, 1.0]]
    """
    segments = np.repeat(np.arange(len(sizes)), sizes).astype("int32")
    logits = ops.cast(logits, "float32")
    fixed = ops.transpose(ops.stop_gradient(logits))
    largest = ops.segment_max(fixed, segments, num_segments=len(sizes))
    logits = logits - ops.take(ops.transpose(largest), segments, axis=1)
    member = (segments[:, None] == np.arange(len(sizes))).astype("float32")
    totals = ops.log(ops.matmul(ops.exp(logits), member))
    return logits - ops.take(totals, segments, axis=1)


@keras.saving.register_keras_serializable(package="keras_gen")
class MixedLikelihood:
    """Rows of a table: of each column a choice, and of its first choices, the modes, a number in [-1, 1].

    Given what a decoder says of a row, choices are drawn by a softmax each, and numbers are normal about
    `tanh` of an output, with a deviation between 0.01 and 1 that is an output, too: both of the mode that
    was chosen.

    Args:
        sizes: Sequence of integers above 0, of how many each choice is.
        modes: Sequence of as many integers from 0 up: beside how many of them, the first, a number stands.

    Raises:
        ValueError: If they are other numbers.

    Example:

    >>> likelihood = MixedLikelihood(sizes=(2, 3), modes=(1, 0))
    >>> likelihood.width, likelihood.parameters
    (6, 7)
    >>> row = keras.ops.array([[0.0, 0.0, 1.0, 0.0, 0.0, 1.0]])  # a number, then the choices one-hot
    >>> found = likelihood.log_likelihood(row, keras.ops.zeros((1, 7)))
    >>> round(float(found[0]), 4)  # log(1/2) + log(1/3)
    -1.7918

    Reference: Xu et al., 2019, Modeling Tabular Data using Conditional GAN, section 4.5 (TVAE, whose
    numbers have one mean and one deviation a column), https://arxiv.org/abs/1907.00503
    """

    def __init__(self, sizes: Sequence[int], modes: Sequence[int]) -> None:
        self.sizes = tuple(int(size) for size in sizes)
        self.modes = tuple(int(count) for count in modes)
        fits = len(self.sizes) == len(self.modes) and all(
            0 <= count <= size for size, count in zip(self.sizes, self.modes, strict=True)
        )
        if not self.sizes or not fits or min(self.sizes) < 1:
            raise ValueError(
                "`sizes` must be integers above 0, and `modes` as many of which none is above its size. "
                f"Received: sizes={sizes}, modes={modes}"
            )
        self._numbered = [slot for slot, count in enumerate(self.modes) if count]
        starts = np.cumsum((0, *self.sizes[:-1]))
        self._starts = starts
        # Of every mode: its number among the numbers, and its place among the choices.
        of = np.array([k for k, s in enumerate(self._numbered) for _ in range(self.modes[s])], int)
        places = np.array(
            [starts[s] + m for s in self._numbered for m in range(self.modes[s])], int
        )
        self._number_of = of.astype("int32")
        self._place_of = places.astype("int32")
        self._members = (of[:, None] == np.arange(len(self._numbered))).astype("float32")

    @property
    def width(self) -> int:
        """Integer, the length of a row as networks have it: its numbers, then its choices one-hot."""
        return len(self._numbered) + sum(self.sizes)

    @property
    def parameters(self) -> int:
        """Integer, the length of a decoder's outputs: each mode's mean and deviation, then logits."""
        return 2 * len(self._place_of) + sum(self.sizes)

    def _parts(self, outputs):
        """Means and log deviations of the modes, and logits."""
        modes = len(self._place_of)
        outputs = ops.cast(outputs, "float32")
        means = ops.tanh(outputs[:, :modes])
        share = ops.sigmoid(outputs[:, modes : 2 * modes])
        deviations = LEAST_DEVIATION + (1.0 - LEAST_DEVIATION) * share
        return means, deviations, outputs[:, 2 * modes :]

    def log_likelihood(self, rows: Tensor, outputs: Tensor) -> Tensor:
        """Log likelihood of rows in nats: of choices their log probability, of numbers their log density.

        Args:
            rows: Float tensor `(batch, width)`: numbers, then choices one-hot.
            outputs: Float tensor `(batch, parameters)`.

        Returns:
            Float32 tensor `(batch,)`.
        """
        rows = ops.cast(rows, "float32")
        count = len(self._numbered)
        means, deviations, logits = self._parts(outputs)
        hot = rows[:, count:]
        choices = ops.sum(hot * choice_log_probabilities(logits, self.sizes), axis=1)
        if not count:
            return choices
        numbers = ops.take(rows[:, :count], self._number_of, axis=1)
        squares = ((numbers - means) / deviations) ** 2
        densities = -0.5 * (squares + _LOG_2_PI) - ops.log(deviations)
        return choices + ops.sum(ops.take(hot, self._place_of, axis=1) * densities, axis=1)

    def beside(self, numbers: Tensor, choices: Tensor) -> Tensor:
        """Rows of a number for each mode and of choices, by whose shares a column's numbers are weighted.

        Args:
            numbers: Float tensor `(n, modes)`.
            choices: Float tensor `(n, choices)`, one-hot, or shares.

        Returns:
            Float32 tensor `(n, width)`.
        """
        if not self._numbered:
            return choices
        weights = ops.take(choices, self._place_of, axis=1)
        return ops.concatenate([ops.matmul(weights * numbers, self._members), choices], axis=1)

    def mean(self, outputs: Tensor) -> Tensor:
        """Rows that outputs stand for: numbers' means over the modes, then choices' probabilities.

        Args:
            outputs: Float tensor `(n, parameters)`.

        Returns:
            Float32 tensor `(n, width)`.
        """
        means, _, logits = self._parts(outputs)
        shares = ops.exp(choice_log_probabilities(logits, self.sizes))
        if not self._numbered:
            return shares
        weights = ops.take(shares, self._place_of, axis=1)
        totals = ops.matmul(weights, self._members)
        numbers = ops.matmul(weights * means, self._members) / ops.maximum(totals, 1e-7)
        return ops.concatenate([numbers, shares], axis=1)

    def draw(self, outputs: Array, random: np.random.Generator, noise: bool = True) -> Array:
        """Draws rows, on the host.

        Args:
            outputs: Float array `(n, parameters)`.
            random: NumPy's generator.
            noise: Boolean, whether numbers have their deviation, or are their mode's mean: outputs may
                then be without deviations.

        Returns:
            Float64 array `(n, slots)`, codes as `keras_gen.modalities.MixedRows` has them.
        """
        outputs = np.asarray(outputs)
        uniform = random.random((len(outputs), len(self.sizes)))
        codes = self._drawn(outputs[:, -sum(self.sizes) :], uniform)
        numbers = self._numbers(outputs, codes, random if noise else None)
        return np.concatenate([codes, numbers], axis=1)

    def likeliest(self, outputs: Array) -> Array:
        """Each column's likeliest choice, and the mean of its number: codes as of `draw`."""
        outputs = np.asarray(outputs, "float64")
        logits = outputs[:, 2 * len(self._place_of) :]
        codes = np.stack([part.argmax(axis=1) for part in np.split(logits, self._starts[1:], 1)], 1)
        return np.concatenate([codes, self._numbers(outputs, codes.astype(float), None)], axis=1)

    def _drawn(self, logits, uniform):
        """Choices by their inverse distribution functions, a column at a time of rows that fit in a cache."""
        codes = np.empty((len(logits), len(self.sizes)))
        for start in range(0, len(logits), _ROWS):
            rows = slice(start, start + _ROWS)
            # Lines of one choice each, as float32: the sums are of one column, so that rare ones keep a share.
            lines = np.ascontiguousarray(logits[rows].T, "float32")
            for slot, (first, size) in enumerate(zip(self._starts, self.sizes, strict=True)):
                sums = lines[first : first + size]
                sums -= sums.max(axis=0)
                np.exp(sums, out=sums)
                for before, line in itertools.pairwise(sums):
                    line += before  # Twice as fast as `cumsum` over the first axis.
                below = sums[:-1] <= uniform[rows, slot] * sums[-1]
                codes[rows, slot] = below.sum(axis=0, dtype="int32")
        return codes

    def _numbers(self, outputs, codes, random):
        count, modes = len(self._numbered), len(self._place_of)
        if not count:
            return np.zeros((len(outputs), 0))
        firsts = np.searchsorted(self._number_of, np.arange(count))
        chosen = codes[:, self._numbered].astype(int)
        counts = np.array([self.modes[slot] for slot in self._numbered])
        has = chosen < counts
        places = firsts + np.where(has, chosen, 0)
        rows = np.arange(len(outputs))[:, None]
        means = np.tanh(outputs[rows, places].astype("float64"))
        if random is not None:
            share = 1.0 / (1.0 + np.exp(-outputs[rows, modes + places].astype("float64")))
            deviations = LEAST_DEVIATION + (1.0 - LEAST_DEVIATION) * share
            means = means + deviations * random.standard_normal(means.shape)
        return np.where(has, np.clip(means, -1.0, 1.0), 0.0)

    def get_config(self) -> Config:
        return {"sizes": list(self.sizes), "modes": list(self.modes)}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)
