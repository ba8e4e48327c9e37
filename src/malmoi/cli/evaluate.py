"""`malmoi evaluate`: scores of a model on labelled texts."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Annotated, Any

import typer

from malmoi.cli.console import ProgressBars, answers, messages
from malmoi.cli.evaluation_tables import FORMATS
from malmoi.cli.mistake_tables import check_mistakes_file, write_mistakes
from malmoi.cli.mistakes import telling_what_is_written
from malmoi.cli.usage import UsageError, refused_options
from malmoi.data.labels import tidy_labels
from malmoi.data.readers import Batch, Columns, checked_encoding, read_batches
from malmoi.errors import DataError
from malmoi.evaluation.measurement import evaluate
from malmoi.foundation.files import refuse_existing, whole_file
from malmoi.foundation.progress import Progress
from malmoi.foundation.validation import shorten
from malmoi.models.base import FittedModel
from malmoi.models.task import Multilabel, Regression
from malmoi.persistence import load_fitted

__all__ = ["EvaluateRequest", "evaluate_command"]


@dataclass(frozen=True)
class EvaluateRequest:
    """What the options ask for.

    Args:
        model: a file that `malmoi train` wrote.
        data: a file or a folder of labelled texts.
        kind: table, json or csv; the suffix of `output` tells, if not given.
        output: the file of the scores; standard output, if not given.
        mistakes: the file of the wrong predictions; none is written, if not given.
        text_column: column of the texts.
        label_column: column of the labels.
        encoding: of the data.
        force: replace outputs that exist.
    """

    model: Path
    data: Path
    kind: str | None = None
    output: Path | None = None
    mistakes: Path | None = None
    text_column: str | None = None
    label_column: str | None = None
    encoding: str = "utf-8"
    force: bool = False


def evaluate_command(
    model: Annotated[Path, typer.Argument(help="A file that malmoi train wrote.")],
    data: Annotated[Path, typer.Argument(help="Labelled texts: a table, or a folder with one folder per class.")],
    kind: Annotated[str | None, typer.Option("--format", help="table, json or csv; default table.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Standard output, if not given.")] = None,
    mistakes: Annotated[
        Path | None, typer.Option("--mistakes", help="Write wrong predictions: .csv, .jsonl or .parquet.")
    ] = None,
    text_column: Annotated[str | None, typer.Option(help="Column of the texts, where its name does not tell.")] = None,
    label_column: Annotated[
        str | None, typer.Option(help="Column of the labels, where its name does not tell.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the data.")] = "utf-8",
    force: Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")] = False,
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

    Models of numbers need a label column of numbers. Their scores: mean absolute
    error, root mean squared error, R2 and Spearman's rank correlation.

    Labels that the model does not have count as wrong.
    """
    _evaluate(EvaluateRequest(model, data, kind, output, mistakes, text_column, label_column, encoding, force))


def _evaluate(request: EvaluateRequest) -> None:
    kind = _kind(request)
    with refused_options():
        encoding = checked_encoding(request.encoding)
    outputs = [path for path in (request.output, request.mistakes) if path is not None]
    if request.mistakes is not None:
        check_mistakes_file(request.mistakes)
    if len(outputs) == 2 and outputs[0].resolve() == outputs[1].resolve():
        raise UsageError(f"--mistakes must be another file than --output, got {outputs[1]} for both")
    for path in outputs:
        refuse_existing(path, overwrite=request.force)
    model = load_fitted(request.model)
    _check_model(model)
    with telling_what_is_written(*outputs):
        with ProgressBars() as progress:
            texts = _read(request, encoding, progress)
            evaluation = evaluate(model, (texts.texts, texts.labels(model)), progress=progress)
        if request.mistakes is not None:
            write_mistakes(request.mistakes, evaluation, texts.place, overwrite=request.force)
        _write(FORMATS[kind](evaluation), request)
    for note in evaluation.notes:
        messages.print(f"note: {note}", style="yellow", markup=False, emoji=False)


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
        raise UsageError(f"malmoi evaluate takes a model of texts, got one of {model.input_kind}")
    if isinstance(model.task, Multilabel):
        rule = "malmoi evaluate takes a model of one label per text, got one of several, whose labels no table holds"
        raise UsageError(f"{rule}; call malmoi.evaluate in Python")


@dataclass(frozen=True)
class LabelledTexts:
    """The batches of a file."""

    path: Path
    batches: list[Batch]

    @property
    def texts(self) -> list[str]:
        """All texts, in order."""
        return [text for batch in self.batches for text in batch.texts]

    def place(self, position: int) -> str:
        """Return where a text stands, such as "test.csv:381"."""
        number = bisect_right(self._ends, position)
        batch = self.batches[number]
        return batch.place(batch.numbers[position - (self._ends[number - 1] if number else 0)])

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(len(batch.texts) for batch in self.batches))

    def labels(self, model: FittedModel) -> Any:
        """Return labels as an array of one kind; numbers where the model predicts numbers."""
        values = [label for batch in self.batches for label in batch.labels]
        if not values:
            raise DataError(f"{self.path}: data must hold 1 labelled text or more, got 0")
        if isinstance(model.task, Regression):
            return [_number(value, position, self.place) for position, value in enumerate(values)]
        return tidy_labels(values, lambda position: f"{self.place(position)}: label")


def _number(value: Any, position: int, place: Callable[[int], str]) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        rule = "label must be a finite number, because the model predicts numbers"
        raise DataError(f"{place(position)}: {rule}, got {shorten(value)}; leave the text out")
    return number


def _read(request: EvaluateRequest, encoding: str, progress: Progress) -> LabelledTexts:
    columns = Columns(request.text_column, request.label_column)
    if request.text_column is not None and request.text_column == request.label_column:
        named = shorten(request.label_column)
        raise UsageError(f"--label-column must be another column than --text-column, got {named} for both")
    if request.data.is_dir() and request.label_column is not None:
        raise UsageError(f"--label-column has no effect on a folder, got {request.label_column!r}; leave it out")
    with refused_options():
        batches = list(read_batches(request.data, columns, encoding=encoding, progress=progress))
    return LabelledTexts(request.data, batches)


def _write(text: str, request: EvaluateRequest) -> None:
    if request.output is None:
        answers.out(text, end="", highlight=False)
        return
    with whole_file(request.output, overwrite=request.force) as file:
        file.write(text.encode())
