"""Parsing of blocks of bytes into rows by the core, one block ahead of the reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from malmoi import _core
from malmoi.data.readers.streams import ByteStream

__all__ = ["Bad", "ParsedBlock", "parsed_blocks", "place_numbers"]

Rows = TypeVar("Rows", _core.DelimitedBlock, _core.JsonBlock)
Bad = tuple[int, int, int, str, int]
"""An invalid row reported by the core: start byte, end byte, preceding lines, fault, number about the fault."""


@dataclass(frozen=True)
class ParsedBlock(Generic[Rows]):
    """The rows of a block, with its position in the file.

    Args:
        rows: rows parsed by the core.
        first_line: number of lines before the block.
        first_byte: number of bytes before the block.
    """

    rows: Rows
    first_line: int
    first_byte: int

    def raw(self, start: int, end: int) -> str:
        """Return a part of the block as text, with invalid bytes replaced."""
        return self.rows.part(start, end).decode("utf-8", "replace")


def parsed_blocks(
    stream: ByteStream, encoding: str, parse: Callable[[_core.ByteFeed], Callable[[], Rows]], *, skipped: str = ""
) -> Iterator[ParsedBlock[Rows]]:
    """Yield the rows of a file in blocks; for UTF-8 files the next block is parsed while the last one is used.

    Args:
        stream: the file.
        encoding: encoding of the file, or "auto".
        parse: starts parsing a feed, and returns a function that returns the next block.
        skipped: beginning of the file to skip.
    """
    skipped_bytes = len(skipped.encode())
    line, byte = skipped.count("\n"), stream.mark_bytes + skipped_bytes
    feed = stream.feed(encoding, byte)
    pieces = stream.blocks(encoding) if feed is None else iter(())
    coming = next(pieces, b"")[skipped_bytes:]
    pushed = _core.ByteFeed() if feed is None else feed
    next_block, is_last = parse(pushed), False
    while not is_last:
        if feed is None:
            piece, coming = coming, next(pieces, b"")
            pushed.push(piece, not coming)
        with stream.inflating_errors():
            rows = next_block()
        yield ParsedBlock(rows, line, byte)
        is_last = rows.is_last
        line, byte = line + rows.lines, byte + rows.consumed
        if feed is not None:
            stream.tell_progress(rows.position)
    stream.check_unchanged()


def place_numbers(found: ParsedBlock[Rows]) -> list[int] | range:
    """Return the line number of every row, from 1."""
    numbers = found.rows.line_numbers
    if numbers is None:
        first = found.first_line + found.rows.first_line + 1
        return range(first, first + found.rows.size)
    return [found.first_line + number + 1 for number in numbers]
