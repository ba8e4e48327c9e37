"""CSV cells: texts that a spreadsheet would run as formulas are escaped with an apostrophe."""

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
RAW_HELP = "CSV: write cells unchanged, even if a spreadsheet would run them as formulas."
RawOption = Annotated[bool, typer.Option(RAW_FLAG, help=RAW_HELP)]

_UNSEEN = "\x00-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
"""White space and hidden characters, which some programs strip before they parse formulas."""
FORMULA = f"^[\t\r\n]|^[{_UNSEEN}]*[=+\\-@\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]"
"""Pattern of the start of a formula, for Python and Polars: OWASP's list, with full-width and small forms."""
NUMBER = r"^[+\-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+\-]?[0-9]+)?$"
"""Pattern of numbers, such as "-0.5", which are not formulas."""

_FORMULA, _NUMBER = re.compile(FORMULA), re.compile(NUMBER)


def quoted(cell: str) -> str:
    """Return a cell as a CSV field, quoted if needed."""
    if '"' in cell:
        return '"' + cell.replace('"', '""') + '"'
    return f'"{cell}"' if "," in cell or "\n" in cell or "\r" in cell else cell  # three times as fast as a pattern


@dataclass
class Cells:
    """Conversion of texts into CSV cells, with a count of changed cells.

    Args:
        raw: do not change cells.
        shown: the CSV is written to a terminal; cells are made `printable` too.
        changed: number of cells escaped with an apostrophe.

    Example:
        >>> cells = Cells()
        >>> [cells.text(one) for one in ("=1+1", "-0.5", "- good", "good")], cells.changed
        (["'=1+1", '-0.5', "'- good", 'good'], 2)
    """

    raw: bool = False
    shown: bool = False
    changed: int = 0

    def text(self, text: str, times: int = 1) -> str:
        """Return a text as cell content, before quoting.

        Args:
            text: any text.
            times: number of cells with this text.
        """
        if not (text[:1].isalnum() or self.raw) and _FORMULA.match(text) and not _NUMBER.fullmatch(text):
            self.changed += times
            text = f"'{text}"
        return printable(text) if self.shown else text

    def field(self, text: str, times: int = 1) -> str:
        """Return a text as a CSV field, quoted if needed."""
        if self.shown or not text[:1].isalnum():  # fast path: most texts begin with a letter
            text = self.text(text, times)
        return quoted(text)

    def row(self, values: Iterable[object]) -> list[object]:
        """Return the values of a row, with texts converted to cell content."""
        return [self.text(value) if isinstance(value, str) else value for value in values]

    def table(self, table: DataFrame) -> DataFrame:
        """Return a Polars table with its column names and text columns converted to cell content."""
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
        """Return column names as cell content, by name.

        Raises:
            UsageError: two names become equal.
        """
        found = {name: self.text(name) for name in names}
        for name, cell in found.items():
            if cell == f"'{name}" and cell in found:
                rule = f"CSV columns must have different names, got {cell!r} and {name!r}, which gets an apostrophe"
                raise UsageError(f"{rule}; pass {RAW_FLAG}, or rename one")
        return found


def refuse_raw(raw: bool, *, writes_csv: bool) -> None:
    """Refuse `--raw-cells` if no CSV is written.

    Raises:
        UsageError: the output is not CSV.
    """
    if raw and not writes_csv:
        raise UsageError(f"{RAW_FLAG} needs CSV output; leave it out")


def tell_changed(changed: int, *, why: str = "") -> None:
    """Print a note with the number of changed cells, if any.

    Args:
        changed: number of cells escaped with an apostrophe.
        why: text added to the note.
    """
    if changed:
        one = "1 cell that a spreadsheet would run as a formula was prefixed with an apostrophe"
        several = f"{changed:,} cells that a spreadsheet would run as formulas were prefixed with an apostrophe"
        messages.print(f"note: {one if changed == 1 else several}{why}; {RAW_FLAG} writes cells unchanged")
