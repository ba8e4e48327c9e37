"""How many tokens of the training texts are not in the vocabulary."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.checks.base import Check, Need, Subject, severity
from malmoi.evaluation.findings import Finding, FindingKind, Values

__all__ = ["UNKNOWN_TOKENS"]

MANY_UNKNOWN_SHARE = 0.1
CURES = {
    "max_tokens": ("a larger max_tokens (--max-tokens) knows more", "max_tokens(--max-tokens)를 늘리면 줄어듭니다"),
    "min_count": ("a smaller min_count (--min-count) knows more", "min_count(--min-count)를 낮추면 줄어듭니다"),
    None: ("", ""),
}


def _cure(values: Values) -> str:
    return CURES[values["cure"]][0]


def _korean_cure(values: Values) -> str:
    return CURES[values["cure"]][1]


KIND = FindingKind(
    "unknown-tokens",
    "{share:.1%} of the training tokens are not in the vocabulary (OOV)",
    "학습 토큰의 {share:.1%}가 어휘에 없습니다(OOV)",
    _cure,
    _korean_cure,
)


def _run(subject: Subject) -> Iterator[Finding]:
    model = subject.model
    facts = None if model is None else model.training_facts
    full = None if model is None else model.vocabulary_is_full
    if facts is None or full is None:
        return  # hashing knows every token
    many = facts.unknown_share > MANY_UNKNOWN_SHARE
    cure = ("max_tokens" if full else "min_count") if many else None
    yield Finding(KIND, severity(warning=many), {"share": facts.unknown_share, "cure": cure})


UNKNOWN_TOKENS = Check(
    (KIND,),
    _run,
    what="the share of the training tokens that are out of the vocabulary, of models that have one",
    threshold="a note; warning above 10 %",
    why="all of them look alike to the model",
    source="-",
    needs=frozenset({Need.model}),
)
