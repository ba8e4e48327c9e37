"""Bytes of files, plain or compressed, as lines of text; every error names file, line and byte."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from malmoi.errors import DataError, FormatError
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten

__all__ = ["checked_encoding", "file_lines", "read_file", "unpacked_suffix"]


COMPRESSED = (".gz", ".zst")


INFLATED_BYTES, INFLATED_TIMES = 1 << 30, 200  # whichever is more: text shrinks 3 to 20 times, a hostile file more


ZSTANDARD_BLOCK = 1024  # compressed bytes at once: hostile ones inflate to 32 MiB before the limit is looked at


ENCODING_CURE = "give the file's encoding (encoding=..., on the command line --encoding)"


class _Stream(io.BufferedIOBase):
    """The inflated bytes of a file, counted and limited."""

    def __init__(self, path: Path, file: BinaryIO, progress: Progress) -> None:
        self.path, self.file, self.progress = path, file, progress
        self.position = 0
        self.size = path.stat().st_size
        self.inflate = _inflater(path, file)
        self.limit = max(INFLATED_BYTES, INFLATED_TIMES * self.size)

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1, /) -> bytes:
        try:
            block = self.inflate(max(size, 1 << 16))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FormatError(f"{self.path}: compressed data are damaged or cut short ({error})") from None
        self.position += len(block)
        if self.path.suffix.lower() in COMPRESSED and self.position > self.limit:
            rule = f"compressed data must inflate to {self.limit} bytes at most (1 GiB, or {INFLATED_TIMES} times"
            raise DataError(f"{self.path}: {rule} the file's size), got more; inflate it first if you trust it")
        if block:
            self.progress("reading", min(self.file.tell(), self.size), self.size)
        return block


def _inflater(path: Path, file: BinaryIO) -> Callable[[int], bytes]:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return gzip.GzipFile(fileobj=file).read1
    if suffix == ".zst":
        pieces = _zstandard_pieces(path, file)
        return lambda _: next(pieces, b"")
    return file.read


def _zstandard_pieces(path: Path, file: BinaryIO) -> Iterator[bytes]:
    """Inflate one frame after the other; unlike `stream_reader`, notice that the last one is cut short."""
    import zstandard

    inflater, inside = zstandard.ZstdDecompressor().decompressobj(), False
    while block := file.read(ZSTANDARD_BLOCK):
        while block:
            try:
                piece = inflater.decompress(block)
            except zstandard.ZstdError as error:
                raise FormatError(f"{path}: compressed data are damaged ({error})") from None
            if piece:
                yield piece
            block, inside = b"", True
            if inflater.eof:
                block, inside = inflater.unused_data, False
                inflater = zstandard.ZstdDecompressor().decompressobj()
    if inside:
        raise EOFError("the last frame has no end")


def file_lines(path: Path, encoding: str, newline: str, progress: Progress) -> Generator[str]:
    """Yield a file's lines with their ends, without a byte-order mark."""
    with path.open("rb") as file:
        stream = _Stream(path, file, progress)
        lines = io.TextIOWrapper(cast(BinaryIO, stream), encoding, newline=newline)
        with lines, _named_bytes(path, encoding, lambda tried: stream.position - tried):
            for number, line in enumerate(lines, 1):
                if "\0" in line:
                    rule = "a line must hold no NUL character, got one; the file may be damaged, or UTF-16"
                    raise DataError(f"{path}:{number}: {rule}: {ENCODING_CURE}")
                yield line.removeprefix("\ufeff") if number == 1 else line


def unpacked_suffix(path: Path) -> tuple[str, bool]:
    """Return the suffix of a file's name without that of its compression, in lower case, and whether it has one."""
    name = path.name.lower()
    packed = name.endswith(COMPRESSED)
    return Path(name.rpartition(".")[0] if packed else name).suffix, packed


def checked_encoding(encoding: str) -> str:
    """Return Python's name of an encoding; with or without a byte-order mark, UTF-8 is "utf-8".

    Raises:
        ValueError: Python knows no such encoding of text.
    """
    try:
        "".encode(encoding)
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError, TypeError):
        known = 'encoding must be one that Python knows, such as "utf-8", "cp949" or "latin-1"'
        raise ValueError(f"{known}, got {shorten(encoding)}") from None
    return "utf-8" if name == "utf-8-sig" else name


def read_file(path: Path, encoding: str) -> str:
    """Return the text of a whole file, without a byte-order mark.

    Raises:
        DataError: a byte does not fit the encoding.
    """
    with _named_bytes(path, encoding, lambda _: 0):
        return path.read_bytes().decode(encoding).removeprefix("\ufeff")


@contextmanager
def _named_bytes(path: Path, encoding: str, start: Callable[[int], int]) -> Iterator[None]:
    """Name file and byte where bytes do not fit the encoding; `start` turns how many were tried into those before."""
    try:
        yield
    except UnicodeDecodeError as error:
        byte = f"byte {start(len(error.object)) + error.start} (0x{error.object[error.start]:02x})"
        name = "UTF-8" if encoding == "utf-8" else encoding
        raise DataError(f"{path}: {byte} is not {name}; {ENCODING_CURE}") from None
    except UnicodeError as error:
        raise DataError(f"{path}: {error}; {ENCODING_CURE}") from None
