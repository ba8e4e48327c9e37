"""`malmoi evaluate`: scores of a model on labelled texts."""

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
from malmoi.cli.mistakes import telling_what_is_written
from malmoi.cli.options import with_options
from malmoi.cli.reading import LABELLED, read_as_asked, refuse_same_files
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.coded_labels import AnyLabels
from malmoi.data.corpus import Corpus
from malmoi.data.corpus_files import ReadTexts
from malmoi.evaluation.checks.checking import check
from malmoi.evaluation.evaluation import Evaluation
from malmoi.evaluation.measurement import evaluate
from malmoi.foundation.files import refuse_existing, whole_file
from malmoi.models.base import FittedModel
from malmoi.models.task import Regression
from malmoi.persistence import load_fitted

__all__ = ["EvaluateRequest", "checked_format", "evaluate_command", "write_scores"]


@dataclass(frozen=True)
class EvaluateRequest:
    """What the options ask for.

    Args:
        model: a file that `malmoi train` wrote.
        data: files, globs or a folder of labelled texts.
        kind: table, json or csv; the suffix of `output` tells, if not given.
        output: the file of the scores; standard output, if not given.
        mistakes: the file of the wrong predictions; none is written, if not given.
        reading: how the data is read, by name.
        force: replace outputs that exist.
        reject_below: probability below which labels are rejected.
        raw: write cells of CSV as they are.
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

    @property
    def outputs(self) -> list[Path]:
        """The files that are written."""
        return [path for path in (self.output, self.mistakes) if path is not None]


def _command(
    reading: dict[str, object],
    model: Annotated[Path, typer.Argument(help="A file that malmoi train wrote.")],
    data: Annotated[list[str], typer.Argument(help="Labelled texts: whatever train takes.")],
    kind: Annotated[str | None, typer.Option("--format", help="table, json or csv; default table.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Standard output, if not given.")] = None,
    mistakes: Annotated[
        Path | None, typer.Option("--mistakes", help="Write wrong predictions: .csv, .jsonl or .parquet.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")] = False,
    reject_below: Annotated[
        float | None, typer.Option(help="Also measure what is kept if labels with a smaller probability are rejected.")
    ] = None,
    raw: RawOption = False,
) -> None:
    """Measure a model on labelled texts that it was not trained on; every score with its 95 % interval.

    accuracy: share of texts whose label is predicted (Wilson interval)
    precision: share of the predictions of a class that are right
    recall: share of the texts of a class that are found
    F1: harmonic mean of precision and recall
    balanced accuracy, macro F1: mean recall and mean F1 of the classes
    log loss: mean negative logarithm of the probability of the true label
    calibration error: expected calibration error (ECE), 15 bins of equal mass
    majority-class baseline: accuracy of always predicting the most frequent label
    model less baseline: difference of the accuracies (Newcombe, paired samples)
    Other intervals are bootstrap intervals over texts.

    Models of several labels per text need lists of labels. Their scores:
    exact match: share of texts with exactly the predicted labels (subset accuracy)
    micro F1: F1 of all decisions together, one for each text and label
    Hamming loss: share of wrong decisions
    baseline: exact match of always predicting the most frequent set of labels

    Models of numbers need a label column of numbers. Their scores: mean absolute
    error, root mean squared error, R2 and Spearman's rank correlation.

    Labels that the model does not have count as wrong.
    """
    _evaluate(EvaluateRequest(model, data, kind, output, mistakes, reading, force, reject_below, raw))


evaluate_command = with_options(_command, LABELLED)


def checked_format(request: EvaluateRequest) -> str:
    """Return the format of the scores; refuse outputs that cannot be written.

    Raises:
        UsageError: there is no such format, or two outputs, or an output and an input, are one file.
        FileExistsError: an output exists, and may not be replaced.
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
    with telling_what_is_written(*outputs):
        with ProgressBars() as progress:
            known, force = model.text_columns, request.force
            others = [request.model, *outputs]
            texts = read_as_asked(
                request.data, request.reading, progress=progress, overwrite=force, model_columns=known, others=others
            )
            labels = _labels(texts, model)
            with refused_options():
                evaluation = evaluate(
                    model, (texts.texts, labels), reject_below=request.reject_below, progress=progress
                )
        write_scores(evaluation, texts.place, kind, request)
    if not isinstance(model.task, Regression):
        corpus = Corpus(texts.texts, labels, places=texts.places)
        print_findings(check(corpus, model=model, thorough=False, reading=texts.report, outputs=evaluation.outputs))


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
        rule = f"malmoi evaluate takes a model of texts, got one of {model.input_kind}"
        raise UsageError(f"{rule}; {cures[model.input_kind]}")


def _labels(texts: ReadTexts, model: FittedModel) -> AnyLabels | list[float]:
    """Labels as codes; numbers where the model predicts numbers."""
    return texts.numbers() if isinstance(model.task, Regression) else texts.labels(model.classes)


def write_scores(evaluation: Evaluation, place: Callable[[int], str], kind: str, request: EvaluateRequest) -> None:
    """Write scores and mistakes as asked, and print what limits the scores.

    Args:
        evaluation: the scores.
        place: says where the sample of a position stands.
        kind: one of `FORMATS`.
        request: names the files.
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
