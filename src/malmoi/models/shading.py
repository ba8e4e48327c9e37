"""Weights of characters as runs of text with a shade, for terminals and for HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from malmoi.foundation.printable import printable_lines

__all__ = ["Run", "html_of_runs", "shaded_runs"]

LEVELS = 8
"""Shades of each colour."""

COLOURS = {1: "46,160,67", -1: "248,81,73"}
OPAQUE = 0.6
"""Opacity of the darkest shade: text of any usual colour can still be read on it."""


@dataclass(frozen=True)
class Run:
    """Characters that follow each other and have one shade.

    Args:
        text: the characters.
        shade: from -1, darkest red, to 1, darkest green; 0 is none.
    """

    text: str
    shade: float


def shaded_runs(text: str, strengths: npt.NDArray[np.float64]) -> tuple[Run, ...]:
    """Return a text as runs of characters with one shade each; their texts joined are the text.

    Args:
        text: any text.
        strengths: float64 (len(text),), from -1 to 1.

    Example:
        >>> shaded_runs("no way", np.array([-1.0, -1.0, 0.0, 0.25, 0.25, 0.25]))
        (Run(text='no', shade=-1.0), Run(text=' ', shade=0.0), Run(text='way', shade=0.25))
    """
    levels = np.rint(strengths * LEVELS).astype(np.int64)
    cuts = [0, *(np.flatnonzero(np.diff(levels)) + 1).tolist(), len(text)] if text else [0]
    return tuple(Run(text[start:end], int(levels[start]) / LEVELS) for start, end in pairwise(cuts))


def html_of_runs(runs: tuple[Run, ...]) -> str:
    """Return runs as HTML: a background for every shade, and a line below, solid for green and dotted for red.

    Hidden characters are escaped as `printable_lines` does it.
    """
    return "".join(_html_of(run) for run in runs)


def _html_of(run: Run) -> str:
    text = escape("\t".join(map(printable_lines, run.text.replace("\r\n", "\n").split("\t"))))
    if not run.shade:
        return text
    sign, line = (1, "solid") if run.shade > 0 else (-1, "dotted")
    colour = f"rgba({COLOURS[sign]},{OPAQUE * abs(run.shade):.3g})"
    style = f"background:{colour};border-bottom:2px {line} rgb({COLOURS[sign]})"
    return f'<span style="{style}">{text}</span>'
