"""Compressed files, detected by their first bytes and decompressed in pieces up to a limit."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from malmoi.errors import DataError
from malmoi.foundation.archives import check_sizes, open_archive, open_member
from malmoi.foundation.compression import COMPRESSED_SUFFIXES, Compression, compression_of, decompressed_pieces
from malmoi.foundation.validation import shorten

__all__ = ["Budget", "Inflated", "inflated", "is_workbook"]

LARGEST_RATIO = 1032
"""Highest compression ratio of DEFLATE: below the limit divided by it, forged sizes do no harm."""
NOT_MEMBERS = ("__MACOSX/", ".DS_Store")
ENCRYPTED = 1
"""Bit of a zip member's flags for encryption."""


@dataclass(frozen=True)
class Inflated:
    """The decompressed content of a file.

    Args:
        kind: name of the compression in messages; "" for none.
        name: name of the content, such as "train.csv" for "train.csv.gz".
        read: function that returns up to the given number of bytes, and no bytes at the end.
    """

    kind: Compression
    name: str
    read: Callable[[int], bytes]


def inflated(path: Path, file: BinaryIO, head: bytes) -> Inflated:
    """Return the content of an open file, decompressed if its first bytes are those of a compressed file.

    Raises:
        DataError: it is a zip archive of several files, or an encrypted one.
        FormatError: it is a damaged zip archive.
    """
    kind, name = compression_of(head), path.name
    inner = name.rpartition(".")[0] if name.lower().endswith(COMPRESSED_SUFFIXES) else name
    if not kind:
        return Inflated("", inner, file.read)  # a file with such a suffix may have been decompressed in transit
    if kind == "zip":
        return _zip_member(path, file)
    pieces = decompressed_pieces(file, kind)
    return Inflated(kind, inner, lambda _: next(pieces, b""))


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
        raise DataError(f"{path}: a zip archive must contain one file, got {got}; unpack it, and pass one of them")
    if members[0].flag_bits & ENCRYPTED:
        raise DataError(f"{path}: the zip archive must not be encrypted, got {names[0]!r} with a password; unpack it")
    content = open_member(path, archive, members[0])
    return Inflated("zip", PurePosixPath(names[0]).name, content.read)


def is_workbook(path: Path, file: BinaryIO, budget: Budget) -> bool:
    """Return whether a zip archive is an Excel workbook.

    Raises:
        DataError: it is a document of another program, or would expand to more than the limit.
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
    """Limit of the bytes that a file may expand to.

    Args:
        path: the file.
        limit: bytes, 1 or more.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._left = self.limit = limit

    @property
    def left(self) -> int:
        """Remaining bytes."""
        return self._left

    def spend(self, size: int) -> None:
        """Count decompressed bytes.

        Raises:
            DataError: the total is above the limit.
        """
        self._left -= size
        self.check(self.limit - self._left)

    def check(self, size: int) -> None:
        """Check a total of decompressed bytes before anything is decompressed.

        Raises:
            DataError: the total is above the limit.
        """
        if size > self.limit:
            rule = f"compressed data must expand to at most {self.limit} bytes, got {size} or more"
            cure = "if you trust the file, increase decompression_limit_gb (--decompression-limit-gb)"
            raise DataError(f"{self._path}: {rule}; {cure}")


def _members(path: Path, file: BinaryIO) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    archive = open_archive(path, file)
    listed = [member for member in archive.infolist() if not member.is_dir()]
    return archive, [
        member
        for member in listed
        if not member.filename.startswith(NOT_MEMBERS[0]) and not member.filename.endswith(NOT_MEMBERS[1])
    ]
