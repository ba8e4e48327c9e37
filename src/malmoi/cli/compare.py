"""`malmoi compare`: recipes on the same draws and texts, beside simple baselines; resumable, with a report."""

from __future__ import annotations

import inspect
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.console import ProgressBars, answers, logged_once, print_findings, print_table
from malmoi.cli.interrupts import interrupted
from malmoi.cli.mistakes import StoppedError, telling_what_is_written
from malmoi.cli.option_values import call_with, value_of
from malmoi.cli.options import option_names, options_for, with_options
from malmoi.cli.pictures import check_picture
from malmoi.cli.reading import DATA_HELP, LABELLED, refuse_same_files
from malmoi.cli.reporting import check_page_file, spoken, write_page
from malmoi.cli.run_recording import RunsOption, opened, runs_path
from malmoi.cli.several_recipes import (
    RECIPES_HELP,
    SIZES_HELP,
    Corpora,
    Files,
    TestOption,
    UnlabelledOption,
    files_of,
    read_corpora,
    recipes_of,
    sizes_of,
)
from malmoi.cli.training_options import data_name
from malmoi.cli.usage import UsageError
from malmoi.evaluation.findings import Language
from malmoi.experiments.compare import compare
from malmoi.experiments.comparison import Comparison
from malmoi.experiments.curve_data import Size
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.settings import settings_of
from malmoi.experiments.time_left import STEP
from malmoi.foundation.files import refuse_existing, whole_file
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count

__all__ = ["compare_command"]

MEASURING = options_for(
    {name: settings_of(compare)[name] for name in ("seeds", "validation", "vectors", "balanced", "seed")}, "Measuring"
)
ARGUMENTS = ("recipes", "labels", "unlabelled", "test", "processes", *MEASURING)
_DEFAULTS = inspect.signature(compare).parameters
RECIPES = "auto,few-labels"
LABELS = ",".join(map(str, _DEFAULTS["labels"].default))


@dataclass(frozen=True)
class CompareRequest:
    """What the options ask for.

    Args:
        files: what is read.
        recipes: by the name that the table shows.
        labels: numbers of labels.
        processes: trainings at the same time.
        runs: file of the runs; `None`: they are not kept.
        output: the report; none is made, if not given.
        picture: the picture; none is drawn, if not given.
        json: the file of the results; none is written, if not given.
        language: of the report and the findings.
        force: replace outputs that exist.
        measuring: other arguments of `compare`, by name.
        reading: how files are read, by name.
    """

    files: Files
    recipes: Mapping[str, Recipe]
    labels: Sequence[Size]
    processes: int
    runs: Path | None
    output: Path | None = None
    picture: Path | None = None
    json: Path | None = None
    language: Language = "en"
    force: bool = False
    measuring: Mapping[str, object] = field(default_factory=dict)
    reading: Mapping[str, object] = field(default_factory=dict)

    @property
    def outputs(self) -> dict[str, Path]:
        """Files that are written, by their options."""
        given = {"--output": self.output, "--picture": self.picture, "--json": self.json}
        return {flag: path for flag, path in given.items() if path is not None}


def _command(
    measuring: dict[str, object],
    reading: dict[str, object],
    data: Annotated[list[str], typer.Argument(help=DATA_HELP)],
    recipes: Annotated[str, typer.Option(help=f"{RECIPES_HELP}; a bag is always among them.")] = RECIPES,
    labels: Annotated[str, typer.Option(help=SIZES_HELP)] = LABELS,
    test: TestOption = None,
    unlabelled: UnlabelledOption = None,
    processes: Annotated[
        int | None, typer.Option(help="Trainings at the same time; half as many as cores, if not given.")
    ] = None,
    runs: RunsOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A report of the comparison and of the best recipe: .html.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="The learning curves: .png, .svg or .pdf.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="The results as JSON.")] = None,
    language: Annotated[str, typer.Option(help="Language of the report and the findings: en or ko.")] = "en",
    force: Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")] = False,
) -> None:
    """Compare recipes on the same draws of labels and the same held-out texts, beside simple baselines.

    Every recipe learns from the same draws of each number of labels, --seeds of
    them, and is measured on the same held-out texts. The majority class and a bag
    with default settings are always there. With --vectors, recipes that can use
    vectors are trained with and without them.

    accuracy: mean of the draws, with its 95 % interval over draws and texts
    less baseline: difference to the better of the two baselines, paired by draw
    and text, with its 95 % interval
    p: of that difference, two-sided, by Holm's correction for all differences
    seconds: median of a training; texts/s: speed of prediction; size: model file

    Finished trainings are kept in --runs: a comparison that was ended goes on from
    there, and one with more recipes, labels or seeds trains only what is new.
    """
    named = recipes_of(recipes)
    vectors = value_of(measuring, "vectors", str)
    named_files = [*files_of(recipes, named), *([] if vectors is None else [vectors])]
    files = Files(data, test or (), unlabelled or (), named_files)
    request = CompareRequest(
        files,
        named,
        sizes_of(labels),
        max(1, thread_count() // 2) if processes is None else processes,
        runs_path(runs, [*files.all, output, picture, json_file]),
        output,
        picture,
        json_file,
        spoken(language),
        force,
        measuring,
        reading,
    )
    _run(request)


compare_command = with_options(_command, MEASURING, LABELLED)


def _run(request: CompareRequest) -> None:
    _check_outputs(request)
    if request.files.test and "validation" in request.measuring:
        raise UsageError("--validation has no effect with --test; leave one of them out")
    with telling_what_is_written(*request.outputs.values()):
        with logged_once(), ProgressBars(timed=[STEP]) as progress:
            used = [*request.outputs.values(), *([] if request.runs is None else [request.runs])]
            corpora = read_corpora(request.files, request.reading, used, overwrite=request.force, progress=progress)
            found = _compared(request, corpora, progress)
        answers.print_lines(str(found))
        print_findings(found.findings, request.language)
        _write(found, request)


def _check_outputs(request: CompareRequest) -> None:
    if request.force and not request.outputs and "rejects" not in request.reading:
        raise UsageError("--force has no effect without --output, --picture or --json; leave it out")
    if len({path.resolve() for path in request.outputs.values()}) < len(request.outputs):
        raise UsageError("--output, --picture and --json must be different files, got one twice")
    for flag, path in request.outputs.items():
        refuse_same_files(flag, path, request.files.all)
        refuse_existing(path, overwrite=request.force)
    if request.output is not None:
        check_page_file(request.output)
    if request.picture is not None:
        check_picture("--picture", request.picture)


def _compared(request: CompareRequest, corpora: Corpora, progress: Progress) -> Comparison:
    """Compare; where that is interrupted, the error says that the finished trainings are kept."""
    runs = None if request.runs is None else opened(request.runs)
    try:
        with option_names((), ARGUMENTS):
            measure = partial(
                compare,
                request.recipes,
                corpora.data,
                request.labels,
                test=corpora.test,
                unlabelled=corpora.unlabelled,
                processes=request.processes,
                runs=runs,
                data_name=" ".join(request.files.data),
                progress=progress,
            )
            return call_with(measure, request.measuring)
    except KeyboardInterrupt as error:
        if runs is None:
            raise
        interrupted.set()
        kept = f"finished trainings are kept in {request.runs}, and the same command goes on from them"
        raise StoppedError(f"interrupted; {kept}") from error


def _write(found: Comparison, request: CompareRequest) -> None:
    rows: list[tuple[str, object]] = []
    if request.runs is not None:
        rows.append(("trainings", f"{request.runs} (malmoi runs)"))
    if request.picture is not None:
        found.plot(request.picture)
        rows.append(("picture", request.picture))
    if request.json is not None:
        with whole_file(request.json, overwrite=request.force) as file:
            file.write(
                json.dumps(found.to_json(), ensure_ascii=False, indent=2).encode(errors="backslashreplace") + b"\n"
            )
        rows.append(("results", request.json))
    if request.output is not None:
        from malmoi.report.comparison_facts import comparison_facts  # which imports much

        with ProgressBars() as progress:
            command = shlex.join(["malmoi", *sys.argv[1:]])
            name = data_name(request.files.data)
            facts = comparison_facts(found, name=name, command=command, progress=progress)
        write_page(facts, request.output, request.language, overwrite=request.force)
        rows.append(("report", request.output))
    if rows:
        answers.print()
        print_table("", rows)
