"""Imbalanced classes, and classes with very few texts."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.data.coded_labels import CodedLabels
from malmoi.data.label_spellings import have_distinct_labels
from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject
from malmoi.evaluation.findings import Example, Finding, FindingKind, Severity, Values, cut
from malmoi.metrics.scores import majority_class

__all__ = ["CLASS_BALANCE"]

IMBALANCED_SHARE = 0.7
FEWEST_TEXTS = 5
"""Number of folds of a cross-validation: a class with fewer texts is missing from some of them."""


def _korean_rare(values: Values) -> str:
    shown = ", ".join(f'"{cut(label)}"({count}개)' for label, count in _pairs(values))
    return f"텍스트가 {FEWEST_TEXTS}개 미만인 클래스가 {values['count']:,}개 있습니다: {shown}"


def _rare(values: Values) -> str:
    shown = ", ".join(f'"{cut(label)}" ({count})' for label, count in _pairs(values))
    subject = "1 class has" if values["count"] == 1 else f"{values['count']:,} classes have"
    return f"{subject} fewer than {FEWEST_TEXTS} texts: {shown}"


def _pairs(values: Values) -> list[tuple[object, int]]:
    return list(zip(values["labels"], values["counts"], strict=True))


IMBALANCE = FindingKind(
    "imbalance",
    '{share:.1%} of the labels are "{label}"',
    '라벨의 {share:.1%}가 "{label}"입니다(불균형)',
    "compare with the majority-class baseline, and evaluate balanced accuracy and each class",
    "다수 클래스 베이스라인과 비교하고, 균형 정확도와 클래스별 점수를 확인하세요",
)
RARE_CLASS = FindingKind(
    "rare-class",
    _rare,
    _korean_rare,
    "label more texts of these classes, merge them with a similar class, or remove them",
    "해당 클래스의 텍스트를 더 라벨링하거나, 비슷한 클래스와 합치거나, 제거하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    labels = subject.data.coded
    if not isinstance(labels, CodedLabels):
        return
    label, majority = majority_class(labels)
    if majority.value > IMBALANCED_SHARE:
        yield Finding(IMBALANCE, Severity.warning, {"share": majority.value, "label": label})
    counts = labels.class_counts()
    rare = sorted((count, str(label), label) for label, count in counts.items() if count < FEWEST_TEXTS)
    if rare and not have_distinct_labels(labels):
        shown = rare[:SHOWN_EXAMPLES]
        values = {
            "count": len(rare),
            "labels": [label for *_, label in shown],
            "counts": [count for count, *_ in shown],
        }
        examples = tuple(Example(str(label), values={"texts": count}) for count, _, label in shown)
        yield Finding(RARE_CLASS, Severity.warning, values, examples)


CLASS_BALANCE = Check(
    (IMBALANCE, RARE_CLASS),
    _run,
    what="the share of the most frequent label; classes with very few texts",
    threshold="warning above 70 %; warning for a class with fewer than 5 texts",
    why="predicting the most frequent label then has a high accuracy; a class of fewer than 5 texts is missing from "
    "some folds of a cross-validation",
    source="Japkowicz and Stephen 2002",
    needs=frozenset({Need.labels}),
)
