"""Cells of CSV: a text that a spreadsheet would run as a formula gets an apostrophe before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from malmoi.cli.console import messages
from malmoi.cli.usage import UsageError
from malmoi.foundation.printable import printable

if TYPE_CHECKING:
    from polars import DataFrame

__all__ = ["RAW_FLAG", "Cells", "RawOption", "quoted", "refuse_raw", "tell_changed"]

RAW_FLAG = "--raw-cells"
RAW_HELP = "CSV: write cells as they are, also those that a spreadsheet would run as formulas."
RawOption = Annotated[bool, typer.Option(RAW_FLAG, help=RAW_HELP)]

_UNSEEN = "\x00-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
"""White space and hidden characters, which some programs drop before they look for a formula."""
FORMULA = f"^[\t\r\n]|^[{_UNSEEN}]*[=+\\-@\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]"
"""Where a formula may begin, for Python and Polars alike: OWASP's list, with the wide and small forms of its signs."""
NUMBER = r"^[+\-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+\-]?[0-9]+)?$"
"""A number is no formula: "-0.5"."""

_FORMULA, _NUMBER = re.compile(FORMULA), re.compile(NUMBER)


def quoted(cell: str) -> str:
    """Return a cell as a field of CSV, in quotes where it must have them."""
    if '"' in cell:
        return '"' + cell.replace('"', '""') + '"'
    return f'"{cell}"' if "," in cell or "\n" in cell or "\r" in cell else cell  # three times as fast as a pattern


@dataclass
class Cells:
    """How texts become cells of CSV, and how many were changed.

    Args:
        raw: write them as they are.
        shown: the CSV goes to a terminal, so that cells are `printable` too.
        changed: cells that got an apostrophe.

    Example:
        >>> cells = Cells()
        >>> [cells.text(one) for one in ("=1+1", "-0.5", "- good", "good")], cells.changed
        (["'=1+1", '-0.5', "'- good", 'good'], 2)
    """

    raw: bool = False
    shown: bool = False
    changed: int = 0

    def text(self, text: str, times: int = 1) -> str:
        """Return a text as it stands in a cell, before it is quoted.

        Args:
            text: any text.
            times: in how many cells it stands.
        """
        if not (text[:1].isalnum() or self.raw) and _FORMULA.match(text) and not _NUMBER.fullmatch(text):
            self.changed += times
            text = f"'{text}"
        return printable(text) if self.shown else text

    def field(self, text: str, times: int = 1) -> str:
        """Return a text as a field of CSV, in quotes where it must have them."""
        if self.shown or not text[:1].isalnum():  # most texts begin with a letter, and are asked no more
            text = self.text(text, times)
        return quoted(text)

    def row(self, values: Iterable[object]) -> list[object]:
        """Return the values of a row, texts among them as they stand in cells."""
        return [self.text(value) if isinstance(value, str) else value for value in values]

    def table(self, table: DataFrame) -> DataFrame:
        """Return a Polars table whose names and columns of text are as they stand in cells; other columns stay."""
        import polars as pl

        if self.raw:
            return table
        for name in [name for name, kind in table.schema.items() if kind == pl.String]:
            found = table[name].str.contains(FORMULA)
            if not found.any():
                continue
            found &= ~table[name].str.contains(NUMBER)
            self.changed += int(found.sum())
            column = pl.when(found).then(pl.lit("'") + pl.col(name)).otherwise(pl.col(name))
            table = table.with_columns(column.alias(name))
        return table.rename(self.names(table.columns))

    def names(self, names: Sequence[str]) -> dict[str, str]:
        """Return names of columns as they stand in cells, by name.

        Raises:
            UsageError: two are the same then.
        """
        found = {name: self.text(name) for name in names}
        for name, cell in found.items():
            if cell == f"'{name}" and cell in found:
                rule = f"columns of CSV must have different names, got {cell!r} and {name!r}, which gets an apostrophe"
                raise UsageError(f"{rule}; pass {RAW_FLAG}, or rename one")
        return found


def refuse_raw(raw: bool, *, writes_csv: bool) -> None:
    """Refuse `--raw-cells` where no CSV is written.

    Raises:
        UsageError: none is.
    """
    if raw and not writes_csv:
        raise UsageError(f"{RAW_FLAG} goes with output in CSV; leave it out")


def tell_changed(changed: int, *, why: str = "") -> None:
    """Say how many cells were changed, if any.

    Args:
        changed: cells that got an apostrophe.
        why: what it means for this output.
    """
    if changed:
        one = "1 cell that a spreadsheet would run as a formula has an apostrophe before it"
        several = f"{changed:,} cells that a spreadsheet would run as formulas have an apostrophe before them"
        messages.print(f"note: {one if changed == 1 else several}{why}; {RAW_FLAG} writes cells as they are")
