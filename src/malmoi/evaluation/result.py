"""Checks of a result: better than the majority class and than a bag? overfitted? measured on enough texts?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels, CodedLabels, CodedSets
from malmoi.data.corpus import Corpus
from malmoi.data.label_forms import label_sets
from malmoi.evaluation.findings import Finding, Severity
from malmoi.foundation.arrays import Labels
from malmoi.metrics.classification import balanced_accuracy_and_macro_f1, confusion_matrix
from malmoi.metrics.intervals import Ints
from malmoi.metrics.paired import PairedDifference, paired_difference
from malmoi.metrics.scores import Share
from malmoi.models.base import FittedModel
from malmoi.models.labels import places_among
from malmoi.models.linear.classifier import BagClassifier
from malmoi.models.task import Classification, Multilabel

__all__ = ["check_against_bag", "check_result"]

SMALL_VALIDATION = 200
HIGH_TRAINING_ACCURACY = 0.9
OVERFITTING_GAP = 0.15
BAG_STRENGTH = 16.0
"""C of the bag that others are compared with: near the best one on most data."""
Right = npt.NDArray[np.bool_]
Places = npt.NDArray[np.integer[Any]]


def check_result(model: FittedModel, validation: Corpus) -> Iterator[Finding]:
    """Yield what the predictions for a validation set say about a model."""
    task, labels, outputs = model.task, validation.known_codes, model.outputs(validation.texts)
    if not isinstance(task, Classification):
        raise TypeError(f"model must predict labels, got one of {type(task).__name__.lower()}")
    right = task.hits(outputs, labels)
    accuracy = Share(int(right.sum()), len(validation))
    history = model.training_history
    training = history.kept.accuracy if history is not None else None
    measured: float | None = accuracy.value
    if isinstance(task, Multilabel) or isinstance(labels, CodedSets):
        yield _against_most_frequent_set(right, outputs > 0.5, labels, task)
        measured = None if history is None else history.kept.validation_accuracy  # of single decisions, as in training
    else:
        yield _against_majority_class(right, task.probabilities(outputs).argmax(axis=1), labels, task.classes)
    gap = 0.0 if training is None or measured is None else training - measured
    if training is not None and training >= HIGH_TRAINING_ACCURACY and gap > OVERFITTING_GAP:
        yield Finding("overfitting", Severity.warning, {"training": training, "validation": measured})
    if len(validation) < SMALL_VALIDATION:
        low, high = accuracy.interval
        values = {"samples": len(validation), "width": high - low}
        yield Finding("small-validation", Severity.warning, values)


def check_against_bag(model: FittedModel, training: Corpus, validation: Corpus) -> Iterator[Finding]:
    """Yield how a model compares with a bag of n-grams that is fitted on the same texts."""
    labels: Any = training.known_codes
    bag = BagClassifier(C=BAG_STRENGTH, calibration=None).fit(training.texts, labels)
    tasks = [(one, one.task) for one in (model, bag.fitted)]
    right = [
        task.hits(one.outputs(validation.texts), validation.known_codes)
        for one, task in tasks
        if isinstance(task, Classification)
    ]
    difference = paired_difference(right[0], right[1])
    verdict = _verdict(difference)
    values = {
        "measure": "exact match" if isinstance(labels, CodedSets) else "accuracy",
        "accuracy": float(right[0].mean()),
        "bag": float(right[1].mean()),
        **_interval(difference),
        "verdict": verdict,
    }
    yield Finding("bag-baseline", Severity.warning if verdict == "worse" else Severity.note, values)


def _against_majority_class(right: Right, predicted: Places, labels: CodedLabels, classes: Labels) -> Finding:
    label, is_label = labels.most_frequent()
    accuracy, majority = (Share(int(part.sum()), len(right)) for part in (right, is_label))
    low, high = accuracy.interval
    verdict = _verdict(paired_difference(right, is_label))
    balanced, _ = balanced_accuracy_and_macro_f1(_confusion(labels, predicted, classes))
    chance = 1 / len(labels.classes)
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


def _confusion(labels: CodedLabels, predicted: Places, classes: Labels) -> Ints:
    """The confusion matrix of the model's classes, then those of the data that it does not have."""
    places = places_among(classes, labels.classes).astype(np.int64)
    unknown = places < 0
    places[unknown] = len(classes) + np.arange(int(unknown.sum()))
    return confusion_matrix(places[labels.codes], predicted, len(classes) + int(unknown.sum()))


def _against_most_frequent_set(right: Right, chosen: Right, labels: AnyLabels, task: Classification) -> Finding:
    """Compare a model of several labels a text with always predicting the most frequent set of labels."""
    label, is_set = labels.most_frequent()
    exact, baseline = (Share(int(part.sum()), len(right)) for part in (right, is_set))
    low, high = exact.interval
    sets = label_sets(labels, "validation")
    places = places_among(task.classes, sets.classes)[sets.codes]
    truth = np.zeros((len(sets), len(task.classes) + 1), dtype=np.int64)
    np.add.at(truth, (sets.owners, np.where(places < 0, len(task.classes), places)), 1)
    found = int(np.minimum(truth[:, :-1], chosen).sum())
    decided = int(truth.sum() + chosen.sum())
    verdict = _verdict(paired_difference(right, is_set))
    values = {
        "exact_match": exact.value,
        "low": low,
        "high": high,
        "samples": exact.samples,
        "labels": list(label),
        "baseline": baseline.value,
        "micro_f1": 2 * found / decided if decided else 1.0,
        "verdict": verdict,
    }
    return Finding("most-frequent-labels", Severity.note if verdict == "better" else Severity.warning, values)


def _verdict(difference: PairedDifference) -> str:
    return "better" if difference.is_better else "worse" if difference.is_worse else "no better"


def _interval(difference: PairedDifference) -> dict[str, Any]:
    return {
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "samples": difference.samples,
    }
