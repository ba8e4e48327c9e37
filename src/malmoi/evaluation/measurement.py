"""Evaluation of a model on labelled data."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized

from malmoi.data.corpus import Corpus
from malmoi.data.frames import Frame, frame_labels, is_frame, texts_of
from malmoi.data.series_tables import SeriesTable
from malmoi.data.texts import text_list
from malmoi.errors import DataError
from malmoi.evaluation.evaluation import Evaluation
from malmoi.evaluation.multilabel import evaluate_label_sets
from malmoi.evaluation.predictions import Inputs, Request
from malmoi.evaluation.regression import evaluate_numbers
from malmoi.evaluation.single_label import evaluate_classes
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.validation import check_number, real_number, shorten
from malmoi.models.base import FittedModel, ModelEstimator
from malmoi.models.task import Binary, Multiclass, Multilabel, Regression, Task

__all__ = ["evaluate"]

EVALUATIONS: dict[type[Task], Callable[[Request], Evaluation]] = {
    Binary: evaluate_classes,
    Multiclass: evaluate_classes,
    Multilabel: evaluate_label_sets,
    Regression: evaluate_numbers,
}
"""Evaluation function of each task."""


def evaluate(
    model: FittedModel | ModelEstimator[FittedModel],
    data: Corpus | SeriesTable | Frame | tuple[object, object],
    *,
    seed: int = 0,
    reject_below: float | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Evaluate a model on labelled texts or series that were not used for training.

    Scores have 95 % intervals: Wilson intervals for shares of texts, else bootstrap intervals. Labels that the model
    does not have count as wrong; they are listed in `Evaluation.notes`. Labels of another type are compared as text.

    Args:
        model: a trained model, from a file or from `fit`.
        data: a corpus; a data frame with columns of texts and labels; or a pair of texts (or a data frame) and labels
            (or the name of their column): one label per text; for multilabel data lists of labels or rows of zeros and
            ones; for regression numbers. For a model of series: a table from `read_series`, or a pair of series and
            labels.
        seed: random seed of the bootstrap resamples; 0 or more.
        reject_below: also evaluate the reject option: the share of texts whose label has at least this probability, and
            the accuracy on them; 0 to 1. `None`: the setting of the model, if it has one.
        progress: progress callback, called with the step's name, the number done and the total.

    Returns:
        The scores, and the predictions behind them: classes, confusion matrix, calibration, baseline and mistakes.

    Raises:
        TypeError: `model` is not a model, or the data has another form.
        ValueError: a data frame lacks the model's columns, or the numbers of labels and samples differ.
        DataError: there are no labels or no samples, or no label is among the model's classes.
        NotFittedError: the model is not fitted.

    Example:
        >>> from malmoi import BagClassifier
        >>> model = BagClassifier().fit(["so good", "so bad"] * 10, ["pos", "neg"] * 10)
        >>> print(evaluate(model, (["good", "bad"] * 50, ["pos", "neg"] * 50)).scores["accuracy"])
        1.000 (95 % interval 0.963 to 1.000)
    """
    check_number("seed", seed, 0)
    fitted = model.fitted if isinstance(model, ModelEstimator) else model
    if not isinstance(fitted, FittedModel):
        raise TypeError(f"model must be a trained model, got {shorten(model)}; open a file with load")
    kind = fitted.input_kind
    if kind == "history":
        raise TypeError("model must predict labels or numbers, got a forecaster; use backtest")
    inputs: Inputs
    labels: Sized
    name: Callable[[int], str] | None = None
    if kind == "series":
        table = _table(data)
        inputs, labels, name = table.series, [] if table.labels is None else table.labels, table.shown
    else:
        inputs, labels = _pair(data, fitted.text_columns)
    if not len(inputs):
        raise DataError(f"data must have 1 labelled {'text' if kind == 'texts' else kind} or more, got 0")
    count = labels.shape[0] if hasattr(labels, "shape") else len(labels)
    if count != len(inputs):
        raise ValueError(f"labels must have {len(inputs)} items, one for each of the {kind}, got {count}")
    least = fitted.reject_below if reject_below is None else real_number("reject_below", reject_below)
    if least is not None and not 0 <= least <= 1:
        raise ValueError(f"reject_below must be None, or from 0 to 1, got {reject_below}")
    if reject_below is not None and not isinstance(fitted.task, Binary | Multiclass):
        raise ValueError("reject_below needs a single-label classifier; leave it out")
    return EVALUATIONS[type(fitted.task)](Request(fitted, inputs, labels, seed, progress, least, name))


def _table(data: object) -> SeriesTable:
    """Return a table of series; a pair of series and labels is converted.

    Raises:
        DataError: there are no labels.
    """
    if isinstance(data, tuple) and len(data) == 2 and hasattr(data[1], "__len__") and not isinstance(data[1], str):
        data = SeriesTable(*data)
    if not isinstance(data, SeriesTable):
        rule = "data must be a table of series or a pair (series, labels) for a model of series"
        raise TypeError(f"{rule}, got {shorten(data)}")
    if data.labels is None:
        raise DataError("data must contain labels, got only series")
    return data


def _pair(data: object, columns: Sequence[str]) -> tuple[list[str], Sized]:
    """Return texts and labels of a corpus, a data frame with the model's columns, or a pair.

    Raises:
        DataError: there are no labels.
    """
    if isinstance(data, Corpus):
        return data.texts, data.required_codes
    if is_frame(data):
        data = (data, None)
    if isinstance(data, tuple) and len(data) == 2 and is_frame(data[0]):
        return text_list(texts_of(data[0], columns)), frame_labels(*data)
    if isinstance(data, str | dict) or not isinstance(data, Sequence):
        raise TypeError(
            f"data must be a Corpus or a pair (texts, labels), got {shorten(data)}; use read_corpus for files"
        )
    is_pair = isinstance(data, tuple) and len(data) == 2 and not isinstance(data[0], str)
    texts, labels = data if is_pair else (data, None)
    if labels is None:
        return [], Corpus(text_list(texts)).required_codes  # raises an error
    if isinstance(labels, str | bytes) or not (hasattr(labels, "shape") or hasattr(labels, "__len__")):
        raise TypeError(f"labels must be a list of labels, got {shorten(labels)}")
    return text_list(texts), labels
