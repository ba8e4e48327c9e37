"""`malmoi learning-curve`: accuracy of recipes by the number of training labels, as a table, a plot and JSON."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.console import ProgressBars, answers, logged_once, print_table
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.option_values import call_with
from malmoi.cli.options import option_names, options_for, with_options
from malmoi.cli.pictures import check_picture
from malmoi.cli.reading import DATA_HELP, LABELLED, refuse_same_files
from malmoi.cli.several_recipes import (
    RECIPES_HELP,
    SIZES_HELP,
    Files,
    TestOption,
    UnlabelledOption,
    files_of,
    read_corpora,
    recipes_of,
    sizes_of,
    whole,
)
from malmoi.cli.usage import UsageError
from malmoi.experiments.curve_data import Size
from malmoi.experiments.curve_result import LearningCurve
from malmoi.experiments.learning_curve import learning_curve
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.settings import settings_of
from malmoi.foundation.files import refuse_existing, whole_file

__all__ = ["MEASURING", "learning_curve_command"]

MEASURING = options_for(
    {name: settings_of(learning_curve)[name] for name in ("validation", "balanced", "seed")}, "Evaluation"
)
ARGUMENTS = ("recipes", "labels", "repeats", "unlabelled", "test", *MEASURING)
_DEFAULTS = inspect.signature(learning_curve).parameters
LABELS = ",".join(map(str, _DEFAULTS["labels"].default))
REPEATS = str(_DEFAULTS["repeats"].default)


@dataclass(frozen=True)
class CurveRequest:
    """Parsed arguments of `malmoi learning-curve`.

    Args:
        files: input files.
        recipes: recipes by the name that the table shows.
        labels: training-set sizes.
        repeats: number of random subsets: one for all sizes, or one per size.
        output: plot of the curves; `None`: none.
        json: file of the results as JSON; `None`: none.
        force: overwrite existing outputs.
        measuring: other arguments of `learning_curve`, by name.
        reading: reading options by name.
    """

    files: Files
    recipes: Mapping[str, Recipe]
    labels: Sequence[Size]
    repeats: int | Sequence[int]
    output: Path | None = None
    json: Path | None = None
    force: bool = False
    measuring: Mapping[str, object] = field(default_factory=dict)
    reading: Mapping[str, object] = field(default_factory=dict)

    @property
    def outputs(self) -> dict[str, Path]:
        """Output files by option."""
        given = {"--output": self.output, "--json": self.json}
        return {flag: path for flag, path in given.items() if path is not None}


def _command(
    measuring: dict[str, object],
    reading: dict[str, object],
    data: Annotated[list[str], typer.Argument(help=DATA_HELP)],
    recipes: Annotated[
        str,
        typer.Option(help=f"{RECIPES_HELP}; the first is the reference."),
    ],
    labels: Annotated[str, typer.Option(help=SIZES_HELP)] = LABELS,
    repeats: Annotated[
        str, typer.Option(help="Random subsets per number of labels: one number, or one per size.")
    ] = REPEATS,
    test: TestOption = None,
    unlabelled: UnlabelledOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Plot of the curves: .png, .svg or .pdf.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="JSON file for the results.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing outputs.")] = False,
) -> None:
    """Train recipes on growing training sets; print their accuracy on the test set.

    For each number of labels, several random subsets are drawn; every subset has
    all classes. All recipes are trained on the same subsets and evaluated on the
    same test set. The subsets are nested: 20 labels are among the 50 of the next.

    accuracy: mean over the subsets
    sd: standard deviation over the subsets
    95 % interval: of the mean, by Student's t
    vs. NAME: difference from the first recipe, paired by subset, with its interval
    seconds: mean time of training and prediction

    The rest of the data and the files of --unlabelled are unlabelled texts for
    recipes that use them. Texts equal to a test text are left out of the subsets
    and of the unlabelled texts.

    Reading options apply to all files.
    """
    named = recipes_of(recipes)
    request = CurveRequest(
        Files(data, test or (), unlabelled or (), files_of(recipes, named)),
        named,
        sizes_of(labels),
        _repeats(repeats),
        output,
        json_file,
        force,
        measuring,
        reading,
    )
    _run(request)


learning_curve_command = with_options(_command, MEASURING, LABELLED)


def _repeats(words: str) -> int | list[int]:
    numbers = [whole("--repeats", word, "a number, or one for each of --labels") for word in words.split(",")]
    return numbers[0] if len(numbers) == 1 else numbers


def _run(request: CurveRequest) -> None:
    _check_outputs(request)
    if request.files.test and "validation" in request.measuring:
        raise UsageError("--validation has no effect with --test; leave one of them out")
    with outputs_named_on_failure(*request.outputs.values()):
        with logged_once(), ProgressBars() as progress:
            corpora = read_corpora(
                request.files,
                request.reading,
                [*request.outputs.values()],
                overwrite=request.force,
                progress=progress,
            )
            with option_names((), ARGUMENTS):
                measure = partial(
                    learning_curve,
                    request.recipes,
                    corpora.data,
                    request.labels,
                    test=corpora.test,
                    unlabelled=corpora.unlabelled,
                    repeats=request.repeats,
                    progress=progress,
                )
                curve = call_with(measure, request.measuring)
        _write(curve, request)


def _check_outputs(request: CurveRequest) -> None:
    if request.force and not request.outputs:
        raise UsageError("--force has no effect without --output or --json; leave it out")
    if len({path.resolve() for path in request.outputs.values()}) < len(request.outputs):
        raise UsageError(f"--json must be another file than --output, got {request.json} for both")
    for flag, path in request.outputs.items():
        refuse_same_files(flag, path, request.files.all)
        refuse_existing(path, overwrite=request.force)
    if request.output is not None:
        check_picture("--output", request.output)


def _write(curve: LearningCurve, request: CurveRequest) -> None:
    answers.print_lines(str(curve))
    rows: list[tuple[str, object]] = []
    if request.output is not None:
        curve.plot(request.output)
        rows.append(("picture", request.output))
    if request.json is not None:
        with whole_file(request.json, overwrite=request.force) as file:
            file.write(
                json.dumps(curve.to_json(), ensure_ascii=False, indent=2).encode(errors="backslashreplace") + b"\n"
            )
        rows.append(("results", request.json))
    if rows:
        answers.print()
        print_table("", rows)
