"""Panels of an evaluation of one label per text: confusion matrix and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from malmoi.metrics.calibration import Calibration
from malmoi.metrics.intervals import Ints
from malmoi.report.fonts import drawn_names
from malmoi.report.look import (
    BASELINE_COLOUR,
    LETTER_WIDTH,
    VALIDATION_COLOUR,
    TextStyle,
    add_legend,
    percent_axis,
    set_look,
    set_title,
    size_in_points,
    sizes_for,
    width_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

__all__ = ["draw_calibration", "draw_confusion"]

SMALLEST_COUNT, LARGEST_COUNT = 4.5, 11.0
SMALLEST_NAME = 4.0
SHARE = "share of the true class"
LONGEST_SMALL_NAME, LONGEST_NAME, LONGEST_LARGE_NAME = 9, 14, 24
"""Characters of a name."""
SMALL_SIDE, LARGE_SIDE = 150.0, 400.0
"""Sides of axes in points below and above which names have other lengths."""
DARK_CELL = 0.55
"""Share of the true class from which a cell is so dark that its count is white."""
MATRIX_SHARE = 0.85
"""Of the height of the axes that the matrix takes, beside what names take."""


def draw_confusion(axes: Axes, counts: Ints, labels: Sequence[object]) -> None:
    """Draw a confusion matrix: the share of the true class as colour; counts and names as far as they are readable.

    Small axes with counts get no colour bar.

    Args:
        axes: to draw on.
        counts: int64 (classes, classes), a row for each true class.
        labels: of the classes.
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    picture = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="equal", interpolation="nearest")
    sizes = sizes_for(axes)
    side = min(size_in_points(axes))
    longest = LONGEST_SMALL_NAME if side < SMALL_SIDE else LONGEST_NAME if side < LARGE_SIDE else LONGEST_LARGE_NAME
    names = drawn_names(labels, longest=longest)
    cell = _cell(axes, len(counts), max(map(width_of, names.names)))
    named = min(sizes.tick, cell * 0.85) >= SMALLEST_NAME
    of_all = "" if named else f" ({len(counts)} classes)"
    set_look(axes, xlabel=f"predicted class{of_all}", ylabel=f"true class{of_all}")
    _name_classes(axes, names.names if named else (), names.families, min(sizes.tick, cell * 0.85), cell)
    written = _write_counts(axes, counts, shares, cell)
    set_title(axes, "confusion matrix")
    if written and side < SMALL_SIDE:
        return
    _add_colour_bar(axes, picture)


def _add_colour_bar(axes: Axes, picture: AxesImage) -> None:
    sizes = sizes_for(axes)
    if axes.figure.get_layout_engine() is None:
        # Nothing makes room beside the axes: the bar takes a part of them, and the title says what it shows.
        bar = axes.figure.colorbar(picture, ax=axes, fraction=0.18, pad=0.04, aspect=25)
        set_title(axes, f"confusion matrix: {SHARE}")
    else:
        bar = axes.figure.colorbar(picture, ax=axes, fraction=0.046, pad=0.03, aspect=25)
        bar.set_label(SHARE, fontsize=sizes.legend)
    bar.ax.tick_params(labelsize=sizes.tick - 1)
    percent_axis(bar.ax.yaxis, 0, 1)
    bar.outline.set_visible(False)


def _cell(axes: Axes, classes: int, letters: int) -> float:
    """Side of a cell in points, about: what names, labels and colour bar leave, divided by the classes."""
    side = min(size_in_points(axes)) * MATRIX_SHARE
    size = min(sizes_for(axes).tick, side / classes)
    return max(side - 0.5 * LETTER_WIDTH * size * letters, side / 2) / classes


def _name_classes(axes: Axes, names: Sequence[str], families: Sequence[str], size: float, cell: float) -> None:
    places = np.arange(len(names))
    style: TextStyle = {"fontsize": size, "fontfamily": list(families), "parse_math": False}
    axes.tick_params(length=0)
    axes.set_yticks(places, names, **style)
    upright = not names or max(map(width_of, names)) * size * LETTER_WIDTH < cell
    axes.set_xticks(places, names, rotation=0 if upright else 45 if len(names) <= 20 else 90, **style)
    for label in () if upright else axes.get_xticklabels():
        label.set(ha="right", va="top" if len(names) <= 20 else "center", rotation_mode="anchor")


def _write_counts(axes: Axes, counts: Ints, shares: npt.NDArray[np.floating], cell: float) -> bool:
    """Write the counts into the cells; returns whether they are large enough for that."""
    size = min(LARGEST_COUNT, cell * 0.6, cell * 0.9 / (LETTER_WIDTH * len(f"{counts.max():,}") + 0.1))
    if size < SMALLEST_COUNT:
        return False
    for row, column in np.ndindex(counts.shape):
        colour = "white" if shares[row, column] > DARK_CELL else "black"
        number = f"{counts[row, column]:,}"
        axes.text(column, row, number, ha="center", va="center", color=colour, fontsize=size)
    return True


def draw_calibration(axes: Axes, calibrated: Calibration) -> None:
    """Draw the accuracy of each bin over its mean confidence, with 95 % intervals and the perfect calibration."""
    sure = np.array([one.confidence for one in calibrated.bins])
    right = np.array([one.accuracy.value for one in calibrated.bins])
    bounds = np.array([one.accuracy.interval for one in calibrated.bins]).T
    errors = np.maximum(np.stack([right - bounds[0], bounds[1] - right]), 0)
    perfect = axes.plot([0, 1], [0, 1], color=BASELINE_COLOUR, linewidth=1.2, linestyle="--")[0]
    bins = axes.errorbar(
        sure,
        right,
        yerr=errors,
        fmt="o-",
        linewidth=1.5,
        color=VALIDATION_COLOUR,
        markersize=sizes_for(axes).marker,
        elinewidth=1,
        capsize=2,
    )
    low = max(0.0, min(sure.min(), bounds[0].min()) - 0.04)
    axes.set_xlim(max(0.0, sure.min() - 0.04), 1.02)
    axes.set_ylim(low, 1.02)
    percent_axis(axes.xaxis, sure.min(), 1)
    percent_axis(axes.yaxis, low, 1)
    set_look(axes, xlabel="mean confidence", ylabel="accuracy", grid="y")
    error = calibrated.error
    set_title(axes, f"calibration: ECE {error.value:.3f} ({error.low:.3f} to {error.high:.3f})")
    add_legend(axes, [perfect, bins], ["perfect calibration", "bins, 95 % interval"])
