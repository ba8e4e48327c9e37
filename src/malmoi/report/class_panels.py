"""Panels of a single-label evaluation: confusion matrix and calibration."""

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
"""Maximum characters of a name, by the size of the axes."""
SMALL_SIDE, LARGE_SIDE = 150.0, 400.0
"""Sides in points below which axes are small, and from which they are large."""
DARK_CELL = 0.55
"""Share of the true class above which the count in a cell is white."""
MATRIX_SHARE = 0.85
"""Estimated share of the axes that the matrix occupies, without names."""


def draw_confusion(axes: Axes, counts: Ints, labels: Sequence[object]) -> None:
    """Draw a confusion matrix with the share of the true class as colour, and counts and names if they fit.

    Small axes with counts have no colour bar.

    Args:
        axes: axes to draw on.
        counts: int64 (classes, classes), rows are true classes.
        labels: class labels.
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
        # Without a layout engine the bar takes space of the axes, and the title describes it.
        bar = axes.figure.colorbar(picture, ax=axes, fraction=0.18, pad=0.04, aspect=25)
        set_title(axes, f"confusion matrix: {SHARE}")
    else:
        bar = axes.figure.colorbar(picture, ax=axes, fraction=0.046, pad=0.03, aspect=25)
        bar.set_label(SHARE, fontsize=sizes.legend)
    bar.ax.tick_params(labelsize=sizes.tick - 1)
    percent_axis(bar.ax.yaxis, 0, 1)
    bar.outline.set_visible(False)


def _cell(axes: Axes, classes: int, letters: int) -> float:
    """Return the estimated side of a cell in points, without names, labels and colour bar."""
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
    """Write the counts into the cells if they are large enough; return whether they are."""
    size = min(LARGEST_COUNT, cell * 0.6, cell * 0.9 / (LETTER_WIDTH * len(f"{counts.max():,}") + 0.1))
    if size < SMALLEST_COUNT:
        return False
    for row, column in np.ndindex(counts.shape):
        colour = "white" if shares[row, column] > DARK_CELL else "black"
        number = f"{counts[row, column]:,}"
        axes.text(column, row, number, ha="center", va="center", color=colour, fontsize=size)
    return True


def draw_calibration(axes: Axes, calibrated: Calibration) -> None:
    """Draw the accuracy of each bin by its mean confidence, with 95 % intervals and the diagonal."""
    confidence = np.array([one.confidence for one in calibrated.bins])
    accuracy = np.array([one.accuracy.value for one in calibrated.bins])
    bounds = np.array([one.accuracy.interval for one in calibrated.bins]).T
    errors = np.maximum(np.stack([accuracy - bounds[0], bounds[1] - accuracy]), 0)
    perfect = axes.plot([0, 1], [0, 1], color=BASELINE_COLOUR, linewidth=1.2, linestyle="--")[0]
    bins = axes.errorbar(
        confidence,
        accuracy,
        yerr=errors,
        fmt="o-",
        linewidth=1.5,
        color=VALIDATION_COLOUR,
        markersize=sizes_for(axes).marker,
        elinewidth=1,
        capsize=2,
    )
    low = max(0.0, min(confidence.min(), bounds[0].min()) - 0.04)
    axes.set_xlim(max(0.0, confidence.min() - 0.04), 1.02)
    axes.set_ylim(low, 1.02)
    percent_axis(axes.xaxis, confidence.min(), 1)
    percent_axis(axes.yaxis, low, 1)
    set_look(axes, xlabel="mean confidence", ylabel="accuracy", grid="y")
    error = calibrated.error
    set_title(axes, f"calibration: ECE {error.value:.3f} ({error.low:.3f} to {error.high:.3f})")
    add_legend(axes, [perfect, bins], ["perfect calibration", "bins, 95 % interval"])
