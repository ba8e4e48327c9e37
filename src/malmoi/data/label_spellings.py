"""Suspicious labels: variant spellings, spellings of missing values, several labels joined in one, ids."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from malmoi.data.coded_labels import AnyLabels, CodedLabels

__all__ = [
    "SEPARATORS",
    "difference_of",
    "have_distinct_labels",
    "is_joined",
    "is_missing",
    "similar_labels",
]

FEWEST_DISTINCT = 10
"""Fewest texts for which distinct labels are reported."""

PUNCTUATION = ".,:;!?'\"`()[]{}<>\u2018\u2019\u201c\u201d\u00ab\u00bb\u3001\u3002\u2026"
"""Characters that may surround a label by mistake; not + - # * %, which distinguish labels ("A+", "C#")."""
DECIMAL_ZERO = re.compile(r"([+-]?[0-9]+)\.0*")

MISSING = {
    *("nan", "null", "none", "n/a", "na", "nil", "nat", "<na>", "#n/a", "undefined", "missing", "empty", "(empty)"),
    *("blank", "(blank)", "-", "--", "?", "없음", "결측", "결측치"),
}
"""Spellings of missing values in tables and programs, in lower case.

"unknown", "other" and 미분류 are excluded, because annotators use them as labels. "none" and 없음 may be labels too,
but are included, because the finding is only a question.
"""
SEPARATORS = ("|", ";", ",")
"""Characters that may separate several labels of one text."""
OPPOSITES = {"-": "+"}
"""Labels that count as missing only if another label is absent."""

STEPS: dict[str, Callable[[str], str]] = {
    "case": str.casefold,
    "white-space": lambda label: "".join(label.split()),
    "decimal-zero": lambda label: DECIMAL_ZERO.sub(r"\1", label) if DECIMAL_ZERO.fullmatch(label) else label,
    "compatibility": lambda label: unicodedata.normalize("NFKC", label),
    "punctuation": lambda label: label.strip(PUNCTUATION) or label,
}
"""Kinds of differences between spellings of one label, and how each is normalised."""


def have_distinct_labels(labels: AnyLabels | None) -> bool:
    """Return whether there are ten texts or more and their labels are all distinct, as ids are."""
    return isinstance(labels, CodedLabels) and len(labels) >= FEWEST_DISTINCT and len(labels.classes) == len(labels)


def is_joined(label: str, separator: str, labels: Mapping[str, int]) -> bool:
    """Return whether a label consists of several parts of which at least one is also a label."""
    parts = [part.strip() for part in label.split(separator)]
    return len(parts) > 1 and all(parts) and any(part in labels for part in parts)


def similar_labels(texts: Mapping[str, int], known: set[str]) -> list[list[str]]:
    """Return groups of labels that may be variants of one label, labels and groups sorted by descending frequency."""
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
    """Return the normalised form that variant spellings share."""
    for take in ("compatibility", "case", "white-space", "decimal-zero", "punctuation"):
        label = STEPS[take](label)
    return STEPS["compatibility"](label)


def difference_of(group: list[str]) -> str:
    """Return the only kind of difference between spellings; "several" if there is more than one."""
    return next((name for name, take in STEPS.items() if len(set(map(take, group))) == 1), "several")


def is_missing(label: str, labels: Mapping[str, int]) -> bool:
    """Return whether a label is a spelling of a missing value."""
    folded = unicodedata.normalize("NFKC", label).casefold()
    return unicodedata.normalize("NFC", folded) in MISSING and OPPOSITES.get(folded) not in labels
