"""`malmoi learning-curve`: accuracies of recipes by the number of labels, as a table, a picture and JSON."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from malmoi.cli.console import ProgressBars, answers, print_table
from malmoi.cli.mistakes import telling_what_is_written
from malmoi.cli.options import option_names, options_for, with_options
from malmoi.cli.pictures import can_draw
from malmoi.cli.reading import DATA_HELP, LABELLED, reading_as_asked, refuse_same_files, unlabelled_texts
from malmoi.cli.usage import UsageError
from malmoi.data.corpus import Corpus
from malmoi.data.corpus_files import corpus_of, read_texts
from malmoi.data.readers import ReadReport
from malmoi.errors import MissingExtraError
from malmoi.experiments.curve_data import Size
from malmoi.experiments.curve_result import LearningCurve
from malmoi.experiments.kinds import recipe_table
from malmoi.experiments.learning_curve import learning_curve
from malmoi.experiments.recipe import Recipe
from malmoi.experiments.settings import one_of, settings_of
from malmoi.foundation.files import refuse_existing, whole_file
from malmoi.foundation.progress import Progress

__all__ = ["MEASURING", "learning_curve_command"]

MEASURING = options_for(
    {name: settings_of(learning_curve)[name] for name in ("validation", "balanced", "seed")}, "Measuring"
)
ARGUMENTS = ("recipes", "labels", "draws", "unlabelled", "test", *MEASURING)
PICTURES = (".png", ".svg", ".pdf")
_DEFAULTS = inspect.signature(learning_curve).parameters
LABELS = ",".join(map(str, _DEFAULTS["labels"].default))
DRAWS = str(_DEFAULTS["draws"].default)


@dataclass(frozen=True)
class CurveRequest:
    """What the options ask for.

    Args:
        data: files, globs or a folder of labelled texts.
        recipes: by the name that the table shows.
        labels: numbers of labels.
        draws: number of draws, one or one for each number of labels.
        test: files of held-out texts; nothing: a part of the data.
        unlabelled: files of texts without labels.
        output: the picture; none is drawn, if not given.
        json: the file of the results; none is written, if not given.
        force: replace outputs that exist.
        measuring: other arguments of `learning_curve`, by name.
        reading: how files are read, by name.
    """

    data: Sequence[str]
    recipes: Mapping[str, Recipe]
    labels: Sequence[Size]
    draws: int | Sequence[int]
    test: Sequence[str] = ()
    unlabelled: Sequence[str] = ()
    output: Path | None = None
    json: Path | None = None
    force: bool = False
    measuring: Mapping[str, Any] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)

    @property
    def outputs(self) -> dict[str, Path]:
        """Files that are written, by their options."""
        given = {"--output": self.output, "--json": self.json}
        return {flag: path for flag, path in given.items() if path is not None}

    @property
    def inputs(self) -> list[str]:
        """Files that are read."""
        return [*self.data, *self.test, *self.unlabelled]


def _command(
    measuring: dict[str, Any],
    reading: dict[str, Any],
    data: Annotated[list[str], typer.Argument(help=DATA_HELP)],
    recipes: Annotated[
        str,
        typer.Option(help="Names of recipes, or recipe files (NAME.json), between commas; the first is the reference."),
    ],
    labels: Annotated[str, typer.Option(help="Numbers of labelled texts, or all, between commas.")] = LABELS,
    draws: Annotated[str, typer.Option(help="Draws of each number of labels; or a number for each.")] = DRAWS,
    test: Annotated[
        list[str] | None, typer.Option(help="Held-out labelled texts, several times; a part of DATA, if not given.")
    ] = None,
    unlabelled: Annotated[
        list[str] | None, typer.Option(help="More texts without labels, for recipes that use them; several times.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The picture: .png, .svg or .pdf.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="The results as JSON.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")] = False,
) -> None:
    """Train recipes on more and more labels; prints their accuracy on held-out texts.

    Each number of labels is drawn several times, with every class in every draw.
    All recipes learn from the same draws and are measured on the same held-out
    texts. The draws are nested: the first 20 labels are among the first 50.

    accuracy: mean of the draws
    sd: standard deviation of the draws
    95 % interval: of the mean, by Student's t
    less NAME: difference to the first recipe, paired by draw, with its interval
    seconds: mean of one training and its predictions

    What a draw leaves of the data, and the files of --unlabelled, are given as
    unlabelled texts to recipes that use them. Texts that equal a held-out text
    are in no draw and not among the unlabelled texts.

    Options of reading apply to all files.
    """
    request = CurveRequest(
        data,
        _recipes(recipes),
        _sizes(labels),
        _numbers_of_draws(draws),
        test or (),
        unlabelled or (),
        output,
        json_file,
        force,
        measuring,
        reading,
    )
    _run(request)


learning_curve_command = with_options(_command, MEASURING, LABELLED)


def _recipes(words: str) -> dict[str, Recipe]:
    """Recipes by name; those of files by the name of the file."""
    found: dict[str, Recipe] = {}
    for word in map(str.strip, words.split(",")):
        is_file = word.endswith(".json")
        name = Path(word).stem if is_file else word
        if name in found:
            cure = "rename a file" if is_file else "leave one out"
            raise UsageError(f"--recipes must have different names, got {name!r} twice; {cure}")
        if not is_file:
            with option_names(()):
                one_of("--recipes", word, recipe_table("texts"))
        found[name] = Recipe.read(word) if is_file else Recipe(word)
    return found


def _sizes(words: str) -> list[Size]:
    return ["all" if word.strip() == "all" else _whole("--labels", word, "numbers or all") for word in words.split(",")]


def _numbers_of_draws(words: str) -> int | list[int]:
    numbers = [_whole("--draws", word, "a number, or one for each of --labels") for word in words.split(",")]
    return numbers[0] if len(numbers) == 1 else numbers


def _whole(flag: str, word: str, rule: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise UsageError(f"{flag} must be {rule}, between commas, got {word.strip()!r}") from None


def _run(request: CurveRequest) -> None:
    _check_outputs(request)
    if request.test and "validation" in request.measuring:
        raise UsageError("--validation has no effect with --test; leave one of them out")
    with telling_what_is_written(*request.outputs.values()):
        with ProgressBars() as progress:
            corpora = _read(request, progress)
            with option_names((), ARGUMENTS):
                curve = learning_curve(
                    request.recipes,
                    corpora.data,
                    request.labels,
                    test=corpora.test,
                    unlabelled=corpora.unlabelled,
                    draws=request.draws,
                    progress=progress,
                    **request.measuring,
                )
        _write(curve, request)


def _check_outputs(request: CurveRequest) -> None:
    if request.force and not request.outputs:
        raise UsageError("--force has no effect without --output or --json; leave it out")
    if len({path.resolve() for path in request.outputs.values()}) < len(request.outputs):
        raise UsageError(f"--json must be another file than --output, got {request.json} for both")
    for flag, path in request.outputs.items():
        refuse_same_files(flag, path, request.inputs)
        refuse_existing(path, overwrite=request.force)
    if request.output is not None:
        if request.output.suffix.lower() not in PICTURES:
            raise UsageError(f"--output must end in {', '.join(PICTURES)}, got {request.output}")
        if not can_draw():
            raise MissingExtraError("drawing needs matplotlib; pip install 'malmoi[plots]', or leave --output out")


@dataclass(frozen=True)
class _Corpora:
    """What was read."""

    data: Corpus
    test: Corpus | None
    unlabelled: list[str]


def _read(request: CurveRequest, progress: Progress) -> _Corpora:
    """Read labelled, held-out and unlabelled texts; labels of held-out texts are of the kind of the others."""
    others: list[str | Path] = [*request.inputs, *request.outputs.values()]
    asked = reading_as_asked(request.reading, labelled=True, overwrite=request.force, others=others)
    with asked as (settings, report):
        corpus = corpus_of(request.data, settings, report=report, progress=progress)
        test = None
        if request.test:
            same = ReadReport(report.on_read, report.skip)  # skipped rows of all files are told together
            read = read_texts(request.test, settings, report=same, progress=progress)
            test = Corpus(read.texts, read.labels(corpus.classes))
        unlabelled = unlabelled_texts(request.unlabelled, settings, report, progress)
        return _Corpora(corpus, test, unlabelled)


def _write(curve: LearningCurve, request: CurveRequest) -> None:
    answers.print(str(curve), markup=False, emoji=False)
    rows: list[tuple[str, object]] = []
    if request.output is not None:
        curve.plot(request.output)
        rows.append(("picture", request.output))
    if request.json is not None:
        with whole_file(request.json, overwrite=request.force) as file:
            file.write(json.dumps(curve.to_json(), ensure_ascii=False, indent=2).encode() + b"\n")
        rows.append(("results", request.json))
    if rows:
        answers.print()
        print_table("", rows)
