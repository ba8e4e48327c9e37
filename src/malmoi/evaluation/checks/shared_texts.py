"""Texts that stand on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malmoi.data.unlabelled import are_among
from malmoi.evaluation.checks.base import Check, Need, Subject
from malmoi.evaluation.findings import Finding, FindingKind, Severity

__all__ = ["SHARED_TEXTS"]

LEAK = FindingKind(
    "leak",
    "{count:,} validation texts ({share:.1%}) also stand in training; their labels are known",
    "검증 텍스트 {count:,}개({share:.1%})가 학습 데이터에도 있습니다(데이터 누수)",
    "leave them out of one side",
    "한쪽에서 빼세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    if subject.validation is None:
        return
    shared = np.flatnonzero(are_among(subject.validation.texts, subject.data.texts))
    if len(shared):
        values = {"count": len(shared), "share": len(shared) / len(subject.validation)}
        yield Finding(LEAK, Severity.warning, values, subject.examples(shared, validation=True))


SHARED_TEXTS = Check(
    (LEAK,),
    _run,
    what="texts of the second data set that also stand in the first, but for case, white space and composition",
    threshold="warning from 1 text on",
    why="the model has seen their labels, so its score on them says nothing",
    source="-",
    needs=frozenset({Need.validation}),
)
