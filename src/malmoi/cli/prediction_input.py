"""Input of predictions: files, lines of standard input, or one text, in blocks of a fixed number of rows."""

from __future__ import annotations

import codecs
import hashlib
import os
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from malmoi.data.readers import FILE_SUFFIXES, Batch
from malmoi.errors import DataError
from malmoi.foundation.validation import shorten

__all__ = ["STANDARD_INPUT", "Block", "blocks", "input_files", "input_identity", "is_one_text", "standard_input_lines"]

STANDARD_INPUT = "-"
CHARACTERS_TOGETHER = 16_000_000
"""Approximate maximum of characters per block; a block of long texts has fewer rows."""

LINES_TOGETHER, BYTES_TOGETHER = 8_192, 1 << 16
SUFFIXES = (*FILE_SUFFIXES, ".malmoi")
SENTENCE_ENDS = ("!", "?")


@dataclass
class Block:
    """A block of input rows that are predicted and written together.

    Args:
        start: number of rows before the block.
        texts: texts in input order.
        kept: columns of the input to copy to the output, by name.
    """

    start: int = 0
    texts: list[str] = field(default_factory=list)
    kept: dict[str, list[object]] = field(default_factory=dict)
    _firsts: list[int] = field(default_factory=list)
    _batches: list[tuple[Batch, int]] = field(default_factory=list)

    def take(self, batch: Batch, start: int, stop: int) -> None:
        """Add rows of a batch."""
        self._firsts.append(len(self.texts))
        self._batches.append((batch, start))
        self.texts += batch.texts[start:stop]
        for name, values in batch.kept.items():
            self.kept.setdefault(name, []).extend(values[start:stop])

    def place(self, row: int) -> str:
        """Return the file and line of a row, such as "new.csv:381"."""
        number = bisect_right(self._firsts, row) - 1
        batch, start = self._batches[number]
        return batch.place(batch.numbers[start + row - self._firsts[number]])


def blocks(batches: Iterable[Batch], rows_together: int) -> Iterator[Block]:
    """Cut batches into blocks, which depend only on the rows, not on the sizes of the batches."""
    block, characters = Block(), 0
    for batch in batches:
        ends = list(accumulate(map(len, batch.texts)))
        start = 0
        while start < len(ends):
            before = ends[start - 1] if start else 0
            full = bisect_left(ends, before + CHARACTERS_TOGETHER - characters, lo=start) + 1
            stop = min(full, start + rows_together - len(block.texts), len(ends))
            block.take(batch, start, stop)
            characters += ends[stop - 1] - before
            start = stop
            if len(block.texts) == rows_together or characters >= CHARACTERS_TOGETHER:
                yield block
                block, characters = Block(block.start + len(block.texts)), 0
    if block.texts:
        yield block


def standard_input_lines(encoding: str) -> Iterator[Batch]:
    """Yield batches of lines of standard input; only a newline ends a line, as in a .txt file.

    Raises:
        DataError: a byte is invalid in the encoding.
    """
    lines: list[str] = []
    first = 1
    for line in _lines(sys.stdin.buffer, encoding):
        lines.append(line)
        if len(lines) == LINES_TOGETHER:
            yield _batch(lines, first)
            first, lines = first + len(lines), []
    if lines:
        yield _batch(lines, first)


def _batch(lines: list[str], first: int) -> Batch:
    return Batch("standard input:{}".format, lines, numbers=list(range(first, first + len(lines))))


def _lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    rest: list[str] = []
    for number, piece in enumerate(_decoded(file, encoding)):
        text = piece.removeprefix("\ufeff") if number == 0 else piece
        first, *others = text.split("\n")
        rest.append(first)
        if others:
            yield "".join(rest).removesuffix("\r")
            yield from (line.removesuffix("\r") for line in others[:-1])
            rest = [others[-1]]
    if last := "".join(rest):
        yield last.removesuffix("\r")


def _decoded(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield decoded pieces of text, none of them empty."""
    decoder = codecs.getincrementaldecoder(encoding)()
    position = 0
    while True:
        piece = file.read1(BYTES_TOGETHER)  # type: ignore[attr-defined]
        position += len(piece)
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            byte = f"byte {position - len(error.object) + error.start} (0x{error.object[error.start]:02x})"
            raise DataError(f"standard input: {byte} is not {encoding}; set the encoding with --encoding") from None
        except UnicodeError as error:
            raise DataError(f"standard input: {error}; set the encoding with --encoding") from None
        if text:
            yield text
        if not piece:
            return


def is_one_text(data: str) -> bool:
    """Return whether an argument is a text, not a path.

    An existing path is a path, and so is a word that ends in a known suffix, or has a separator or a wildcard but no
    white space. A single word is a text only if it has a non-ASCII character or ends like a sentence, so that a
    mistyped folder name, such as `reviews`, is not predicted as a text.

    Raises:
        DataError: the argument is one word that may be either.
    """
    if data == STANDARD_INPUT or _exists(data) or data.lower().endswith(SUFFIXES):
        return False
    if data.startswith(("/", "./", "../", "~")) and "\n" not in data:
        return False
    if len(data.split()) != 1 or data.endswith(SENTENCE_ENDS):
        return True
    if any(character in data for character in {os.sep, "/", "*", "?", "["}):
        return False
    if not data.isascii():
        return True
    rule = f"no such file or folder: {shorten(data)[1:-1]}"
    raise DataError(f"{rule}; to predict one word, use standard input: echo {data} | malmoi predict MODEL")


def _exists(data: str) -> bool:
    try:
        return os.path.lexists(data)
    except ValueError:  # NUL in the path
        return False


def input_files(data: str) -> list[Path]:
    """Return the files of a path, a folder or a glob, sorted."""
    place = Path(data)
    if place.is_dir():
        return sorted(Path(folder, name) for folder, _, names in os.walk(place) for name in names)
    if place.exists():
        return [place]
    import glob

    return sorted(Path(path) for path in glob.glob(data, recursive=True))


def input_identity(data: str, files: Iterable[Path]) -> dict[str, object]:
    """Return an identity of the input that changes with its path, file sizes or modification times."""
    digest, count, size_bytes = hashlib.sha256(), 0, 0
    for file in files:
        status = file.stat()
        digest.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(errors="surrogateescape"))
        count, size_bytes = count + 1, size_bytes + status.st_size
    return {"path": str(Path(data).absolute()), "files": count, "bytes": size_bytes, "digest": digest.hexdigest()}
