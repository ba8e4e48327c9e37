"""Notes on the scores of a classifier, in English or Korean."""

from __future__ import annotations

from collections.abc import Sequence

from malmoi.evaluation.evaluation import Evaluation
from malmoi.evaluation.findings import Language
from malmoi.foundation.validation import shorten
from malmoi.report.card_words import said

__all__ = ["score_notes"]

SHOWN_LABELS = 5


def score_notes(evaluation: Evaluation, language: Language) -> list[str]:
    """Return notes on labels unknown to the model, and on classes without texts in the data."""
    notes = []
    if evaluation.unknown_labels:
        labels, count = _some(list(evaluation.unknown_labels)), sum(evaluation.unknown_labels.values())
        notes.append(said("unknown_labels", language, count=count, samples=evaluation.samples, labels=labels))
    absent = [score.label for score in evaluation.classes if not score.support]
    if absent:
        notes.append(said("absent_classes", language, count=len(absent), labels=_some(absent)))
    return notes


def _some(labels: Sequence[object]) -> str:
    """Return the first labels, and "…" if there are more."""
    return ", ".join([*map(shorten, labels[:SHOWN_LABELS]), *["…"] * (len(labels) > SHOWN_LABELS)])
