"""How commands read files: the options for it, and what is said of what was read and what was skipped."""

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
from malmoi.cli.mistakes import telling_what_is_written
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
    "read_as_asked",
    "reading_as_asked",
    "refuse_same_files",
    "refuse_shared_files",
    "unlabelled_texts",
]


@dataclass(frozen=True)
class RejectOptions:
    """What becomes of rows that are skipped.

    Args:
        rejects: file that keeps rows that are skipped, as JSON lines; needs `--on-error skip`.
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
"""Options of commands that read texts alone."""
SPLIT = {name: option for name, option in _ALL.items() if name not in (*_CARRIED, *_SET_BY_COMMANDS)}
"""Options of commands that read labelled texts, and split them or compare two sides of a split."""
LABELLED = {name: option for name, option in SPLIT.items() if name not in _OF_SPLITS}
"""Options of other commands that read labelled texts."""
CARRYING = {name: option for name, option in _ALL.items() if name not in (*_OF_LABELS, *_OF_SPLITS, *_SET_BY_COMMANDS)}
"""Options of commands that carry columns along."""


TEXT_SUFFIX = ".txt"
"""Files of this suffix are read where a folder is given."""
DATA_HELP = "A table, a glob or several; or a folder with one folder of .txt files per class."


@contextmanager
def reading_as_asked(
    given: Mapping[str, object],
    *,
    labelled: bool,
    labels_required: bool = True,
    overwrite: bool = False,
    model_columns: Sequence[str] = (),
    others: Sequence[str | Path | None] = (),
) -> Iterator[tuple[ReadSettings, ReadReport]]:
    """Around reading: yields the settings that options ask for, and a report that says on stderr what was read.

    Args:
        given: options by name.
        labelled: whether labels are read.
        labels_required: whether files without labels are refused where labels are read.
        overwrite: whether the file of skipped rows may be replaced.
        model_columns: columns that the model was trained on.
        others: files that the command reads or writes besides.

    Raises:
        UsageError: an option is out of its range, has no effect, or names a file that has another part.
    """
    rejects = paths_of(given, ("rejects",)).get("rejects")
    chosen = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    chosen.pop("rejects", None)
    with option_names((), list(_ALL)):
        usual = ReadSettings(labelled=labelled, labels_required=labels_required, model_columns=tuple(model_columns))
        settings = call_with(partial(replace, usual), chosen)
        check_input_format(settings)
    if rejects is not None and settings.on_error != "skip":
        raise UsageError("--rejects has no effect with --on-error stop; pass --on-error skip too")
    with ExitStack() as stack:
        file = None
        if rejects is not None:
            refuse_same_files("--rejects", rejects, others)
            refuse_existing(rejects, overwrite=overwrite)
            stack.enter_context(telling_what_is_written(rejects))
            file = stack.enter_context(whole_file(rejects, overwrite=overwrite))
        report = _told_report(file)
        yield settings, report
        _tell_skipped(report, rejects)


def unlabelled_texts(data: Sequence[str], settings: ReadSettings, report: ReadReport, progress: Progress) -> list[str]:
    """Read texts without labels as labelled texts of a command were read.

    Args:
        data: files, globs or folders; none gives no texts.
        settings: of the labelled texts.
        report: of the labelled texts; skipped rows are told with theirs.
        progress: progress callback.
    """
    if not data:
        return []
    without = replace(settings, labelled=False, label_column=(), label_separator=None)
    return read_texts(data, without, report=ReadReport(report.on_read, report.skip), progress=progress).texts


def refuse_same_files(
    flag: str, output: Path, others: Sequence[str | Path | None], *, what: str = "those of the command"
) -> None:
    """Refuse an output that is a file which the command reads or writes otherwise.

    Args:
        flag: the option that names the output.
        output: the file.
        others: that the command reads or writes.
        what: the others, for the error.

    Raises:
        UsageError: it is one of the others.
    """
    for other in others:
        if other is not None and _is_same(str(other), output):
            raise UsageError(f"{flag} must be another file than {what}, got {output}; give a new name")


def refuse_shared_files(outputs: Iterable[tuple[str, Path | None]], inputs: Sequence[str | Path | None]) -> None:
    """Refuse outputs that are a file which the command reads, or the file of another output.

    Args:
        outputs: options with their files; `None` where there is none.
        inputs: files, globs and folders that are read.

    Raises:
        UsageError: a file has two parts.
    """
    used = list(inputs)
    for flag, path in outputs:
        if path is not None:
            refuse_same_files(flag, path, used)
            used.append(path)


def _is_same(used: str, output: Path) -> bool:
    """Whether an output is a file, one of a glob, or a text of a folder."""
    try:
        if Path(used).resolve() == output.resolve() or (output.exists() and Path(used).samefile(output)):
            return True
    except (OSError, ValueError):
        pass  # no such file: a glob, or what is refused when it is read
    if not output.exists():
        return False
    if Path(used).is_dir():
        return output.suffix.lower() == TEXT_SUFFIX and output.resolve().is_relative_to(Path(used).resolve())
    return has_magic(used) and any(_is_same(found, output) for found in iglob(used, recursive=True))


def read_as_asked(
    data: Sequence[str],
    given: Mapping[str, object],
    *,
    progress: Progress,
    overwrite: bool = False,
    model_columns: Sequence[str] = (),
    others: Sequence[str | Path | None] = (),
) -> ReadTexts:
    """Read labelled texts whole; `reading_as_asked` says the rest."""
    used = [*data, *others]
    asked = reading_as_asked(given, labelled=True, overwrite=overwrite, model_columns=model_columns, others=used)
    with asked as (settings, report):
        return read_texts(data, settings, report=report, progress=progress)


def _told_report(rejects: BinaryIO | None = None) -> ReadReport:
    """Return a report that says on stderr how files were understood, and writes skipped rows."""

    def keep(row: BadRow) -> None:
        if rejects is not None:
            line = {"place": row.place, "reason": row.reason, "row": row.raw}
            rejects.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

    return ReadReport(_tell, keep)


def _tell(source: ReadFrom) -> None:
    messages.print(f"read {source}", style="dim")


def _tell_skipped(report: ReadReport, rejects: Path | None) -> None:
    if not report.skipped:
        return
    rows = "1 row was" if report.skipped == 1 else f"{report.skipped:,} rows were"
    where = f"; they are in {rejects}" if rejects is not None else ""
    messages.print(f"warning: {rows} skipped{where}", style="yellow")
    for row in report.first_skipped:
        messages.print(f"  {row}", style="dim")
    if report.skipped > len(report.first_skipped):
        messages.print(f"  and {report.skipped - len(report.first_skipped):,} more", style="dim")
