"""Byte streams of files: decompressed up to a limit and transcoded to UTF-8, in blocks."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Self

from malmoi import _core
from malmoi.data.readers.containers import Budget, Inflated, inflated, is_workbook
from malmoi.data.readers.encodings import detected_encoding, named_bytes, shown_encoding
from malmoi.data.readers.settings import AUTO, ReadSettings
from malmoi.errors import DataError, FormatError
from malmoi.foundation.compression import DAMAGE, compression_of
from malmoi.foundation.progress import Progress

__all__ = ["ByteStream"]

BLOCK_BYTES = 1 << 20
SAMPLE_BYTES = 1 << 20
LONGEST_SAMPLE = 1 << 27
INFLATED_TIMES = 200  # text compresses 3 to 20 times, a malicious file more
FORBIDDEN = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class ByteStream:
    """The decompressed content of an open file.

    Args:
        path: the file.
        settings: read settings.
        progress: progress callback; called with the step's name, the number of bytes done and the total.

    Attributes:
        sample: the first mebibyte of the content; more if that is a part of the first line of JSON.
        container: name of the compression in messages; "" for none.
        name: name of the content: the file name without the suffix of the compression, or the name of a zip member.
        budget: limit of the decompressed size.
        is_workbook: whether it is an Excel workbook, which is not decompressed.

    Raises:
        DataError: the path is a pipe or a device, or an unsupported compressed file.
        FormatError: compressed data are damaged.
    """

    def __init__(self, path: Path, settings: ReadSettings, progress: Progress) -> None:
        self.path = path
        self._progress = progress
        self._file: BinaryIO = self._opened()
        try:
            self._status = os.fstat(self._file.fileno())
            size = self._status.st_size
            self.budget = Budget(path, int(max(settings.decompression_limit_gb * 1e9, INFLATED_TIMES * size)))
            self._begin()
        except BaseException:
            self._file.close()
            raise

    def _opened(self) -> BinaryIO:
        mode = self.path.stat().st_mode
        for is_kind, name in FORBIDDEN:
            if is_kind(mode):
                cure = "write its content to a file, or pass - to read lines from standard input"
                raise DataError(f"{self.path}: data must be a file or a folder, got {name}; {cure}")
        return self.path.open("rb")

    def _begin(self) -> None:
        head = self._file.read(512)
        self._file.seek(0)
        self.is_workbook = compression_of(head) == "zip" and is_workbook(self.path, self._file, self.budget)
        whole = Inflated("", self.path.name, self._file.read)
        self._content = whole if self.is_workbook else inflated(self.path, self._file, head)
        self.container, self.name = self._content.kind, self._content.name
        self._waiting = b""
        self.sample = self._sampled()
        self._waiting = self.sample
        if self.container and compression_of(self.sample):
            kinds = f"{compression_of(self.sample)} in {self.container}"
            raise DataError(f"{self.path}: a file must be compressed only once, got {kinds}; decompress it once")

    def _sampled(self) -> bytes:
        """Return the first mebibyte; more if it is a part of one line of JSON, which tells the columns."""
        sample = self._gathered(SAMPLE_BYTES)
        if sample.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{"):
            while b"\n" not in sample and len(sample) < LONGEST_SAMPLE and (more := self._gathered(len(sample))):
                sample += more
        return sample

    def _gathered(self, size: int) -> bytes:
        """Return at least `size` bytes, fewer at the end; pieces of compressed data may be small."""
        pieces: list[bytes] = []
        while sum(map(len, pieces)) < size and (piece := self._read(size)):
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _read(self, size: int) -> bytes:
        try:
            block = self._content.read(size)
        except DAMAGE as error:
            raise FormatError(f"{self.path}: compressed data are damaged or truncated ({error})") from None
        except OSError as error:
            if not self.container:
                raise
            raise FormatError(f"{self.path}: compressed data are damaged ({error})") from None
        if self.container:
            self.budget.spend(len(block))
        if block:
            self.tell_progress(self._file.tell())
        return block

    def encoding(self, wanted: str) -> str:
        """Return the requested encoding; if it is "auto", the encoding detected from the sample."""
        return self._detected_encoding if wanted == AUTO else wanted

    @cached_property
    def _detected_encoding(self) -> str:
        return detected_encoding(self.sample)

    def described(self, form: str, wanted: str) -> str:
        """Return a description of compression, format and encoding of the file."""
        return ", ".join(filter(None, (self.container, form, shown_encoding(self.encoding(wanted)))))

    def sample_text(self, wanted: str) -> str:
        """Return the sample as text, without a last incomplete character and with invalid bytes replaced."""
        decoder = codecs.getincrementaldecoder(self.encoding(wanted))(errors="replace")
        with named_bytes(self.path, self.encoding(wanted), lambda _: 0):
            text = decoder.decode(self.sample).removeprefix("\ufeff")
        return text.replace("\r", "\n") if self._has_old_line_ends else text

    @cached_property
    def _has_old_line_ends(self) -> bool:
        """Whether lines end with a single carriage return."""
        return b"\r" in self.sample and b"\n" not in self.sample

    @property
    def is_whole(self) -> bool:
        """Whether the sample is probably the whole content."""
        return len(self.sample) < SAMPLE_BYTES

    def raw_blocks(self) -> Iterator[bytes]:
        """Yield all bytes, in order.

        Raises:
            DataError: compressed data are too large, or the file was changed meanwhile.
            FormatError: compressed data are damaged.
        """
        block, self._waiting = self._waiting, b""
        while block:
            yield block
            block = self._gathered(BLOCK_BYTES)
        self.check_unchanged()

    def check_unchanged(self) -> None:
        """Check that the file has not changed since it was opened.

        Raises:
            DataError: its size or its modification time differs.
        """
        before = self._status
        now = self.path.stat() if self.path.exists() else before
        if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            rule = f"the file must not change while it is read, got {before.st_size} bytes and then {now.st_size}"
            raise DataError(f"{self.path}: {rule}; read it again when it is complete")

    def feed(self, wanted: str, offset: int) -> _core.ByteFeed | None:
        """Return a feed for files that the core can read: UTF-8, plain or compressed (gzip, Zstandard); else `None`.

        Args:
            wanted: the encoding, or "auto".
            offset: bytes of the content to skip.
        """
        if self.container not in ("", "gzip", "zstandard") or self.encoding(wanted) != "utf-8":
            return None
        if self._has_old_line_ends:
            return None
        with self.inflating_errors():
            return _core.ByteFeed(str(self.path), self.container, offset, self.budget.limit)

    @contextmanager
    def inflating_errors(self) -> Iterator[None]:
        """Convert errors of the core within a `with` block to errors with the path.

        Raises:
            DataError: the data expand to more than the limit.
            FormatError: the data are damaged, or a row is longer than 64 MiB.
        """
        try:
            yield
        except OverflowError:
            self.budget.spend(self.budget.limit + 1)
        except BufferError:
            rule = "a row must have at most 64 MiB, got a longer one"
            raise FormatError(f"{self.path}: {rule}; check that the file is a text table") from None
        except EOFError as error:
            raise FormatError(f"{self.path}: compressed data are damaged or truncated ({error})") from None

    def tell_progress(self, done: int) -> None:
        """Call the progress callback with the number of bytes read."""
        size = self._status.st_size
        self._progress("reading", min(done, size), size)

    def blocks(self, wanted: str) -> Iterator[bytes]:
        """Yield all bytes as UTF-8, in order, without a byte order mark; lines end with a newline.

        Raises:
            DataError: bytes are invalid in an encoding other than UTF-8; the row parser checks UTF-8.
        """
        encoding = self.encoding(wanted)
        blocks = self._utf8(encoding) if encoding == "utf-8" else self._decoded(encoding)
        for block in blocks:
            if block:
                yield block.replace(b"\r", b"\n") if self._has_old_line_ends else block

    def _utf8(self, encoding: str) -> Iterator[bytes]:
        is_first = True
        for block in self.raw_blocks():
            yield block.removeprefix(codecs.BOM_UTF8) if is_first else block
            is_first = False

    def _decoded(self, encoding: str) -> Iterator[bytes]:
        decoder, end, is_first = codecs.getincrementaldecoder(encoding)(), 0, True

        def start(tried: int) -> int:
            return end - tried

        for block in self.raw_blocks():
            end += len(block)
            with named_bytes(self.path, encoding, start):
                text = decoder.decode(block)
            yield (text.removeprefix("\ufeff") if is_first else text).encode("utf-8", "replace")
            is_first = is_first and not text
        with named_bytes(self.path, encoding, start):
            yield decoder.decode(b"", final=True).encode("utf-8", "replace")

    @property
    def mark_bytes(self) -> int:
        """Number of bytes of a UTF-8 byte order mark, which is skipped."""
        return len(codecs.BOM_UTF8) if self.sample.startswith(codecs.BOM_UTF8) else 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        """Return the open stream."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()
