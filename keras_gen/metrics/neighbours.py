"""Distances between many feature vectors, a block of rows at a time."""

import numpy as np

BLOCK = 1024


def distance_blocks(rows, columns):
    """Yields squared distances from each block of rows to all columns.

    Distances below rounding are set to 0, so that equal vectors are at no distance.

    Args:
        rows: Float array `(n, dim)`.
        columns: Float array `(m, dim)`.

    Yields:
        `(slice of the rows, float64 array (block, m))`.
    """
    rows, columns = np.asarray(rows, "float64"), np.asarray(columns, "float64")
    row_norms, column_norms = np.square(rows).sum(axis=1), np.square(columns).sum(axis=1)
    rounding = 1e-12 * (row_norms.max() + column_norms.max())
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        distances = (-2.0 * rows[part]) @ columns.T
        distances += row_norms[part, None]
        distances += column_norms
        distances *= distances > rounding
        yield part, distances


def neighbour_radii(features, k):
    """Squared distance from each vector to its `k`-th nearest other vector.

    Args:
        features: Float array `(n, dim)`.
        k: Integer in [1, n - 1].

    Returns:
        Float64 array `(n,)`.

    Raises:
        ValueError: If there are not more than `k` vectors.

    Example:

    >>> neighbour_radii(np.array([[0.0], [1.0], [3.0]]), k=1).tolist()
    [1.0, 1.0, 4.0]
    """
    if not 1 <= k < len(features):
        raise ValueError(
            "`k` must be 1 or more, and below the number of samples. "
            f"Received: k={k} with {len(features)} samples"
        )
    radii = np.empty(len(features))
    for part, distances in distance_blocks(features, features):
        rows = np.arange(len(distances))
        distances[rows, rows + part.start] = 0.0  # itself, the 0-th neighbour
        radii[part] = np.partition(distances, k, axis=1)[:, k]
    return radii
