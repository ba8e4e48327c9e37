"""Delimited text tables: CSV, TSV and similar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from malmoi import _core
from malmoi.data.readers.base import Chunk, Source, line_place
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.dialects import Dialect, guessed_dialect
from malmoi.data.readers.encodings import ENCODING_CURE
from malmoi.data.readers.report import BadRow
from malmoi.data.readers.row_blocks import Bad, ParsedBlock, parsed_blocks, place_numbers
from malmoi.errors import DataError

__all__ = ["DelimitedReader", "core_fault", "fault_of_bytes"]

QUOTING_CURE = 'pass quoting="none" (on the command line --quoting none) if quotes are ordinary characters'


@dataclass(frozen=True)
class DelimitedReader:
    """Reader of delimited text tables.

    Args:
        form: name of the format in messages.
        delimiter: usual delimiter of the format.
    """

    form: str
    delimiter: str

    def chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        """Yield the rows of a table, in order."""
        stream, settings, path = source.bytes, source.settings, source.path
        text = stream.sample_text(settings.encoding)
        dialect = guessed_dialect(text, settings, self.delimiter, is_whole=stream.is_whole)
        if dialect is None:
            raise DataError(f"{path}: the first line must contain the column names, got an empty file")
        form = stream.described(f"{self.form}, {dialect}", settings.encoding)
        wanted = source.choose(dialect.names, form, guessed=dialect.guessed)
        places = [dialect.names.index(name) for name in wanted.names]
        quote = ord('"') if dialect.quotes else None

        how = (ord(dialect.delimiter), quote, dialect.suspicious_lines)

        def parse(feed: _core.ByteFeed) -> Callable[[], _core.DelimitedBlock]:
            return _core.DelimitedRows(feed, how, len(dialect.names), places).next_block

        is_header = dialect.has_header
        for found in parsed_blocks(stream, settings.encoding, parse, skipped=dialect.skipped):
            for bad in found.rows.bad:
                row = self._bad_row(source, dialect, found, bad)
                if is_header and not (found.rows.size and found.rows.first_line < bad[2]):
                    raise DataError(str(row))  # an invalid header cannot be skipped as a row can
                source.refuse(row)
            columns, numbers = found.rows.columns(), place_numbers(found)
            if is_header and numbers:
                columns, numbers, is_header = [column[1:] for column in columns], numbers[1:], False
            if numbers:
                yield wanted, _chunk(source, dialect, dict(zip(wanted.names, columns, strict=True)), numbers)

    def _bad_row(
        self,
        source: Source,
        dialect: Dialect,
        found: ParsedBlock[_core.DelimitedBlock],
        bad: Bad,
    ) -> BadRow:
        start, end, line, fault, number = bad
        place = f"{source.path}:{found.first_line + line + 1}"
        delimiter, width = dialect.delimiter, len(dialect.names)
        reasons = {
            "text after quote": f"a closing quote must end its field, got more text after it; double quotes that are "
            f'part of a text (""), or {QUOTING_CURE}',
            "unclosed quote": "every quote must be closed, got an unclosed quote in this row; "
            f'double quotes that are part of a text (""), or {QUOTING_CURE}',
            "width": f"a row must have {width} fields, as the first line has, got {number}; "
            f"quote texts that contain {delimiter!r} or a quote",
            "holds rows": f"a quoted field must not look like several rows, got {number} lines of {width} fields each; "
            f'{QUOTING_CURE}, "double" if they are one field',
        }
        reason = reasons.get(fault) or core_fault(found, fault, number)
        return BadRow(place, reason, found.raw(start, end))


def fault_of_bytes(place: int, byte: int, fault: str) -> str:
    """Return the reason why a row is not valid text.

    Args:
        place: offset of the byte in the file.
        byte: its value.
        fault: the core's name of the fault.
    """
    if fault == "nul":
        return f"a row must not contain a NUL character; the file may be damaged, or UTF-16: {ENCODING_CURE}"
    return f"byte {place} (0x{byte:02x}) is not UTF-8; {ENCODING_CURE}"


def core_fault(found: ParsedBlock[Any], fault: str, number: int) -> str:
    """Return the reason why a row of a block is not valid text."""
    return fault_of_bytes(found.first_byte + number, found.rows.part(number, number + 1)[0], fault)


def _chunk(source: Source, dialect: Dialect, values: dict[str, list[str]], numbers: list[int] | range) -> Chunk:
    def raw(position: int) -> str:
        return dialect.delimiter.join(column[position] for column in values.values())

    return Chunk(values, numbers, line_place(source.path), are_text=True, raw=raw, is_untyped=True)
