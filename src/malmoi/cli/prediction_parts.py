"""Partial files of predictions: OUTPUT.part and its state, from which `--resume` continues."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from malmoi.cli.console import messages
from malmoi.cli.mistakes import StoppedError, reason
from malmoi.cli.prediction_state import STATE_FORMAT, Counts, PartSettings, checked_counts, read_state, written_state
from malmoi.cli.prediction_tables import merge_tables
from malmoi.cli.usage import UsageError
from malmoi.data.readers import RowError
from malmoi.errors import DataError, FormatError
from malmoi.foundation.files import (
    GrowingFile,
    locked,
    put_in_place,
    remove,
    remove_abandoned,
    whole_file,
)
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten

__all__ = ["PART_SUFFIX", "STATE_SUFFIX", "DamagedPartError", "Part", "opened_part"]

PART_SUFFIX, STATE_SUFFIX = ".part", ".part.json"
"""Suffixes of the partial file and of its state."""
BYTES_TOGETHER = 1 << 20


class DamagedPartError(DataError):
    """A partial file or state that was changed or damaged."""

    def __init__(self, path: Path) -> None:
        rule = f"{path} was changed after it was written, or is damaged"
        super().__init__(f"{rule}; leave out --resume to start from row 1")


class Part:
    """A partial file of predictions, written piece by piece; for Parquet, a folder with one file per piece.

    Args:
        output: the final file.
        settings: everything that the predictions depend on.
        row_group: rows of every Parquet piece but the last; `None` for other formats.
    """

    def __init__(self, output: Path, settings: PartSettings, row_group: int | None = None) -> None:
        self.path = output.with_name(f"{output.name}{PART_SUFFIX}")
        self.counts = Counts()
        self._output = output
        self._settings = settings
        self._row_group = row_group
        self._state = output.with_name(f"{output.name}{STATE_SUFFIX}")
        self._file: GrowingFile | None = None

    def append(self, piece: bytes, rows: int = 0, empty_rows: int = 0, *, changed: int = 0) -> None:
        """Append a piece; it survives if the process is killed after this call."""
        if self._file is None:
            with whole_file(self._piece(self.counts.pieces), overwrite=True, durable=False) as file:
                file.write(piece)
        else:
            self._file.append(piece)
        counts = self.counts.with_piece(piece, rows, empty_rows, changed)
        self._save(counts)
        self.counts = counts

    def finish(self) -> None:
        """Move the complete predictions to the output."""
        if self._row_group is not None:
            whole = self.path / "whole.parquet"
            merge_tables([self._piece(number) for number in range(self.counts.pieces)], whole, self._row_group)
            put_in_place(whole, self._output)
        else:
            self.close()
            put_in_place(self.path, self._output)
        self.discard()

    def check_place(self, rows: int, pieces: int) -> None:
        """Check that the partial file has this number of rows and pieces.

        Raises:
            DamagedPartError: it has not.
        """
        if (self.counts.rows, self.counts.pieces) != (rows, pieces):
            raise DamagedPartError(self._state)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def discard(self) -> None:
        """Remove the partial file and then its state, which identifies it."""
        self.close()
        remove(self.path)
        remove(self._state)

    def open(self, stack: ExitStack, *, resume: bool) -> None:
        """Resume an earlier partial file, or start a new one.

        Raises:
            UsageError: the earlier file has other settings, is being written by another process, or is another file.
        """
        remove_abandoned(self._state)
        earlier = self._earlier()
        with ExitStack() as earlier_lock:
            if earlier is not None:
                self._lock(earlier_lock)
            if resume and earlier is not None:
                self.counts = self._checked(earlier)
                stack.enter_context(earlier_lock.pop_all())
            else:
                self._print_replaced(earlier, resume=resume)
                remove(self.path)
                self._save(Counts())
                self._make()
                self._lock(stack)
        if self._row_group is None:
            self._file = GrowingFile(self.path, self.counts.size_bytes)

    def _make(self) -> None:
        if self._row_group is not None:
            self.path.mkdir(mode=0o700)
        else:
            GrowingFile(self.path, 0, like=self._output).close()

    def _lock(self, stack: ExitStack) -> None:
        try:
            stack.enter_context(locked(self.path))
        except BlockingIOError:
            raise UsageError(
                f"{self.path} is being written by another malmoi predict; wait until it has finished"
            ) from None

    def _print_replaced(self, earlier: JsonObject | None, *, resume: bool) -> None:
        if resume:
            messages.print(f"note: no partial file of {self._output} to resume; starting from row 1")
            return
        try:
            rows = 0 if earlier is None else checked_counts(earlier).rows
        except ValueError:
            messages.print(f"note: {self.path} is replaced; it is damaged or of another version")
            return
        if rows:
            replaced = f"{self.path} is replaced; it has {rows:,} rows of an earlier run"
            messages.print(f"note: {replaced}; --resume would have continued from row {rows + 1:,}")

    def _piece(self, number: int) -> Path:
        return self.path / f"{number:08d}.parquet"

    def _save(self, counts: Counts) -> None:
        with whole_file(self._state, overwrite=True, durable=False) as file:
            file.write(written_state(self._settings, counts))

    def _earlier(self) -> JsonObject | None:
        """Return the state of an earlier partial file; `None` if there is none."""
        exists = self.path.is_symlink() or self.path.exists()
        try:
            state = read_state(self._state)
        except FileNotFoundError:
            if not exists:
                return None
            foreign = self.path
        except (FormatError, ValueError):
            foreign = self._state
        else:
            return state if exists else None
        raise UsageError(
            f"{foreign} must be a file of malmoi predict, found another file; delete it, or move it elsewhere"
        )

    def _checked(self, earlier: JsonObject) -> Counts:
        cure = "use the same model, input and options, or leave out --resume to start from row 1"
        version = earlier.get("format")
        if type(version) is int and version != STATE_FORMAT:
            raise UsageError(f"{self._state} has format {shorten(version)}, this version reads {STATE_FORMAT}; {cure}")
        try:
            counts = checked_counts(earlier)
        except ValueError as error:
            raise DamagedPartError(self._state) from error
        if (difference := self._settings.difference(earlier)) is not None:
            raise UsageError(
                f"--resume must have the model, the input and the options of {self.path}: {difference}; {cure}"
            )
        size_bytes, checksum = 0, 0
        for piece in self._pieces(counts):
            size_bytes, checksum = size_bytes + len(piece), zlib.crc32(piece, checksum)
        if (size_bytes, checksum) != (counts.size_bytes, counts.checksum):
            raise DamagedPartError(self.path)
        messages.print(f"note: resuming from row {counts.rows + 1:,}, after the rows of {self.path}")
        return counts

    def _pieces(self, counts: Counts) -> Iterator[bytes]:
        """Yield the recorded contents, and remove what a killed process left unrecorded."""
        if self._row_group is None:
            left = counts.size_bytes
            with self.path.open("rb") as file:
                while left and (piece := file.read(min(left, BYTES_TOGETHER))):
                    yield piece
                    left -= len(piece)
            return
        found = set(self.path.iterdir())
        known = [self._piece(number) for number in range(min(counts.pieces, len(found) + 1))]
        for path in found - set(known):
            remove(path)
        yield from (path.read_bytes() for path in known if path.exists())


@contextmanager
def opened_part(part: Part, *, resume: bool, resumable: bool) -> Iterator[Part]:
    """Open a partial file; after an error, keep it if it has rows and can be resumed.

    Args:
        part: the partial file.
        resume: continue an earlier one.
        resumable: whether the input can be read again.

    Raises:
        StoppedError: the work stopped early, and the partial file has rows.
        UsageError: the earlier partial file cannot be resumed.
    """
    with ExitStack() as stack:
        part.open(stack, resume=resume)
        try:
            yield part
        except DamagedPartError:
            raise
        except BaseException as error:
            part.close()
            rows = part.counts.rows
            if not (resumable and rows):
                part.discard()
                raise
            if (message := reason(error)) is None:
                raise
            kept = f"{part.path} has {rows:,} rows"
            skip = "; --on-error skip skips invalid rows" if isinstance(error, RowError) else ""
            raise StoppedError(
                f"{message}; {kept}: the same command with --resume continues from row {rows + 1:,}{skip}"
            ) from error
        finally:
            part.close()
