"""Whether another model than a bag of n-grams is better than one that is fitted on the same texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from malmoi.data.coded_labels import CodedSets
from malmoi.evaluation.checks.base import Check, Need, Subject, severity
from malmoi.evaluation.checks.verdicts import difference_values, verdict_of
from malmoi.evaluation.findings import Finding, FindingKind, Values
from malmoi.metrics.paired import paired_difference
from malmoi.models.linear.classifier import BagClassifier
from malmoi.models.linear.model import BagModel

__all__ = ["BAG_BASELINE"]

BAG_STRENGTH = 16.0
"""C of the bag that others are compared with: near the best one on most data."""


def _english(values: Values) -> str:
    points = [f"{100 * values[name]:+.1f}" for name in ("difference", "low", "high")]
    gap = f"{points[0]} points (95 % interval {points[1]} to {points[2]})"
    scores = f"{values['measure']} {values['accuracy']:.1%} against {values['bag']:.1%} of a bag of n-grams, {gap}"
    verdict = {
        "worse": "the model is worse than the bag",
        "no better": "the model is no better than the bag, which is faster",
        "better": "the model is better than the bag",
    }[values["verdict"]]
    return f"{scores}: {verdict}"


def _korean(values: Values) -> str:
    points = [f"{100 * values[name]:+.1f}" for name in ("difference", "low", "high")]
    gap = f"차이 {points[0]} %p (95 % 신뢰구간 {points[1]}~{points[2]})"
    measure = {"accuracy": "정확도", "exact match": "완전 일치율"}[values["measure"]]
    scores = f"{measure} {values['accuracy']:.1%}, n-그램 단어 가방(bag) {values['bag']:.1%}, {gap}"
    verdict = {
        "worse": "모델이 단어 가방보다 나쁩니다",
        "no better": "모델이 더 빠른 단어 가방보다 낫지 않습니다",
        "better": "모델이 단어 가방보다 낫습니다",
    }[values["verdict"]]
    return f"{scores}: {verdict}"


def _cure(values: Values) -> str:
    return "" if values["verdict"] == "better" else "use --recipe bag or auto"


def _korean_cure(values: Values) -> str:
    return "" if values["verdict"] == "better" else "--recipe bag이나 auto를 쓰세요"


KIND = FindingKind("bag-baseline", _english, _korean, _cure, _korean_cure)


def _run(subject: Subject) -> Iterator[Finding]:
    measured, training = subject.measured, subject.data
    if measured is None or isinstance(subject.model, BagModel) or len(training.classes) < 2:
        return
    labels: Any = training.known_codes
    bag = BagClassifier(C=BAG_STRENGTH, calibration=None).fit(training.texts, labels).fitted
    right = bag.hits(measured.corpus.texts, measured.labels)
    difference = paired_difference(measured.right, right)
    verdict = verdict_of(difference)
    values = {
        "measure": "exact match" if isinstance(measured.labels, CodedSets) else "accuracy",
        "accuracy": float(measured.right.mean()),
        "bag": float(right.mean()),
        **difference_values(difference),
        "verdict": verdict,
    }
    yield Finding(KIND, severity(warning=verdict == "worse"), values)


BAG_BASELINE = Check(
    (KIND,),
    _run,
    what="another model than a bag beside a bag of n-grams that is fitted on the same training texts",
    threshold="warning where the 95 % interval of the paired difference is below 0; else a note",
    why="a simple model is often as good as a network, and faster",
    source="Wang and Manning 2012 (the baseline); Newcombe 1998, method 10 (the interval)",
    needs=frozenset({Need.measured, Need.validation, Need.labels}),
)
