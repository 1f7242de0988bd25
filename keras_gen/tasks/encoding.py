"""The task of encoding data, and decoding them again."""

from typing import Any

import numpy as np

from keras_gen.types import Array, ArrayLike


class Encodes:
    """What everybody asks of a model that encodes: `encode`, `decode`, `reconstruct`."""

    def reconstructions(
        self, samples: ArrayLike, columns: int = 8, **options: Any
    ) -> tuple[Array, int]:
        """Lays samples out in rows, and below each row its reconstructions.

        Args:
            samples: Float array `(n, ...)`, `n` a multiple of `columns`.
            columns: Integer.
            **options: Of `reconstruct`: the `labels`, say, of a model with classes.

        Returns:
            Pair of a float array `(2 * n, ...)` and the columns.

        Raises:
            ValueError: If they fill no whole rows.
        """
        samples = np.asarray(samples)
        if not len(samples) or len(samples) % columns:
            raise ValueError(
                f"`samples` must fill rows of {columns}. Received: {len(samples)} of them"
            )
        shape = samples.shape[1:]
        rows = np.stack([samples, self.reconstruct(samples, **options)]).reshape(
            2, -1, columns, *shape
        )
        return rows.swapaxes(0, 1).reshape(-1, *shape), columns
