"""Compressed files, detected by their first bytes and decompressed in pieces, so that callers can limit the size."""

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
"""Compression of a file; "" for none."""

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
"""Errors that decompression raises for damaged data."""
TOGETHER = 1 << 20
ZSTANDARD_TOGETHER = 1024
"""Compressed bytes per step: malicious data expand to 32 MiB before a limit is checked."""
XZ_MEMORY = 512 << 20
GZIP_BITS = 31
"""For zlib: a window of 32 KiB, with the header and the checksum of gzip."""


class _Decompressor(Protocol):
    """Common interface of the decompressors of `bz2` and `lzma`."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def compression_of(head: bytes) -> Compression:
    """Return the compression of a file from its first bytes; "" for none."""
    return next((kind for magic, kind in MAGICS.items() if head.startswith(magic)), "")


def decompressed_pieces(file: BinaryIO, compression: Compression) -> Iterator[bytes]:
    """Yield the decompressed content of a file in nonempty pieces.

    Args:
        file: the file, open at its beginning.
        compression: any except "" and "zip"; for zip archives see `malmoi.foundation.archives`.

    Raises:
        any of `DAMAGE`: the data are damaged or truncated.
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
    """Decompress the members one by one, in larger steps than Python's module, which uses 8 KiB."""
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
    """Decompress the streams one by one, in pieces of at most 1 MiB."""
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
    """Decompress the frames one by one; unlike `stream_reader`, detect a truncated last frame."""
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
