"""Classes that a model never predicts, does not have, or that do not occur in the data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Measured, Need, Subject
from malmoi.evaluation.findings import Example, Finding, FindingKind, Severity, Values, cut
from malmoi.models.labels import places_among
from malmoi.models.task import Multilabel

__all__ = ["NEVER_PREDICTED"]

FEWEST_TEXTS = 10
"""Minimum number of texts: with 10 texts and no prediction, the recall is at most 28 % (95 % interval)."""
TEXTS_FOR_ABSENT = 10
"""Mean number of texts per class of the model from which a class without texts is a note."""


def _pairs(values: Values) -> str:
    return ", ".join(
        f'"{cut(label)}" ({count:,})' for label, count in zip(values["labels"], values["counts"], strict=True)
    )


def _classes(values: Values) -> str:
    return "1 class" if values["count"] == 1 else f"{values['count']:,} classes"


def _never(values: Values) -> str:
    return f"the model never predicts {_classes(values)} of the data: {_pairs(values)}"


def _korean_never(values: Values) -> str:
    return f"모델이 한 번도 예측하지 않는 클래스가 {values['count']:,}개 있습니다: {_pairs(values)}"


def _unknown(values: Values) -> str:
    return f"the model does not have {_classes(values)} of the data and predicts their texts wrongly: {_pairs(values)}"


def _korean_unknown(values: Values) -> str:
    return f"데이터의 클래스 {values['count']:,}개가 모델에 없어 예측이 모두 틀립니다: {_pairs(values)}"


def _absent(values: Values) -> str:
    shown = ", ".join(f'"{cut(label)}"' for label in values["labels"])
    return f"{_classes(values)} of the model {'does' if values['count'] == 1 else 'do'} not occur in the data: {shown}"


def _korean_absent(values: Values) -> str:
    shown = ", ".join(f'"{cut(label)}"' for label in values["labels"])
    return f"모델의 클래스 {values['count']:,}개가 데이터에 없습니다: {shown}"


NEVER = FindingKind(
    "never-predicted",
    _never,
    _korean_never,
    "label more texts of these classes, use class weights (class_weight), or merge them with a similar class",
    "해당 클래스의 텍스트를 더 라벨링하거나, 클래스 가중치(class_weight)를 사용하거나, 비슷한 클래스와 합치세요",
)
UNKNOWN = FindingKind(
    "unknown-class",
    _unknown,
    _korean_unknown,
    "train with texts of these classes, or correct the labels",
    "해당 클래스의 텍스트로도 학습하거나 라벨을 수정하세요",
)
ABSENT = FindingKind(
    "absent-class",
    _absent,
    _korean_absent,
    "their recall is unknown; add texts of these classes",
    "해당 클래스의 재현율을 알 수 없습니다. 해당 클래스의 텍스트를 추가하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    measured = subject.measured
    if measured is None:
        return
    classes, counts = measured.labels.classes, measured.labels.counts
    places = places_among(measured.task.classes, classes)
    times = _predictions(measured)
    never = (places >= 0) & (counts >= FEWEST_TEXTS) & (times[places] == 0)
    for kind, which in ((NEVER, never), (UNKNOWN, places < 0)):
        if which.any():
            yield _finding(subject, kind, classes[which], counts[which])
    absent = np.setdiff1d(np.arange(len(measured.task.classes)), places)
    if len(absent) and len(measured.labels) >= TEXTS_FOR_ABSENT * len(measured.task.classes):
        shown = [label.item() for label in measured.task.classes[absent][:SHOWN_EXAMPLES]]
        values = {"count": len(absent), "labels": shown}
        yield Finding(ABSENT, Severity.note, values, tuple(Example(str(label)) for label in shown))


def _predictions(measured: Measured) -> npt.NDArray[np.int64]:
    """Return int64 (classes,), the number of texts for which each class is predicted."""
    if isinstance(measured.task, Multilabel):
        return np.asarray((measured.probabilities > 0.5).sum(axis=0), dtype=np.int64)
    return np.bincount(measured.predicted, minlength=len(measured.task.classes))


def _finding(
    subject: Subject, kind: FindingKind, classes: npt.NDArray[np.generic], counts: npt.NDArray[np.int64]
) -> Finding:
    measured = subject.measured
    order = np.argsort(-counts, kind="stable")
    shown = [label.item() for label in classes[order[:SHOWN_EXAMPLES]]]
    values = {"count": len(classes), "labels": shown, "counts": counts[order[:SHOWN_EXAMPLES]].tolist()}
    examples = []
    if measured is not None:
        known: list[object] = measured.labels.classes.tolist()
        owners = getattr(measured.labels, "owners", np.arange(len(measured.labels)))
        for label in shown:
            first = int(owners[int(np.argmax(measured.labels.codes == known.index(label)))])
            examples.append(subject.measured_example(first, label=label))
    return Finding(kind, Severity.warning, values, tuple(examples))


NEVER_PREDICTED = Check(
    (NEVER, UNKNOWN, ABSENT),
    _run,
    what="classes of the evaluated texts that the model never predicts or does not have; classes of the model that do "
    "not occur",
    threshold="warning for a class with 10 texts or more that is never predicted, and for a class that the model does "
    "not have; note for a class of the model without texts, from 10 texts per class on",
    why="a high accuracy can hide classes that are never predicted",
    source="-",
    needs=frozenset({Need.measured}),
)
