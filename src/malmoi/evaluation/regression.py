"""Evaluation of models that predict a number per text."""

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
    """Measure a model that predicts a number per text.

    Raises:
        TypeError: labels are no numbers.
        DataError: one is not finite, or the model predicts several numbers.
    """
    if request.model.task.units != 1:
        raise DataError(f"model must predict one number per sample, got one that predicts {request.model.task.units}")
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
        raise TypeError(
            f"labels must be numbers, one for each sample, because the model predicts one, got {shorten(labels)}"
        )
    targets = array.astype(np.float64)
    strange = np.flatnonzero(~np.isfinite(targets))
    if strange.size:
        raise DataError(f"labels[{strange[0]}] must be finite, got {targets[strange[0]]}; leave it out")
    return targets
