"""Compressed files, told by their first bytes: what they hold comes in pieces, so that whoever reads can limit it."""

from __future__ import annotations

import bz2
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Literal, Protocol

__all__ = ["COMPRESSED_SUFFIXES", "DAMAGE", "Compression", "compression_of", "decompressed_pieces"]

Compression = Literal["", "gzip", "bzip2", "xz", "zstandard", "zip"]
"""How a file is compressed; "" for not at all."""

MAGICS: dict[bytes, Compression] = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")
DAMAGE = (
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What is raised for bytes that are not compressed as they say, or damaged."""
TOGETHER = 1 << 20
ZSTANDARD_TOGETHER = 1024
"""Compressed bytes at once: hostile ones decompress to 32 MiB before a limit is looked at."""
XZ_MEMORY = 512 << 20
GZIP_BITS = 31
"""For zlib: a window of 32 KiB, with the header and the checksum of gzip."""


class _Decompressor(Protocol):
    """What `bz2` and `lzma` have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def compression_of(head: bytes) -> Compression:
    """Return how a file with these first bytes is compressed; "" for not at all."""
    return next((kind for magic, kind in MAGICS.items() if head.startswith(magic)), "")


def decompressed_pieces(file: BinaryIO, compression: Compression) -> Iterator[bytes]:
    """Yield what a file holds, in pieces that are not empty.

    Args:
        file: the file, open at its beginning.
        compression: any but "" and "zip", whose members `malmoi.foundation.archives` opens.

    Raises:
        any of `DAMAGE`: the data are damaged or cut short.
    """
    if compression == "gzip":
        return _gzip_pieces(file)
    if compression == "zstandard":
        return _zstandard_pieces(file)
    if compression == "bzip2":
        return _pieces(file, bz2.BZ2Decompressor)
    if compression == "xz":
        return _pieces(file, lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY))
    raise ValueError(f"compression must be that of one stream, got {compression!r}")


def _gzip_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Decompress one member after the other, in large steps: Python's module takes 8 KiB at a time."""
    inflater, inside, block = zlib.decompressobj(GZIP_BITS), False, b""
    while block := block or file.read(TOGETHER):
        piece = inflater.decompress(block, TOGETHER)
        block, inside = inflater.unconsumed_tail, True
        if piece:
            yield piece
        if inflater.eof:
            block, inside = inflater.unused_data.lstrip(b"\0"), False
            inflater = zlib.decompressobj(GZIP_BITS)
    if inside:
        raise EOFError("the end is missing")


def _pieces(file: BinaryIO, start: Callable[[], _Decompressor]) -> Iterator[bytes]:
    """Decompress one stream after the other; each piece has a mebibyte at most."""
    decompressor, inside, block = start(), False, b""
    while True:
        if decompressor.eof:
            block, inside, decompressor = decompressor.unused_data, False, start()
        elif inside and not decompressor.needs_input:
            block = b""
        if not block and (decompressor.needs_input or not inside):
            block = file.read(1 << 16)
            if not block:
                break
        inside = True
        piece = decompressor.decompress(block, TOGETHER)
        block = b""
        if piece:
            yield piece
    if inside:
        raise EOFError("the end is missing")


def _zstandard_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Decompress one frame after the other; unlike `stream_reader`, notice that the last one is cut short."""
    import zstandard

    decompressor, inside = zstandard.ZstdDecompressor().decompressobj(), False
    while block := file.read(ZSTANDARD_TOGETHER):
        while block:
            try:
                piece = decompressor.decompress(block)
            except zstandard.ZstdError as error:
                raise ValueError(str(error)) from None
            if piece:
                yield piece
            block, inside = b"", True
            if decompressor.eof:
                block, inside = decompressor.unused_data, False
                decompressor = zstandard.ZstdDecompressor().decompressobj()
    if inside:
        raise EOFError("the last frame has no end")
