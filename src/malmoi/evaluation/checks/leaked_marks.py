"""Paths, ids, dates, hosts and numbers in texts that reveal the label."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malmoi.data.coded_labels import CodedLabels
from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject
from malmoi.evaluation.class_evidence import ClassEvidence, EvidenceKind
from malmoi.evaluation.findings import Finding, FindingKind, Severity, Values, cut

__all__ = ["LEAKED_MARKS"]

PRECISION = 0.98
COVERAGE = 0.2
"""Minimum coverage of one value. The moderator's address is in 29 % of one group of 20 newsgroups and in no other."""
KIND_SHARE = 0.2
"""Minimum share of texts that have a mark of a type."""
KIND_ACCURACY = 0.97
KIND_ERROR = 0.1
"""Maximum error relative to that of predicting the majority class among the texts with such a mark: years in IMDB
reviews lower it by 2 %, hosts in 20 newsgroups by 57 %."""
FEWEST_TEXTS = 5
FEWEST_VALUES = 2
COUNTED_SHARE = 0.5
"""Minimum share of the marks of a type whose value was counted; the others are too rare."""

NAMES = {
    EvidenceKind.path: ("part of a path", "경로의 일부"),
    EvidenceKind.prefix: ("prefix of an id", "ID의 접두사"),
    EvidenceKind.suffix: ("suffix of an id", "ID의 접미사"),
    EvidenceKind.date: ("year of a date", "날짜의 연도"),
    EvidenceKind.month: ("month of a date", "날짜의 월"),
    EvidenceKind.year: ("year", "연도"),
    EvidenceKind.host: ("host of an address", "주소의 호스트"),
    EvidenceKind.number: ("first digits of a number", "숫자의 앞자리"),
}
VALUES = frozenset({EvidenceKind.path, EvidenceKind.prefix, EvidenceKind.suffix, EvidenceKind.host})
"""Types of which one value may be a leak. The mere presence of numbers or years may be due to the topic of a class."""


def _mark(values: Values) -> str:
    name = NAMES[EvidenceKind[values["kind"]]][0]
    if "marks" in values:
        return (
            f"the {name}, in {values['share']:.1%} of the texts, reveals the label: it predicts "
            f"{values['accuracy']:.1%} of them correctly ({_shown(values)})"
        )
    return (
        f'the {name} "{cut(values["mark"])}" occurs in {values["coverage"]:.1%} of the texts of '
        f'"{cut(values["label"])}" and in hardly any other texts (precision {values["precision"]:.1%})'
    )


def _korean_mark(values: Values) -> str:
    name = NAMES[EvidenceKind[values["kind"]]][1]
    if "marks" in values:
        return (
            f"텍스트의 {values['share']:.1%}에 있는 '{name}'만으로 라벨을 정확도 {values['accuracy']:.1%}로 예측할 "
            f"수 있습니다({_shown(values)})"
        )
    return (
        f'{name} "{cut(values["mark"])}": "{cut(values["label"])}" 텍스트의 {values["coverage"]:.1%}에 있고 다른 '
        f"클래스에는 거의 없습니다(정밀도 {values['precision']:.1%})"
    )


def _shown(values: Values) -> str:
    return ", ".join(f'{one["mark"]}: "{cut(one["label"])}"' for one in values["marks"])


MARK = FindingKind(
    "leaked-mark",
    _mark,
    _korean_mark,
    "remove such marks from the texts; split by date or by source if later texts have other marks",
    "텍스트에서 이런 표시를 제거하세요. 앞으로 들어올 텍스트의 표시가 다르다면 날짜나 출처 기준으로 데이터를 "
    "분할하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    evidence = subject.evidence
    if not len(evidence.labels):
        return
    reported = set()
    for kind in NAMES:
        found = _kind_values(evidence, kind) if isinstance(subject.data.coded, CodedLabels) else {}
        # If the year of a date reveals the label, its month is not reported.
        if found and not (kind is EvidenceKind.month and EvidenceKind.date in reported):
            reported.add(kind)
            examples = [subject.example(one.pop("example"), **one) for one in found["marks"]]
            yield Finding(MARK, Severity.warning, found, tuple(examples))
    strong = (
        np.isin(evidence.kinds, [kind for kind in VALUES if kind not in reported])[:, None]
        & (evidence.precision >= PRECISION)
        & (evidence.balanced_precision >= PRECISION)
        & (evidence.coverage >= COVERAGE)
    )
    for piece, code in sorted(np.argwhere(strong).tolist(), key=lambda found: -evidence.coverage[tuple(found)]):
        values = {
            "kind": EvidenceKind(int(evidence.kinds[piece])).name,
            "mark": evidence.names[piece],
            "label": evidence.labels[code],
            "coverage": float(evidence.coverage[piece, code]),
            "precision": float(evidence.precision[piece, code]),
            "texts": evidence.counted,
        }
        yield Finding(MARK, Severity.warning, values, (subject.example(int(evidence.examples[piece])),))


def _kind_values(evidence: ClassEvidence, kind: EvidenceKind) -> Values:
    """Return how well the values of a type predict the label; empty if they do not nearly determine it."""
    pieces = np.flatnonzero((evidence.kinds == kind) & (evidence.texts >= FEWEST_TEXTS))
    having = int(evidence.kinds_by_class[kind].sum())
    counts = evidence.by_class[pieces]
    total = int(counts.sum())
    if len(pieces) < FEWEST_VALUES or having < KIND_SHARE * evidence.counted or total < COUNTED_SHARE * having:
        return {}
    accuracy = float(counts.max(axis=1).sum() / total)
    base = float(counts.sum(axis=0).max() / total)
    if accuracy < KIND_ACCURACY or 1 - accuracy > KIND_ERROR * (1 - base):
        return {}
    best = counts.argmax(axis=1)
    # The most frequent value of each class, the most frequent class first.
    order = np.argsort(-counts.max(axis=1), kind="stable").tolist()
    firsts = list({int(best[one]): one for one in reversed(order)}.values())
    firsts = sorted(firsts, key=lambda one: -int(counts[one].max()))[:SHOWN_EXAMPLES]
    marks = [
        {
            "mark": evidence.names[pieces[one]],
            "label": evidence.labels[int(best[one])],
            "example": int(evidence.examples[pieces[one]]),
        }
        for one in firsts
    ]
    share = having / evidence.counted
    return {
        "kind": kind.name,
        "share": share,
        "accuracy": accuracy,
        "base": base,
        "values": len(pieces),
        "marks": marks,
    }


LEAKED_MARKS = Check(
    (MARK,),
    _run,
    what="parts of paths, prefixes and suffixes of ids, years and months of dates, years alone, hosts of addresses, "
    "and first digits of long numbers in the texts that predict the label; on at most 50,000 texts, sampled evenly, "
    "and for classes of 30 texts or more",
    threshold="warning if one value has a precision of 98 %, also after balancing the classes, and occurs in 20 % of "
    "the texts of the class (except years, dates and numbers); or if 20 % of the texts have a mark of a type, and its "
    "values predict 97 % of their labels with a tenth of the error of the majority class",
    why="the label follows from how the data were collected, and the model learns that",
    source="Kaufman et al. 2012, leakage in data mining",
    needs=frozenset({Need.labels}),
)
