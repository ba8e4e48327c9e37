"""Outputs of predictions: a file (through a partial file), standard output, or a device such as a named pipe."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from malmoi.cli.data_output import for_terminal
from malmoi.cli.mistakes import StoppedError, reason
from malmoi.cli.prediction_parts import PART_SUFFIX, STATE_SUFFIX, Part, opened_part
from malmoi.cli.prediction_state import Counts, PartSettings
from malmoi.cli.reading import refuse_same_files
from malmoi.cli.streams import raw_output
from malmoi.cli.usage import UsageError
from malmoi.foundation.files import followed, is_stream, open_stream, refuse_existing, scratch_folder

__all__ = [
    "Output",
    "checked_output",
    "opened_output",
    "opened_stream",
    "refuse_same_file",
    "written_files",
    "written_to",
]

STANDARD_OUTPUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


class Output(Protocol):
    """An output of predictions, written piece by piece."""

    counts: Counts

    def append(self, piece: bytes, rows: int = 0, empty_rows: int = 0, *, changed: int = 0) -> None:
        """Append a piece; `changed` is the number of its changed cells."""

    def check_place(self, rows: int, pieces: int) -> None:
        """Check that the output has this number of rows and pieces."""

    def finish(self) -> None:
        """Complete the output after the last piece."""


class _Stream:
    """An output stream that is written immediately."""

    def __init__(self, file: BinaryIO) -> None:
        self.counts = Counts()
        self._file = file

    def append(self, piece: bytes, rows: int = 0, empty_rows: int = 0, *, changed: int = 0) -> None:
        self._file.write(piece)
        self.counts = self.counts.with_piece(b"", rows, empty_rows, changed)

    def check_place(self, rows: int, pieces: int) -> None:
        """Do nothing: a stream is never resumed."""

    def finish(self) -> None:
        """Do nothing: everything is written already."""


def checked_output(output: Path | None, *, overwrite: bool) -> Path | None:
    """Return the output file; `None` for standard output.

    Raises:
        FileExistsError: the file exists and `overwrite` is false.
        OSError: the file cannot be written.
    """
    if output is None or str(output) in STANDARD_OUTPUT:
        return None
    refuse_existing(output, overwrite=overwrite)
    return output


def refuse_same_file(output: Path | None, inputs: Iterable[Path]) -> None:
    """Refuse an output that is also an input.

    Raises:
        UsageError: the output is one of the inputs.
    """
    for path in written_files(output):
        refuse_same_files("--output", path, list(inputs), what="MODEL and DATA")


def written_files(output: Path | None) -> list[Path]:
    """Return the output file, its partial file and the state file; none for standard output."""
    if output is None:
        return []
    return [output, *(output.with_name(f"{output.name}{suffix}") for suffix in (PART_SUFFIX, STATE_SUFFIX))]


@contextmanager
def opened_stream(output: Path | None) -> Iterator[BinaryIO]:
    """Open standard output or a device.

    Raises:
        StoppedError: not all predictions were written.
    """
    file = raw_output() if output is None else open_stream(output)
    try:
        yield for_terminal(file)
        file.flush()
    except BrokenPipeError:
        pass  # the reader closed the pipe, as `| head` does
    except (Exception, KeyboardInterrupt) as error:
        if (message := reason(error)) is None:
            raise
        raise StoppedError(f"{message}; the predictions are incomplete") from error
    finally:
        if output is not None:
            with suppress(OSError):
                file.close()


@contextmanager
def opened_output(
    output: Path | None, settings: PartSettings, row_group: int | None, *, resume: bool, resumable: bool
) -> Iterator[Output]:
    """Open the output of predictions.

    Args:
        output: a file or a device; `None` for standard output.
        settings: everything that the predictions depend on.
        row_group: rows of every Parquet piece but the last; `None` for other formats.
        resume: continue an earlier partial file.
        resumable: whether a partial file can be resumed.
    """
    if output is not None and not is_stream(output):
        part = Part(followed(output), settings, row_group)
        with opened_part(part, resume=resume, resumable=resumable):
            yield part
        return
    if resume:
        raise UsageError("--resume needs an output file (--output); leave it out")
    with opened_stream(output) as file, written_to(file, settings, row_group) as stream:
        yield stream


@contextmanager
def written_to(file: BinaryIO, settings: PartSettings, row_group: int | None) -> Iterator[Output]:
    """Open an output that is written to an open file; Parquet is written when it is complete.

    Args:
        file: the file.
        settings: everything that the predictions depend on.
        row_group: rows of every Parquet piece but the last; `None` for other formats.
    """
    if row_group is None:
        yield _Stream(file)
        return
    with scratch_folder() as folder:
        whole = folder / "predictions.parquet"
        part = Part(whole, settings, row_group)
        with opened_part(part, resume=False, resumable=False):
            yield part
        with whole.open("rb") as finished:
            shutil.copyfileobj(finished, file)
