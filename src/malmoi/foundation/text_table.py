"""Tables of plain text, whose columns stand below each other on a terminal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from unicodedata import east_asian_width

__all__ = ["text_table"]


def text_table(rows: Sequence[Sequence[str]], left: Collection[int] = ()) -> str:
    """Return rows as lines; cells stand at the right of their columns.

    Args:
        rows: the first one names the columns; all have as many cells; 1 or more.
        left: places of the columns whose cells stand at the left.

    Example:
        >>> print(text_table([("recipe", "accuracy"), ("bag", "87.1")], left=[0]))
        recipe  accuracy
        bag         87.1
    """
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            _padded(cell, width, left=place in left)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _padded(cell: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(cell))
    return cell + space if left else space + cell


def _width(cell: str) -> int:
    """Columns that it takes on a terminal, where a Korean syllable takes two."""
    return sum(1 + (east_asian_width(character) in "WF") for character in cell)
