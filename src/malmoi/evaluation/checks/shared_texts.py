"""Texts that occur in both parts of a split, exactly or nearly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malmoi.evaluation.checks.base import Check, Need, Subject, severity
from malmoi.evaluation.findings import Finding, FindingKind, Values

__all__ = ["SHARED_TEXTS"]

MANY_SHARE = 0.005
"""Share of near duplicates from which there is a warning; for equal texts from the first one on."""


LEAVE_OUT = ("remove them from one of the sets", "한쪽에서 제거하세요")


def _cure(values: Values) -> str:
    same = "check that the data sets differ; a model must be evaluated on texts that were not used for training"
    return same if values["share"] == 1 else LEAVE_OUT[0]


def _korean_cure(values: Values) -> str:
    same = "같은 데이터를 두 번 지정한 것은 아닌지 확인하세요. 모델은 학습에 쓰지 않은 텍스트로 평가해야 합니다"
    return same if values["share"] == 1 else LEAVE_OUT[1]


LEAK = FindingKind(
    "leak",
    "{count:validation text is|validation texts are} also in the training set ({share:.1%}), which is data leakage",
    "검증 텍스트 {count:,}개({share:.1%})가 학습 데이터에도 있습니다(데이터 누수)",
    _cure,
    _korean_cure,
)
NEAR_LEAK = FindingKind(
    "near-leak",
    "{count:validation text nearly repeats|validation texts nearly repeat} a training text ({share:.1%})",
    "검증 텍스트 {count:,}개({share:.1%})가 학습 텍스트와 거의 같습니다(데이터 누수)",
    "remove them from one of the sets, or split by a group column (--group-column)",
    "한쪽에서 제거하거나 그룹 열(--group-column)을 기준으로 분할하세요",
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
    what="texts of the second data set that also occur in the first, up to case, white space and Unicode "
    "normalization; near duplicates (Jaccard similarity of 0.7 or more)",
    threshold="equal texts: warning from 1 text on; near duplicates: note from 1 text on, warning from 0.5 % on",
    why="the model was trained on their labels, so its score on them is too high",
    source="as `near-duplicates`",
    needs=frozenset({Need.validation}),
)
