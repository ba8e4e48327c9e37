"""`malmoi check`: find problems in data, in a train/test split, and in a model's predictions."""

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
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.option_values import call_with, paths_of, several_of
from malmoi.cli.options import options_for, with_options
from malmoi.cli.reading import SPLIT, checked_reading, refuse_same_files
from malmoi.cli.reporting import spoken
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.corpus import Corpus
from malmoi.data.corpus_files import corpus_of
from malmoi.data.readers import ReadReport, ReadSettings
from malmoi.errors import FormatError
from malmoi.evaluation.checks.checking import CheckReport, check, checked_codes
from malmoi.evaluation.findings import Language
from malmoi.experiments.settings import settings_of
from malmoi.foundation.files import open_regular, refuse_existing
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel
from malmoi.models.task import Classification
from malmoi.persistence import MAGIC, load_fitted
from malmoi.persistence.foreign import is_fasttext

__all__ = ["check_command"]

FOUND = 3
"""Exit code of `--strict` if there is a warning."""
CHECKED_HELP = (
    "Texts with or without labels: one or more tables or globs, or a folder, with or without one subfolder per class."
)


@dataclass(frozen=True)
class CheckOptions:
    """Options of `malmoi check`.

    Args:
        against: text model, or second data set such as a test set; may be given several times.
        strict: exit with code 3 if there is a warning.
        ignore: codes of findings to leave out, comma-separated; may be given several times.
        fix: write DATA without duplicates, with columns for review (.csv, .jsonl or .parquet).
        report_format: output format, table or json.
        output: output file for the findings; standard output by default.
        language: language of the findings, en or ko.
        seed: random seed of samples and folds.
        force: overwrite existing outputs.
        raw_cells: with --fix FILE.csv, write cells unchanged, even if a spreadsheet would run them as formulas.
        listed: print all checks with their thresholds and exit.
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
        """Return the given options.

        Raises:
            UsageError: an option is out of range.
        """
        several = {"against": several_of(given, "against")}
        several["ignore"] = tuple(code.strip() for word in several_of(given, "ignore") for code in word.split(","))
        options = call_with(cls, {**given, **paths_of(given, ("fix", "output")), **several})
        if options.report_format not in (None, *FORMATS):
            raise UsageError(f"--format must be one of {', '.join(FORMATS)}, got {options.report_format!r}")
        spoken(options.language)
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
        """The format of the findings; by default that of the output's suffix."""
        is_json = self.output is not None and self.output.suffix.lower() == ".json"
        return self.report_format or ("json" if is_json else "table")

    @property
    def spoken(self) -> Language:
        """The language of the findings."""
        return self.language

    @property
    def outputs(self) -> dict[str, Path]:
        """Output files by option."""
        given = {"--output": self.output, "--fix": self.fix}
        return {flag: path for flag, path in given.items() if path is not None}


OPTIONS = options_for(settings_of(CheckOptions))


@dataclass(frozen=True)
class CheckRequest:
    """Parsed arguments of `malmoi check`.

    Args:
        data: files, globs or a folder.
        model: model file.
        test: files of the second data set.
        options: other options.
        reading: reading options by name.
    """

    data: Sequence[str]
    model: Path | None
    test: Sequence[str]
    options: CheckOptions
    reading: Mapping[str, object]

    @property
    def inputs(self) -> list[str | Path]:
        """Input files."""
        return [*self.data, *self.test, *([] if self.model is None else [self.model])]


def _command(
    given: dict[str, object],
    reading: dict[str, object],
    data: Annotated[list[str] | None, typer.Argument(help=CHECKED_HELP, show_default=False)] = None,
) -> None:
    """Find problems in data, in a train/test split, and in a model's predictions.

    Checks of DATA: class balance, lengths, duplicates, conflicting and suspected
    labels, other languages, mojibake, markup, and label leakage in the texts.
    With --against TEST also: texts, near duplicates and groups in both data sets,
    and the distribution shift from DATA to TEST. With --against MODEL, the model
    is evaluated on TEST if given, else on DATA.

    A warning needs attention; a note is for information. docs/checks.md and
    --list describe every check and its threshold.

    Invalid rows are skipped and counted; --on-error stop raises an error instead.

    Exit code: 0, or 3 with --strict if there is a warning; 2 for wrong options.
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
    """Return the model and the files of the second data set; models are recognised by their first bytes."""
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
            return file.read(len(MAGIC)) == MAGIC or is_fasttext(path)
    except (OSError, FormatError):
        return False  # reading reports the error


def _run(request: CheckRequest) -> CheckReport:
    _check_outputs(request)
    options = request.options
    model = None if request.model is None else _model(request.model)
    with outputs_named_on_failure(*options.outputs.values()):
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
            tell_changed(cells.changed, why="; a model trained on this file sees the apostrophes too")
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
    """Read both data sets with the same options; labels get the type of the model's or the first data set's labels."""
    opened_reading = checked_reading(
        request.reading,
        labelled=True,
        labels_required=False,
        overwrite=request.options.force,
        model_columns=() if model is None else model.text_columns,
        others=[*request.inputs, *request.options.outputs.values()],
    )
    with opened_reading as (settings, report):
        classes = None if model is None else model.classes
        data = corpus_of(request.data, settings, classes=classes, report=report, progress=progress)
        if not len(data):
            raise UsageError(f"{request.data[0]}: DATA must have 1 text or more, got none")
        test = None
        if request.test:
            same = ReadReport(report.on_read, report.skip)
            known = data.classes if classes is None and data.coded is not None else classes
            test = corpus_of(request.test, settings, classes=known, report=same, progress=progress)
        return data, test, settings, report
