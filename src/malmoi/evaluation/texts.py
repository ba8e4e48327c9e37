"""Checks of labelled texts: balance, empty texts, texts on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress, islice

from malmoi.data.coded_labels import CodedLabels
from malmoi.data.corpus import Corpus
from malmoi.data.unlabelled import are_among
from malmoi.evaluation.findings import Finding, Severity
from malmoi.foundation.validation import shorten
from malmoi.metrics.scores import majority_class

__all__ = ["check_balance", "check_empty_texts", "check_leaks", "check_unlabelled", "shared_texts"]

IMBALANCED_SHARE = 0.7
SHOWN_EXAMPLES = 3
LEAST_KNOWN = 0.6
"""Labelled texts of which a smaller part is known, beside the unlabelled ones, are of another kind."""


def check_leaks(training: Corpus, validation: Corpus) -> Iterator[Finding]:
    """Yield how many validation texts also stand in training."""
    leaks = shared_texts(training.texts, validation.texts)
    if leaks:
        values = {"count": len(leaks), "share": len(leaks) / len(validation)}
        examples = tuple(shorten(text) for text in leaks[:SHOWN_EXAMPLES])
        yield Finding("leak", Severity.warning, values, examples)


def shared_texts(first: list[str], second: list[str]) -> list[str]:
    """Return the texts of `second` that also stand in `first`, whatever their case, spaces and composition.

    Example:
        >>> shared_texts(["So  good!"], ["so good!", "bad"])
        ['so good!']
    """
    return list(compress(second, are_among(second, first).tolist()))


def check_balance(training: Corpus) -> Iterator[Finding]:
    """Yield whether most labels are the same one."""
    if not isinstance(training.coded, CodedLabels) or not len(training):
        return
    label, majority = majority_class(training.coded)
    if majority.value > IMBALANCED_SHARE:
        yield Finding("imbalance", Severity.warning, {"share": majority.value, "label": label})


def check_empty_texts(training: Corpus) -> Iterator[Finding]:
    """Yield how many texts hold nothing but white space."""
    if training.empty_texts:
        places = (place for place, text in enumerate(training.texts) if not text or text.isspace())
        examples = tuple(f"texts[{place}]" for place in islice(places, SHOWN_EXAMPLES))
        yield Finding("empty-texts", Severity.warning, {"count": training.empty_texts}, examples)


def check_unlabelled(known_shares: tuple[float, float] | None) -> Iterator[Finding]:
    """Yield whether a model knows much less of the labelled texts than of the unlabelled ones that it learned from."""
    if known_shares is not None and known_shares[0] < LEAST_KNOWN * known_shares[1]:
        values = {"labelled": known_shares[0], "unlabelled": known_shares[1]}
        yield Finding("unlike-unlabelled", Severity.warning, values)
