"""Checks of labels: spellings of one label, spellings of "missing", a label of its own for every text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from malmoi.data.coded_labels import AnyLabels, CodedLabels
from malmoi.evaluation.findings import Finding, Severity

__all__ = ["check_labels", "check_spellings", "have_distinct_labels"]

FEWEST_DISTINCT = 10
"""Texts from which on it is questioned that each has a label of its own."""
SHOWN_GROUPS = 5
SHOWN_LABELS = 5

PUNCTUATION = ".,:;!?'\"`()[]{}<>\u2018\u2019\u201c\u201d\u00ab\u00bb\u3001\u3002\u2026"
"""What may stand at the ends of a label by mistake; not + - # * %, which tell labels apart ("A+", "C#")."""
DECIMAL_ZERO = re.compile(r"([+-]?[0-9]+)\.0*")

MISSING = {
    *("nan", "null", "none", "n/a", "na", "nil", "nat", "<na>", "#n/a", "undefined", "missing", "empty", "(empty)"),
    *("blank", "(blank)", "-", "--", "?", "없음", "결측", "결측치"),
}
"""What tables and programs write for a missing value, in small letters.

"unknown", "other" and 미분류 are not here: people who label texts choose them. "none" and 없음 are, although they
may be chosen too: the finding only asks.
"""
SEPARATORS = ("|", ";", ",")
"""What may stand between several labels of one text."""
OPPOSITES = {"-": "+"}
"""Labels that are no missing value beside another one."""

STEPS: dict[str, Callable[[str], str]] = {
    "case": str.casefold,
    "white-space": lambda label: "".join(label.split()),
    "decimal-zero": lambda label: DECIMAL_ZERO.sub(r"\1", label) if DECIMAL_ZERO.fullmatch(label) else label,
    "compatibility": lambda label: unicodedata.normalize("NFKC", label),
    "punctuation": lambda label: label.strip(PUNCTUATION) or label,
}
"""What may differ between spellings of one label, and how it is taken away."""


def have_distinct_labels(labels: AnyLabels | None) -> bool:
    """Return whether each of ten texts or more has a label that no other has, as ids are."""
    return isinstance(labels, CodedLabels) and len(labels) >= FEWEST_DISTINCT and len(labels.classes) == len(labels)


def check_labels(training: AnyLabels | None, validation: AnyLabels | None = None) -> Iterator[Finding]:
    """Yield what is questionable about the labels of a corpus, those of its validation set included."""
    if training is None:
        return
    if have_distinct_labels(training):
        examples = tuple(map(repr, training.classes[:SHOWN_LABELS].tolist()))
        yield Finding("distinct-labels", Severity.warning, {"count": len(training)}, examples)
        return
    counts: dict[Any, int] = training.class_counts()
    for label, count in ({} if validation is None else validation.class_counts()).items():
        counts[label] = counts.get(label, 0) + count
    yield from check_spellings(counts)


def check_spellings(counts: Mapping[Any, int], known: Collection[Any] = ()) -> Iterator[Finding]:
    """Yield labels that may be spellings of one label, labels that may stand for a missing value, and several
    labels in one.

    Args:
        counts: texts of each label.
        known: the classes of a model; labels that it does not have are compared with them too.

    Example:
        >>> [finding.code for finding in check_spellings({"pos": 4, "Pos": 1, "nan": 2})]
        ['similar-labels', 'missing-labels']
        >>> [finding.code for finding in check_spellings({"pos": 4, "pos|film": 1})]
        ['joined-labels']
    """
    texts = {label: count for label, count in counts.items() if isinstance(label, str)}
    similar = _similar(texts, {label for label in known if isinstance(label, str)})
    if similar:
        shown = [
            {"labels": group, "counts": [texts.get(label, 0) for label in group], "difference": _difference(group)}
            for group in similar[:SHOWN_GROUPS]
        ]
        examples = tuple(label for group in similar[:SHOWN_GROUPS] for label in group)
        yield Finding("similar-labels", Severity.warning, {"count": len(similar), "groups": shown}, examples)
    missing = {label: count for label, count in texts.items() if _is_missing(label, texts)}
    if missing:
        values = {"labels": list(missing), "counts": list(missing.values())}
        yield Finding("missing-labels", Severity.warning, values, tuple(missing))
    yield from _joined_labels(texts)


def _joined_labels(texts: Mapping[str, int]) -> Iterator[Finding]:
    for separator in SEPARATORS:
        joined = [label for label in texts if _is_joined(label, separator, texts)]
        if joined:
            first = joined[:SHOWN_LABELS]
            counts = [texts[label] for label in first]
            values = {"count": len(joined), "separator": separator, "labels": first, "counts": counts}
            yield Finding("joined-labels", Severity.warning, values, tuple(joined))


def _is_joined(label: str, separator: str, labels: Mapping[str, int]) -> bool:
    """Whether a label is made of several, one of which also stands alone."""
    parts = [part.strip() for part in label.split(separator)]
    return len(parts) > 1 and all(parts) and any(part in labels for part in parts)


def _similar(texts: Mapping[str, int], known: set[str]) -> list[list[str]]:
    """Groups of labels that may be one, the most frequent label first in each, and the most frequent group first."""
    groups: dict[str, list[str]] = {}
    for label in {**texts, **dict.fromkeys(known)}:
        groups.setdefault(_spelling(label), []).append(label)
    found = []
    for group in groups.values():
        of_data = [label for label in group if label in texts]
        if len(of_data) > 1 or (len(group) > 1 and any(label not in known for label in of_data)):
            found.append(sorted(group, key=lambda label: (-texts.get(label, 0), label)))
    return sorted(found, key=lambda group: -sum(texts.get(label, 0) for label in group))


def _spelling(label: str) -> str:
    """What spellings of one label have in common."""
    for take in ("compatibility", "case", "white-space", "decimal-zero", "punctuation"):
        label = STEPS[take](label)
    return STEPS["compatibility"](label)


def _difference(group: list[str]) -> str:
    """By what alone spellings differ; "several" where it is more than one thing."""
    return next((name for name, take in STEPS.items() if len(set(map(take, group))) == 1), "several")


def _is_missing(label: str, labels: Mapping[str, int]) -> bool:
    folded = unicodedata.normalize("NFKC", label).casefold()
    return unicodedata.normalize("NFC", folded) in MISSING and OPPOSITES.get(folded) not in labels
