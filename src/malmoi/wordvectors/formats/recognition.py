"""Detection of the format of a vectors file from its content."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from malmoi.errors import FormatError
from malmoi.foundation.archives import open_archive, open_member, unpacking_errors
from malmoi.foundation.compression import Compression, compression_of, decompressed_pieces
from malmoi.foundation.files import open_regular, scratch_folder
from malmoi.foundation.validation import shorten
from malmoi.wordvectors.formats.binary import open_binary
from malmoi.wordvectors.formats.sources import LARGEST_DIMENSION, Member, Source, TextSource
from malmoi.wordvectors.formats.stored import MARK, StoredSource

__all__ = ["recognise"]

HEAD_BYTES = 1 << 20
COPY_BYTES = 1 << 20
LARGEST_RATIO = 200
ALWAYS_ALLOWED = 64 << 20
BOM = b"\xef\xbb\xbf"
READABLE = ("gzip", "zstandard", "zip")
HEADER = re.compile(rb"(\d{1,19}) (\d{1,9})[ \t]*\r?\n")
LOCAL_HEADER = struct.Struct("<4s22xHH")


def recognise(path: Path) -> Source:
    """Detect the format of a file from its beginning, and open it.

    Raises:
        FileNotFoundError: the file does not exist.
        FormatError: the file is empty, damaged, not a regular file, or does not hold word vectors.
    """
    try:
        with open_regular(path) as file:
            magic = file.read(HEAD_BYTES)
    except ValueError as error:
        raise FormatError(f"{shorten(str(path))} is not a valid file name ({error}); use another") from None
    source = _source(path, magic)
    if source.dimension > LARGEST_DIMENSION:
        rule = f"a row must have at most {LARGEST_DIMENSION} numbers"
        raise FormatError(f"{path}: {rule}, found {source.dimension}; is this a file of word vectors?")
    return source


def _source(path: Path, magic: bytes) -> Source:
    compression = compression_of(magic)
    if compression and compression not in READABLE:
        rule = f"a compressed file of vectors must be one of {', '.join(READABLE)}"
        raise FormatError(f"{path}: {rule}, got {compression}; decompress it first")
    member = _only_member(path) if compression == "zip" else None
    head = _head(path, compression) if compression else magic
    if not head.strip():
        raise FormatError(f"{path} is empty; a vectors file has a word and its values on every line")
    if head[8:9] == b"{" and MARK in head[:HEAD_BYTES]:
        if compression:
            raise FormatError(
                f"{path} is a compressed file in malmoi's format, which needs random access; unpack it first"
            )
        return StoredSource.open(path)
    if b"\0" in head[:64] and not HEADER.match(head):
        return _binary(path, compression, head)
    skipped = len(BOM) if head.startswith(BOM) else 0
    header = HEADER.match(head, skipped)
    if header and not _is_text(head[header.end() :], int(header[2])):
        return _binary(path, compression, head)
    return _text(path, compression, member, head, skipped, header)


def _text(
    path: Path,
    compression: Compression,
    member: Member | None,
    head: bytes,
    skipped: int,
    header: re.Match[bytes] | None,
) -> TextSource:
    start = header.end() if header else skipped
    first_line = 2 if header else 1
    fields = head[start:].partition(b"\n")[0].split()
    declared = int(header[2]) if header else len(fields) - 1
    _refuse_other_text(path, head[start:], fields, declared, first_line)
    kind = "word2vec or fastText text" if header else "GloVe text"
    claimed = int(header[1]) if header else None
    return TextSource(path, kind, declared, claimed, compression, member, start, first_line)


def _refuse_other_text(path: Path, rows: bytes, fields: list[bytes], declared: int, line: int) -> None:
    where = f"{path}:{line}"
    if b"\0" in rows:
        offset = rows.index(b"\0")
        raise FormatError(f"{path} must be a text file, found a NUL byte at {offset} of its rows; check its format")
    if len(fields) < 2:
        shown = shorten(b" ".join(fields).decode(errors="replace"))
        raise FormatError(f"{where}: expected a word and its values, found {shown}")
    if declared < 1 or len(fields) - 1 < declared:
        raise FormatError(f"{where}: expected {declared} numbers after the word, found {len(fields) - 1}")
    for field in fields[-declared:]:
        if not _is_number(field):
            shown = shorten(field.decode(errors="replace"))
            raise FormatError(f"{where}: {shown} is not a number; is this a file of word vectors?")


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return b"_" not in field


def _is_text(rows: bytes, dimension: int) -> bool:
    """Return whether the data after a header line is text; binary numbers have bytes that do not occur in text."""
    first = rows.partition(b"\n")[0].split()
    if 0 < dimension < len(first) and all(map(_is_number, first[-dimension:])):
        return True
    numbers = np.frombuffer(rows.partition(b" ")[2][: 4 * dimension], dtype=np.uint8)
    odd = (numbers < 0x20) & ~np.isin(numbers, [0x09, 0x0A, 0x0D])
    return not bool(odd.any() or (numbers >= 0x7F).any())


def _binary(path: Path, compression: Compression, head: bytes) -> Source:
    word2vec = HEADER.match(head) is not None
    if not compression:
        return open_binary(path, path, word2vec=word2vec)
    # The format needs random access, so it is decompressed to a file, which is deleted once it is open.
    allowed = max(path.stat().st_size * LARGEST_RATIO, ALWAYS_ALLOWED)
    with scratch_folder() as folder:
        place = folder / "unpacked.bin"
        with place.open("wb") as unpacked:
            for piece in _pieces(path, compression):
                unpacked.write(piece)
                if unpacked.tell() > allowed:
                    raise FormatError(
                        f"{path} expands to more than {LARGEST_RATIO} times its size, which no vectors file does"
                    )
        return open_binary(path, place, word2vec=word2vec)


def _pieces(path: Path, compression: Compression) -> Iterator[bytes]:
    """Yield the decompressed content of a file in pieces."""
    with open_regular(path) as file, unpacking_errors(path, compression):
        if compression != "zip":
            yield from decompressed_pieces(file, compression)
            return
        with open_archive(path, file) as archive, open_member(path, archive, archive.infolist()[0]) as content:
            while piece := content.read(COPY_BYTES):
                yield piece


def _head(path: Path, compression: Compression) -> bytes:
    head = b""
    for piece in _pieces(path, compression):
        head += piece
        if len(head) >= HEAD_BYTES:
            break
    return head[:HEAD_BYTES]


def _only_member(path: Path) -> Member:
    """Return the position of the only file in a zip archive; its name is not used."""
    with open_regular(path) as file:
        with open_archive(path, file) as archive:
            listed = archive.infolist()
        members = [member for member in listed if not member.is_dir()]
        if len(members) != 1 or len(listed) != 1:
            names = ", ".join(shorten(member.filename) for member in members[:3])
            raise FormatError(f"{path} must contain one file, found {len(listed)}: {names}; unpack the one you want")
        (member,) = members
        if member.flag_bits & 1:
            raise FormatError(f"{path} is encrypted; unpack it with its password first")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FormatError(
                f"{path} must be compressed with deflate, found method {member.compress_type}; unpack it first"
            )
        with unpacking_errors(path, "zip"):
            file.seek(member.header_offset)
            front = file.read(LOCAL_HEADER.size)
    if len(front) < LOCAL_HEADER.size or front[:4] != b"PK\x03\x04":
        raise FormatError(f"{path}: byte {member.header_offset}: no zip member begins here; the file is damaged")
    _, name, extra = LOCAL_HEADER.unpack(front)
    offset = member.header_offset + LOCAL_HEADER.size + name + extra
    if offset + member.compress_size > path.stat().st_size:
        rule = f"its member must have {member.compress_size} bytes, but the file ends earlier"
        raise FormatError(f"{path}: byte {offset}: {rule}; the file is damaged or truncated")
    stored = member.compress_type == zipfile.ZIP_STORED
    return offset, member.compress_size, member.file_size, member.CRC, stored
