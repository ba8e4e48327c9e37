"""Where predictions go: a file by way of a part, standard output, or a device such as a named pipe."""

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

__all__ = ["Output", "checked_output", "opened_output", "opened_stream", "refuse_same_file", "written_files"]

STANDARD_OUTPUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


class Output(Protocol):
    """What takes predictions, piece by piece."""

    counts: Counts

    def append(self, piece: bytes, rows: int = 0, empty_rows: int = 0, *, changed: int = 0) -> None:
        """Add a piece; `changed` is how many of its cells were changed."""

    def check_place(self, rows: int, pieces: int) -> None:
        """Refuse to go on where the output does not end after these rows of the input, in these pieces."""

    def finish(self) -> None:
        """Say that it was the last one."""


class _Stream:
    """An output that is written as it comes."""

    def __init__(self, file: BinaryIO) -> None:
        self.counts = Counts()
        self._file = file

    def append(self, piece: bytes, rows: int = 0, empty_rows: int = 0, *, changed: int = 0) -> None:
        self._file.write(piece)
        self.counts = self.counts.with_piece(b"", rows, empty_rows, changed)

    def check_place(self, rows: int, pieces: int) -> None:
        """Nothing is gone on with."""

    def finish(self) -> None:
        """Nothing is held back."""


def checked_output(output: Path | None, *, overwrite: bool) -> Path | None:
    """Return the file of the predictions; `None` for standard output.

    Raises:
        FileExistsError: the file exists and `overwrite` is off.
        OSError: it cannot be written.
    """
    if output is None or str(output) in STANDARD_OUTPUT:
        return None
    refuse_existing(output, overwrite=overwrite)
    return output


def refuse_same_file(output: Path | None, inputs: Iterable[Path]) -> None:
    """Refuse an output that would replace what it is made from.

    Raises:
        UsageError: it is one of the inputs.
    """
    for path in written_files(output):
        refuse_same_files("--output", path, list(inputs), what="MODEL and DATA")


def written_files(output: Path | None) -> list[Path]:
    """Return the file of the predictions, its part and the state of the part; none for standard output."""
    if output is None:
        return []
    return [output, *(output.with_name(f"{output.name}{suffix}") for suffix in (PART_SUFFIX, STATE_SUFFIX))]


@contextmanager
def opened_stream(output: Path | None) -> Iterator[BinaryIO]:
    """Open standard output, or a device.

    Raises:
        StoppedError: not all of the predictions were written.
    """
    file = raw_output() if output is None else open_stream(output)
    try:
        yield for_terminal(file)
        file.flush()
    except BrokenPipeError:
        pass  # the reader has seen enough (`| head`): no mistake, and nobody left to tell
    except (Exception, KeyboardInterrupt) as error:
        if (said := reason(error)) is None:
            raise
        raise StoppedError(f"{said}; the predictions are not whole") from error
    finally:
        if output is not None:
            with suppress(OSError):
                file.close()


@contextmanager
def opened_output(
    output: Path | None, settings: PartSettings, row_group: int | None, *, resume: bool, resumable: bool
) -> Iterator[Output]:
    """Open where predictions go.

    Args:
        output: a file or a device; `None` for standard output.
        settings: what the predictions depend on.
        row_group: where pieces are Parquet files: rows of every one but the last; `None` elsewhere.
        resume: go on with an earlier part.
        resumable: whether a part may be gone on with.
    """
    if output is not None and not is_stream(output):
        part = Part(followed(output), settings, row_group)
        with opened_part(part, resume=resume, resumable=resumable):
            yield part
        return
    if resume:
        raise UsageError("--resume goes with a file of predictions (--output); leave it out")
    with opened_stream(output) as file:
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
