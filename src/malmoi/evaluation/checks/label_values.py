"""Labels that differ only in spelling, mean a missing label, are several labels, or are ids."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from malmoi.data.label_spellings import (
    SEPARATORS,
    difference_of,
    have_distinct_labels,
    is_joined,
    is_missing,
    similar_labels,
)
from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject
from malmoi.evaluation.findings import Example, Finding, FindingKind, Severity, Values, cut
from malmoi.foundation.arrays import Label

__all__ = ["LABEL_VALUES", "label_findings"]

SHOWN_GROUPS = 5
SHOWN_LABELS = 5

DIFFERENCES = {
    "case": ("in case", "대소문자"),
    "white-space": ("in white space", "공백"),
    "decimal-zero": ("in .0", ".0"),
    "compatibility": ("in Unicode compatibility characters", "유니코드 호환 문자"),
    "punctuation": ("in punctuation at the ends", "양 끝의 문장 부호"),
    "several": (
        "in case, white space, punctuation or Unicode characters",
        "대소문자, 공백, 문장 부호 또는 유니코드 문자",
    ),
}


def _similar(values: Values) -> str:
    groups = [f"{_counted(group)} differ only {DIFFERENCES[group['difference']][0]}" for group in values["groups"]]
    more = f" and {values['count'] - len(groups)} more groups" if values["count"] > len(groups) else ""
    return f"labels that may be the same: {'; '.join(groups)}{more}"


def _korean_similar(values: Values) -> str:
    groups = [
        f"{_korean_counted(group)}: {DIFFERENCES[group['difference']][1]}만 다릅니다" for group in values["groups"]
    ]
    more = f". 이런 경우가 {values['count'] - len(groups)}개 더 있습니다" if values["count"] > len(groups) else ""
    return f"같은 라벨일 수 있습니다: {'; '.join(groups)}{more}"


def _missing(values: Values) -> str:
    return f"labels that may mean a missing label: {_counted(values)}"


def _korean_missing(values: Values) -> str:
    return f"결측값을 뜻할 수 있는 라벨: {_korean_counted(values)}"


def _joined(values: Values) -> str:
    return f"labels that may be several labels joined with {values['separator']!r}: {_counted(values)}"


def _korean_joined(values: Values) -> str:
    return f"여러 라벨이 구분 기호 {values['separator']!r} 하나로 이어진 것일 수 있는 라벨: {_korean_counted(values)}"


def _counted(values: Values) -> str:
    return " and ".join(
        f'"{cut(label)}" ({count:,} {"text" if count == 1 else "texts"})'
        for label, count in zip(values["labels"], values["counts"], strict=True)
    )


def _korean_counted(values: Values) -> str:
    return ", ".join(
        f'"{cut(label)}"({count:,}개)' for label, count in zip(values["labels"], values["counts"], strict=True)
    )


SIMILAR = FindingKind(
    "similar-labels", _similar, _korean_similar, "use one spelling for each label", "라벨마다 표기를 하나로 통일하세요"
)
MISSING = FindingKind(
    "missing-labels",
    _missing,
    _korean_missing,
    "if so, remove these texts",
    "그렇다면 이 텍스트들을 제거하세요",
)
JOINED = FindingKind(
    "joined-labels",
    _joined,
    _korean_joined,
    "to read them as several labels, pass --label-separator '{separator}'",
    "여러 라벨로 읽으려면 --label-separator '{separator}' 옵션을 사용하세요",
)
DISTINCT = FindingKind(
    "distinct-labels",
    "each of the {count:,} texts has a different label; the label column may be an id column",
    "텍스트 {count:,}개의 라벨이 모두 다릅니다. 라벨 열이 아니라 ID 열일 수 있습니다",
    "pass the label column (--label-column)",
    "라벨 열을 --label-column으로 지정하세요",
)


def label_findings(counts: Mapping[Label, int], known: Collection[object] = ()) -> Iterator[Finding]:
    """Yield findings for labels that may be spellings of one label, mean a missing value, or are several labels.

    Args:
        counts: number of texts of each label.
        known: the classes of a model; labels that are unknown to it are compared with them too.

    Example:
        >>> [finding.code for finding in label_findings({"pos": 4, "Pos": 1, "nan": 2})]
        ['similar-labels', 'missing-labels']
        >>> [finding.code for finding in label_findings({"pos": 4, "pos|film": 1})]
        ['joined-labels']
    """
    texts = {label: count for label, count in counts.items() if isinstance(label, str)}
    similar = similar_labels(texts, {label for label in known if isinstance(label, str)})
    if similar:
        shown = [
            {"labels": group, "counts": [texts.get(label, 0) for label in group], "difference": difference_of(group)}
            for group in similar[:SHOWN_GROUPS]
        ]
        examples = _examples({label: texts.get(label, 0) for group in similar for label in group})
        yield Finding(SIMILAR, Severity.warning, {"count": len(similar), "groups": shown}, examples)
    missing = {label: count for label, count in texts.items() if is_missing(label, texts)}
    if missing:
        values = {"labels": list(missing), "counts": list(missing.values())}
        yield Finding(MISSING, Severity.warning, values, _examples(missing))
    for separator in SEPARATORS:
        joined = {label: count for label, count in texts.items() if is_joined(label, separator, texts)}
        if joined:
            first = list(joined)[:SHOWN_LABELS]
            values = {"count": len(joined), "separator": separator, "labels": first}
            values["counts"] = [joined[label] for label in first]
            yield Finding(JOINED, Severity.warning, values, _examples(joined))


def _examples(counts: Mapping[str, int]) -> tuple[Example, ...]:
    return tuple(Example(label, values={"texts": count}) for label, count in list(counts.items())[:SHOWN_EXAMPLES])


def _run(subject: Subject) -> Iterator[Finding]:
    labels, validation = subject.data.coded, subject.validation
    if labels is None:
        return
    if have_distinct_labels(labels):
        examples = tuple(map(Example, map(str, labels.classes[:SHOWN_EXAMPLES].tolist())))
        yield Finding(DISTINCT, Severity.warning, {"count": len(labels)}, examples)
        return
    counts = labels.class_counts()
    more = None if validation is None else validation.coded
    for label, count in ({} if more is None else more.class_counts()).items():
        counts[label] = counts.get(label, 0) + count
    known = [] if subject.model is None or subject.measured is None else subject.measured.task.classes.tolist()
    yield from label_findings(counts, known)


LABEL_VALUES = Check(
    (SIMILAR, MISSING, JOINED, DISTINCT),
    _run,
    what="labels that differ only in case, white space, `.0`, punctuation or Unicode forms; labels that mean a "
    "missing value in tables; several labels in one; a different label for every text",
    threshold="warning from 1 label on; different labels from 10 texts on",
    why="a class is split in two, or does not exist",
    source="-",
    needs=frozenset({Need.labels}),
)
