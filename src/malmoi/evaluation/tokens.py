"""Checks of what a model sees of its texts: truncated tokens, unknown tokens, vectors."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.findings import Finding, Severity
from malmoi.models.base import TrainingFacts
from malmoi.wordvectors import Coverage

__all__ = ["check_coverage", "check_tokens"]

MUCH_TRUNCATED_SHARE = 0.1
MANY_UNKNOWN_SHARE = 0.1
LOW_COVERAGE_SHARE = 0.9


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
