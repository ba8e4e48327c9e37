"""`malmoi evaluate`: evaluate a model on labelled texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from malmoi.cli.cells import Cells, RawOption, refuse_raw, tell_changed
from malmoi.cli.console import ProgressBars, answers, messages, print_findings
from malmoi.cli.data_output import is_terminal, write_data
from malmoi.cli.evaluation_tables import FORMATS
from malmoi.cli.mistake_tables import check_mistakes_file, write_mistakes
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.options import with_options
from malmoi.cli.output_options import OutputOption
from malmoi.cli.reading import LABELLED, read_labelled, refuse_same_files
from malmoi.cli.reporting import spoken
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.coded_labels import AnyLabels
from malmoi.data.corpus import Corpus
from malmoi.data.corpus_files import ReadTexts
from malmoi.evaluation.checks.checking import check
from malmoi.evaluation.evaluation import Evaluation
from malmoi.evaluation.findings import Language
from malmoi.evaluation.measurement import evaluate
from malmoi.foundation.files import refuse_existing, whole_file
from malmoi.models.base import FittedModel
from malmoi.models.task import Regression
from malmoi.persistence import load_fitted

__all__ = ["EvaluateRequest", "checked_format", "evaluate_command", "write_scores"]


@dataclass(frozen=True)
class EvaluateRequest:
    """Parsed arguments of `malmoi evaluate`.

    Args:
        model: model file.
        data: files, globs or a folder of labelled texts.
        kind: table, json or csv; `None`: by the suffix of `output`.
        output: file of the scores; `None`: standard output.
        mistakes: file of the wrong predictions; `None`: none.
        reading: reading options by name.
        force: overwrite existing outputs.
        reject_below: probability below which labels are rejected.
        raw: write CSV cells unchanged.
        language: language of the findings.
    """

    model: Path
    data: Sequence[str]
    kind: str | None = None
    output: Path | None = None
    mistakes: Path | None = None
    reading: Mapping[str, object] = field(default_factory=dict)
    force: bool = False
    reject_below: float | None = None
    raw: bool = False
    language: Language = "en"

    @property
    def outputs(self) -> list[Path]:
        """Output files."""
        return [path for path in (self.output, self.mistakes) if path is not None]


def _command(
    reading: dict[str, object],
    model: Annotated[Path, typer.Argument(help="Model file written by malmoi train.")],
    data: Annotated[list[str], typer.Argument(help="Labelled texts, as for train.")],
    kind: Annotated[str | None, typer.Option("--format", help="table, json or csv; default: table.")] = None,
    output: OutputOption = None,
    mistakes: Annotated[
        Path | None, typer.Option("--mistakes", help="File for the wrong predictions: .csv, .jsonl or .parquet.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing outputs.")] = False,
    reject_below: Annotated[
        float | None,
        typer.Option(help="Also report coverage and accuracy with labels below this probability rejected."),
    ] = None,
    raw: RawOption = False,
    language: Annotated[str, typer.Option(help="Language of the findings, en or ko.")] = "en",
) -> None:
    """Evaluate a model on labelled texts that it was not trained on; every score has a 95 % interval.

    accuracy: share of texts with a correct prediction (Wilson interval)
    precision: share of the predictions of a class that are correct
    recall: share of the texts of a class that are predicted correctly
    F1: harmonic mean of precision and recall
    balanced accuracy, macro F1: mean recall and mean F1 of the classes
    log loss: mean negative logarithm of the probability of the true label
    calibration error: expected calibration error (ECE), 15 bins of equal mass
    majority-class baseline: accuracy of always predicting the most frequent label
    model vs. baseline: difference of the accuracies (Newcombe, paired samples)
    Other intervals are bootstrap intervals over texts.

    Multilabel models need lists of labels. Their scores:
    exact match: share of texts with exactly the true labels (subset accuracy)
    micro F1: F1 over all pairs of text and label
    Hamming loss: share of wrong pairs of text and label
    baseline: exact match of always predicting the most frequent set of labels

    Regression models need a label column of numbers. Their scores: mean absolute
    error, root mean squared error, R2 and Spearman's rank correlation.

    Predictions for texts with labels unknown to the model count as wrong.
    """
    request = EvaluateRequest(model, data, kind, output, mistakes, reading, force, reject_below, raw, spoken(language))
    _evaluate(request)


evaluate_command = with_options(_command, LABELLED)


def checked_format(request: EvaluateRequest) -> str:
    """Return the format of the scores; check that the outputs can be written.

    Raises:
        UsageError: unknown format, or two outputs, or an output and an input, are the same file.
        FileExistsError: an output exists and may not be overwritten.
    """
    kind = _kind(request)
    if request.mistakes is not None:
        check_mistakes_file(request.mistakes)
    is_csv = request.mistakes is not None and request.mistakes.suffix.lower() == ".csv"
    refuse_raw(request.raw, writes_csv=kind == "csv" or is_csv)
    outputs = request.outputs
    if len(outputs) == 2 and outputs[0].resolve() == outputs[1].resolve():
        raise UsageError(f"--mistakes must be another file than --output, got {outputs[1]} for both")
    for path in outputs:
        refuse_same_files("--output and --mistakes", path, [*request.data, request.model])
        refuse_existing(path, overwrite=request.force)
    return kind


def _evaluate(request: EvaluateRequest) -> None:
    kind, outputs = checked_format(request), request.outputs
    model = load_fitted(request.model)
    _check_model(model)
    with outputs_named_on_failure(*outputs):
        with ProgressBars() as progress:
            columns, force = model.text_columns, request.force
            others = [request.model, *outputs]
            texts = read_labelled(
                request.data, request.reading, progress=progress, overwrite=force, model_columns=columns, others=others
            )
            labels = _labels(texts, model)
            with refused_options():
                evaluation = evaluate(
                    model, (texts.texts, labels), reject_below=request.reject_below, progress=progress
                )
        write_scores(evaluation, texts.place, kind, request)
    if not isinstance(model.task, Regression):
        corpus = Corpus(texts.texts, labels, places=texts.places)
        found = check(corpus, model=model, thorough=False, reading=texts.report, outputs=evaluation.outputs)
        print_findings(found, language=request.language)


def _kind(request: EvaluateRequest) -> str:
    kind = request.kind
    if kind is None:
        suffix = "" if request.output is None else request.output.suffix.lstrip(".").lower()
        kind = suffix if suffix in FORMATS else "table"
    if kind not in FORMATS:
        raise UsageError(f"--format must be one of {', '.join(FORMATS)}, got {kind!r}")
    return kind


def _check_model(model: FittedModel) -> None:
    if model.input_kind != "texts":
        cures = {"series": "use malmoi series evaluate", "history": "in Python mm.backtest measures a forecaster"}
        rule = f"malmoi evaluate needs a text model, got one of {model.input_kind}"
        raise UsageError(f"{rule}; {cures[model.input_kind]}")


def _labels(texts: ReadTexts, model: FittedModel) -> AnyLabels | list[float]:
    """Return encoded labels, or numbers for a regression model."""
    return texts.numbers() if isinstance(model.task, Regression) else texts.labels(model.classes)


def write_scores(evaluation: Evaluation, place: Callable[[int], str], kind: str, request: EvaluateRequest) -> None:
    """Write scores and mistakes, and print notes on the scores.

    Args:
        evaluation: the scores.
        place: returns the file and line of the sample at an index.
        kind: one of `FORMATS`.
        request: the output files.
    """
    cells = Cells(request.raw)
    if request.mistakes is not None:
        write_mistakes(request.mistakes, evaluation, place, cells, overwrite=request.force)
    cells.shown = request.output is None and is_terminal()
    text = FORMATS[kind](evaluation, cells)
    if request.output is None:
        write_data(text) if kind != "table" else answers.print_lines(text)
    else:
        with whole_file(request.output, overwrite=request.force) as file:
            file.write(text.encode(errors="backslashreplace"))
    for note in evaluation.notes:
        messages.print(f"note: {note}", style="yellow")
    tell_changed(cells.changed)
