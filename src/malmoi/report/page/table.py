"""Tables of the page: what is shown, with the exact numbers behind it."""

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
        shown: what is in it.
        value: the exact value for CSV files and for sorting, where it is not what is shown.
        is_number: whether it stands at the right.
    """

    shown: str
    value: str = ""
    is_number: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Args:
        name: of its CSV file, without a suffix; unique on the page.
        caption: what it is of.
        columns: names of the columns.
        rows: cells; the first one of each names the row.
        is_sortable: whether a click on the name of a column sorts.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_sortable: bool = False


def words_cell(name: object) -> Cell:
    """Return a cell with a name that other people gave."""
    return Cell(named(name))


def counted(value: int | None) -> Cell:
    """Return a cell with a whole number."""
    if value is None:
        return Cell("–", is_number=True)
    written = count(value)
    return Cell(written, str(value) if "," in written else "", is_number=True)


def share(value: float | None) -> Cell:
    """Return a cell with a share in percent."""
    return Cell(percent(value), "" if value is None else _exact(value), is_number=True)


def number(value: float | None, written: str) -> Cell:
    """Return a cell with a number that is written in some way."""
    return Cell(written, "" if value is None or _exact(value) == written else _exact(value), is_number=True)


def _exact(value: float) -> str:
    return repr(round(float(value), DIGITS)).removesuffix(".0")
