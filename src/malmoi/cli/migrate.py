"""`malmoi migrate`: rewrite scripts and notebooks of old Keras for Keras 3."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from malmoi.cli.console import answers, messages
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.output_options import ForceOption
from malmoi.cli.reading import refuse_same_files
from malmoi.cli.usage import UsageError
from malmoi.foundation.files import refuse_existing, whole_file

if TYPE_CHECKING:
    from malmoi.keras.migration import FileMigration, Finding

__all__ = ["migrate_command"]

FOUND = 3
"""Exit code of `--strict` if there is a finding."""
COLORS = {"+": "green", "-": "red", "@": "cyan"}

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="Scripts (.py) and notebooks (.ipynb).", show_default=False)
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Output file, for one FILE.")]
InPlace = Annotated[bool, typer.Option("--write", help="Rewrite each FILE, and keep the old one as FILE.bak.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with code 3 if something could not be rewritten.")]


def migrate_command(
    files: Files, output: Output = None, write: InPlace = False, strict: Strict = False, force: ForceOption = False
) -> None:
    """Rewrite scripts and notebooks of Keras 1, Keras 2 or tf.keras for Keras 3.

    Prints the difference, and then what it cannot rewrite, with the line, the
    reason and what to do. Names that Keras 3 dropped are imported from
    malmoi.keras. The files are read, not run. Without --output or --write,
    nothing is written.

    In notebooks, only the sources of changed cells change. Code of Python 2 must
    be converted first, for example with 2to3.

    Exit code: 0, or 3 with --strict if something could not be rewritten; 2 for
    wrong options and for files that are not Python 3.
    """
    targets = _targets(files, output, write=write)
    if output is not None:
        refuse_same_files("--output", output, files)
        refuse_existing(output, overwrite=force)
    if force and not targets:
        raise UsageError("--force has no effect without --output or --write; leave it out")

    from malmoi.keras.migration import migrate_file

    done = [migrate_file(path) for path in files]
    for one in done:
        if write and one.pieces:
            refuse_existing(_copy(one.path), overwrite=force)
    for one in done:
        _print(one)
    _write(done, targets, overwrite=force)
    if strict and any(one.findings for one in done):
        raise typer.Exit(FOUND)


def _copy(path: Path) -> Path:
    return path.with_name(path.name + ".bak")


def _targets(files: Sequence[Path], output: Path | None, *, write: bool) -> dict[Path, Path]:
    """Return where each file is written; empty if nothing is to be written."""
    if output is not None and write:
        raise UsageError("--output and --write must not be used together; leave one out")
    if output is not None and len(files) > 1:
        raise UsageError(f"--output takes one FILE, got {len(files)}; use --write")
    if write and len({path.resolve() for path in files}) < len(files):
        raise UsageError("FILE must be different files, got one twice")
    if output is not None and _is_notebook(output) != _is_notebook(files[0]):
        raise UsageError(f"--output must have the suffix of FILE, got {output.name} for {files[0].name}")
    if output is not None:
        return {files[0]: output}
    return {path: path for path in files} if write else {}


def _is_notebook(path: Path) -> bool:
    return path.suffix.lower() == ".ipynb"


def _print(done: FileMigration) -> None:
    """Print the difference, the number of changes, and the findings."""
    for line in _difference(done):
        answers.print(line.expandtabs(4), style=COLORS.get(line[:1]))
    if not done.pieces and not done.findings:
        answers.print(f"{done.path}: nothing to change")
        return
    answers.print(
        f"{done.path}: {_counted(done.changes, 'change')}, {_counted(done.findings, 'finding')}", style="bold"
    )
    for finding in done.findings:
        answers.print(f"{done.path}:{_place(finding)}: {finding.reason}; {finding.cure} [{finding.code}]")


def _counted(items: Sequence[object], word: str) -> str:
    return f"{len(items)} {word}{'' if len(items) == 1 else 's'}"


def _place(finding: Finding) -> str:
    return str(finding.line) if finding.cell is None else f"cell {finding.cell}:{finding.line}"


def _difference(done: FileMigration) -> Iterator[str]:
    """Yield the lines of a unified difference, one for each changed cell of a notebook."""
    for piece in done.pieces:
        name = str(done.path) if piece.cell is None else f"{done.path}, cell {piece.cell}"
        before, after = (
            text.replace("\r\n", "\n").removesuffix("\n").split("\n") for text in (piece.before, piece.after)
        )
        yield from difflib.unified_diff(before, after, name, f"{name} (migrated)", lineterm="")


def _write(done: Sequence[FileMigration], targets: dict[Path, Path], *, overwrite: bool) -> None:
    if not targets:
        if any(one.pieces for one in done):
            messages.print("nothing was written; pass --output FILE or --write")
        return
    with outputs_named_on_failure(*targets.values()):
        for one in done:
            target = targets[one.path]
            if target == one.path and not one.pieces:
                continue
            if target == one.path:
                with whole_file(_copy(target), overwrite=overwrite) as file:
                    file.write(one.before)
                messages.print(f"kept the old file as {_copy(target)}")
            with whole_file(target, overwrite=overwrite or target == one.path) as file:
                file.write(one.content)
            messages.print(f"wrote {target}")
