"""Whether the probabilities of a model match its accuracy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malmoi.data.coded_labels import CodedSets
from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject
from malmoi.evaluation.findings import Finding, FindingKind, Severity, Values
from malmoi.metrics.calibration import calibration
from malmoi.models.task import Multilabel

__all__ = ["MISCALIBRATION"]

LEAST_ERROR = 0.05
"""Minimum lower bound of the calibration error: with probabilities that are 5 points off on average, thresholds are
wrong. Bags have 0.01 to 0.05 on held-out texts of seven data sets, with lower bounds up to 0.034 (20 newsgroups, whose
test set is later)."""
FEWEST_SAMPLES = 200
MOST_SAMPLES = 2_000
"""Sample size that is sufficient to detect an error of 5 points."""
ONE_SIDED = 0.8
"""Minimum share of the error with one sign for a model to be called over-confident or under-confident."""

ENGLISH = {
    "over-confident": "the model is over-confident",
    "under-confident": "the model is under-confident",
    "both": "the model is over-confident for some texts and under-confident for others",
}
KOREAN = {
    "over-confident": "모델이 과신합니다(over-confident)",
    "under-confident": "모델의 확신도가 실제 정확도보다 낮습니다(under-confident)",
    "both": "모델의 확신도가 어떤 텍스트에서는 정확도보다 높고 다른 텍스트에서는 낮습니다",
}


def _english(values: Values) -> str:
    error = f"{values['error']:.3f} (95 % interval {values['low']:.3f} to {values['high']:.3f})"
    means = (
        f"mean probability {values['confidence']:.1%}, accuracy {values['accuracy']:.1%} on {values['samples']:,} texts"
    )
    return f"{ENGLISH[values['direction']]}: {means}; expected calibration error {error}"


def _korean(values: Values) -> str:
    error = f"{values['error']:.3f}(95% 신뢰구간 {values['low']:.3f}~{values['high']:.3f})"
    means = f"텍스트 {values['samples']:,}개의 평균 확률 {values['confidence']:.1%}, 정확도 {values['accuracy']:.1%}"
    return f"{KOREAN[values['direction']]}. {means}, 기대 보정 오차 {error}"


KIND = FindingKind(
    "miscalibration",
    _english,
    _korean,
    "choose thresholds by the accuracy on held-out texts instead of by probabilities; the recipe bag calibrates "
    "probabilities, networks do not",
    "임계값은 확률이 아니라 홀드아웃 텍스트에서의 정확도를 기준으로 정하세요. "
    "bag 레시피는 확률을 보정하지만 신경망은 보정하지 않습니다",
)


def _run(subject: Subject) -> Iterator[Finding]:
    measured = subject.measured
    if measured is None or len(measured.correct) < FEWEST_SAMPLES:
        return
    if isinstance(measured.task, Multilabel) or isinstance(measured.labels, CodedSets):
        return  # the probability of a set of labels is unknown
    chosen = np.arange(len(measured.correct))
    if len(chosen) > MOST_SAMPLES:
        chosen = np.random.default_rng(subject.seed).choice(chosen, MOST_SAMPLES, replace=False)
    confidence, correct = measured.probabilities[chosen].max(axis=1), measured.correct[chosen]
    found = calibration(confidence, correct, seed=subject.seed)
    if found.error.low <= LEAST_ERROR:
        return
    mean, accuracy = float(confidence.mean()), float(correct.mean())
    one_sided = abs(mean - accuracy) >= ONE_SIDED * found.error.value
    direction = ("over-confident" if mean > accuracy else "under-confident") if one_sided else "both"
    values = {
        "direction": direction,
        "error": found.error.value,
        "low": found.error.low,
        "high": found.error.high,
        "confidence": mean,
        "accuracy": accuracy,
        "samples": len(correct),
    }
    wrong = np.argsort(-np.where(correct, -1.0, confidence), kind="stable")[: int((~correct).sum())]
    most_confident = chosen[wrong if direction == "over-confident" else wrong[:0]]
    examples = tuple(subject.measured_example(int(place)) for place in most_confident[:SHOWN_EXAMPLES])
    yield Finding(KIND, Severity.warning, values, examples)


MISCALIBRATION = Check(
    (KIND,),
    _run,
    what="the expected calibration error of single-label models, in 15 bins of equal mass, on a random sample of at "
    "most 2,000 texts",
    threshold="warning if the lower bound of its 95 % interval is above 0.05; from 200 texts on",
    why="predictions with a probability of 90 % should be correct in 90 % of cases; rejection thresholds depend on it",
    source="Naeini et al. 2015; Nguyen and O'Connor 2015 (the bins); Guo et al. 2017",
    needs=frozenset({Need.measured}),
)
