"""The task of mixing samples: some of what one is made of, and the rest of another."""

from collections.abc import Sequence

from keras_gen.tasks.from_latents import FromLatents
from keras_gen.types import Array


class Mixes(FromLatents):
    """What is asked of a model whose samples are made at several `levels`, from coarse to fine."""

    levels: int

    def mix(
        self,
        seeds_a: Sequence[int],
        seeds_b: Sequence[int],
        levels: Sequence[int],
        truncation: float = 1.0,
        batch_size: int = 128,
    ) -> Array:
        """Makes samples of some levels of one and all others of another, of every pair.

        Args:
            seeds_a: Sequence of integers, seeds of one sample each.
            seeds_b: Likewise, of the samples that are taken at `levels`.
            levels: Sequence of integers in [0, levels).
            truncation: Number in [0, 1], how far samples lie from their mean.
            batch_size: Integer, how many are made at a time.

        Returns:
            Float32 NumPy array `(len(seeds_a), len(seeds_b), ...)`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `mix`.")
