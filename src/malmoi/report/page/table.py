"""Tables of the page: displayed cells with their exact values."""

from __future__ import annotations

from dataclasses import dataclass

from malmoi.report.page.quantities import count, percent
from malmoi.report.page.visible import named

__all__ = ["Cell", "Table", "counted", "number", "share", "words_cell"]

DIGITS = 6


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Args:
        shown: displayed text.
        value: exact value for CSV files and for sorting; "" if it is the displayed text.
        is_number: whether the cell is right-aligned.
    """

    shown: str
    value: str = ""
    is_number: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Args:
        name: name of the CSV file without suffix; unique on the page.
        caption: caption.
        columns: column names.
        rows: cells; the first cell of each row is its header.
        is_sortable: whether clicking a column name sorts the table.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_sortable: bool = False


def words_cell(name: object) -> Cell:
    """Return a cell with a user-supplied name."""
    return Cell(named(name))


def counted(value: int | None) -> Cell:
    """Return a cell with a whole number."""
    if value is None:
        return Cell("–", is_number=True)
    written = count(value)
    return Cell(written, str(value) if "," in written else "", is_number=True)


def share(value: float | None) -> Cell:
    """Return a cell with a proportion in percent."""
    return Cell(percent(value), "" if value is None else _exact(value), is_number=True)


def number(value: float | None, written: str) -> Cell:
    """Return a cell with a number and its displayed form."""
    return Cell(written, "" if value is None or _exact(value) == written else _exact(value), is_number=True)


def _exact(value: float) -> str:
    return repr(round(float(value), DIGITS)).removesuffix(".0")
