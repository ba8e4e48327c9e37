"""The bytes of a file: inflated, limited, decoded to UTF-8, a block at a time."""

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
INFLATED_TIMES = 200  # text shrinks 3 to 20 times, a hostile file more
FORBIDDEN = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class ByteStream:
    """What an open file holds.

    Args:
        path: the file.
        settings: how it is read.
        progress: told how many bytes of the file are read.

    Attributes:
        sample: the first mebibyte of what the file holds.
        container: kind of the compression, for people; "" for none.
        name: of what it holds: that of the file without the suffix of its compression, or that of a zip's member.
        budget: what it may inflate to.
        is_workbook: whether it is an Excel workbook, which is not inflated.

    Raises:
        DataError: it is no file but a pipe or a device, or a compressed one that cannot be used.
        FormatError: compressed data are damaged.
    """

    def __init__(self, path: Path, settings: ReadSettings, progress: Progress) -> None:
        self.path = path
        self._progress = progress
        self._file: BinaryIO = self._opened()
        try:
            self._status = os.fstat(self._file.fileno())
            size = self._status.st_size
            self.budget = Budget(path, int(max(settings.inflate_limit_gb * 1e9, INFLATED_TIMES * size)))
            self._begin()
        except BaseException:
            self._file.close()
            raise

    def _opened(self) -> BinaryIO:
        mode = self.path.stat().st_mode
        for is_kind, name in FORBIDDEN:
            if is_kind(mode):
                cure = "write its content to a file, or give - for lines of standard input"
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
        self.sample = self._gathered(SAMPLE_BYTES)
        self._waiting = self.sample
        if self.container and compression_of(self.sample):
            kinds = f"{compression_of(self.sample)} in {self.container}"
            raise DataError(f"{self.path}: a file must be compressed once, got {kinds}; inflate it once")

    def _gathered(self, size: int) -> bytes:
        """So many bytes or a few more; fewer at the end. Pieces of compressed data may be small."""
        pieces: list[bytes] = []
        while sum(map(len, pieces)) < size and (piece := self._read(size)):
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _read(self, size: int) -> bytes:
        try:
            block = self._content.read(size)
        except DAMAGE as error:
            raise FormatError(f"{self.path}: compressed data are damaged or cut short ({error})") from None
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
        """Return the encoding that is asked for, or that of the sample."""
        return self._detected_encoding if wanted == AUTO else wanted

    @cached_property
    def _detected_encoding(self) -> str:
        return detected_encoding(self.sample)

    def described(self, form: str, wanted: str) -> str:
        """Return a format with the compression and the encoding of the file, for people."""
        return ", ".join(filter(None, (self.container, form, shown_encoding(self.encoding(wanted)))))

    def sample_text(self, wanted: str) -> str:
        """Return the sample as text, but for a character that is cut, and for what does not fit the encoding."""
        decoder = codecs.getincrementaldecoder(self.encoding(wanted))(errors="replace")
        with named_bytes(self.path, self.encoding(wanted), lambda _: 0):
            text = decoder.decode(self.sample).removeprefix("\ufeff")
        return text.replace("\r", "\n") if self._has_old_line_ends else text

    @cached_property
    def _has_old_line_ends(self) -> bool:
        """Whether lines end with a carriage return alone."""
        return b"\r" in self.sample and b"\n" not in self.sample

    @property
    def is_whole(self) -> bool:
        """Whether the sample is all that there is, as far as is known."""
        return len(self.sample) < SAMPLE_BYTES

    def raw_blocks(self) -> Iterator[bytes]:
        """Yield all bytes, in order.

        Raises:
            DataError: compressed data are too large, or the file changed meanwhile.
            FormatError: compressed data are damaged.
        """
        block, self._waiting = self._waiting, b""
        while block:
            yield block
            block = self._gathered(BLOCK_BYTES)
        self.check_unchanged()

    def check_unchanged(self) -> None:
        """Refuse a file that is not the one that was opened any more.

        Raises:
            DataError: its size or its time is another.
        """
        before = self._status
        now = self.path.stat() if self.path.exists() else before
        if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            rule = f"the file must stay as it is while it is read, got {before.st_size} bytes and then {now.st_size}"
            raise DataError(f"{self.path}: {rule}; read it again when it is whole")

    def feed(self, wanted: str, offset: int) -> _core.ByteFeed | None:
        """Return what the core reads by itself: UTF-8, as it is or compressed by gzip or Zstandard; else `None`.

        Args:
            wanted: the encoding, or "auto".
            offset: bytes of the content that are read over.
        """
        if self.container not in ("", "gzip", "zstandard") or self.encoding(wanted) != "utf-8":
            return None
        if self._has_old_line_ends:
            return None
        with self.inflating_errors():
            return _core.ByteFeed(str(self.path), self.container, offset, self.budget.limit)

    @contextmanager
    def inflating_errors(self) -> Iterator[None]:
        """Around reading by the core: name the file where data are damaged, or inflate too far, or a row has no end.

        Raises:
            DataError: they inflate to more than the budget.
            FormatError: they are damaged; a row is longer than 64 MiB.
        """
        try:
            yield
        except OverflowError:
            self.budget.spend(self.budget.limit + 1)
        except BufferError:
            rule = "a row must have 64 MiB at most, got one that goes on"
            raise FormatError(f"{self.path}: {rule}; is this a table of text?") from None
        except EOFError as error:
            raise FormatError(f"{self.path}: compressed data are damaged or cut short ({error})") from None

    def tell_progress(self, done: int) -> None:
        """Tell how many bytes of the file are read."""
        size = self._status.st_size
        self._progress("reading", min(done, size), size)

    def blocks(self, wanted: str) -> Iterator[bytes]:
        """Yield all bytes as UTF-8, in order, without a byte order mark; lines end at a newline.

        Raises:
            DataError: bytes do not fit another encoding than UTF-8, which the parser of rows checks.
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
        """Bytes of a UTF-8 mark, which are read over."""
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
