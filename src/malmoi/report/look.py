"""The style of all figures: colours, markers, font sizes, spines and grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.container import Container

__all__ = [
    "BASELINE_COLOUR",
    "LINE_STYLES",
    "MARKERS",
    "PALETTE",
    "TRAINING_COLOUR",
    "VALIDATION_COLOUR",
    "Sizes",
    "TextStyle",
    "add_legend",
    "is_small",
    "percent_axis",
    "set_look",
    "set_title",
    "size_in_points",
    "sizes_for",
    "width_of",
    "wrapped",
]

PALETTE = ("#036586", "#cb8007", "#7644b1", "#759d73", "#9f4300", "#be77e1", "#b9003c", "#3f9caa")
"""Colours that are distinct in normal vision and in simulated protanopia, deuteranopia and tritanopia (CIE76 distance
above 20), with a contrast of 3 or more on white and on black; found by a search over sRGB, tested in
`tests/test_plots.py`.
"""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "p")
"""Markers; one more than colours, so that combinations of colour and marker repeat late."""
LINE_STYLES = ("-", (0, (5, 1.5)), "-.")
"""Styles of the first eight lines, the next eight, and the rest."""
VALIDATION_COLOUR, TRAINING_COLOUR = PALETTE[:2]
BASELINE_COLOUR = "#767676"
GRID_COLOUR, GRID_STRENGTH = "#808080", 0.3
"""Transparent grey, for light and dark backgrounds."""
SMALL_WIDTH, SMALL_HEIGHT = 200.0, 130.0
"""Width and height in points below which axes have small text."""
LETTER_WIDTH = 0.55
"""Mean width of a letter, as a fraction of the font size."""
LINE_HEIGHT = 1.45
MOST_RESERVED = 0.45
"""Maximum share of the height of axes that is reserved for a legend."""
LEGEND_STRENGTH = 0.8
"""Opacity of the background of a legend."""


@dataclass(frozen=True)
class Sizes:
    """Font and marker sizes in points.

    Args:
        title: size of titles.
        label: size of axis labels.
        tick: size of tick labels.
        legend: size of legends.
        marker: size of markers.
    """

    title: float = 11.0
    label: float = 10.0
    tick: float = 9.0
    legend: float = 8.5
    marker: float = 4.5


SMALL = Sizes(title=9.0, label=8.0, tick=7.0, legend=7.0, marker=3.5)


def size_in_points(axes: Axes) -> tuple[float, float]:
    """Return width and height of axes in points, before layout."""
    scale = 72.0 / axes.figure.dpi
    return axes.bbox.width * scale, axes.bbox.height * scale


def is_small(axes: Axes) -> bool:
    """Return whether axes are small, so that their text is small."""
    width, height = size_in_points(axes)
    return width < SMALL_WIDTH or height < SMALL_HEIGHT


def sizes_for(axes: Axes) -> Sizes:
    """Return font sizes for the size of axes."""
    return SMALL if is_small(axes) else Sizes()


def set_look(axes: Axes, *, xlabel: str, ylabel: str, grid: Literal["x", "y"] | None = None) -> None:
    """Set spines, grid, tick labels and axis labels, which wrap on short axes.

    Args:
        axes: axes to style.
        xlabel: label of the horizontal axis; line breaks are kept.
        ylabel: label of the vertical axis.
        grid: axis with grid lines, "x" or "y"; `None`: none.
    """
    sizes, (width, height) = sizes_for(axes), size_in_points(axes)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=sizes.tick)
    axes.grid(visible=False)
    if grid is not None:
        axes.grid(axis=grid, color=GRID_COLOUR, alpha=GRID_STRENGTH, linewidth=0.6, linestyle="-")
        axes.set_axisbelow(True)
    lines = [wrapped(line, width, sizes.label) for line in xlabel.split("\n")]
    axes.set_xlabel("\n".join(lines), fontsize=sizes.label, parse_math=False)
    axes.set_ylabel(wrapped(ylabel, height, sizes.label), fontsize=sizes.label, parse_math=False)


class TextStyle(TypedDict, total=False):
    """Text properties of matplotlib."""

    fontfamily: list[str]
    fontsize: float
    parse_math: bool


class _LegendStyle(TypedDict, total=False):
    handlelength: float
    columnspacing: float
    handletextpad: float
    labelspacing: float
    loc: str
    ncols: int
    borderaxespad: float


def set_title(
    axes: Axes, text: str, *, loc: Literal["left", "center"] = "center", families: Sequence[str] | None = None
) -> None:
    """Set a title, which wraps on narrow axes, first after a colon.

    Args:
        axes: axes of the title.
        text: the title.
        loc: "center" or "left".
        families: font families, if the title has names; `None`: the default.
    """
    size = sizes_for(axes).title
    style: TextStyle = {} if families is None else {"fontfamily": list(families)}
    width = size_in_points(axes)[0]
    lines = [text] if width_of(text) * size * LETTER_WIDTH <= width else text.replace(": ", ":\n", 1).split("\n")
    shown = "\n".join(wrapped(line, width, size) for line in lines)
    axes.set_title(shown, fontsize=size, loc=loc, parse_math=False, **style)


def percent_axis(axis: Axis, low: float, high: float) -> None:
    """Format an axis of proportions in percent, with a decimal place for short ranges."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(PercentFormatter(1.0, decimals=0 if high - low > 0.06 else 1, symbol=" %"))


def add_legend(
    axes: Axes,
    handles: Sequence[Artist | Container],
    names: Sequence[str],
    *,
    families: Sequence[str] | None = None,
    reserve: bool = False,
) -> None:
    """Add a legend inside axes.

    Args:
        axes: axes of the legend.
        handles: artists in order.
        names: names of the artists.
        families: font families of the names; `None`: the default.
        reserve: reserve space at the bottom, without tick labels, for a legend at the lower right, where rising lines
            leave space.
    """
    size = sizes_for(axes).legend
    style: _LegendStyle = {"handlelength": 2.0, "columnspacing": 1.0, "handletextpad": 0.5, "labelspacing": 0.3}
    if reserve:
        columns = _legend_columns(axes, names)
        _reserve(axes, (math.ceil(len(names) / columns) * size * LINE_HEIGHT + size) / size_in_points(axes)[1])
        style |= {"loc": "lower right", "ncols": columns, "borderaxespad": 0.2}
    # Matplotlib leaves out names that begin with "_".
    shown = [f" {name}" if name.startswith("_") else name for name in names]
    legend = axes.legend(handles, shown, fontsize=size, **style)
    legend.get_frame().set(facecolor=axes.get_facecolor(), edgecolor="none")
    legend.get_frame().set_alpha(LEGEND_STRENGTH)
    for text in legend.get_texts():
        text.set(parse_math=False, **({} if families is None else {"fontfamily": list(families)}))


def _legend_columns(axes: Axes, names: Sequence[str]) -> int:
    """Return the number of columns that fit, balanced in length."""
    longest = sizes_for(axes).legend * (LETTER_WIDTH * max(map(width_of, names)) + 3.6)
    most = int(min(len(names), max(1.0, size_in_points(axes)[0] // longest)))
    return math.ceil(len(names) / math.ceil(len(names) / most))


def _reserve(axes: Axes, share: float) -> None:
    """Extend the vertical axis downwards by a share of the height, without ticks there."""
    low, high = axes.get_ylim()
    axes.set_ylim(high - (high - low) / (1 - min(share, MOST_RESERVED)), high)
    axes.set_yticks([tick for tick in axes.get_yticks() if low <= tick <= high])


def width_of(text: str) -> int:
    """Return the width of a text in letters; a Chinese character or Korean syllable counts as two."""
    return sum(1 + (east_asian_width(character) in "WF") for character in text)


def wrapped(text: str, points: float, size: float) -> str:
    """Return a text wrapped between words to a width in points.

    Example:
        >>> wrapped("accuracy on 500 held-out texts", points=100, size=10)
        'accuracy on 500\\nheld-out texts'
    """
    most = max(8, int(points / (size * LETTER_WIDTH)))
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width_of(f"{lines[-1]} {word}") <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)
