"""Blocks of bytes turned into rows by the core, one block ahead of the reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from malmoi import _core
from malmoi.data.readers.streams import ByteStream

__all__ = ["Bad", "ParsedBlock", "parsed_blocks", "place_numbers"]

Rows = TypeVar("Rows", _core.DelimitedBlock, _core.JsonBlock)
Bad = tuple[int, int, int, str, int]
"""A row that cannot be used, as the core tells it: first byte, end, lines before, fault, its number."""


@dataclass(frozen=True)
class ParsedBlock(Generic[Rows]):
    """The rows of a block, and where it stands in the file.

    Args:
        rows: what the core found.
        first_line: lines of the file before the block.
        first_byte: bytes of the file before the block.
    """

    rows: Rows
    first_line: int
    first_byte: int

    def raw(self, start: int, end: int) -> str:
        """Return some of the block, as far as it is text."""
        return self.rows.part(start, end).decode("utf-8", "replace")


def parsed_blocks(
    stream: ByteStream, encoding: str, parse: Callable[[_core.ByteFeed], Callable[[], Rows]], *, skipped: str = ""
) -> Iterator[ParsedBlock[Rows]]:
    """Yield the rows of a file, block after block; of UTF-8 files the next block is parsed while the last one is used.

    Args:
        stream: the file.
        encoding: of the file, or "auto".
        parse: begins to find rows in the blocks of a feed, and returns what gives the next block.
        skipped: the beginning of the file that is read over.
    """
    over = len(skipped.encode())
    line, byte = skipped.count("\n"), stream.mark_bytes + over
    feed = stream.feed(encoding, byte)
    pieces = stream.blocks(encoding) if feed is None else iter(())
    coming = next(pieces, b"")[over:]
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
    """Return the line of every row, from 1 up."""
    numbers = found.rows.line_numbers
    if numbers is None:
        first = found.first_line + found.rows.first_line + 1
        return range(first, first + found.rows.size)
    return [found.first_line + number + 1 for number in numbers]
