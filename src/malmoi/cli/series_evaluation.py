"""`malmoi series evaluate`: evaluate a model on labelled series."""

from __future__ import annotations

from pathlib import Path

from malmoi.cli.console import ProgressBars
from malmoi.cli.evaluate import EvaluateRequest, checked_format, write_scores
from malmoi.cli.mistakes import outputs_named_on_failure
from malmoi.cli.reading import refuse_same_files
from malmoi.cli.series_reading import labels_as, read_for_model
from malmoi.cli.usage import UsageError, refused_options
from malmoi.evaluation.measurement import evaluate
from malmoi.experiments.series_parts import check_series_labels
from malmoi.foundation.files import refuse_existing
from malmoi.models.task import Classification
from malmoi.persistence import load_fitted
from malmoi.report.evaluation_figure import evaluation_figure
from malmoi.report.figures import write_figure

__all__ = ["evaluate_series"]


def evaluate_series(request: EvaluateRequest, picture: Path | None) -> None:
    """Evaluate a model on a table of labelled series, and write the requested outputs.

    Args:
        request: parsed arguments; its `reading` are arguments of `read_series`.
        picture: file of the figure; `None`: none.
    """
    kind = checked_format(request)
    if picture is not None:
        refuse_same_files("--picture", picture, [*request.data, request.model, *request.outputs])
        refuse_existing(picture, overwrite=request.force)
    model = load_fitted(request.model)
    if model.input_kind != "series":
        cures = {
            "texts": "use malmoi evaluate",
            "history": "malmoi series forecast evaluates a forecaster when it fits it",
        }
        rule = f"malmoi series evaluate needs a model of series, got one of {model.input_kind}"
        raise UsageError(f"{rule}; {cures[model.input_kind]}")
    outputs = [*request.outputs, *([] if picture is None else [picture])]
    with outputs_named_on_failure(*outputs), ProgressBars() as progress:
        table = read_for_model(model, request.data[0], request.reading, labelled=True)
        numbers = not isinstance(model.task, Classification)
        if numbers or all(isinstance(one, str) for one in model.classes):
            table = labels_as(table, float if numbers else str)
        check_series_labels(table, numbers=numbers)
        with refused_options(), table.naming_series("X"):
            evaluation = evaluate(model, table, reject_below=request.reject_below, progress=progress)
        places = table.places
        write_scores(
            evaluation,
            lambda at: f"{request.data[0]}: {table.shown(at) if places is None else places.of_series(at)}",
            kind,
            request,
        )
        if picture is not None:
            write_figure(evaluation_figure(evaluation), picture)
