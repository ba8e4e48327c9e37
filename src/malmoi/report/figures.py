"""Creating and saving figures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from malmoi.errors import MissingExtraError
from malmoi.foundation.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["axes_for", "named_counts", "new_figure", "write_axes", "write_figure"]

NO_MATPLOTLIB = "drawing needs matplotlib; pip install 'malmoi[plots]'"


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """Return a figure that is not managed by pyplot, and its axes row by row.

    Args:
        width: width in inches.
        height: height in inches.
        rows: number of rows of axes.
        columns: number of columns of axes.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingExtraError(NO_MATPLOTLIB) from error
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def axes_for(
    ax: Axes | None,
    path: str | os.PathLike[str] | None,
    size: tuple[float, float],
    *,
    rows: int = 1,
    columns: int = 1,
    layout: Literal["constrained", "compressed"] = "constrained",
) -> list[Axes]:
    """Return the axes to draw on.

    Args:
        ax: the caller's axes; `None`: new axes, managed by pyplot if no path is given, so that a notebook and
            `matplotlib.pyplot.show` show them.
        path: picture to write; `None`: none.
        size: width and height of a new figure in inches.
        rows: number of rows of new axes.
        columns: number of columns of new axes.
        layout: layout of a new pyplot figure; "compressed" suits square axes with a colour bar.

    Raises:
        MissingExtraError: matplotlib is not installed.
        TypeError: `ax` is not a matplotlib Axes.
        ValueError: `ax` is polar or three-dimensional, or the path has an unsupported suffix.
    """
    try:
        from matplotlib.axes import Axes
    except ModuleNotFoundError as error:
        raise MissingExtraError(NO_MATPLOTLIB) from error
    if path is not None:
        _picture_kind(Path(path))
    if ax is None and path is not None:
        return new_figure(*size, rows, columns)[1]
    if ax is None:
        from matplotlib import pyplot

        return list(pyplot.subplots(rows, columns, figsize=size, squeeze=False, layout=layout)[1].flat)
    if not isinstance(ax, Axes):
        cure = "pass one of them, such as ax[0]" if hasattr(ax, "__len__") else "create one with plt.subplots"
        raise TypeError(f"ax must be a matplotlib Axes, got {type(ax).__name__}; {cure}")
    if ax.name != "rectilinear":
        raise ValueError(f"ax must be rectilinear, got {ax.name!r}; create it without a projection")
    return [ax]


def write_axes(axes: Axes, path: str | os.PathLike[str] | None) -> Axes:
    """Save the figure of the axes if a path is given; return the axes."""
    if path is not None:
        write_figure(axes.figure.figure, Path(path))  # for a subfigure, the figure that contains it
    return axes


def named_counts(counts: Sequence[int], gap: float = 0.14) -> list[int]:
    """Return the counts of a logarithmic axis whose tick labels do not overlap.

    The last count is always kept, and the first one is preferred to counts near it.

    Args:
        counts: counts in ascending order, 1 or more.
        gap: minimum distance of two tick labels, as a fraction of the axis.

    Example:
        >>> named_counts([20, 50, 200, 1_000, 1_100])
        [20, 50, 200, 1100]
    """
    kept: list[int] = []
    span = max(counts[-1] / counts[0], 1.0)
    for count in reversed(counts):
        is_beside_first = count != counts[0] and count / counts[0] <= span**gap
        if not kept or (kept[-1] / count > span**gap and not is_beside_first):
            kept.append(count)
    return kept[::-1]


def write_figure(figure: Figure, path: Path) -> Path:
    """Save a figure, completely or not at all, overwriting an existing file; return its path.

    Raises:
        ValueError: the path has an unsupported suffix.
    """
    kind = _picture_kind(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, overwrite=True) as file:
        figure.savefig(file, format=kind, dpi=150, metadata={"Software": None} if kind == "png" else None)
    return path


def _picture_kind(path: Path) -> str:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    kind = path.suffix.lstrip(".").lower() or "png"
    if kind not in FigureCanvasAgg.get_supported_filetypes():
        raise ValueError(f"path must end in .png, .svg or .pdf, got {path.name!r}")
    return kind
