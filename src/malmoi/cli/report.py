"""`malmoi report`: write an HTML report and a model card for a text classifier."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.console import ProgressBars, messages, print_findings, print_table
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.options import Option, with_options
from malmoi.cli.reading import DATA_HELP, LABELLED, checked_reading, refuse_same_files
from malmoi.cli.reporting import check_page_file, spoken, write_page
from malmoi.cli.usage import UsageError
from malmoi.data.corpus import Corpus
from malmoi.data.corpus_files import ReadTexts, corpus_of, read_texts
from malmoi.data.readers import ReadReport
from malmoi.data.readers.settings import EVERY_COLUMN
from malmoi.evaluation.findings import Language
from malmoi.foundation.files import file_checksum, refuse_existing, whole_file
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel
from malmoi.persistence import load_fitted
from malmoi.report.card import model_card
from malmoi.report.card_notes import score_notes
from malmoi.report.facts import ReportFacts
from malmoi.report.gathering import classification_of, gather

__all__ = ["ReportRequest", "report_command"]

NOTE = {"en": "note", "ko": "참고"}


@dataclass(frozen=True)
class ReportRequest:
    """Parsed arguments of `malmoi report`.

    Args:
        model: model file.
        data: files, globs or a folder of labelled texts.
        training: files of the training data of the model.
        output: HTML file; `None`: NAME.html, after the model's name.
        card: model card file; `None`: none.
        slices: columns for accuracy by slice; "all" for every column.
        language: language of the page and the card.
        force: overwrite existing outputs.
        seed: random seed of random splits and resamples.
        reading: reading options by name.
    """

    model: Path
    data: Sequence[str]
    training: Sequence[str] = ()
    output: Path | None = None
    card: Path | None = None
    slices: Sequence[str] = ()
    language: Language = "en"
    force: bool = False
    seed: int = 0
    reading: Mapping[str, object] = field(default_factory=dict)

    @property
    def page(self) -> Path:
        """The HTML file."""
        return Path(f"{self.model.stem}.html") if self.output is None else self.output

    @property
    def outputs(self) -> dict[str, Path]:
        """Output files by option."""
        return {"--output": self.page, **({} if self.card is None else {"--card": self.card})}

    @property
    def inputs(self) -> list[str | Path]:
        """Input files."""
        return [self.model, *self.data, *self.training]

    @property
    def command(self) -> str:
        """The command line, with options in a fixed order and without `--force`."""
        words = ["malmoi", "report", str(self.model), *self.data]
        for flag, values in (("--training", self.training), ("--slice", self.slices)):
            words += [word for value in values for word in (flag, value)]
        words += _flags(LABELLED, self.reading)
        words += ["--seed", str(self.seed)] if self.seed else []
        words += ["--language", self.language] if self.language != "en" else []
        for flag, path in (("--output", self.output), ("--card", self.card)):
            words += [] if path is None else [flag, str(path)]
        return shlex.join(words)


def _command(
    reading: dict[str, object],
    model: Annotated[Path, typer.Argument(help="Model file written by malmoi train.")],
    data: Annotated[list[str], typer.Argument(help=f"Labelled texts to evaluate the model on. {DATA_HELP}")],
    training: Annotated[
        list[str] | None, typer.Option(help="Training data of the model; may be given several times.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="HTML file to write; default: MODEL.html.")
    ] = None,
    card: Annotated[Path | None, typer.Option(help="Also write a model card, such as MODEL_CARD.md.")] = None,
    slices: Annotated[
        list[str] | None,
        typer.Option("--slice", help="Show the accuracy by the values of this column, or of all; may be repeated."),
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the page and the card: en or ko.")] = "en",
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing outputs.")] = False,
    seed: Annotated[int, typer.Option(help="Random seed of random splits and resamples.")] = 0,
) -> None:
    """Evaluate a text classifier, check its data, and write an HTML report.

    The report has scores and baselines, findings of all checks, a learning curve
    with the expected gain from more labels, per-class scores, accuracy by slices,
    calibration, thresholds, the most confident mistakes, duplicates, suspected
    labels and a map of words. It is one file and works offline.

    With --training, the report also compares the model with a bag of n-grams
    trained on the same texts, lists texts that are in both training and test
    data, and shows suspected training labels.
    """
    columns = tuple(slices or ())
    _report(ReportRequest(model, data, training or (), output, card, columns, spoken(language), force, seed, reading))


report_command = with_options(_command, LABELLED)


def _report(request: ReportRequest) -> None:
    _check(request)
    model = load_fitted(request.model)
    try:
        classification_of(model)
    except TypeError as error:
        raise UsageError(str(error)) from error
    with outputs_named_on_failure(*request.outputs.values()):
        with ProgressBars() as progress:
            facts = _facts(request, model, progress)
        _write(request, facts)
    rows = [(flag.strip("-").replace("output", "page"), str(path)) for flag, path in request.outputs.items()]
    print_table("", [*rows, *_verdict(facts)])
    for note in score_notes(facts.evaluation, request.language):
        messages.print(f"{NOTE[request.language]}: {note}", style="yellow")
    print_findings(facts.findings, request.language)


def _check(request: ReportRequest) -> None:
    """Check the options before any work."""
    if request.seed < 0:
        raise UsageError(f"--seed must be 0 or more, got {request.seed}")
    twice = next((name for name in request.slices if list(request.slices).count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"--slice must name a column once, got {shorten(twice)} twice")
    if EVERY_COLUMN in request.slices and len(request.slices) > 1:
        raise UsageError(f"--slice must be column names, or only all, got {shorten(list(request.slices))}")
    outputs = request.outputs
    if len({path.resolve() for path in outputs.values()}) < len(outputs):
        raise UsageError(f"--card must be another file than --output, got {request.card} for both")
    for flag, path in outputs.items():
        refuse_same_files(flag, path, request.inputs)
        refuse_existing(path, overwrite=request.force)
    check_page_file(request.page)


def _facts(request: ReportRequest, model: FittedModel, progress: Progress) -> ReportFacts:
    """Read the data and gather the facts."""
    reading = checked_reading(
        request.reading,
        labelled=True,
        overwrite=request.force,
        model_columns=model.text_columns,
        others=[*request.inputs, *request.outputs.values()],
    )
    with reading as (settings, report):
        kept = replace(settings, keep=tuple(request.slices))
        texts = read_texts(request.data, kept, report=report, progress=progress)
        measured = Corpus(texts.texts, texts.labels(model.classes), places=texts.places)
        training = None
        if request.training:
            same = ReadReport(report.on_read, report.skip)
            training = corpus_of(request.training, settings, classes=model.classes, report=same, progress=progress)
    return gather(
        model,
        measured,
        name=request.model.name,
        measured_name=_names(request.data),
        command=request.command,
        training=training,
        training_name=_names(request.training),
        columns=_columns(texts, request.slices),
        seed=request.seed,
        size_bytes=request.model.stat().st_size,
        checksums={request.model.name: file_checksum(request.model)},
        reading=report,
        progress=progress,
    )


def _columns(texts: ReadTexts, requested: Sequence[str]) -> dict[str, list[object]]:
    """Return the values of the requested columns by name; "all" means columns of all files but texts and labels."""
    names = list(requested)
    if EVERY_COLUMN in names and texts.batches:
        used = {name for source in texts.report.sources for name in (*source.text_columns, *source.label_columns)}
        every = [name for name in texts.batches[0].kept if name not in used]
        names = [name for name in every if all(name in batch.kept for batch in texts.batches)]
    return {name: [value for batch in texts.batches for value in batch.kept[name]] for name in names}


def _names(paths: Sequence[str]) -> str:
    return ", ".join(Path(path).name or path for path in paths)


def _write(request: ReportRequest, facts: ReportFacts) -> None:
    write_page(facts, request.page, request.language, overwrite=request.force)
    if request.card is not None:
        with whole_file(request.card, overwrite=request.force) as file:
            file.write(model_card(facts, request.language).encode(errors="backslashreplace"))


def _verdict(facts: ReportFacts) -> Iterator[tuple[str, object]]:
    """Yield the numbers of the verdict."""
    measured = {"accuracy", "exact match"}
    for name, value in facts.evaluation.rows():
        if name in measured or "baseline" in name or name == "mistakes":
            yield name, value
    if facts.bag is not None:
        yield "model vs. bag of n-grams", facts.bag
    yield "warnings", sum(finding.is_warning for finding in facts.findings) or "none"


def _flags(options: Mapping[str, Option], given: Mapping[str, object]) -> list[str]:
    """Return the given options as command-line words."""
    words = []
    for path, value in given.items():
        option = options[path]
        if isinstance(value, bool):
            words.append(option.flags[0] if value else option.off)
            continue
        for one in value if isinstance(value, list | tuple) else [value]:
            words += [option.flags[0], str(one)]
    return words
