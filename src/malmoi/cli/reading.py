"""Reading of files by commands: options, and messages about files read and rows skipped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from glob import has_magic, iglob
from pathlib import Path
from typing import BinaryIO

from malmoi.cli.console import messages
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.option_values import call_with, paths_of
from malmoi.cli.options import Option, option_names, options_for
from malmoi.cli.usage import UsageError
from malmoi.data.corpus_files import ReadTexts, read_texts
from malmoi.data.readers import BadRow, ReadFrom, ReadReport, ReadSettings, check_input_format
from malmoi.experiments.settings import settings_of
from malmoi.foundation.files import refuse_existing, whole_file
from malmoi.foundation.progress import Progress

__all__ = [
    "CARRYING",
    "DATA_HELP",
    "LABELLED",
    "SPLIT",
    "UNLABELLED",
    "RejectOptions",
    "checked_reading",
    "read_labelled",
    "refuse_same_files",
    "refuse_shared_files",
    "unlabelled_texts",
]


@dataclass(frozen=True)
class RejectOptions:
    """Options for skipped rows.

    Args:
        rejects: file for skipped rows, as JSON Lines; needs `--on-error skip`.
    """

    rejects: Path | None = None


_ALL = options_for({**settings_of(ReadSettings), **settings_of(RejectOptions)}, "Reading")
_OF_LABELS = ("label_column", "label_separator")
_CARRIED = ("id_column", "keep")
_OF_SPLITS = ("group_column",)
_SET_BY_COMMANDS = ("labelled", "labels_required", "model_columns")
UNLABELLED: dict[str, Option] = {
    name: option
    for name, option in _ALL.items()
    if name not in (*_OF_LABELS, *_CARRIED, *_OF_SPLITS, *_SET_BY_COMMANDS)
}
"""Options of commands that read texts without labels."""
SPLIT = {name: option for name, option in _ALL.items() if name not in (*_CARRIED, *_SET_BY_COMMANDS)}
"""Options of commands that read labelled texts and split them, or compare two parts of a split."""
LABELLED = {name: option for name, option in SPLIT.items() if name not in _OF_SPLITS}
"""Options of other commands that read labelled texts."""
CARRYING = {name: option for name, option in _ALL.items() if name not in (*_OF_LABELS, *_OF_SPLITS, *_SET_BY_COMMANDS)}
"""Options of commands that copy columns to their output."""


TEXT_SUFFIX = ".txt"
"""Suffix of the files that are read from a folder."""
DATA_HELP = "One or more tables or globs; or a folder with one subfolder of .txt files per class."


@contextmanager
def checked_reading(
    given: Mapping[str, object],
    *,
    labelled: bool,
    labels_required: bool = True,
    overwrite: bool = False,
    model_columns: Sequence[str] = (),
    others: Sequence[str | Path | None] = (),
) -> Iterator[tuple[ReadSettings, ReadReport]]:
    """Yield reading settings from options, and a report that prints to stderr what was read.

    Args:
        given: options by name.
        labelled: whether labels are read.
        labels_required: whether files without labels are refused if labels are read.
        overwrite: whether the file of skipped rows may be overwritten.
        model_columns: columns that the model was trained on.
        others: other files that the command reads or writes.

    Raises:
        UsageError: an option is out of range, has no effect, or names a file that is used otherwise.
    """
    rejects = paths_of(given, ("rejects",)).get("rejects")
    chosen = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    chosen.pop("rejects", None)
    with option_names((), list(_ALL)):
        default = ReadSettings(labelled=labelled, labels_required=labels_required, model_columns=tuple(model_columns))
        settings = call_with(partial(replace, default), chosen)
        check_input_format(settings)
    if rejects is not None and settings.on_error != "skip":
        raise UsageError("--rejects has no effect with --on-error stop; pass --on-error skip too")
    with ExitStack() as stack:
        file = None
        if rejects is not None:
            refuse_same_files("--rejects", rejects, others)
            refuse_existing(rejects, overwrite=overwrite)
            stack.enter_context(outputs_named_on_failure(rejects))
            file = stack.enter_context(whole_file(rejects, overwrite=overwrite))
        report = _printing_report(file)
        yield settings, report
        _print_skipped(report, rejects)


def unlabelled_texts(data: Sequence[str], settings: ReadSettings, report: ReadReport, progress: Progress) -> list[str]:
    """Read unlabelled texts with the settings of the labelled texts.

    Args:
        data: files, globs or folders; if empty, no texts are read.
        settings: settings of the labelled texts.
        report: report of the labelled texts; skipped rows are added to it.
        progress: progress callback, called with the step's name, the number done and the total.
    """
    if not data:
        return []
    without = replace(settings, labelled=False, label_column=(), label_separator=None)
    return read_texts(data, without, report=ReadReport(report.on_read, report.skip), progress=progress).texts


def refuse_same_files(
    flag: str, output: Path, others: Sequence[str | Path | None], *, what: str = "the other files of the command"
) -> None:
    """Refuse an output that is also another file of the command.

    Args:
        flag: option that names the output.
        output: the output file.
        others: other files that the command reads or writes.
        what: name of the others in the error message.

    Raises:
        UsageError: the output is one of the others.
    """
    for other in others:
        if other is not None and _is_same(str(other), output):
            raise UsageError(f"{flag} must be another file than {what}, got {output}; choose another name")


def refuse_shared_files(outputs: Iterable[tuple[str, Path | None]], inputs: Sequence[str | Path | None]) -> None:
    """Refuse outputs that are also an input or another output.

    Args:
        outputs: options with their files; `None` if there is no file.
        inputs: files, globs and folders to read.

    Raises:
        UsageError: an output is the same file as an input or another output.
    """
    used = list(inputs)
    for flag, path in outputs:
        if path is not None:
            refuse_same_files(flag, path, used)
            used.append(path)


def _is_same(used: str, output: Path) -> bool:
    """Return whether an output is an input file, matches an input glob, or is a text in an input folder."""
    try:
        if Path(used).resolve() == output.resolve() or (output.exists() and Path(used).samefile(output)):
            return True
    except (OSError, ValueError):
        pass  # a glob, or a missing file, which is reported when it is read
    if not output.exists():
        return False
    if Path(used).is_dir():
        return output.suffix.lower() == TEXT_SUFFIX and output.resolve().is_relative_to(Path(used).resolve())
    return has_magic(used) and any(_is_same(found, output) for found in iglob(used, recursive=True))


def read_labelled(
    data: Sequence[str],
    given: Mapping[str, object],
    *,
    progress: Progress,
    overwrite: bool = False,
    model_columns: Sequence[str] = (),
    others: Sequence[str | Path | None] = (),
) -> ReadTexts:
    """Read all labelled texts; see `checked_reading` for the arguments."""
    used = [*data, *others]
    reading = checked_reading(given, labelled=True, overwrite=overwrite, model_columns=model_columns, others=used)
    with reading as (settings, report):
        return read_texts(data, settings, report=report, progress=progress)


def _printing_report(rejects: BinaryIO | None = None) -> ReadReport:
    """Return a report that prints to stderr how files were read, and writes skipped rows."""

    def keep(row: BadRow) -> None:
        if rejects is not None:
            line = {"place": row.place, "reason": row.reason, "row": row.raw}
            rejects.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

    return ReadReport(_print_source, keep)


def _print_source(source: ReadFrom) -> None:
    messages.print(f"read {source}", style="dim")


def _print_skipped(report: ReadReport, rejects: Path | None) -> None:
    if not report.skipped:
        return
    rows = "1 row was" if report.skipped == 1 else f"{report.skipped:,} rows were"
    where = f" and written to {rejects}" if rejects is not None else ""
    messages.print(f"warning: {rows} skipped{where}", style="yellow")
    for row in report.first_skipped:
        messages.print(f"  {row}", style="dim")
    if report.skipped > len(report.first_skipped):
        messages.print(f"  and {report.skipped - len(report.first_skipped):,} more", style="dim")
