"""Text files with one text per line, without labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from malmoi.data.readers.base import TEXT, Chunk, Source, line_place
from malmoi.data.readers.columns import Wanted
from malmoi.data.readers.delimited import fault_of_bytes
from malmoi.data.readers.report import BadRow
from malmoi.data.readers.row_blocks import Bad

__all__ = ["TextLinesReader", "numbered_lines"]


@dataclass(frozen=True)
class TextLinesReader:
    """Reader of files with one text per line."""

    form: str = "lines of text"

    def chunks(self, source: Source) -> Iterator[tuple[Wanted, Chunk]]:
        """Yield the lines of a file, in order."""
        shown = source.bytes.described(self.form, source.settings.encoding)
        wanted, place = source.without_columns(shown, has_labels=False), line_place(source.path)
        for texts, numbers in numbered_lines(source):
            yield wanted, Chunk({TEXT: texts}, numbers, place, are_text=True, raw=texts.__getitem__)


@dataclass(frozen=True)
class LineRows:
    """The lines of a block, and the invalid ones in the form in which the core reports them for other formats."""

    texts: list[str]
    numbers: list[int] | range
    bad: list[Bad]
    consumed: int
    lines: int


def _lines(block: bytes, is_last: bool) -> LineRows:
    consumed = len(block) if is_last else block.rfind(b"\n") + 1
    whole = block[:consumed]
    pieces = whole.split(b"\n")
    if not pieces[-1]:
        pieces.pop()  # an empty rest after the last line end is not a line
    breaks = whole.count(b"\n")
    try:
        texts = whole.decode().split("\n")[: len(pieces)] if b"\0" not in whole else None
    except UnicodeDecodeError:
        texts = None
    if texts is not None:
        return LineRows([text.removesuffix("\r") for text in texts], range(len(texts)), [], consumed, breaks)
    return _some_lines(pieces, consumed, breaks)


def _some_lines(pieces: list[bytes], consumed: int, breaks: int) -> LineRows:
    """Return the valid and the invalid lines of a block."""
    texts, numbers, bad, start = [], [], [], 0
    for number, piece in enumerate(pieces):
        try:
            text = piece.decode()
        except UnicodeDecodeError as error:
            bad.append((start, start + len(piece), number, "not utf-8", start + error.start))
        else:
            if "\0" in text:
                bad.append((start, start + len(piece), number, "nul", 0))
            else:
                texts.append(text.removesuffix("\r"))
                numbers.append(number)
        start += len(piece) + 1
    return LineRows(texts, numbers, bad, consumed, breaks)


def numbered_lines(source: Source) -> Iterator[tuple[list[str], list[int]]]:
    """Yield blocks of lines of a file, blank ones included, with their numbers from 1."""
    stream, left, line, byte = source.bytes, b"", 0, source.bytes.mark_bytes
    blocks = stream.blocks(source.settings.encoding)
    coming = next(blocks, b"")
    while left or coming:
        block, coming = left + coming, next(blocks, b"")
        found = _lines(block, not coming)
        for start, end, before, fault, number in found.bad:
            raw = block[start:end].decode("utf-8", "replace")
            reason = fault_of_bytes(byte + number, block[number], fault)
            source.refuse(BadRow(f"{source.path}:{line + before + 1}", reason, raw))
        numbers = [line + number + 1 for number in found.numbers]
        if numbers:
            yield found.texts, numbers
        left = block[found.consumed :]
        line, byte = line + found.lines, byte + found.consumed
