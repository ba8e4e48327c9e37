"""Checks of a result: better than the majority class? overfitted? measured on enough texts?"""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.data.corpus import Corpus
from malmoi.evaluation.findings import Finding, Severity
from malmoi.metrics.scores import Share, majority_class
from malmoi.models.base import FittedModel

__all__ = ["check_result"]

SMALL_VALIDATION = 200
HARDLY_SHARE = 0.2
"""Less than this share of the way from the majority class to perfection is hardly better."""
OVERFITTING_GAP = 0.15


def check_result(model: FittedModel, validation: Corpus) -> Iterator[Finding]:
    """Yield what the predictions for a validation set say about a model."""
    right = int((model.predict(validation.texts) == validation.known_labels).sum())
    accuracy = Share(right, len(validation))
    yield _against_majority_class(accuracy, validation)
    history = model.training_history
    training = history.kept.accuracy if history is not None else None
    if training is not None and training - accuracy.value > OVERFITTING_GAP:
        values = {"training": training, "validation": accuracy.value}
        yield Finding("overfitting", Severity.warning, values)
    if len(validation) < SMALL_VALIDATION:
        low, high = accuracy.interval
        values = {"samples": len(validation), "width": high - low}
        yield Finding("small-validation", Severity.warning, values)


def _against_majority_class(accuracy: Share, validation: Corpus) -> Finding:
    label, majority = majority_class(validation.known_labels)
    low, high = accuracy.interval
    gained = (accuracy.value - majority.value) / (1 - majority.value) if majority.value < 1 else 0.0
    if high < majority.value:
        verdict = "worse"
    elif low <= majority.value:
        verdict = "no better"
    else:
        verdict = "hardly better" if gained < HARDLY_SHARE else "better"
    values = {
        "accuracy": accuracy.value,
        "low": low,
        "high": high,
        "samples": accuracy.samples,
        "label": label,
        "baseline": majority.value,
        "verdict": verdict,
    }
    return Finding("majority-class", Severity.note if verdict == "better" else Severity.warning, values)
