"""A picture of how near generated rows of a table come to real ones, for people."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_gen.files import written_aside
from keras_gen.metrics.mixed_tables import (
    check_columns,
    codes_of,
    column_shapes,
    goes_together,
    pair_trends,
    plain_column,
)
from keras_gen.types import PathLike

REAL, MADE, INK = "#9aa5b1", "#e4572e", "#1f2933"
_ACROSS = 5  # panels in a row
_MOST_PANELS = 60
_MOST_BARS = 8
_MOST_NUMBERED = 24  # columns of which the pairs' scores are written out
_SUFFIXES = (".png", ".svg", ".pdf")


def draw_table_report(
    real: Sequence[Any],
    made: Sequence[Any],
    names: Sequence[str],
    numbers: Sequence[bool],
    path: PathLike,
    scores: Mapping[str, float] | None = None,
    title: str = "Generated rows beside real ones",
) -> pathlib.Path:
    """Draws each column of real and of generated rows, and how alike its pairs are. It needs matplotlib.

    Args:
        real: Sequence of arrays `(n,)`, one a column: as in `mixed_table_scores`.
        made: Sequence of arrays `(m,)`, of the same columns.
        names: Sequence of strings, the columns' names.
        numbers: Sequence of booleans, whether a column is of numbers or instants.
        path: String or path of the file: `.png`, `.svg` or `.pdf`.
        scores: Dict from names to numbers, written below the title, or None.
        title: String.

    Returns:
        `pathlib.Path` of the file.

    Raises:
        ValueError: If they are no rows of the same columns, or the file is of another kind.
        ImportError: If matplotlib is not installed.
    """
    path = pathlib.Path(path)
    check_picture(path)
    check_columns(real, made, names, numbers)
    figure_of, style = _matplotlib()
    shown = range(min(len(names), _MOST_PANELS))
    across = min(_ACROSS, len(shown))
    rows = -(-len(shown) // across)
    width = max(2.9 * across, 9.0)
    below = min(0.36 * len(names) + 2.4, 13.0) if len(names) > 1 else 0.1
    heights = [1.1, 1.75 * rows + 0.3, below]  # inches
    with style:
        figure = figure_of(figsize=(width, sum(heights)))
        parts = figure.subfigures(3, 1, height_ratios=heights)
        _write_head(parts[0], title, scores or {}, len(real[0]), len(made[0]))
        panels = np.ravel(parts[1].subplots(rows, across, squeeze=False))
        shapes = column_shapes(real, made, numbers)
        for k in shown:
            _draw_column(panels[k], real[k], made[k], names[k], numbers[k], shapes[k])
        for panel in panels[len(shown) :]:
            panel.set_axis_off()
        parts[1].subplots_adjust(
            1.15 / width, 0.25 / heights[1], 0.985, 1.0 - 0.3 / heights[1], 0.72, 0.62
        )
        if len(names) > 1:
            _draw_pairs(parts[2], real, made, names, numbers, width, below)
        with written_aside(path) as aside:
            figure.savefig(aside, dpi=110, format=path.suffix[1:].lower(), facecolor="white")
    return path


def check_picture(path):
    """Refuses what is no picture's file, or if there is nothing to draw it with."""
    if pathlib.Path(path).suffix.lower() not in _SUFFIXES:
        raise ValueError(
            f"`picture` must be a picture's file, {', '.join(_SUFFIXES)}. Received: {str(path)!r}"
        )
    _matplotlib()


def _matplotlib():
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "A report is drawn with matplotlib: pip install 'keras_gen[tutorials]' (or matplotlib). "
            "Received: no module matplotlib"
        ) from error
    style = {
        "font.size": 8.0,
        "axes.edgecolor": "#cbd2d9",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": "#52606d",
        "ytick.color": "#52606d",
        "xtick.major.size": 2.0,
        "ytick.major.size": 2.0,
        "svg.hashsalt": "keras_gen",
    }
    return Figure, matplotlib.rc_context(style)


def _write_head(part, title, scores, real, made):
    part.text(0.02, 0.78, title, fontsize=15, weight="bold", va="center")
    words = "     ".join(f"{name} {value:.3f}" for name, value in scores.items())
    part.text(0.02, 0.47, words, fontsize=10, va="center")
    from matplotlib.patches import Patch

    part.legend(
        handles=[
            Patch(color=REAL, alpha=0.7, label=f"{real:,} real rows"),
            Patch(color=MADE, label=f"{made:,} generated rows"),
        ],
        loc="lower left",
        bbox_to_anchor=(0.015, -0.02),
        ncols=2,
        frameon=False,
        fontsize=9,
    )


def _shortened(text, most):
    return text if len(text) <= most else text[: most - 1] + "…"


def _draw_column(panel, real, made, name, number, shape):
    score = "" if shape is None else f"  {shape:.3f}"
    panel.set_title(_shortened(name, 26) + score, fontsize=9, loc="left", weight="bold")
    if number:
        _draw_numbers(panel, np.asarray(real), np.asarray(made))
    else:
        _draw_bars(panel, np.asarray(real), np.asarray(made))


def _draw_numbers(panel, real, made):
    instants = real.dtype.kind == "M"
    sides = [plain_column(values, True) for values in (real, made)]
    gaps = [float(np.isnan(values).mean()) for values in sides]
    sides = [values[~np.isnan(values)] for values in sides]
    if not all(map(len, sides)):
        panel.text(0.5, 0.5, "no values", transform=panel.transAxes, ha="center")
        return
    edges = _edges(*sides)
    shares = [np.histogram(np.clip(v, edges[0], edges[-1]), edges)[0] / len(v) for v in sides]
    at = edges.astype("datetime64[us]") if instants else edges
    panel.stairs(shares[0], at, fill=True, color=REAL, alpha=0.7)
    panel.stairs(shares[1], at, color=MADE, linewidth=1.4)
    if max(map(np.max, shares)) > 0.6 and len(edges) > 4:
        panel.set_yscale("log")
        panel.set_ylabel("share, log", fontsize=7)
    else:
        panel.set_ylim(bottom=0.0)
    if instants:
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator(maxticks=5)
        panel.xaxis.set_major_locator(locator)
        panel.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    else:
        from matplotlib.ticker import EngFormatter, MaxNLocator

        panel.xaxis.set_major_locator(MaxNLocator(4))
        if max(abs(edges[0]), abs(edges[-1])) >= 1e4:
            panel.xaxis.set_major_formatter(EngFormatter(sep=""))
    if any(gaps):
        words = f"missing {gaps[0]:.0%}, {gaps[1]:.0%}"
        panel.text(0.98, 0.97, words, transform=panel.transAxes, ha="right", va="top", fontsize=7)


def _edges(real, made):
    """Edges of bars: of few whole numbers one each, else thirty over most of the real ones' range."""
    low, high = np.quantile(real, [0.0, 0.995])
    if low == high:
        high = max(real.max(), made.max())
    values = np.unique(real)
    if len(values) <= 30 and (values % 1 == 0).all() and values[-1] - values[0] <= 60:
        return np.arange(values[0], values[-1] + 2) - 0.5
    if low == high:
        return np.array([low - 0.5, low + 0.5])
    whole = (values % 1 == 0).all() and high - low > 30
    step = (high - low) / 30
    step = np.ceil(step) if whole else step
    return low + step * np.arange(31) - (0.5 if whole else 0.0)


def _draw_bars(panel, real, made):
    codes = codes_of(real, made)
    words = {int(code): str(value) for code, value in zip(codes[0], real.tolist(), strict=True)}
    words |= {int(code): str(value) for code, value in zip(codes[1], made.tolist(), strict=True)}
    words[-1] = "missing"
    count = max(words) + 2
    shares = [np.bincount(side + 1, minlength=count) / len(side) for side in codes]
    order = [k for k in np.argsort(-shares[0], kind="stable") if shares[0][k] or shares[1][k]]
    first = order if len(order) <= _MOST_BARS else order[: _MOST_BARS - 1]
    labels = [_shortened(words[int(k) - 1], 15) or "''" for k in first]
    heights = [[*side[first]] for side in shares]
    if len(first) < len(order):
        labels.append(f"{len(order) - len(first)} others")
        heights = [[*bars, 1.0 - sum(bars)] for bars in heights]
    places = np.arange(len(labels))
    panel.barh(places - 0.2, heights[0], 0.4, color=REAL, alpha=0.7)
    panel.barh(places + 0.2, heights[1], 0.4, color=MADE)
    panel.set_yticks(places, labels, fontsize=7)
    panel.set_ylim(max(len(labels), 3) - 0.4, -0.6)
    panel.tick_params(axis="y", length=0)


def _draw_pairs(part, real, made, names, numbers, width, height):
    count = len(names)
    grid = np.full((count, count), np.nan)
    counted = []
    for i, j, similarity, strength in pair_trends(real, made, numbers):
        grid[j, i] = np.nan if similarity is None else similarity
        if similarity is not None and goes_together(strength, numbers[i] and numbers[j]):
            counted.append((i, j))
    panel = part.subplots()
    part.subplots_adjust(1.9 / width, 1.2 / height, 1.0, 1.0 - 0.6 / height)
    words = (
        "How alike pairs of columns are. Bold: those that go together, whose mean the trends are"
    )
    part.text(0.02, 1.0 - 0.3 / height, words, fontsize=10, weight="bold", va="center")
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("likeness", ["#e4572e", "#f7d9a8", "#8fcfb3"])
    image = panel.imshow(grid[1:, :-1], cmap=colours, vmin=0.5, vmax=1.0, aspect="auto")
    size = max(4.0, min(8.0, 130.0 / count))
    labels = [_shortened(name, 22) for name in names]
    panel.set_xticks(range(count - 1), labels[:-1], rotation=40, ha="right", fontsize=size + 1)
    panel.set_yticks(range(count - 1), labels[1:], fontsize=size + 1)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    if count <= _MOST_NUMBERED:
        for i, j in zip(*np.where(~np.isnan(grid.T)), strict=True):
            panel.text(
                i,
                j - 1,
                f"{grid[j, i]:.2f}",
                ha="center",
                va="center",
                fontsize=size,
                weight="bold" if (i, j) in counted else "normal",
            )
    bar = part.colorbar(image, ax=panel, shrink=0.7, pad=0.015, aspect=30, fraction=0.04)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
