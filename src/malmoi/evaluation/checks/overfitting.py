"""Whether a network overfits its training texts."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.data.coded_labels import CodedSets
from malmoi.evaluation.checks.base import Check, Need, Subject
from malmoi.evaluation.findings import Finding, FindingKind, Severity
from malmoi.models.task import Multilabel

__all__ = ["OVERFITTING"]

HIGH_TRAINING_ACCURACY = 0.9
LEAST_GAP = 0.15

KIND = FindingKind(
    "overfitting",
    "the model overfits: {training:.1%} training accuracy, {validation:.1%} validation accuracy",
    "모델이 과적합되었습니다: 학습 정확도 {training:.1%}, 검증 정확도 {validation:.1%}",
    "use more labels, fewer parameters, dropout or fewer epochs",
    "라벨을 늘리거나, 파라미터 수를 줄이거나, 드롭아웃을 사용하거나, 에포크 수를 줄이세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    measured = subject.measured
    history = None if subject.model is None else subject.model.training_history
    if measured is None or history is None:
        return  # models without epochs choose their penalty on held-out texts
    training, accuracy = history.kept.accuracy, float(measured.accuracy.value)
    if isinstance(measured.task, Multilabel) or isinstance(measured.labels, CodedSets):
        of_decisions = history.kept.validation_accuracy  # per pair of text and label, as in training
        if of_decisions is None:
            return
        accuracy = of_decisions
    if training is not None and training >= HIGH_TRAINING_ACCURACY and training - accuracy > LEAST_GAP:
        yield Finding(KIND, Severity.warning, {"training": training, "validation": accuracy})


OVERFITTING = Check(
    (KIND,),
    _run,
    what="training accuracy and validation accuracy of a network",
    threshold="warning above 90 % training accuracy with a gap above 15 points",
    why="the network has memorized its texts instead of learning the task",
    source="-",
    needs=frozenset({Need.measured}),
)
