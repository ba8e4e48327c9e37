"""The figure of a training history: accuracy and loss by epoch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from malmoi.models.history import History
from malmoi.report.figures import axes_for, write_axes
from malmoi.report.look import (
    BASELINE_COLOUR,
    TRAINING_COLOUR,
    VALIDATION_COLOUR,
    add_legend,
    set_look,
    sizes_for,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["plot_history"]

WIDTH, HEIGHT = 4.5, 3.6
MOST_MARKERS = 40
ABOVE_LOSS = 1.06
"""Top of the loss axis, as a multiple of the largest loss."""


def plot_history(
    history: History, path: str | os.PathLike[str] | None = None, *, ax: Axes | None = None, metric: str | None = None
) -> Axes:
    """Draw a training history; see `History.plot`."""
    allowed = (history.metric, "loss")
    if metric is not None and metric not in allowed:
        raise ValueError(f"metric must be {' or '.join(map(repr, allowed))} for this history, got {metric!r}")
    chosen = allowed if metric is None and ax is None else (metric or history.metric,)
    panels = axes_for(ax, path, (WIDTH * len(chosen), HEIGHT), columns=len(chosen))
    for axes, name in zip(panels, chosen, strict=True):
        _draw(axes, history, name)
    return write_axes(panels[0], path)


def _draw(axes: Axes, history: History, metric: str) -> None:
    from matplotlib.ticker import MaxNLocator

    lines = [
        _draw_line(axes, [getattr(row, prefix + metric) for row in history.rows], name)
        for prefix, name in (("", "training"), ("validation_", "validation"))
    ]
    handles = [line for line in lines if line is not None]
    if history.rows:
        best = f"best: epoch {history.best_epoch}"
        handles.append(axes.axvline(history.best_epoch, color=BASELINE_COLOUR, linewidth=1, linestyle=":", label=best))
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    if metric == "loss":
        axes.set_ylim(0, axes.dataLim.y1 * ABOVE_LOSS if axes.dataLim.y1 > 0 else None)
    set_look(axes, xlabel="epoch", ylabel="mean absolute error" if metric == "error" else metric, grid="y")
    if handles:
        add_legend(axes, handles, [str(handle.get_label()) for handle in handles])


def _draw_line(axes: Axes, values: Sequence[float | None], name: str) -> Line2D | None:
    """Draw the values of each epoch; return the line, or `None` if there are no values."""
    if all(value is None for value in values):
        return None
    training = name == "training"
    shown = [float("nan") if value is None else value for value in values]
    return axes.plot(
        range(1, len(values) + 1),
        shown,
        linewidth=1.5,
        label=name,
        color=TRAINING_COLOUR if training else VALIDATION_COLOUR,
        linestyle="--" if training else "-",
        marker=("s" if training else "o") if len(values) <= MOST_MARKERS else None,
        markersize=sizes_for(axes).marker,
    )[0]
