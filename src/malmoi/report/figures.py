"""Figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from malmoi.errors import MissingExtraError
from malmoi.foundation.files import whole_file
from malmoi.models.history import History

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

__all__ = ["history_figure", "named_counts", "write_figure"]

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


def named_counts(counts: Sequence[int]) -> list[int]:
    """Return the counts of a logarithmic axis that are far enough apart for their names, the last one always.

    Args:
        counts: in ascending order; 1 or more of them.

    Example:
        >>> named_counts([20, 50, 200, 1_000, 1_100])
        [20, 50, 200, 1100]
    """
    kept: list[int] = []
    span = max(counts[-1] / counts[0], 1.0)
    for count in reversed(counts):
        if not kept or kept[-1] / count > span**0.14:
            kept.append(count)
    return kept[::-1]


def write_figure(figure: Figure, path: Path) -> Path:
    """Write a figure into a picture, whole or not at all, in place of one that is there; returns its path.

    Raises:
        ValueError: the suffix is of no picture.
    """
    kind = path.suffix.lstrip(".").lower() or "png"
    if kind not in figure.canvas.get_supported_filetypes():
        raise ValueError(f"path must end in .png, .svg or .pdf, got {path.name!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, overwrite=True) as file:
        figure.savefig(file, format=kind, dpi=150, metadata={"Software": None} if kind == "png" else None)
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
