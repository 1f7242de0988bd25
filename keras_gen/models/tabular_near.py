"""Which of drawn rows are nearest to what is known of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from keras_gen.types import Array

if TYPE_CHECKING:
    from keras_gen.modalities import MixedRows

NEAREST = 5  # of which one is drawn, with all that are as near
_BLOCK = 256  # rows that are compared at a time
_NEVER = 1e6
_ALIKE = 1e-4


def near_rows(
    spec: MixedRows,
    codes: Array,
    known: Array,
    gapless: Sequence[int],
    drawn: Array,
    random: np.random.Generator,
) -> Array:
    """For each row one of drawn rows that are nearest to it in its known columns.

    A category that is another counts 1, numbers half their squared distance in deviations of the drawn
    rows'. One of the five nearest, and of those that are as near, is drawn.

    Args:
        spec: `MixedRows`.
        codes: Float array `(n, slots)`.
        known: Boolean array `(n, columns that vary)`.
        gapless: Sequence of slots: where such a choice is not known, none is a gap.
        drawn: Float array `(m, slots)`, the rows to choose from.
        random: NumPy's generator.

    Returns:
        Float array `(n, slots)`, of the rows drawn.
    """
    wanted, weights = _features(spec, codes, known, drawn)
    offered = _features(spec, drawn, np.ones((len(drawn), known.shape[1]), bool), drawn)[0]
    numbers = [slot for slot, column in enumerate(spec.varying) if column.is_number]
    sizes = np.array(spec.sizes)
    gaps = np.array([column.missing for column in spec.varying])
    gaps = (gaps & (drawn[:, : len(sizes)] == sizes - 1)).astype("float32")
    places = np.zeros(len(codes), int)
    count = len(numbers)
    slots = list(gapless)
    for start in range(0, len(codes), _BLOCK):
        part = slice(start, start + _BLOCK)
        x, w = wanted[part], weights[part]
        far = (w * x[:, :count] ** 2).sum(axis=1, keepdims=True) + w @ (offered[:, :count] ** 2).T
        far -= 2.0 * (w * x[:, :count]) @ offered[:, :count].T
        far *= 0.5
        far += w @ gaps[:, numbers].T
        far -= x[:, count:] @ offered[:, count:].T
        if slots:
            far += _NEVER * (~known[part][:, slots]).astype("float32") @ gaps[:, slots].T
        few = min(NEAREST, far.shape[1]) - 1
        least = np.partition(far, few, axis=1)[:, few : few + 1]
        chances = random.random(far.shape, "float32")
        places[part] = np.where(far <= least + _ALIKE, chances, 2.0).argmin(axis=1)
    return drawn[places]


def _features(spec, codes, known, drawn):
    """Numbers in deviations, then other choices one-hot, 0 where not known; and which numbers are known."""
    numbers = [slot for slot, column in enumerate(spec.varying) if column.is_number]
    standard = np.zeros((len(codes), len(numbers)), "float32")
    for number, slot in enumerate(numbers):
        values = spec.numbers_of(drawn, slot)
        found = spec.numbers_of(codes, slot)
        there = values[np.isfinite(values)]
        mean, deviation = (there.mean(), there.std() or 1.0) if len(there) else (0.0, 1.0)
        standard[:, number] = np.nan_to_num((found - mean) / deviation)
    weights = known[:, numbers].astype("float32")
    hot = [
        (codes[:, slot, None] == np.arange(size)) & known[:, slot, None]
        for slot, size in enumerate(spec.sizes)
        if slot not in numbers
    ]
    return np.concatenate([standard, *hot], axis=1).astype("float32"), weights


def filled_gaps(spec: MixedRows, codes: Array, gapless: Sequence[int]) -> Array:
    """Codes whose gaps in some slots are the choice that most rows had."""
    codes = codes.copy()
    for slot in gapless:
        column = spec.varying[slot]
        gaps = codes[:, slot] == column.size - 1
        if column.missing and gaps.any():
            counts = column.counts[:-1] or (1,)
            codes[gaps, slot] = int(np.argmax(counts))
            place = spec.place_of_number(slot)
            if place is not None:
                codes[gaps, place] = 0.0
    return codes
