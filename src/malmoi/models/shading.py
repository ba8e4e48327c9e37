"""Runs of characters with a shade, from weights, for terminals and for HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from malmoi.foundation.printable import printable_lines

__all__ = ["Run", "html_of_runs", "shaded_runs"]

LEVELS = 8
"""Number of shades of each colour."""

COLOURS = {1: "46,160,67", -1: "248,81,73"}
OPAQUE = 0.6
"""Opacity of the darkest shade, such that text of any common colour is still readable."""


@dataclass(frozen=True)
class Run:
    """Consecutive characters with the same shade.

    Args:
        text: the characters.
        shade: from -1, darkest red, to 1, darkest green; 0: no shade.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 5, ["pos", "neg"] * 10
        >>> model = mm.BagClassifier(tokens=mm.Words()).fit(texts, labels)
        >>> [run.text for run in model.explain("a good, long film").runs() if run.shade > 0]
        ['good']
    """

    text: str
    shade: float


def shaded_runs(text: str, strengths: npt.NDArray[np.float64]) -> tuple[Run, ...]:
    """Split a text into runs of characters with the same shade; the runs joined are the text.

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
    """Return runs as HTML: a background for every shade, and an underline, solid for green and dotted for red.

    Invisible characters are escaped as in `printable_lines`.
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
