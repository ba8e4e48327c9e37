"""`malmoi runs ...`: list, show, compare and delete recorded runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from typer.core import TyperGroup

from malmoi.cli.console import answers, messages, print_table
from malmoi.cli.data_output import write_json
from malmoi.cli.option_values import call_with
from malmoi.cli.options import option_names, options_for, with_options
from malmoi.cli.run_recording import RUNS_HELP, opened, runs_path
from malmoi.cli.runs_tables import compared, difference, listed, run_json, shown
from malmoi.cli.strict import StrictCommand
from malmoi.cli.usage import UsageError
from malmoi.experiments.run_record import RunRecord
from malmoi.experiments.runs_file import Order, RunFilter, RunsFile
from malmoi.experiments.settings import one_of, settings_of
from malmoi.foundation.validation import LARGEST_COUNT, shorten

if TYPE_CHECKING:
    from typer.models import ArgumentInfo

__all__ = ["FILTER", "runs_app"]

FILTER = options_for({name: one for name, one in settings_of(RunFilter).items() if name != "ids"}, "Filter")
FILTER["recipe"] = replace(FILTER["recipe"], flags=("--recipe",))
SHOWN_RUNS = 30
HELP = "List, show, compare and delete recorded runs; without a command, list them (filters: malmoi runs list --help)."

RunsFileOption = Annotated[Path | None, typer.Option("--runs", help=RUNS_HELP.replace(", or none", ""))]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def _run_number(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        rule = "a run number must be a whole number"
        raise UsageError(f"{rule}, got {shorten(word)}; malmoi runs lists them") from None


def _numbers(metavar: str, words: str) -> ArgumentInfo:
    argument: ArgumentInfo = typer.Argument(parser=_run_number, metavar=metavar, help=words)
    return argument


Numbers = Annotated[
    list[int],
    _numbers("NUMBERS...", "Run numbers, as listed by malmoi runs."),
]


class _ListingGroup(TyperGroup):
    """A command group that runs `list` if no command is given."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments, with `list` inserted if there are none or the first is an option."""
        named = bool(args) and (not args[0].startswith("-") or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["list", *args])


runs_app = typer.Typer(cls=_ListingGroup, help=HELP)


def _opened(given: Path | None) -> RunsFile:
    path = runs_path(given)
    if path is None:
        raise UsageError("--runs must be a file, got none; pass a file, or unset MALMOI_RUNS")
    return opened(path, create=False)


def _filter(given: dict[str, object]) -> RunFilter:
    with option_names((), tuple(FILTER)):
        return call_with(RunFilter, given)


def _selected(runs: RunsFile, numbers: Sequence[int]) -> list[RunRecord]:
    """Return the runs with these numbers, in the given order."""
    found = {run.id: run for run in runs.select(RunFilter(ids=[one for one in numbers if abs(one) < 2**63]))}
    missing = [str(number) for number in numbers if number not in found]
    if missing:
        raise UsageError(f"{runs.path} has no run {', '.join(missing)}; malmoi runs lists them")
    return [found[number] for number in dict.fromkeys(numbers)]


def _list(
    given: dict[str, object],
    runs: RunsFileOption = None,
    limit: Annotated[
        int | None, typer.Option(help=f"Maximum number of runs; default: {SHOWN_RUNS}, or all with --json.")
    ] = None,
    order: Annotated[
        str, typer.Option("--sort", help="newest, oldest, or best (best score first, grouped by type of score).")
    ] = "newest",
    json: JsonOption = False,
) -> None:
    """List runs, newest first; the same as malmoi runs without a command."""
    with option_names(()):
        name: Order = one_of("--sort", order, get_args(Order))  # type: ignore[assignment]
    if limit is not None and not 1 <= limit <= LARGEST_COUNT:
        raise UsageError(f"--limit must be 1 or more, got {limit}")
    which, file = _filter(given), _opened(runs)
    most = limit if limit is not None or json else SHOWN_RUNS
    found = file.select(which, limit=most, order=name)
    if json:
        write_json([run_json(run) for run in found])
        return
    total = file.count(which)
    if found:
        answers.print_lines(listed(found))
    such = f"{'matching ' if given else ''}run{'' if total == 1 else 's'} in {file.path}"
    words = f"{total:,} {such}"
    if len(found) < total:
        words = f"{len(found):,} of {total:,} {such}; --limit {total} lists all"
    messages.print(words, style="dim")


runs_app.command("list", cls=StrictCommand)(with_options(_list, FILTER))


@runs_app.command("show", cls=StrictCommand)
def show(
    number: Annotated[int, _numbers("NUMBER", "Run number, as listed by malmoi runs.")],
    runs: RunsFileOption = None,
    json: JsonOption = False,
) -> None:
    """Show the record of one run, with its settings."""
    (run,) = _selected(_opened(runs), [number])
    if json:
        write_json(run_json(run))
    else:
        print_table("", shown(run))


@runs_app.command("compare", cls=StrictCommand)
def compare_runs(numbers: Numbers, runs: RunsFileOption = None, json: JsonOption = False) -> None:
    """Compare runs: scores side by side, settings that differ, and paired differences.

    Paired differences are shown for runs of malmoi compare that were evaluated on
    the same test set: the accuracy of a run minus that of the run before it, with
    a 95 % interval.
    """
    if len(set(numbers)) < 2:
        raise UsageError(
            f"NUMBERS must be two or more different run numbers, got {', '.join(map(str, numbers))}; add another"
        )
    found = _selected(_opened(runs), numbers)
    pairs = [(first, second, difference(first, second)) for first, second in pairwise(found)]
    if json:
        differences = [
            {"run": second.id, "less": first.id, **one.to_json()} for first, second, one in pairs if one is not None
        ]
        content = {"runs": [run_json(run) for run in found], "differences": differences}
        write_json(content)
        return
    answers.print_lines(compared(found))
    for first, second, one in pairs:
        if one is not None:
            answers.print(f"run {second.id} minus run {first.id}: {one}")
    if any(one is None for *_, one in pairs):
        words = "paired differences are only shown for runs of malmoi compare on the same test set"
        messages.print(words, style="dim")


def _delete(
    given: dict[str, object],
    numbers: Annotated[
        list[int] | None,
        _numbers("[NUMBERS]...", "Run numbers; or use a filter."),
    ] = None,
    runs: RunsFileOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without confirmation.")] = False,
) -> None:
    """Delete runs by number or filter; model files are kept. malmoi compare trains deleted runs again."""
    if bool(numbers) == bool(given):
        got = "both" if numbers else "neither"
        raise UsageError(
            f"runs must be selected by numbers or by a filter such as --failed, got {got}; use one of them"
        )
    which, file = _filter(given), _opened(runs)
    found = _selected(file, numbers) if numbers else file.select(which, order="oldest")
    if not found:
        messages.print(f"no such run in {file.path}; nothing was deleted")
        return
    such = "1 run" if len(found) == 1 else f"{len(found):,} runs"
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"deleting {such} needs confirmation, and standard input is not a terminal; pass --yes")
        messages.print_lines(listed(found))
        if not typer.confirm(f"Delete {such}?", err=True):
            messages.print("nothing was deleted")
            return
    deleted = file.delete([run.id for run in found if run.id is not None])
    left = file.count()
    messages.print(f"deleted: {deleted:,}; remaining: {left:,} in {file.path}")


runs_app.command("delete", cls=StrictCommand)(with_options(_delete, FILTER))
