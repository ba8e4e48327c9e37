"""Comparison of a model with a bag of n-grams that is fitted on the same texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import CodedLabels, CodedSets
from malmoi.evaluation.checks.base import Check, Measured, Need, Subject, severity
from malmoi.evaluation.checks.verdicts import Verdict, difference_values, verdict_of
from malmoi.evaluation.findings import Finding, FindingKind, Values
from malmoi.metrics.paired import paired_balanced_difference, paired_difference
from malmoi.models.linear.classifier import BagClassifier
from malmoi.models.linear.model import BagModel

__all__ = ["BAG_BASELINE", "BAG_STRENGTH"]

BAG_STRENGTH = 16.0
"""C of the baseline bag: near the best value on most data."""
IMBALANCED_RATIO = 1.5
"""Ratio of the largest to the smallest class from which balanced accuracy is compared too."""


def _gap(values: Values, prefix: str = "") -> tuple[str, ...]:
    """Return the difference in percentage points, with its bounds."""
    return tuple(f"{100 * values[f'{prefix}{name}']:+.1f}" for name in ("difference", "low", "high"))


def _english(values: Values) -> str:
    value, low, high = _gap(values)
    gap = f"{value} points (95 % interval {low} to {high})"
    scores = f"{values['measure']} {values['accuracy']:.1%} against {values['bag']:.1%} for a bag of n-grams, {gap}"
    if "balanced" in values:
        value, low, high = _gap(values, "balanced_")
        scores += f"; balanced accuracy {values['balanced']:.1%} against {values['balanced_bag']:.1%}, {value} points"
        scores += f" (95 % interval {low} to {high})"
    verdict = {
        "worse": "the model is worse than the bag",
        "no better": "the model is not significantly better than the bag, which is faster",
        "better": "the model is better than the bag",
    }[values["verdict"]]
    return f"{scores}: {verdict}"


def _korean(values: Values) -> str:
    value, low, high = _gap(values)
    gap = f"차이 {value}%p (95% 신뢰구간 {low}~{high})"
    measure = {"accuracy": "정확도", "exact match": "완전 일치율"}[values["measure"]]
    scores = f"{measure} {values['accuracy']:.1%}, n-gram BoW {values['bag']:.1%}, {gap}"
    if "balanced" in values:
        value, low, high = _gap(values, "balanced_")
        scores += f"; 균형 정확도 {values['balanced']:.1%}, BoW {values['balanced_bag']:.1%}"
        scores += f", 차이 {value}%p (95% 신뢰구간 {low}~{high})"
    verdict = {
        "worse": "모델의 성능이 BoW보다 낮습니다",
        "no better": "모델의 성능이 더 빠른 BoW보다 높지 않습니다",
        "better": "모델의 성능이 BoW보다 높습니다",
    }[values["verdict"]]
    return f"{scores}: {verdict}"


def _cure(values: Values) -> str:
    return "" if values["verdict"] == "better" else "use --recipe bag or auto"


def _korean_cure(values: Values) -> str:
    return "" if values["verdict"] == "better" else "--recipe bag 또는 auto를 사용하세요"


KIND = FindingKind("bag-baseline", _english, _korean, _cure, _korean_cure)


def _run(subject: Subject) -> Iterator[Finding]:
    measured, training = subject.measured, subject.data
    if measured is None or isinstance(subject.model, BagModel) or len(training.classes) < 2:
        return
    labels: Any = training.required_codes
    bag = BagClassifier(C=BAG_STRENGTH, calibration=None).fit(training.texts, labels).fitted
    correct = bag.hits(measured.corpus.texts, measured.labels)
    difference = paired_difference(measured.correct, correct)
    verdicts = {verdict_of(difference)}
    values = {
        "measure": "exact match" if isinstance(measured.labels, CodedSets) else "accuracy",
        "accuracy": float(measured.correct.mean()),
        "bag": float(correct.mean()),
        **difference_values(difference),
    }
    if isinstance(measured.labels, CodedLabels) and _is_imbalanced(measured.labels):
        balanced = paired_balanced_difference(measured.labels.codes, measured.correct, correct, seed=subject.seed)
        verdicts.add(verdict_of(balanced))
        values |= _balanced_values(measured, correct)
        values |= {f"balanced_{name}": number for name, number in difference_values(balanced).items()}
    verdict = _joined(verdicts)
    yield Finding(KIND, severity(warning=verdict == "worse"), {**values, "verdict": verdict})


def _is_imbalanced(labels: CodedLabels) -> bool:
    counts = labels.counts
    return len(counts) > 1 and counts.max() >= IMBALANCED_RATIO * counts.min()


def _balanced_values(measured: Measured, correct: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return balanced accuracies of the model and the bag."""
    codes, counts = measured.labels.codes, measured.labels.counts
    model, bag = (float((np.bincount(codes, one) / counts).mean()) for one in (measured.correct, correct))
    return {"balanced": model, "balanced_bag": bag}


def _joined(verdicts: set[Verdict]) -> Verdict:
    """Combine the verdicts of accuracy and balanced accuracy; "no better" if they contradict each other."""
    clear = {one for one in verdicts if one != "no better"}
    return clear.pop() if len(clear) == 1 else "no better"


BAG_BASELINE = Check(
    (KIND,),
    _run,
    what="comparison of another model with a bag of n-grams that is fitted on the same training texts",
    threshold="warning if the upper bound of the 95 % interval of the paired difference is below 0; if the largest "
    "class has 1.5 times as many texts as the smallest, also for balanced accuracy; else note",
    why="a simple model is often as good as a network, and faster",
    source="Wang and Manning 2012 (the baseline); Newcombe 1998, method 10, and Efron and Tibshirani 1993 (the "
    "intervals)",
    needs=frozenset({Need.measured, Need.validation, Need.labels}),
)
