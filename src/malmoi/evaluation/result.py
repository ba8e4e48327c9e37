"""Checks of a result: better than the majority class and than a bag? overfitted? measured on enough texts?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.data.corpus import Corpus
from malmoi.evaluation.findings import Finding, Severity
from malmoi.metrics.classification import balanced_accuracy_and_macro_f1, confusion_matrix
from malmoi.metrics.paired import PairedDifference, paired_difference
from malmoi.metrics.scores import Share, majority_class
from malmoi.models.base import FittedModel
from malmoi.models.linear.classifier import BagClassifier

__all__ = ["check_against_bag", "check_result"]

SMALL_VALIDATION = 200
HIGH_TRAINING_ACCURACY = 0.9
OVERFITTING_GAP = 0.15
BAG_STRENGTH = 16.0
"""C of the bag that others are compared with: near the best one on most data."""
Right = npt.NDArray[np.bool_]


def check_result(model: FittedModel, validation: Corpus) -> Iterator[Finding]:
    """Yield what the predictions for a validation set say about a model."""
    labels, predicted = validation.known_labels, model.task.decode(model.outputs(validation.texts))
    right = np.asarray(predicted == labels, dtype=bool)
    accuracy = Share(int(right.sum()), len(validation))
    yield _against_majority_class(right, predicted, validation)
    history = model.training_history
    training = history.kept.accuracy if history is not None else None
    if training is not None and training >= HIGH_TRAINING_ACCURACY and training - accuracy.value > OVERFITTING_GAP:
        values = {"training": training, "validation": accuracy.value}
        yield Finding("overfitting", Severity.warning, values)
    if len(validation) < SMALL_VALIDATION:
        low, high = accuracy.interval
        values = {"samples": len(validation), "width": high - low}
        yield Finding("small-validation", Severity.warning, values)


def check_against_bag(model: FittedModel, training: Corpus, validation: Corpus) -> Iterator[Finding]:
    """Yield how a model compares with a bag of n-grams that is fitted on the same texts."""
    labels = validation.known_labels
    bag = BagClassifier(C=BAG_STRENGTH, calibration=None).fit(training.texts, training.known_labels)
    right = [np.asarray(one.task.decode(one.outputs(validation.texts)) == labels) for one in (model, bag.fitted)]
    difference = paired_difference(right[0], right[1])
    verdict = _verdict(difference)
    values = {
        "accuracy": float(right[0].mean()),
        "bag": float(right[1].mean()),
        **_interval(difference),
        "verdict": verdict,
    }
    yield Finding("bag-baseline", Severity.warning if verdict == "worse" else Severity.note, values)


def _against_majority_class(right: Right, predicted: Any, validation: Corpus) -> Finding:
    labels = validation.known_labels
    label, majority = majority_class(labels)
    accuracy = Share(int(right.sum()), len(right))
    low, high = accuracy.interval
    verdict = _verdict(paired_difference(right, np.asarray(labels == label)))
    classes = np.unique(np.concatenate([labels, np.asarray(predicted, dtype=labels.dtype)]))
    places = [np.searchsorted(classes, values) for values in (labels, predicted)]
    balanced, _ = balanced_accuracy_and_macro_f1(confusion_matrix(places[0], places[1], len(classes)))
    chance = 1 / len(np.unique(labels))
    if verdict != "better" and balanced.low > chance:
        verdict = "balanced"
    values = {
        "accuracy": accuracy.value,
        "low": low,
        "high": high,
        "samples": accuracy.samples,
        "label": label,
        "baseline": majority.value,
        "balanced": balanced.value,
        "balanced_low": balanced.low,
        "balanced_high": balanced.high,
        "chance": chance,
        "verdict": verdict,
    }
    return Finding("majority-class", Severity.note if verdict in ("better", "balanced") else Severity.warning, values)


def _verdict(difference: PairedDifference) -> str:
    return "better" if difference.is_better else "worse" if difference.is_worse else "no better"


def _interval(difference: PairedDifference) -> dict[str, Any]:
    return {
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "samples": difference.samples,
    }
