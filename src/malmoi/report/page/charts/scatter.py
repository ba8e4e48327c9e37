"""Scatter plot of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from malmoi.report.page.charts.marks import COLOURS, mark
from malmoi.report.page.charts.svg import element, text
from malmoi.report.page.visible import Html, fit, width_of

__all__ = ["PlacedWord", "scatter"]

EDGE = 18.0
LINE = 12.0
SIZE = 11.0
LONGEST = 120.0


@dataclass(frozen=True)
class PlacedWord:
    """A word with its position.

    Args:
        word: the word.
        x: position from left to right, 0 to 1.
        y: position from top to bottom, 0 to 1.
        number: number of the colour and marker.
    """

    word: str
    x: float
    y: float
    number: int


def scatter(size: tuple[float, float], words: Sequence[PlacedWord]) -> Html:
    """Draw words with their markers; of overlapping names, the first in order is shown.

    Names without free space are hidden until a search finds them.
    """
    across = _spread([word.x for word in words], size[0])
    places = list(zip(across, _spread([word.y for word in words], size[1]), strict=True))
    taken = _Taken()
    for x, y in places:
        taken.add((x - 3, y - 3, x + 3, y + 3))
    drawn = []
    for word, (x, y) in zip(words, places, strict=True):
        name = fit(word.word, LONGEST, SIZE)
        box = next((box for box in _boxes(name, x, y) if _inside(box, size) and taken.is_free(box)), None)
        if box is not None:
            taken.add(box)
        left, _, right, bottom = box or _boxes(name, x, y)[0 if x + LONGEST < size[0] else 1]
        is_left = left < x - 3 and right <= x
        at = (right if is_left else left, bottom - 3)
        kind = " ".join(["end"] * is_left + ["crowded"] * (box is None)) or "beside"
        drawn.append(
            element("g", {"class": f"word s{word.number % COLOURS}"}, mark(word.number, x, y), text(kind, at, name))
        )
    return Html("".join(drawn))


def _spread(values: list[float], length: float) -> list[float]:
    """Return positions scaled to a length without its margins."""
    low = min(values)
    span = max(values) - low or 1.0
    return [EDGE + (value - low) / span * (length - 2 * EDGE) for value in values]


Rectangle = tuple[float, float, float, float]


class _Taken:
    """Occupied rectangles, indexed by the grid cells that they touch."""

    def __init__(self) -> None:
        self.squares: dict[tuple[int, int], list[Rectangle]] = {}

    def add(self, box: Rectangle) -> None:
        for square in self._touched(box):
            self.squares.setdefault(square, []).append(box)

    def is_free(self, box: Rectangle) -> bool:
        left, top, right, bottom = box
        return not any(
            left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
            for square in self._touched(box)
            for other in self.squares.get(square, ())
        )

    def _touched(self, box: Rectangle) -> list[tuple[int, int]]:
        left, top, right, bottom = (int(side // 40) for side in box)
        return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]


def _boxes(name: str, x: float, y: float) -> list[Rectangle]:
    """Return candidate boxes of a name: right, left, above, below, and at the corners."""
    width = width_of(name) * SIZE
    half = width / 2
    return [
        (x + 6, y - LINE / 2, x + 6 + width, y + LINE / 2),
        (x - 6 - width, y - LINE / 2, x - 6, y + LINE / 2),
        (x - half, y - 6 - LINE, x + half, y - 6),
        (x - half, y + 6, x + half, y + 6 + LINE),
        (x + 4, y - 3 - LINE, x + 4 + width, y - 3),
        (x + 4, y + 3, x + 4 + width, y + 3 + LINE),
        (x - 4 - width, y - 3 - LINE, x - 4, y - 3),
        (x - 4 - width, y + 3, x - 4, y + 3 + LINE),
    ]


def _inside(box: Rectangle, size: tuple[float, float]) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= size[0] and box[3] <= size[1]
