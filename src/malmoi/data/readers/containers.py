"""Compressed files, told by their first bytes: what they hold is inflated a piece at a time, and limited."""

from __future__ import annotations

import bz2
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from malmoi.errors import DataError, FormatError
from malmoi.foundation.archives import check_sizes, open_archive, open_member
from malmoi.foundation.validation import shorten

__all__ = [
    "DAMAGE",
    "PACKED_SUFFIXES",
    "Budget",
    "Inflated",
    "inflated",
    "is_workbook",
    "kind_of_container",
]

MAGICS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
PACKED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")
DAMAGE = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError)
TOGETHER = 1 << 20
ZSTANDARD_TOGETHER = 1024  # compressed bytes at once: hostile ones inflate to 32 MiB before the limit is looked at
XZ_MEMORY = 512 << 20
LARGEST_RATIO = 1032
"""Of deflated bytes: with fewer, sizes that lie do no harm."""
GZIP_BITS = 31
"""For zlib: a window of 32 KiB, with the header and the checksum of gzip."""
NOT_MEMBERS = ("__MACOSX/", ".DS_Store")
ENCRYPTED = 1
"""The bit of a zip member's flags that says so."""


@dataclass(frozen=True)
class Inflated:
    """What a file holds.

    Args:
        kind: of the compression, for people; "" for none.
        name: of what it holds, such as "train.csv" of "train.csv.gz".
        read: return up to so many bytes, nothing at the end.
    """

    kind: str
    name: str
    read: Callable[[int], bytes]


def kind_of_container(head: bytes) -> str:
    """Return the name of the compression that the first bytes of a file belong to; "" for none."""
    return next((kind for magic, kind in MAGICS.items() if head.startswith(magic)), "")


def inflated(path: Path, file: BinaryIO, head: bytes) -> Inflated:
    """Return what an open file holds, inflated where its first bytes say that it is compressed.

    Raises:
        DataError: it is a zip of several files, or an encrypted one.
        FormatError: it is a damaged zip.
    """
    kind, name = kind_of_container(head), path.name
    inner = name.rpartition(".")[0] if name.lower().endswith(PACKED_SUFFIXES) else name
    if not kind:
        return Inflated("", inner, file.read)  # what was packed may have been inflated on its way
    if kind == "zip":
        return _zip_member(path, file)
    if kind == "gzip":
        pieces = _gzip_pieces(file)
        return Inflated(kind, inner, lambda _: next(pieces, b""))
    pieces = _zstandard_pieces(path, file) if kind == "zstandard" else _pieces(file, DECOMPRESSORS[kind])
    return Inflated(kind, inner, lambda _: next(pieces, b""))


class _Decompressor(Protocol):
    """What the decompressors of Python have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


DECOMPRESSORS: dict[str, Callable[[], _Decompressor]] = {
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY),
}


def _gzip_pieces(file: BinaryIO) -> Iterator[bytes]:
    """Inflate one member after the other, in large steps: Python's module takes 8 KiB at a time."""
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
    """Inflate one stream after the other; each piece has a mebibyte at most."""
    inflater, inside, block = start(), False, b""
    while True:
        if inflater.eof:
            block, inside, inflater = inflater.unused_data, False, start()
        elif inside and not inflater.needs_input:
            block = b""
        if not block and (inflater.needs_input or not inside):
            block = file.read(1 << 16)
            if not block:
                break
        inside = True
        piece = inflater.decompress(block, TOGETHER)
        block = b""
        if piece:
            yield piece
    if inside:
        raise EOFError("the end is missing")


def _zstandard_pieces(path: Path, file: BinaryIO) -> Iterator[bytes]:
    """Inflate one frame after the other; unlike `stream_reader`, notice that the last one is cut short."""
    import zstandard

    inflater, inside = zstandard.ZstdDecompressor().decompressobj(), False
    while block := file.read(ZSTANDARD_TOGETHER):
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


def _zip_member(path: Path, file: BinaryIO) -> Inflated:
    """Return the only member of a zip archive.

    Raises:
        DataError: there is none, there are several, or it is encrypted.
        FormatError: the archive is damaged.
    """
    archive, members = _members(path, file)
    names = [member.filename for member in members]
    if len(members) != 1:
        listed = ", ".join(map(shorten, names[:4])) + (", ..." if len(names) > 4 else "")
        got = f"{len(names)}: {listed}" if names else "none"
        raise DataError(f"{path}: a zip archive must hold one file, got {got}; unpack it, and give one of them")
    if members[0].flag_bits & ENCRYPTED:
        raise DataError(f"{path}: the zip archive must not be encrypted, got {names[0]!r} with a password; unpack it")
    content = open_member(path, archive, members[0])
    return Inflated("zip", PurePosixPath(names[0]).name, content.read)


def is_workbook(path: Path, file: BinaryIO, budget: Budget) -> bool:
    """Return whether a zip archive is an Excel workbook.

    Raises:
        DataError: it is a document of another program, or would inflate to too much.
        FormatError: the archive is damaged.
    """
    members = _members(path, file)[1]
    names = {member.filename.partition("/")[0] for member in members}
    for folder, program in (("word", "Word document"), ("ppt", "PowerPoint presentation")):
        if folder in names and "[Content_Types].xml" in names:
            raise DataError(f"{path}: a table must be a text file, Parquet, Arrow or Excel, got a {program}")
    found = "xl" in names and "[Content_Types].xml" in names
    if found:
        budget.spend(sum(member.file_size for member in members))
        if sum(member.compress_size for member in members) * LARGEST_RATIO > budget.left:
            check_sizes(path, file, members)
    return found


class Budget:
    """The bytes that a file may inflate to.

    Args:
        path: the file.
        limit: bytes, 1 or more.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._left = self.limit = limit

    @property
    def left(self) -> int:
        """Bytes that may still be inflated."""
        return self._left

    def spend(self, size: int) -> None:
        """Count bytes that were inflated.

        Raises:
            DataError: all together are more than the limit.
        """
        self._left -= size
        if self._left < 0:
            rule = f"compressed data must inflate to {self.limit} bytes at most, got {self.limit - self._left} and more"
            cure = "raise inflate_limit_gb (on the command line --inflate-limit-gb) if you trust it"
            raise DataError(f"{self._path}: {rule}; {cure}")


def _members(path: Path, file: BinaryIO) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    archive = open_archive(path, file)
    listed = [member for member in archive.infolist() if not member.is_dir()]
    return archive, [
        member
        for member in listed
        if not member.filename.startswith(NOT_MEMBERS[0]) and not member.filename.endswith(NOT_MEMBERS[1])
    ]
