"""Checks of labelled texts: balance, empty texts, texts on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi import _core
from malmoi.data.corpus import Corpus
from malmoi.evaluation.findings import Finding, Severity
from malmoi.foundation.threads import thread_count
from malmoi.metrics.scores import majority_class

__all__ = ["check_balance", "check_empty_texts", "check_leaks", "shared_texts"]

IMBALANCED_SHARE = 0.7


def check_leaks(training: Corpus, validation: Corpus) -> Iterator[Finding]:
    """Yield how many validation texts also stand in training."""
    leaks = shared_texts(training.texts, validation.texts)
    if leaks:
        yield Finding("leak", Severity.warning, {"count": leaks, "share": leaks / len(validation)})


def shared_texts(first: list[str], second: list[str]) -> int:
    """Count the texts of `second` that also stand in `first`, whatever their case, spaces and composition.

    Example:
        >>> shared_texts(["So  good!"], ["so good!", "bad"])
        1
    """
    places = _core.first_equals([*first, *second], thread_count())
    return sum(place < len(first) for place in places[len(first) :])


def check_balance(training: Corpus) -> Iterator[Finding]:
    """Yield whether most labels are the same one."""
    if training.labels is None or not len(training):
        return
    label, majority = majority_class(training.labels)
    if majority.value > IMBALANCED_SHARE:
        yield Finding("imbalance", Severity.warning, {"share": majority.value, "label": label})


def check_empty_texts(training: Corpus) -> Iterator[Finding]:
    """Yield how many texts hold nothing but white space."""
    if training.empty_texts:
        yield Finding("empty-texts", Severity.warning, {"count": training.empty_texts})
