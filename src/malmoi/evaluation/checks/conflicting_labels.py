"""Equal texts with different labels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from malmoi.data.coded_labels import AnyLabels, CodedLabels
from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject, severity
from malmoi.evaluation.findings import Example, Finding, FindingKind

__all__ = ["CONFLICTING_LABELS", "conflicting_texts", "label_codes"]

MANY_SHARE = 0.005
"""In NSMC, whose short comments are often equal, 0.6 % of the texts; in longer texts hardly any."""

KIND = FindingKind(
    "conflicting-labels",
    "{groups:text occurs|texts occur} with different labels: {count:text|texts} in all ({share:.1%})",
    "텍스트 {groups:,}개가 서로 다른 라벨로 두 번 이상 나옵니다: 모두 {count:,}개({share:.1%})",
    "choose one label per text; malmoi check DATA --fix OUT marks them for review",
    "텍스트마다 라벨을 하나로 정하세요. malmoi check DATA --fix OUT을 실행하면 검토할 텍스트를 표시합니다",
)


def conflicting_texts(labels: AnyLabels, groups: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return whether each text is equal to one with another label, bool (samples,).

    Args:
        labels: labels of the texts.
        groups: int64 (samples,), index of the first equal text.
    """
    codes = label_codes(labels)
    differs = codes != codes[groups]
    found: npt.NDArray[np.bool_] = np.isin(groups, groups[differs])
    return found


def label_codes(labels: AnyLabels) -> npt.NDArray[np.int64]:
    """Return int64 (samples,), a number for each label, or each set of labels."""
    if isinstance(labels, CodedLabels):
        return labels.codes.astype(np.int64)
    numbers: dict[tuple[object, ...], int] = {}
    return np.array([numbers.setdefault(one, len(numbers)) for one in labels.to_list()], dtype=np.int64)


def _run(subject: Subject) -> Iterator[Finding]:
    labels, samples = subject.data.coded, len(subject.data)
    if labels is None:
        return
    groups = subject.similar.equal_groups[:samples]
    found = np.flatnonzero(conflicting_texts(labels, groups) & ~subject.blank)
    if not len(found):
        return
    values = {"count": len(found), "share": len(found) / samples, "groups": len(np.unique(groups[found]))}
    some = found[np.isin(groups[found], np.unique(groups[found])[:SHOWN_EXAMPLES])]
    shown = some[np.argsort(groups[some], kind="stable")]
    yield Finding(
        KIND, severity(warning=values["share"] >= MANY_SHARE), values, tuple(_examples(subject, shown, groups))
    )


def _examples(subject: Subject, shown: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> Iterator[Example]:
    """Yield one example per group: its first text with its label, and position and label of another one."""
    labels = subject.data.coded
    if labels is None:
        return
    codes = label_codes(labels)
    for group in dict.fromkeys(groups[shown].tolist()):
        members = shown[groups[shown] == group]
        other = int(members[codes[members] != codes[group]][0])
        pair = labels.take(np.array([group, other])).to_list()
        yield subject.example(group, label=pair[0], other=subject.example(other).place, other_label=pair[1])


CONFLICTING_LABELS = Check(
    (KIND,),
    _run,
    what="texts that are equal up to case, white space and Unicode normalization, but have different labels",
    threshold="note from 1 text on; warning from 0.5 % of the texts on",
    why="no model can predict all of them correctly",
    source="-",
    needs=frozenset({Need.labels}),
)
