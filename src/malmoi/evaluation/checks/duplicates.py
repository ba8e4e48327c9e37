"""Texts that repeat an earlier text of the same data, exactly or nearly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malmoi.evaluation.checks.base import Check, Subject, severity
from malmoi.evaluation.findings import Finding, FindingKind

__all__ = ["DUPLICATES"]

MANY_SHARE = 0.01
"""Share of repeated texts from which there is a warning: a score changes by about as much."""

EXACT = FindingKind(
    "duplicates",
    "{count:text repeats|texts repeat} an earlier text ({share:.1%}), ignoring case, white space and Unicode form",
    "텍스트 {count:,}개({share:.1%})가 앞에 나온 텍스트와 같습니다(대소문자, 공백, 유니코드 정규화 형식의 차이는 무시)",
    "keep one of each; malmoi check DATA --fix OUT writes the data without them",
    "하나씩만 남기세요. malmoi check DATA --fix OUT을 실행하면 중복을 제거한 데이터를 저장합니다",
)
NEAR = FindingKind(
    "near-duplicates",
    "{count:text nearly repeats|texts nearly repeat} an earlier text ({share:.1%})",
    "텍스트 {count:,}개({share:.1%})가 앞에 나온 텍스트와 거의 같습니다(유사 중복)",
    "review them; malmoi check DATA --fix OUT removes copies and marks the others",
    "검토하세요. malmoi check DATA --fix OUT을 실행하면 완전 중복은 제거하고 나머지는 표시합니다",
)


def _run(subject: Subject) -> Iterator[Finding]:
    similar, samples = subject.similar, len(subject.data)
    inside = (similar.texts < samples) & (similar.earlier < samples)
    for kind, chosen in ((EXACT, inside & similar.equal), (NEAR, inside & ~similar.equal)):
        found = np.flatnonzero(chosen)
        found = found[~subject.blank[similar.texts[found]]]  # empty texts are reported by another check
        if not len(found):
            continue
        share = len(found) / samples
        values = {"count": len(found), "share": share}
        yield Finding(kind, severity(warning=share >= MANY_SHARE), values, subject.most_similar(found))


DUPLICATES = Check(
    (EXACT, NEAR),
    _run,
    what="texts that repeat an earlier one up to case, white space and Unicode normalization; near duplicates: the "
    "Jaccard similarity of their words (for Korean, Chinese and Japanese, of pairs of characters) is 0.7 or more",
    threshold="note from 1 text on; warning from 1 % of the texts on",
    why="repeated texts count several times, and a random split can put near duplicates into both sets",
    source="Broder 1997 (MinHash); fast similarity sketching: Dahlgaard, Knudsen and Thorup 2017",
)
