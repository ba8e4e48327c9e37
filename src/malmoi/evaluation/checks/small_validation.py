"""Whether a validation set is too small to tell how good a model is."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.checks.base import Check, Need, Subject
from malmoi.evaluation.findings import Finding, FindingKind, Severity

__all__ = ["SMALL_VALIDATION"]

FEWEST_SAMPLES = 200

KIND = FindingKind(
    "small-validation",
    "validation has only {samples:text|texts}: the 95 % interval of the accuracy is {width:.0%} wide",
    "검증 텍스트가 {samples:,}개뿐이어서 정확도의 95 % 신뢰구간 폭이 {width:.0%}입니다",
    "measure on more texts",
    "더 많은 텍스트로 평가하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    measured = subject.measured
    if measured is not None and len(measured.right) < FEWEST_SAMPLES:
        low, high = measured.accuracy.interval
        yield Finding(KIND, Severity.warning, {"samples": len(measured.right), "width": high - low})


SMALL_VALIDATION = Check(
    (KIND,),
    _run,
    what="the number of texts that a model is measured on",
    threshold="warning below 200 texts",
    why="the accuracy of 200 texts has an interval of up to 14 points",
    source="Wilson 1927",
    needs=frozenset({Need.measured}),
)
