"""Share of out-of-vocabulary tokens in the training texts, and in evaluated texts."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.checks.base import Check, Need, Subject, severity
from malmoi.evaluation.findings import Finding, FindingKind, Severity, Values

__all__ = ["UNKNOWN_TOKENS"]

MANY_UNKNOWN_SHARE = 0.1
LEAST_RISE = 0.05
MANY_WITHOUT_REFERENCE = 0.2
"""Threshold if the share in training is unknown. For bags of 3,000 to 4,200 texts, 0.5 % to 15 % of the tokens of other
texts of the same data set are unknown (most for questions), and 17 % to 79 % of another type or language."""
CURES = {
    "max_tokens": (
        "increase max_tokens (--max-tokens) for a larger vocabulary",
        "max_tokens(--max-tokens)를 늘려 어휘를 키우세요",
    ),
    "min_count": (
        "decrease min_count (--min-count) for a larger vocabulary",
        "min_count(--min-count)를 낮춰 어휘를 키우세요",
    ),
    None: ("", ""),
}


def _cure(values: Values) -> str:
    return CURES[values["cure"]][0]


def _korean_cure(values: Values) -> str:
    return CURES[values["cure"]][1]


def _english_more(values: Values) -> str:
    new = f"{values['share']:.1%} of the tokens of the evaluated texts are out of vocabulary (OOV)"
    return new if values["training"] is None else f"{new}; {values['training']:.1%} of the training tokens are"


def _korean_more(values: Values) -> str:
    new = f"평가 텍스트 토큰의 {values['share']:.1%}가 어휘에 없습니다(OOV)"
    return new if values["training"] is None else f"{new}. 학습 토큰에서는 {values['training']:.1%}입니다"


KIND = FindingKind(
    "unknown-tokens",
    "{share:.1%} of the training tokens are out of vocabulary (OOV)",
    "학습 토큰의 {share:.1%}가 어휘에 없습니다(OOV)",
    _cure,
    _korean_cure,
)
MORE = FindingKind(
    "more-unknown-tokens",
    _english_more,
    _korean_more,
    "the texts may be of another type or language than the training texts; add similar texts to the training set",
    "학습 텍스트와 종류나 언어가 다를 수 있습니다. 비슷한 텍스트를 학습 데이터에 추가하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    model = subject.model
    if model is None:
        return
    facts, full = model.training_facts, model.vocabulary_is_full
    known = None if facts is None or full is None else facts.unknown_share  # with hashing no token is unknown
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
    what="the share of out-of-vocabulary tokens, for models with a vocabulary (for bags: tokens that are not an "
    "n-gram of the model); in training, and in at most 500 evaluated texts",
    threshold="note; warning above 10 %; for evaluated texts a warning above 10 % that is 5 points above that in "
    "training; above 20 % if that in training is unknown",
    why="the model cannot distinguish them",
    source="-",
    needs=frozenset({Need.model}),
)
