"""Tables as aligned plain text and as HTML."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape
from unicodedata import east_asian_width

from malmoi.foundation.printable import printable

__all__ = ["html_table", "text_table"]


def text_table(rows: Sequence[Sequence[str]], left: Collection[int] = ()) -> str:
    """Return a table as aligned text, with `printable`, right-aligned cells.

    Args:
        rows: rows with equal numbers of cells, 1 or more; the first one is the header.
        left: indices of the left-aligned columns.

    Example:
        >>> print(text_table([("recipe", "accuracy"), ("bag", "87.1")], left=[0]))
        recipe  accuracy
        bag         87.1
    """
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            _padded(cell, width, left=column in left)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def html_table(rows: Sequence[Sequence[str]], remarks: Sequence[str] = ()) -> str:
    """Return a table as HTML for notebooks, with notes below it; cells and notes are escaped.

    Args:
        rows: 1 or more rows; the first one is the header.
        remarks: sentences for the notes.
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows[1:])
    below = "".join(f"<p>note: {escape(remark)}</p>" for remark in remarks)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"


def _padded(cell: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(cell))
    return cell + space if left else space + cell


def _width(cell: str) -> int:
    """Return the width of a cell in a terminal, in which a Korean syllable takes two columns."""
    return sum(1 + (east_asian_width(character) in "WF") for character in cell)
