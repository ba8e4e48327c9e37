"""Comparison of a model with the majority-class baseline, or the most frequent set of labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import CodedLabels, CodedSets
from malmoi.data.label_forms import label_sets
from malmoi.evaluation.checks.base import Check, Measured, Need, Subject, severity
from malmoi.evaluation.checks.verdicts import Verdict, verdict_of
from malmoi.evaluation.findings import Finding, FindingKind, Values
from malmoi.metrics.classification import balanced_accuracy_and_macro_f1, confusion_matrix
from malmoi.metrics.intervals import Ints
from malmoi.metrics.paired import paired_difference
from malmoi.metrics.scores import Share
from malmoi.models.labels import places_among
from malmoi.models.task import Multilabel

__all__ = ["MAJORITY_CLASS", "class_confusion"]

LEAST_SKILL = 0.1
"""Minimum balanced accuracy, as a fraction of the way from chance to 1, of a model that finds rare classes."""


def _english(values: Values) -> str:
    accuracy = (
        f"{values['accuracy']:.1%} (95 % interval {values['low']:.1%} to {values['high']:.1%}, "
        f"{values['samples']:,} samples)"
    )
    baseline = f'the majority-class baseline "{values["label"]}" ({values["baseline"]:.1%})'
    balanced = f"{values['balanced']:.1%} (95 % interval {values['balanced_low']:.1%} to {values['balanced_high']:.1%})"
    verdict = {
        "worse": f"is worse than {baseline}",
        "no better": f"is not significantly better than {baseline}: the model may have learned nothing",
        "balanced": f"is not significantly better than {baseline}, but balanced accuracy, {balanced}, is above chance, "
        f"{values['chance']:.1%}",
        "better": f"is better than {baseline}",
    }[values["verdict"]]
    return f"accuracy {accuracy} {verdict}"


def _korean(values: Values) -> str:
    accuracy = (
        f"정확도 {values['accuracy']:.1%} (95% 신뢰구간 {values['low']:.1%}~{values['high']:.1%}, "
        f"샘플 {values['samples']:,}개)"
    )
    baseline = f'항상 "{values["label"]}" 클래스로 예측하는 베이스라인({values["baseline"]:.1%})'
    balanced = f"{values['balanced']:.1%} (95% 신뢰구간 {values['balanced_low']:.1%}~{values['balanced_high']:.1%})"
    verdict = {
        "worse": f"{baseline}보다 낮습니다",
        "no better": f"{baseline}보다 유의하게 높지 않습니다. 모델이 학습되지 않았을 수 있습니다",
        "balanced": f"{baseline}보다 유의하게 높지 않지만, 균형 정확도 {balanced}는 "
        f"무작위 예측 수준({values['chance']:.1%})보다 높습니다",
        "better": f"{baseline}보다 높습니다",
    }[values["verdict"]]
    return f"{accuracy}: {verdict}"


def _english_sets(values: Values) -> str:
    exact = (
        f"{values['exact_match']:.1%} (95 % interval {values['low']:.1%} to {values['high']:.1%}, "
        f"{values['samples']:,} samples)"
    )
    labels = " and ".join(f'"{label}"' for label in values["labels"])
    always = f"always predicting {labels or 'no label'} ({values['baseline']:.1%})"
    verdict = {
        "worse": f"is worse than {always}",
        "no better": f"is not significantly better than {always}: the model may have learned nothing",
        "better": f"is better than {always}",
    }[values["verdict"]]
    return f"exact match {exact} {verdict}; micro F1 {values['micro_f1']:.1%}"


def _korean_sets(values: Values) -> str:
    exact = (
        f"완전 일치율 {values['exact_match']:.1%} (95% 신뢰구간 {values['low']:.1%}~{values['high']:.1%}, "
        f"샘플 {values['samples']:,}개)"
    )
    labels = ", ".join(f'"{label}"' for label in values["labels"])
    baseline = f"항상 {f'{labels} 라벨로' if labels else '라벨 없이'} 예측하는 베이스라인({values['baseline']:.1%})"
    verdict = {
        "worse": f"{baseline}보다 낮습니다",
        "no better": f"{baseline}보다 유의하게 높지 않습니다. 모델이 학습되지 않았을 수 있습니다",
        "better": f"{baseline}보다 높습니다",
    }[values["verdict"]]
    return f"{exact}: {verdict}. 마이크로 F1 {values['micro_f1']:.1%}"


def _cure(values: Values) -> str:
    if values["verdict"] == "better":
        return ""
    if values["verdict"] == "balanced":
        return "evaluate balanced accuracy and the scores of each class"
    return "try the default recipe or more labels; check the text column and the label column"


def _korean_cure(values: Values) -> str:
    if values["verdict"] == "better":
        return ""
    if values["verdict"] == "balanced":
        return "균형 정확도와 클래스별 점수로 판단하세요"
    return "기본 레시피를 사용하거나 라벨을 늘리세요. 텍스트 열과 라벨 열을 제대로 읽었는지도 확인하세요"


MAJORITY = FindingKind("majority-class", _english, _korean, _cure, _korean_cure)
MOST_FREQUENT = FindingKind("most-frequent-labels", _english_sets, _korean_sets, _cure, _korean_cure)


def _run(subject: Subject) -> Iterator[Finding]:
    measured = subject.measured
    if measured is None:
        return
    labels = measured.labels
    if isinstance(measured.task, Multilabel) or isinstance(labels, CodedSets):
        yield _against_most_frequent_set(measured)
    else:
        yield _against_majority_class(measured, labels)


def _against_majority_class(measured: Measured, labels: CodedLabels) -> Finding:
    label, is_label = labels.most_frequent()
    accuracy, majority = measured.accuracy, Share(int(is_label.sum()), len(is_label))
    low, high = accuracy.interval
    verdict: Verdict | Literal["balanced"] = verdict_of(paired_difference(measured.correct, is_label))
    balanced, _ = balanced_accuracy_and_macro_f1(class_confusion(measured, labels, measured.predicted))
    chance = 1 / len(labels.classes)
    if verdict != "better" and balanced.low > chance + LEAST_SKILL * (1 - chance):
        verdict = "balanced"
    values = {
        "accuracy": accuracy.value,
        "low": low,
        "high": high,
        "samples": accuracy.samples,
        "label": label,
        "baseline": majority.value,
        "balanced": balanced.value,
        "balanced_low": balanced.low,
        "balanced_high": balanced.high,
        "chance": chance,
        "verdict": verdict,
    }
    return Finding(MAJORITY, severity(warning=verdict not in ("better", "balanced")), values)


def class_confusion(measured: Measured, labels: CodedLabels, predicted: npt.NDArray[np.integer]) -> Ints:
    """Return the confusion matrix of the model's classes, followed by labels that are unknown to the model."""
    classes = measured.task.classes
    places = places_among(classes, labels.classes).astype(np.int64)
    unknown = places < 0
    places[unknown] = len(classes) + np.arange(int(unknown.sum()))
    return confusion_matrix(places[labels.codes], predicted, len(classes) + int(unknown.sum()))


def _against_most_frequent_set(measured: Measured) -> Finding:
    """Compare a multilabel model with predicting the most frequent set of labels."""
    sets = label_sets(measured.labels, "validation")
    label, is_set = sets.most_frequent()
    exact, baseline = measured.accuracy, Share(int(is_set.sum()), len(is_set))
    low, high = exact.interval
    chosen, classes = measured.outputs > 0.5, measured.task.classes
    places = places_among(classes, sets.classes)[sets.codes]
    truth = np.zeros((len(sets), len(classes) + 1), dtype=np.int64)
    np.add.at(truth, (sets.owners, np.where(places < 0, len(classes), places)), 1)
    found, decided = int(np.minimum(truth[:, :-1], chosen).sum()), int(truth.sum() + chosen.sum())
    verdict = verdict_of(paired_difference(measured.correct, is_set))
    values = {
        "exact_match": exact.value,
        "low": low,
        "high": high,
        "samples": exact.samples,
        "labels": list(label),
        "baseline": baseline.value,
        "micro_f1": 2 * found / decided if decided else 1.0,
        "verdict": verdict,
    }
    return Finding(MOST_FREQUENT, severity(warning=verdict != "better"), values)


MAJORITY_CLASS = Check(
    (MAJORITY, MOST_FREQUENT),
    _run,
    what="accuracy compared with that of the majority-class baseline (or the most frequent set of labels)",
    threshold="warning unless the lower bound of the 95 % interval of the paired difference is above 0, or that of "
    "balanced accuracy is above chance by a tenth of the way to 1",
    why="an accuracy is meaningless without its baseline",
    source="Newcombe 1998, method 10 (paired differences); balanced accuracy as in Brodersen et al. 2010",
    needs=frozenset({Need.measured}),
)
