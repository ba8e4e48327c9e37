"""`malmoi compare`: compare recipes with simple baselines on the same training subsets and test set; resumable."""

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
from malmoi.cli.engine_options import EngineOption, WorkersOption, engine_of
from malmoi.cli.interrupts import interrupted
from malmoi.cli.mistakes import StoppedError, outputs_named_on_failure
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
from malmoi.foundation.engines import Engine
from malmoi.foundation.files import refuse_existing, whole_file
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count

__all__ = ["compare_command"]

MEASURING = options_for(
    {name: settings_of(compare)[name] for name in ("seeds", "validation", "vectors", "balanced", "seed")}, "Evaluation"
)
ARGUMENTS = ("recipes", "labels", "unlabelled", "test", "processes", *MEASURING)
_DEFAULTS = inspect.signature(compare).parameters
RECIPES = "auto,few-labels"
LABELS = ",".join(map(str, _DEFAULTS["labels"].default))


@dataclass(frozen=True)
class CompareRequest:
    """Parsed arguments of `malmoi compare`.

    Args:
        files: input files.
        recipes: recipes by the name that the table shows.
        labels: training-set sizes.
        processes: number of parallel processes; 1 with an engine.
        engine: engine of the trainings; `None`: the processes.
        runs: file of runs; `None`: runs are not kept.
        output: HTML report; `None`: none.
        picture: picture of the learning curves; `None`: none.
        json: file of the results as JSON; `None`: none.
        language: language of the report and the findings.
        force: overwrite existing outputs.
        measuring: other arguments of `compare`, by name.
        reading: reading options by name.
    """

    files: Files
    recipes: Mapping[str, Recipe]
    labels: Sequence[Size]
    processes: int
    engine: Engine | None
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
        """Output files by option."""
        given = {"--output": self.output, "--picture": self.picture, "--json": self.json}
        return {flag: path for flag, path in given.items() if path is not None}


def _command(
    measuring: dict[str, object],
    reading: dict[str, object],
    data: Annotated[list[str], typer.Argument(help=DATA_HELP)],
    recipes: Annotated[str, typer.Option(help=f"{RECIPES_HELP}; a bag is always included.")] = RECIPES,
    labels: Annotated[str, typer.Option(help=SIZES_HELP)] = LABELS,
    test: TestOption = None,
    unlabelled: UnlabelledOption = None,
    processes: Annotated[
        int | None, typer.Option(help="Number of parallel processes; default: half the number of cores.")
    ] = None,
    engine: EngineOption = None,
    workers: WorkersOption = None,
    runs: RunsOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Report of the comparison and of the best recipe (.html).")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Plot of the learning curves: .png, .svg or .pdf.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="JSON file for the results.")] = None,
    language: Annotated[str, typer.Option(help="Language of the report and the findings: en or ko.")] = "en",
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing outputs.")] = False,
) -> None:
    """Compare recipes with simple baselines on the same training subsets and the same test set.

    For every number of labels, --seeds random subsets of the data are drawn. Every
    recipe is trained on the same subsets and evaluated on the same test set. Two
    baselines are always included: the majority class, and a bag with default
    settings. With --vectors, recipes that can use word vectors are trained with
    and without them.

    accuracy: mean over the subsets, with a 95 % interval over subsets and texts
    vs. baseline: difference from the better of the two baselines, paired by
    subset and text, with a 95 % interval
    p: p-value of that difference, two-sided, with Holm's correction
    seconds: median training time; texts/s: prediction speed; size: model file

    Finished trainings are stored in --runs: an interrupted comparison resumes from
    there, and more recipes, labels or seeds only train what is missing.
    """
    named = recipes_of(recipes)
    vectors = value_of(measuring, "vectors", str)
    named_files = [*files_of(recipes, named), *([] if vectors is None else [vectors])]
    files = Files(data, test or (), unlabelled or (), named_files)
    outputs = (output, picture, json_file)
    request = CompareRequest(
        files,
        named,
        sizes_of(labels),
        *_where(processes, engine, workers),
        runs_path(runs, [*files.all, *outputs]),
        *outputs,
        spoken(language),
        force,
        measuring,
        reading,
    )
    _run(request)


def _where(processes: int | None, engine: str | None, workers: int | None) -> tuple[int, Engine | None]:
    """Return the number of processes, by default half the number of cores, or 1 with an engine; and the engine."""
    chosen = engine_of(engine, workers)
    if chosen is None:
        return max(1, thread_count() // 2) if processes is None else processes, None
    if processes is not None:
        raise UsageError("--processes has no effect with --engine; use --workers")
    return 1, chosen


compare_command = with_options(_command, MEASURING, LABELLED)


def _run(request: CompareRequest) -> None:
    _check_outputs(request)
    if request.files.test and "validation" in request.measuring:
        raise UsageError("--validation has no effect with --test; leave one of them out")
    with outputs_named_on_failure(*request.outputs.values()):
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
    """Compare the recipes; after an interrupt, the error says that finished trainings are kept."""
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
                engine=request.engine,
                runs=runs,
                data_name=" ".join(request.files.data),
                progress=progress,
            )
            return call_with(measure, request.measuring)
    except KeyboardInterrupt as error:
        if runs is None:
            raise
        interrupted.set()
        kept = f"finished trainings are kept in {request.runs}; run the same command again to resume"
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
        from malmoi.report.comparison_facts import comparison_facts  # a slow import

        with ProgressBars() as progress:
            command = shlex.join(["malmoi", *sys.argv[1:]])
            name = data_name(request.files.data)
            facts = comparison_facts(found, name=name, command=command, progress=progress)
        write_page(facts, request.output, request.language, overwrite=request.force)
        rows.append(("report", request.output))
    if rows:
        answers.print()
        print_table("", rows)
