"""Whether a validation set is large enough to evaluate a model."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Measured, Need, Subject
from malmoi.evaluation.findings import Example, Finding, FindingKind, Severity, Values, cut
from malmoi.metrics.paired import paired_difference

__all__ = ["SMALL_VALIDATION"]

FEWEST_SAMPLES = 200
FEWEST_OF_CLASS = 20
"""Number of texts of a class; with 20 texts the interval of the recall is up to 40 points wide."""


def _few(values: Values) -> str:
    subject = "1 class has" if values["count"] == 1 else f"{values['count']:,} classes have"
    return f"{subject} too few samples to measure a recall: {_pairs(values)}"


def _korean_few(values: Values) -> str:
    return f"샘플이 너무 적어 재현율을 측정하기 어려운 클래스가 {values['count']:,}개 있습니다: {_pairs(values)}"


def _pairs(values: Values) -> str:
    pairs = zip(values["labels"], values["counts"], strict=True)
    return ", ".join(f'"{cut(label)}" ({count:,})' for label, count in pairs)


def _undecided(values: Values) -> str:
    gap = f"{100 * values['difference']:+.1f} points (95 % interval {100 * values['low']:+.1f} to "
    gap += f"{100 * values['high']:+.1f})"
    needed = f"about {values['needed']:,} samples would be enough"
    return f"too few samples to distinguish the model from the majority-class baseline: {gap}; {needed}"


def _korean_undecided(values: Values) -> str:
    gap = f"차이 {100 * values['difference']:+.1f}%p(95% 신뢰구간 {100 * values['low']:+.1f}~"
    gap += f"{100 * values['high']:+.1f})"
    needed = f"샘플이 약 {values['needed']:,}개 필요합니다"
    return f"샘플이 너무 적어 모델이 다수 클래스 베이스라인과 다른지 판단할 수 없습니다. {gap}, {needed}"


SMALL = FindingKind(
    "small-validation",
    "the accuracy was measured on only {samples:sample|samples}: its 95 % interval is {points:point|points} wide",
    "검증 샘플이 {samples:,}개뿐이어서 정확도의 95% 신뢰구간 폭이 {points:,}%p입니다",
    "evaluate the model on more samples",
    "더 많은 샘플로 평가하세요",
)
FEW_OF_CLASS = FindingKind(
    "small-class",
    _few,
    _korean_few,
    "add validation texts of these classes",
    "해당 클래스의 검증 텍스트를 추가하세요",
)
UNDECIDED = FindingKind(
    "undecided-baseline",
    _undecided,
    _korean_undecided,
    "evaluate the model on more samples",
    "더 많은 샘플로 평가하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    measured = subject.measured
    if measured is None:
        return
    if len(measured.correct) < FEWEST_SAMPLES:
        low, high = measured.accuracy.interval
        yield Finding(
            SMALL,
            Severity.warning,
            {"samples": len(measured.correct), "width": high - low, "points": round(100 * (high - low))},
        )
    yield from _of_baseline(measured)
    yield from _of_classes(measured)


def _of_baseline(measured: Measured) -> Iterator[Finding]:
    """Yield a finding if the model has a higher accuracy than the baseline, but the interval includes 0."""
    _, is_label = measured.labels.most_frequent()
    gap = paired_difference(measured.correct, is_label)
    if gap.value > 0 and gap.low <= 0:
        needed = math.ceil(gap.samples * ((gap.value - gap.low) / gap.value) ** 2)
        rounded = round(needed, 1 - len(str(needed)) + 1)
        values = {"difference": gap.value, "low": gap.low, "high": gap.high, "samples": gap.samples, "needed": rounded}
        yield Finding(UNDECIDED, Severity.note, values)


def _of_classes(measured: Measured) -> Iterator[Finding]:
    counts, classes = measured.labels.counts, measured.labels.classes
    few = np.flatnonzero(counts < FEWEST_OF_CLASS)
    if len(few) and len(measured.correct) >= FEWEST_SAMPLES:
        few = few[np.argsort(counts[few], kind="stable")]
        shown = [label.item() for label in classes[few[:SHOWN_EXAMPLES]]]
        values = {"count": len(few), "labels": shown, "counts": counts[few[:SHOWN_EXAMPLES]].tolist()}
        yield Finding(FEW_OF_CLASS, Severity.note, values, tuple(Example(str(label)) for label in shown))


SMALL_VALIDATION = Check(
    (SMALL, UNDECIDED, FEW_OF_CLASS),
    _run,
    what="the number of evaluated texts, in total and per class; whether it is large enough to distinguish the model "
    "from the majority-class baseline",
    threshold="warning below 200 texts; note if the accuracy is above that of the baseline and the 95 % interval of "
    "the paired difference includes 0; note for classes with fewer than 20 texts",
    why="the accuracy on 200 texts has an interval of up to 14 points, the recall on 20 texts one of up to 40",
    source="Wilson 1927; Newcombe 1998, method 10",
    needs=frozenset({Need.measured}),
)
