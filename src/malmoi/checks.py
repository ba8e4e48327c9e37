"""What is wrong with the data or with the result, said in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from malmoi import _core
from malmoi.arrays import thread_count
from malmoi.classifiers import EmbeddingClassifier
from malmoi.corpus import Corpus
from malmoi.metrics import Share, majority_class
from malmoi.networks import Hashed

if TYPE_CHECKING:
    from malmoi.wordvectors import Coverage

__all__ = ["Finding", "examine", "shared_texts"]

IMBALANCED_SHARE = 0.7
MUCH_CUT_SHARE = 0.1
MANY_UNKNOWN_SHARE = 0.1
LOW_COVERAGE_SHARE = 0.9
SMALL_VALIDATION = 200
HARDLY_SHARE = 0.2
"""Less than this share of the way from the majority class to perfection is next to nothing."""
BY_HEART_GAP = 0.15


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know before trusting a model.

    Args:
        name: what it is about, the same word every time.
        message: one line, with the figures.
        warning: whether it is a reason for doubt; otherwise it is only good to know.
    """

    name: str
    message: str
    warning: bool

    def __str__(self) -> str:
        return f"{'warning' if self.warning else 'note'}: {self.message}"


def examine(model: EmbeddingClassifier, training: Corpus, validation: Corpus | None = None) -> list[Finding]:
    """Look at a trained model and at the data it was trained with.

    Args:
        model: a trained classifier.
        training: the texts and labels that it learned from.
        validation: the texts and labels that it was only measured on.

    Returns:
        Findings, first those about the result, then those about the data.
    """
    findings: list[Finding] = []
    if validation is not None and len(validation):
        findings += _result(model, validation)
        findings += _leaks(training, validation)
    findings += _classes(training)
    findings += _empty_texts(training)
    findings += _tokens(model)
    if model.facts_.coverage is not None:
        findings += _coverage(model.facts_.coverage)
    return findings


def shared_texts(first: list[str], second: list[str]) -> int:
    """How many texts of `second` also stand in `first`, whatever their case, their spaces and their composition.

    Example:
        >>> shared_texts(["So  good!"], ["so good!", "bad"])
        1
    """
    places = _core.first_equals([*first, *second], thread_count())
    return sum(place < len(first) for place in places[len(first) :])


def _result(model: EmbeddingClassifier, validation: Corpus) -> Iterator[Finding]:
    right = int((model.predict(validation.texts) == validation.known_labels).sum())
    accuracy = Share(right, len(validation))
    label, majority = majority_class(validation.known_labels)
    always = f'always saying "{label}"'
    low, high = accuracy.interval
    gained = (accuracy.value - majority.value) / (1 - majority.value) if majority.value < 1 else 0.0
    if high < majority.value:
        verdict = f"is worse than {always} ({majority.value:.1%})"
    elif low <= majority.value:
        verdict = f"is no better than {always} ({majority.value:.1%}): it may have learned nothing"
    elif gained < HARDLY_SHARE:
        verdict = f"is hardly better than {always} ({majority.value:.1%}): it learned next to nothing"
    else:
        verdict = f"is better than {always} ({majority.value:.1%})"
    yield Finding("majority", f"accuracy {accuracy} {verdict}", warning=low <= majority.value or gained < HARDLY_SHARE)
    yield from _by_heart(model, accuracy)
    if len(validation) < SMALL_VALIDATION:
        message = f"validation has only {len(validation)} texts, so its accuracy is known to {high - low:.0%} only"
        yield Finding("small validation", message, warning=True)


def _by_heart(model: EmbeddingClassifier, accuracy: Share) -> Iterator[Finding]:
    training = model.history_.kept.accuracy or 0.0
    if training - accuracy.value > BY_HEART_GAP:
        gap = f"{training:.1%} right on the training texts and {accuracy.value:.1%} on others"
        cure = "more labels, fewer parameters, dropout or fewer epochs help"
        yield Finding("by heart", f"{gap}: it knows its texts by heart; {cure}", warning=True)


def _leaks(training: Corpus, validation: Corpus) -> Iterator[Finding]:
    leaks = shared_texts(training.texts, validation.texts)
    if leaks:
        share = leaks / len(validation)
        message = f"{leaks:,} validation texts ({share:.1%}) also stand in training; their answers are known"
        yield Finding("leak", message, warning=True)


def _classes(training: Corpus) -> Iterator[Finding]:
    label, majority = majority_class(training.known_labels)
    if majority.value > IMBALANCED_SHARE:
        yield Finding("imbalance", f'{majority.value:.1%} of the training labels are "{label}"', warning=True)


def _empty_texts(training: Corpus) -> Iterator[Finding]:
    if training.empty_texts:
        message = f"{training.empty_texts:,} training texts are empty; they are kept, as rows of padding"
        yield Finding("empty texts", message, warning=True)


def _tokens(model: EmbeddingClassifier) -> Iterator[Finding]:
    facts, settings = model.facts_, model.settings_
    much = facts.cut_share > MUCH_CUT_SHARE
    cure = "; a larger max_length (--length) keeps them" if much else ""
    message = f"{facts.cut_share:.1%} of the training tokens are cut off{cure}"
    yield Finding("cut off", message, warning=much)
    if isinstance(settings["embedding"], Hashed):
        return  # no token is unknown
    many = facts.unknown_share > MANY_UNKNOWN_SHARE
    is_full = settings["max_tokens"] is not None and len(model.vectorizer_.vocabulary_) >= settings["max_tokens"]
    what = "a larger max_tokens (--vocabulary)" if is_full else "a smaller min_count (--min-count)"
    cure = f"; {what} knows more" if many else ""
    message = f"{facts.unknown_share:.1%} of the training tokens are not in the vocabulary{cure}"
    yield Finding("unknown", message, warning=many)


def _coverage(coverage: Coverage) -> Iterator[Finding]:
    low = coverage.token_share < LOW_COVERAGE_SHARE
    without = f"{1 - coverage.vocabulary_share:.1%} of the vocabulary and {1 - coverage.token_share:.1%} of its tokens"
    missing = f"; the most frequent: {', '.join(coverage.missing[:5])}" if coverage.missing else ""
    yield Finding("coverage", f"{without} have no vector{missing}", warning=low)
    if coverage.repeated:
        message = f"the vectors file has {coverage.repeated:,} words of the vocabulary twice; the first row won"
        yield Finding("repeated vectors", message, warning=True)
