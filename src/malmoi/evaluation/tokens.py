"""Checks of what a model sees of its texts: characters in no token, truncated tokens, unknown tokens, vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from malmoi.evaluation.findings import Finding, Severity
from malmoi.foundation.validation import shorten
from malmoi.models.base import TrainingFacts
from malmoi.tokenizers import External, Tokenizer
from malmoi.wordvectors import Coverage

__all__ = ["check_coverage", "check_token_coverage", "check_tokens"]

MUCH_TRUNCATED_SHARE = 0.1
MANY_UNKNOWN_SHARE = 0.1
LOW_COVERAGE_SHARE = 0.9
SOME_UNCOVERED_SHARE = 0.01
"""Of English and Korean prose (reviews, news, questions, short messages) words leave out 0.1 % at most, punctuation
aside."""
MUCH_UNCOVERED_SHARE = 0.03
"""The pattern of scikit-learn, which leaves out words of one letter, leaves out 1.1 % to 2.8 % of the same texts."""
SHOWN_CHARACTERS = 5


def _severity(is_warning: bool) -> Severity:
    return Severity.warning if is_warning else Severity.note


def check_tokens(facts: TrainingFacts, *, full: bool | None) -> Iterator[Finding]:
    """Yield how many training tokens were truncated, and how many are unknown.

    Args:
        facts: of the training.
        full: whether the vocabulary has as many tokens as it may; `None`: there is no vocabulary.
    """
    much = facts.cut_share > MUCH_TRUNCATED_SHARE
    yield Finding("truncation", _severity(much), {"share": facts.cut_share, "much": much})
    if full is None:
        return  # hashing knows every token
    many = facts.unknown_share > MANY_UNKNOWN_SHARE
    cure = ("max_tokens" if full else "min_count") if many else None
    yield Finding("unknown-tokens", _severity(many), {"share": facts.unknown_share, "cure": cure})


def check_token_coverage(tokenizers: Sequence[Tokenizer], texts: Sequence[str]) -> Iterator[Finding]:
    """Yield how many texts have no token though they are not blank, and which characters are in none.

    Args:
        tokenizers: of the model; of several the one that covers most counts.
        texts: training texts.
    """
    found = [one.coverage(texts) for one in tokenizers if not isinstance(one, External)]
    if not found:
        return
    best = min(found, key=lambda one: (one.texts_without_tokens, one.other_share))
    lost = best.texts_without_tokens - best.blank_texts
    if lost:
        examples = tuple(shorten(texts[place]) for place in best.places)
        values = {"count": lost, "share": lost / best.texts, "examples": list(examples)}
        yield Finding("texts-without-tokens", Severity.warning, values, examples)
    if best.other_share > SOME_UNCOVERED_SHARE:
        frequent = [character for character, _ in best.others[:SHOWN_CHARACTERS]]
        much = best.other_share > MUCH_UNCOVERED_SHARE
        yield Finding("uncovered-characters", _severity(much), {"share": best.other_share, "frequent": frequent})


def check_coverage(coverage: Coverage) -> Iterator[Finding]:
    """Yield how much of the vocabulary has no pretrained vector, and which vectors stand twice in the file."""
    values = {
        "words": 1 - coverage.vocabulary_share,
        "tokens": 1 - coverage.token_share,
        "missing": list(coverage.missing[:5]),
    }
    yield Finding("vector-coverage", _severity(coverage.token_share < LOW_COVERAGE_SHARE), values, coverage.missing[:3])
    if coverage.repeated:
        yield Finding("repeated-vectors", Severity.warning, {"count": coverage.repeated})
