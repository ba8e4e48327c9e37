"""How many tokens of the training texts, and of other texts, are not in the vocabulary."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.checks.base import Check, Need, Subject, severity
from malmoi.evaluation.findings import Finding, FindingKind, Severity, Values

__all__ = ["UNKNOWN_TOKENS"]

MANY_UNKNOWN_SHARE = 0.1
LEAST_RISE = 0.05
MANY_WITHOUT_REFERENCE = 0.2
"""Where the share in training is not known. Bags of 3,000 to 4,200 texts do not know 0.5 % to 15 % of the tokens of
other texts of the same set (of questions most), and 17 % to 79 % of another kind or language."""
CURES = {
    "max_tokens": ("a larger max_tokens (--max-tokens) knows more", "max_tokens(--max-tokens)를 늘리면 줄어듭니다"),
    "min_count": ("a smaller min_count (--min-count) knows more", "min_count(--min-count)를 낮추면 줄어듭니다"),
    None: ("", ""),
}


def _cure(values: Values) -> str:
    return CURES[values["cure"]][0]


def _korean_cure(values: Values) -> str:
    return CURES[values["cure"]][1]


def _english_more(values: Values) -> str:
    new = f"{values['share']:.1%} of the tokens of the measured texts are not in the vocabulary (OOV)"
    return new if values["training"] is None else f"{new}; {values['training']:.1%} of the training tokens are not"


def _korean_more(values: Values) -> str:
    new = f"평가 텍스트 토큰의 {values['share']:.1%}가 어휘에 없습니다(OOV)"
    return new if values["training"] is None else f"{new}. 학습 토큰은 {values['training']:.1%}입니다"


KIND = FindingKind(
    "unknown-tokens",
    "{share:.1%} of the training tokens are not in the vocabulary (OOV)",
    "학습 토큰의 {share:.1%}가 어휘에 없습니다(OOV)",
    _cure,
    _korean_cure,
)
MORE = FindingKind(
    "more-unknown-tokens",
    _english_more,
    _korean_more,
    "the texts may be of another kind or language than those of the training; train with texts like them",
    "학습 텍스트와 종류나 언어가 다를 수 있습니다. 이와 비슷한 텍스트로도 학습하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    model = subject.model
    if model is None:
        return
    facts, full = model.training_facts, model.vocabulary_is_full
    known = None if facts is None or full is None else facts.unknown_share  # hashing knows every token
    if known is not None:
        many = known > MANY_UNKNOWN_SHARE
        cure = ("max_tokens" if full else "min_count") if many else None
        yield Finding(KIND, severity(warning=many), {"share": known, "cure": cure})
    new = subject.new_token_shares
    if new is None or new.unknown is None:
        return
    least = MANY_WITHOUT_REFERENCE if known is None else max(MANY_UNKNOWN_SHARE, known + LEAST_RISE)
    if new.unknown > least:
        yield Finding(MORE, Severity.warning, {"share": new.unknown, "training": known, "tokens": new.tokens})


UNKNOWN_TOKENS = Check(
    (KIND, MORE),
    _run,
    what="the share of the tokens that are out of the vocabulary, of models that have one (of bags: the tokens that "
    "are no n-gram of the model); in training, and in 500 at most of the texts that the model is measured on",
    threshold="a note; warning above 10 %; of measured texts a warning above 10 % that is 5 points above that of the "
    "training; above 20 % where that of the training is not known",
    why="all of them look alike to the model",
    source="-",
    needs=frozenset({Need.model}),
)
