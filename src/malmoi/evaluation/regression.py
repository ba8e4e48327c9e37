"""Evaluation of text regression models."""

from __future__ import annotations

import numpy as np

from malmoi.errors import DataError
from malmoi.evaluation.evaluation import Evaluation, Mistake, Numbers
from malmoi.evaluation.predictions import Request, input_batches
from malmoi.foundation.arrays import hold_text
from malmoi.foundation.validation import shorten
from malmoi.metrics.intervals import Floats
from malmoi.metrics.regression import regression_scores

__all__ = ["evaluate_numbers"]


def evaluate_numbers(request: Request) -> Evaluation:
    """Evaluate a regression model with one target.

    Raises:
        TypeError: labels are not numbers.
        DataError: a label is not finite, or the model has several targets.
    """
    if request.model.task.units != 1:
        raise DataError(f"model must predict one number per sample, got {request.model.task.units}")
    targets = _targets(request.labels)
    predicted = np.zeros(len(targets))
    for part, inputs in input_batches(request):
        predicted[part] = np.asarray(request.model.predict(inputs)).reshape(len(inputs))
    scores = regression_scores(targets, predicted, seed=request.seed)._asdict()
    order = np.argsort(-np.abs(predicted - targets), kind="stable")
    return Evaluation(
        task="regression",
        samples=len(targets),
        input_kind=request.model.input_kind,
        scores={name: score for name, score in scores.items() if score is not None},
        mistakes=tuple(
            Mistake(at, request.shown(at), float(targets[at]), float(predicted[at])) for at in order.tolist()
        ),
        numbers=Numbers(targets, predicted),
    )


def _targets(labels: object) -> Floats:
    array = np.asarray(() if hold_text(labels) else labels)
    if hold_text(labels) or array.dtype.kind not in "iuf" or array.ndim != 1:
        raise TypeError(f"labels must be numbers, one per sample, for a regression model, got {shorten(labels)}")
    targets = array.astype(np.float64)
    non_finite = np.flatnonzero(~np.isfinite(targets))
    if non_finite.size:
        raise DataError(f"labels[{non_finite[0]}] must be finite, got {targets[non_finite[0]]}; leave it out")
    return targets
