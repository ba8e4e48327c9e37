"""Whether the class distributions of two data sets differ."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import CodedLabels
from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject, severity
from malmoi.evaluation.findings import Example, Finding, FindingKind, Values, cut

__all__ = ["CLASS_SHIFT"]

LEAST_VARIATION = 0.05
LARGE_VARIATION = 0.15
SURE_UNITS = 3.09
"""The standard normal quantile of 0.999."""

Ints = npt.NDArray[np.int64]


def _shares(values: Values) -> str:
    rows = zip(values["labels"], values["training_shares"], values["shares"], strict=True)
    return ", ".join(f'"{cut(label)}" {before:.1%} → {after:.1%}' for label, before, after in rows)


def _english(values: Values) -> str:
    return f"the class distribution of the second data set differs: {_shares(values)}"


def _korean(values: Values) -> str:
    return f"두 번째 데이터의 클래스 분포가 다릅니다: {_shares(values)}"


KIND = FindingKind(
    "class-shift",
    _english,
    _korean,
    "evaluate balanced accuracy and each class; train with class weights, or with the expected class distribution",
    "균형 정확도와 클래스별 점수를 확인하고, 클래스 가중치를 적용하거나 실제로 예상되는 클래스 분포로 학습하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    first = subject.data.coded
    second = None if subject.validation is None else subject.validation.coded
    if not isinstance(first, CodedLabels) or not isinstance(second, CodedLabels) or not len(first) or not len(second):
        return
    counts = [one.class_counts() for one in (first, second)]
    labels = sorted({**counts[0], **counts[1]}, key=str)
    table = np.array([[one.get(label, 0) for label in labels] for one in counts], dtype=np.int64)
    shares = table / table.sum(axis=1, keepdims=True)
    gaps = np.abs(shares[1] - shares[0])
    variation = float(gaps.sum() / 2)
    if variation <= LEAST_VARIATION or not _is_sure(table):
        return
    most = np.argsort(-gaps, kind="stable")[:SHOWN_EXAMPLES]
    values = {
        "variation": variation,
        "labels": [labels[place] for place in most],
        "training_shares": shares[0][most].tolist(),
        "shares": shares[1][most].tolist(),
    }
    examples = tuple(Example(str(labels[place])) for place in most)
    yield Finding(KIND, severity(warning=variation > LARGE_VARIATION), values, examples)


def _is_sure(table: Ints) -> bool:
    """Return whether equal distributions would give such counts in fewer than 1 of 1,000 cases.

    Source:
        Pearson 1900; the quantile of the chi-square distribution by Wilson and Hilferty 1931.
    """
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    freedom = table.shape[1] - 1
    if not freedom:
        return False
    part = 2 / (9 * freedom)
    return bool(statistic > freedom * (1 - part + SURE_UNITS * math.sqrt(part)) ** 3)


CLASS_SHIFT = Check(
    (KIND,),
    _run,
    what="the total variation distance between the class distributions of both data sets",
    threshold="note above 0.05, warning above 0.15, if equal distributions give such counts in at most 1 of 1,000 "
    "cases",
    why="a model learns the frequencies of classes, and its accuracy depends on them",
    source="Pearson 1900 (the chi-square test); Saerens et al. 2002 (why it matters)",
    needs=frozenset({Need.validation, Need.labels}),
)
