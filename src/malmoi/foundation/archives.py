"""Reading of untrusted zip archives: the directory size is limited, and damage raises one type of error."""

from __future__ import annotations

import errno
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from malmoi.errors import FormatError
from malmoi.foundation.compression import DAMAGE
from malmoi.foundation.validation import shorten

__all__ = ["check_sizes", "open_archive", "open_member", "unpacking_errors"]

LARGEST_DIRECTORY = 8 << 20
END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR = struct.Struct("<4sLQL")
LARGEST_COMMENT = 0xFFFF
LOCAL_SIZES = 26
CHUNK_BYTES = 1 << 20


@contextmanager
def unpacking_errors(path: Path, packing: str) -> Iterator[None]:
    """Convert decompression errors within a `with` block to errors with the path.

    Raises:
        FormatError: the file is damaged or truncated.
    """
    try:
        yield
    except FormatError:
        raise
    except (*DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        reason = shorten(str(error) or type(error).__name__).strip("'\"")
        raise FormatError(
            f"{path}: cannot be decompressed as {packing}: {reason}; the file is damaged or cut short"
        ) from None


def open_archive(path: Path, file: BinaryIO) -> zipfile.ZipFile:
    """Open a zip archive and read its directory.

    Args:
        path: the file, for messages.
        file: the file, open for random access.

    Raises:
        FormatError: the archive is damaged, or has a directory of more than 8 MiB.
    """
    with unpacking_errors(path, "zip"):
        size = _directory_bytes(file)
        if size > LARGEST_DIRECTORY:
            rule = f"the directory of a zip archive must have at most {LARGEST_DIRECTORY} bytes"
            raise FormatError(f"{path}: {rule}, found {size}; unpack it, and pass one of its files")
        return zipfile.ZipFile(file)


def open_member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """Open a member for reading.

    Raises:
        FormatError: the archive is damaged, or its compression method is unknown.
    """
    with unpacking_errors(path, "zip"):
        return archive.open(member)


def check_sizes(path: Path, file: BinaryIO, members: Sequence[zipfile.ZipInfo]) -> None:
    """Check that the decompressed sizes of members equal those in the directory, without keeping the data.

    Args:
        path: the file, for messages.
        file: the file, open.
        members: members of the archive, stored or deflated.

    Raises:
        FormatError: a size differs, or the compression method is another.
    """
    for member in members:
        with unpacking_errors(path, "zip"):
            file.seek(member.header_offset + LOCAL_SIZES)
            name, extra = struct.unpack("<HH", file.read(4))
            file.seek(name + extra, 1)
            found = member.compress_size
            if member.compress_type == zipfile.ZIP_DEFLATED:
                found = _inflated_bytes(file, member.compress_size, member.file_size)
            elif member.compress_type != zipfile.ZIP_STORED:
                raise FormatError(f"{path}: {shorten(member.filename)} must be stored or deflated; compress it again")
            if found != member.file_size:
                rule = f"{shorten(member.filename)} must have {member.file_size} bytes, as in the directory"
                raise FormatError(
                    f"{path}: {rule}, found {'more' if found > member.file_size else found}; the file is damaged"
                )


def _inflated_bytes(file: BinaryIO, packed: int, most: int) -> int:
    """Return the decompressed size of deflated data, or a number above `most`."""
    inflater, found, block = zlib.decompressobj(-zlib.MAX_WBITS), 0, b""
    while not inflater.eof and found <= most and (block or packed):
        if not block:
            block = file.read(min(packed, CHUNK_BYTES))
            packed -= len(block)
            if not block:
                raise EOFError("the file ends before its member")
        found += len(inflater.decompress(block, CHUNK_BYTES))
        block = inflater.unconsumed_tail
    return found if inflater.eof or found > most else found + len(inflater.flush())


def _directory_bytes(file: BinaryIO) -> int:
    """Return the directory size from the end record of an archive; 0 if there is no end record."""
    size = file.seek(0, 2)
    file.seek(max(0, size - LARGEST_COMMENT - END.size))
    tail = file.read()
    position = tail.rfind(b"PK\5\6")
    if not 0 <= position <= len(tail) - END.size:
        return 0
    declared: int = END.unpack_from(tail, position)[5]
    before = size - len(tail) + position - LOCATOR.size - END64.size
    if before >= 0:
        file.seek(before)
        record = file.read(END64.size)
        if file.read(4) == b"PK\6\7" and record[:4] == b"PK\6\6":
            return max(declared if declared != 0xFFFFFFFF else 0, int(END64.unpack(record)[8]))
    return declared
