"""Excel workbooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from malmoi.data.readers.base import Chunk, Source
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.tables import row_place, table_chunks
from malmoi.errors import DataError, FormatError, MissingExtraError

if TYPE_CHECKING:
    from polars import DataFrame

__all__ = ["ExcelReader"]


@dataclass(frozen=True)
class ExcelReader:
    """Reader of the first sheet of a workbook, whose first row holds the column names; it must fit into memory."""

    form: str = "Excel"

    def chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        """Yield the rows of the sheet, in order."""
        path = source.path
        sheets, table = _first_sheet(path, has_header=source.settings.header is not False)
        others = f"sheets {', '.join(map(repr, sheets[1:]))}" if len(sheets) > 1 else ""
        has_header = source.settings.header is not False
        form = f"Excel, sheet {sheets[0]!r}, {'header' if has_header else 'no header (columns are numbered)'}"
        wanted = source.choose(table.columns, form, left_out=others)
        values = {name: _plain(table[name].to_list(), is_text=name in wanted.texts) for name in wanted.names}
        for chosen, chunk in table_chunks(path, wanted, values):
            first = chunk.numbers[0] + has_header
            numbers = range(first, first + len(chunk.numbers))
            yield chosen, Chunk(chunk.values, numbers, row_place(path), chunk.are_text, chunk.raw)


def _first_sheet(path: Path, *, has_header: bool) -> tuple[list[str], DataFrame]:
    try:
        import fastexcel
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{path} is an Excel workbook, which needs fastexcel; pip install 'malmoi[excel]', or save it as CSV"
        ) from error
    try:
        workbook = fastexcel.read_excel(path)
        sheets = list(workbook.sheet_names)
        if not sheets:
            raise DataError(f"{path}: a workbook must have a sheet, got none")
        table = workbook.load_sheet(sheets[0], header_row=0 if has_header else None).to_polars()
        if not has_header:
            table.columns = [str(place) for place in range(1, table.width + 1)]
        return sheets, table
    except fastexcel.FastExcelError as error:
        reason = " ".join(str(error).split())[:200]
        raise FormatError(f"{path}: the file is damaged, or not a workbook ({reason})") from None


def _plain(values: list[object], *, is_text: bool) -> list[object]:
    """Convert the values of a text column to text: Excel stores 123 as a number and an empty cell as null."""
    if not is_text:
        return values
    return ["" if value is None else _number_text(value) if not isinstance(value, str) else value for value in values]


def _number_text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
