"""`malmoi check`: what is wrong with data, with a split, and with what a model predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Self

import typer

from malmoi.cli.cells import Cells, refuse_raw, tell_changed
from malmoi.cli.check_output import FORMATS, print_list, write_report
from malmoi.cli.console import ProgressBars, messages
from malmoi.cli.fixing import FIX_SUFFIXES, write_fixed
from malmoi.cli.mistakes import telling_what_is_written
from malmoi.cli.option_values import call_with, paths_of, several_of
from malmoi.cli.options import options_for, with_options
from malmoi.cli.reading import SPLIT, reading_as_asked, refuse_same_files
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.corpus import Corpus
from malmoi.data.corpus_files import corpus_of
from malmoi.data.readers import ReadReport, ReadSettings
from malmoi.errors import FormatError
from malmoi.evaluation.checks.checking import CheckReport, check, checked_codes
from malmoi.evaluation.findings import LANGUAGES, Language
from malmoi.experiments.settings import settings_of
from malmoi.foundation.files import open_regular, refuse_existing
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel
from malmoi.models.task import Classification
from malmoi.persistence import MAGIC, load_fitted

__all__ = ["check_command"]

FOUND = 3
"""Exit status of `--strict` where there is a warning."""
CHECKED_HELP = (
    "Texts, with labels or without: a table, a glob or several; or a folder, with one folder per class or not."
)


@dataclass(frozen=True)
class CheckOptions:
    """What the options ask for.

    Args:
        against: a model of texts, or a second data set, such as a test set; several times.
        strict: exit status 3 where there is a warning.
        ignore: codes of findings to leave out, between commas or several times.
        fix: write DATA without duplicates, with columns for review (.csv, .jsonl or .parquet).
        report_format: how findings are written: table or json.
        output: file of the findings; standard output if not given.
        language: language of the findings, en or ko.
        seed: random seed of samples and folds.
        force: replace outputs that exist.
        raw_cells: with --fix FILE.csv, write cells as they are, also those that a spreadsheet would run as formulas.
        listed: print all checks with their thresholds, and end.
    """

    against: tuple[str, ...] = ()
    strict: bool = False
    ignore: tuple[str, ...] = ()
    fix: Path | None = None
    report_format: str | None = None
    output: Path | None = None
    language: Language = "en"
    seed: int = 0
    force: bool = False
    raw_cells: bool = False
    listed: bool = False

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Self:
        """Return the options that were given.

        Raises:
            UsageError: one is out of its range.
        """
        several = {"against": several_of(given, "against")}
        several["ignore"] = tuple(code.strip() for word in several_of(given, "ignore") for code in word.split(","))
        options = call_with(cls, {**given, **paths_of(given, ("fix", "output")), **several})
        if options.report_format not in (None, *FORMATS):
            raise UsageError(f"--format must be one of {', '.join(FORMATS)}, got {options.report_format!r}")
        if options.language not in LANGUAGES:
            raise UsageError(f"--language must be {' or '.join(LANGUAGES)}, got {options.language!r}")
        if options.seed < 0:
            raise UsageError(f"--seed must be 0 or more, got {options.seed}")
        if options.fix is not None and options.fix.suffix.lower() not in FIX_SUFFIXES:
            raise UsageError(f"--fix must end in {', '.join(FIX_SUFFIXES)}, got {shorten(options.fix.name)}")
        is_csv = options.fix is not None and options.fix.suffix.lower() == ".csv"
        refuse_raw(options.raw_cells, writes_csv=is_csv)
        with refused_options():
            checked_codes(options.ignore)
        return options

    @property
    def kind(self) -> str:
        """The format of the findings; the suffix of the output tells it where nothing else does."""
        is_json = self.output is not None and self.output.suffix.lower() == ".json"
        return self.report_format or ("json" if is_json else "table")

    @property
    def spoken(self) -> Language:
        """The language of the findings."""
        return self.language

    @property
    def outputs(self) -> dict[str, Path]:
        """Files that are written, by their options."""
        given = {"--output": self.output, "--fix": self.fix}
        return {flag: path for flag, path in given.items() if path is not None}


OPTIONS = options_for(settings_of(CheckOptions))


@dataclass(frozen=True)
class CheckRequest:
    """What is checked.

    Args:
        data: files, globs or a folder.
        model: a file that `malmoi train` wrote.
        test: files of the second data set.
        options: all else.
        reading: how the data is read, by name.
    """

    data: Sequence[str]
    model: Path | None
    test: Sequence[str]
    options: CheckOptions
    reading: Mapping[str, object]

    @property
    def inputs(self) -> list[str | Path]:
        """Files that are read."""
        return [*self.data, *self.test, *([] if self.model is None else [self.model])]


def _command(
    given: dict[str, object],
    reading: dict[str, object],
    data: Annotated[list[str] | None, typer.Argument(help=CHECKED_HELP, show_default=False)] = None,
) -> None:
    """Find what is wrong with data, with a split, and with what a model predicts.

    Of DATA alone: class balance, lengths, duplicates, conflicting and suspected
    labels, other languages, mojibake, markup, and what in the texts gives the
    label away. With --against TEST also: texts, near duplicates and groups on
    both sides, and the shift from DATA to TEST. With --against MODEL the model
    is measured, on TEST if there is one, else on DATA.

    A warning is a reason for doubt; a note is only good to know. docs/checks.md
    and --list say what each check does, and from where on it warns.

    Rows that cannot be used are skipped and counted; --on-error stop refuses them.

    Exit status: 0, or 3 with --strict where there is a warning; 2 for wrong options.
    """
    options = CheckOptions.of(given)
    if options.listed:
        print_list()
        return
    if not data:
        raise UsageError("DATA must be a file, a glob or a folder, got none; malmoi check --help")
    model, test = _sides(options.against)
    report = _run(CheckRequest(data, model, test, options, {"on_error": "skip", **reading}))
    if options.strict and report.warnings:
        raise typer.Exit(FOUND)


READING = {**SPLIT, "on_error": replace(SPLIT["on_error"], default="skip")}
check_command = with_options(_command, OPTIONS, READING)


def _sides(against: Sequence[str]) -> tuple[Path | None, list[str]]:
    """A model and the files of a second data set; what is a model is told by its first bytes."""
    models = [path for path in against if _is_model(path)]
    if len(models) > 1:
        raise UsageError(f"--against takes one model, got {shorten(models[1])} too")
    twice = next((path for path in against if against.count(path) > 1), None)
    if twice is not None:
        raise UsageError(f"--against must name different files, got {shorten(twice)} twice")
    return Path(models[0]) if models else None, [path for path in against if path not in models]


def _is_model(path: str) -> bool:
    try:
        with open_regular(path) as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, FormatError):
        return False  # reading says what is wrong with it


def _run(request: CheckRequest) -> CheckReport:
    _check_outputs(request)
    options = request.options
    model = None if request.model is None else _model(request.model)
    with telling_what_is_written(*options.outputs.values()):
        with ProgressBars() as progress:
            data, test, settings, reading = _read(request, model, progress)
            report = check(
                data,
                test,
                model=model,
                ignore=options.ignore,
                reading=reading,
                seed=options.seed,
                progress=progress,
            )
        write_report(report, options.kind, options.output, options.spoken, overwrite=options.force)
        if options.fix is not None:
            cells = Cells(options.raw_cells)
            fixed = write_fixed(report, options.fix, request.data, settings, cells, overwrite=options.force)
            messages.print(f"wrote {options.fix}: {fixed}")
            tell_changed(cells.changed, why="; a model that learns from this file learns the apostrophe too")
    return report


def _check_outputs(request: CheckRequest) -> None:
    outputs, force = request.options.outputs, request.options.force
    if force and not outputs and "rejects" not in request.reading:
        raise UsageError("--force has no effect without --output or --fix; leave it out")
    if len({path.resolve() for path in outputs.values()}) < len(outputs):
        raise UsageError(f"--fix must be another file than --output, got {request.options.fix} for both")
    for flag, path in outputs.items():
        refuse_same_files(flag, path, request.inputs)
        refuse_existing(path, overwrite=force)


def _model(path: Path) -> FittedModel:
    model = load_fitted(path)
    if model.input_kind != "texts":
        cure = "malmoi series evaluate measures it" if model.input_kind == "series" else "mm.backtest measures it"
        raise UsageError(f"--against must be a model of texts, got one of {model.input_kind}; {cure}")
    if not isinstance(model.task, Classification):
        raise UsageError(
            "--against must be a model that predicts labels, got one of numbers; malmoi evaluate measures it"
        )
    return model


def _read(
    request: CheckRequest, model: FittedModel | None, progress: Progress
) -> tuple[Corpus, Corpus | None, ReadSettings, ReadReport]:
    """Read both data sets in the same way; labels of the kind of the model's, or of the first data set's."""
    asked = reading_as_asked(
        request.reading,
        labelled=True,
        labels_required=False,
        overwrite=request.options.force,
        model_columns=() if model is None else model.text_columns,
        others=[*request.inputs, *request.options.outputs.values()],
    )
    with asked as (settings, report):
        classes = None if model is None else model.classes
        data = corpus_of(request.data, settings, classes=classes, report=report, progress=progress)
        if not len(data):
            raise UsageError(f"{request.data[0]}: DATA must hold 1 text or more, got none")
        test = None
        if request.test:
            same = ReadReport(report.on_read, report.skip)
            known = data.classes if classes is None and data.coded is not None else classes
            test = corpus_of(request.test, settings, classes=known, report=same, progress=progress)
        return data, test, settings, report
