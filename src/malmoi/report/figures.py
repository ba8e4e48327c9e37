"""Figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from malmoi.errors import MissingExtraError
from malmoi.models.history import History

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

__all__ = ["history_figure", "write_figure"]

TRAINING_COLOUR = "#9a6700"
VALIDATION_COLOUR = "#0550ae"


def history_figure(history: History) -> Figure:
    """Draw accuracy and loss over the epochs.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("drawing needs matplotlib; pip install 'malmoi[plots]'") from error
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    rows = history.rows
    figures = [[getattr(row, name + history.figure) for row in rows] for name in ("", "validation_")]
    _curves(left, "mean absolute error" if history.figure == "error" else history.figure, *figures)
    _curves(right, "loss", [row.loss for row in rows], [row.validation_loss for row in rows])
    right.set_ylim(bottom=0)
    for axes in (left, right) if rows else ():
        axes.axvline(history.best_epoch, color="#888888", linewidth=0.8, linestyle=":")
        top = axes.get_xaxis_transform()
        best = f"best: epoch {history.best_epoch}"
        axes.text(history.best_epoch, 1.01, best, transform=top, fontsize=8, ha="center")
    return figure


def write_figure(figure: Figure, path: Path) -> Path:
    """Write a figure into a picture; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150, metadata={"Software": None} if path.suffix == ".png" else None)
    return path


def _curves(axes: Any, name: str, training: Sequence[float], validation: Sequence[float | None]) -> None:
    epochs = range(1, len(training) + 1)
    axes.plot(epochs, training, "o--", color=TRAINING_COLOUR, label="training", markersize=4)
    if any(value is not None for value in validation):
        axes.plot(epochs, validation, "o-", color=VALIDATION_COLOUR, label="validation", markersize=4)
    axes.set_xlabel("epoch")
    axes.set_ylabel(name)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
