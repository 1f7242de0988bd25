"""A toy table that a model can learn in seconds: two columns that go together, and whole numbers."""

import numpy as np

NAMES = ("height", "weight", "children")
CORRELATION = 0.8


def people(n=2048, seed=0):
    """Heights (one decimal) and weights (two), correlated by 0.8, and numbers of children."""
    random = np.random.default_rng(seed)
    tall, heavy = random.standard_normal((2, n))
    heavy = CORRELATION * tall + np.sqrt(1 - CORRELATION**2) * heavy
    columns = [(170 + 10 * tall).round(1), (70 + 12 * heavy).round(2), random.poisson(3.0, n)]
    return np.stack(columns, axis=1).astype("float32")


def write_csv(path, rows):
    """As a spreadsheet writes them in Europe: semicolons and decimal commas."""
    lines = [";".join(f"{value:g}" for value in row).replace(".", ",") for row in rows]
    path.write_text("\n".join([";".join(NAMES), *lines, ""]))
    return path


def assert_looks_like(made, real):
    """Means, deviations, correlations, range and decimals of generated rows are near those of real ones."""
    deviations = real.std(axis=0)
    assert (np.abs(made.mean(axis=0) - real.mean(axis=0)) < 0.15 * deviations).all()
    np.testing.assert_allclose(made.std(axis=0), deviations, rtol=0.15)
    np.testing.assert_allclose(np.corrcoef(made.T), np.corrcoef(real.T), atol=0.1)
    assert (made >= real.min(axis=0)).all() and (made <= real.max(axis=0)).all()
    assert (made[:, 2] == np.rint(made[:, 2])).all() and len(np.unique(made[:, 2])) > 4
    np.testing.assert_array_equal(made[:, 0], made[:, 0].round(1))
