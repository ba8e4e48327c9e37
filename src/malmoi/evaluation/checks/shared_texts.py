"""Texts that stand on both sides of a split, exactly or nearly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malmoi.evaluation.checks.base import Check, Need, Subject, severity
from malmoi.evaluation.findings import Finding, FindingKind, Values

__all__ = ["SHARED_TEXTS"]

MANY_SHARE = 0.005
"""Share of near duplicates from which on they are a reason for doubt; equal texts are from the first one on."""


LEAVE_OUT = ("leave them out of one side", "한쪽에서 빼세요")


def _cure(values: Values) -> str:
    same = "is it the same data twice? a model is measured on texts that it did not learn from"
    return same if values["share"] == 1 else LEAVE_OUT[0]


def _korean_cure(values: Values) -> str:
    same = "같은 데이터를 두 번 준 것이 아닙니까? 모델은 학습하지 않은 텍스트로 평가합니다"
    return same if values["share"] == 1 else LEAVE_OUT[1]


LEAK = FindingKind(
    "leak",
    "{count:validation text also stands|validation texts also stand} in training ({share:.1%}): their labels are known",
    "검증 텍스트 {count:,}개({share:.1%})가 학습 데이터에도 있습니다(데이터 누수)",
    _cure,
    _korean_cure,
)
NEAR_LEAK = FindingKind(
    "near-leak",
    "{count:validation text nearly repeats|validation texts nearly repeat} a training text ({share:.1%})",
    "검증 텍스트 {count:,}개({share:.1%})가 학습 텍스트와 거의 같습니다(데이터 누수)",
    "leave them out of one side, or split by a column of groups (--group-column)",
    "한쪽에서 빼거나 그룹 열로 나누세요(--group-column)",
)


def _run(subject: Subject) -> Iterator[Finding]:
    if subject.validation is None:
        return
    similar, samples, measured = subject.similar, len(subject.data), len(subject.validation)
    equal = similar.equal_groups[samples:] < samples
    shared = np.flatnonzero(equal)
    if len(shared):
        values = {"count": len(shared), "share": len(shared) / measured}
        yield Finding(LEAK, severity(warning=True), values, subject.examples(shared, validation=True))
    across = (similar.texts >= samples) & (similar.earlier < samples)
    across[across] = ~equal[similar.texts[across] - samples]
    near = np.flatnonzero(across)
    if len(near):
        share = len(near) / measured
        values = {"count": len(near), "share": share}
        yield Finding(NEAR_LEAK, severity(warning=share >= MANY_SHARE), values, subject.most_similar(near))


SHARED_TEXTS = Check(
    (LEAK, NEAR_LEAK),
    _run,
    what="texts of the second data set that also stand in the first, but for case, white space and composition; texts "
    "that nearly repeat one (Jaccard similarity of 0.7 or more)",
    threshold="equal texts: warning from 1 text on; near duplicates: a note from 1 text on, warning from 0.5 % on",
    why="the model has seen their labels, so its score on them says nothing",
    source="as `near-duplicates`",
    needs=frozenset({Need.validation}),
)
