"""Empty, very short and very long texts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malmoi.evaluation.checks.base import Check, Subject
from malmoi.evaluation.findings import Finding, FindingKind, Severity

__all__ = ["TEXT_LENGTHS"]

EMPTY_TEXTS = FindingKind(
    "empty-texts",
    "{count:text is|texts are} empty",
    "텍스트 {count:,}개가 비어 있습니다",
    "leave them out, or fill them; all empty texts get the same prediction",
    "빼거나 채우세요. 빈 텍스트의 예측은 모두 같습니다",
)


def _run(subject: Subject) -> Iterator[Finding]:
    texts = subject.data.texts
    empty = np.flatnonzero([not text or text.isspace() for text in texts])
    if len(empty):
        yield Finding(EMPTY_TEXTS, Severity.warning, {"count": len(empty)}, subject.examples(empty))


TEXT_LENGTHS = Check(
    (EMPTY_TEXTS,),
    _run,
    what="texts that hold nothing but white space",
    threshold="warning from 1 text on",
    why="a model cannot tell them apart",
    source="-",
)
