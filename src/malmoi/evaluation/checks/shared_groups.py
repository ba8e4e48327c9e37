"""Groups of texts that occur in both parts of a split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject
from malmoi.evaluation.findings import Finding, FindingKind, Severity, Values, cut

__all__ = ["SHARED_GROUPS"]


def _shared(values: Values) -> str:
    subject = "1 group is" if values["count"] == 1 else f"{values['count']:,} groups are"
    return (
        f"{subject} in both parts of the split ({', '.join(map(cut, values['groups']))}); "
        f"{values['texts']:,} validation texts ({values['share']:.1%}) belong to them"
    )


def _korean_shared(values: Values) -> str:
    return (
        f"그룹 {values['count']:,}개({', '.join(map(cut, values['groups']))})가 학습 데이터와 검증 데이터 양쪽에 "
        f"있습니다. 검증 텍스트 {values['texts']:,}개({values['share']:.1%})가 여기에 속합니다"
    )


KIND = FindingKind(
    "shared-groups",
    _shared,
    _korean_shared,
    "split by group (--group-column), so that all texts of a group are in one part",
    "그룹 단위로 분할하세요. --group-column을 사용하면 같은 그룹의 텍스트는 모두 한쪽에만 들어갑니다",
)


def _run(subject: Subject) -> Iterator[Finding]:
    validation = subject.validation
    if validation is None or subject.data.groups is None or validation.groups is None:
        return
    training, held_out = subject.data.groups, validation.groups
    known = {training.names[code] for code in np.unique(training.codes[training.codes >= 0]).tolist()}
    is_shared = np.array([*(name in known for name in held_out.names), False])  # the last: texts without a group
    shared = np.flatnonzero(is_shared[held_out.codes])
    if not len(shared):
        return
    counts = np.bincount(held_out.codes[shared], minlength=len(held_out.names))
    most = np.argsort(-counts, kind="stable")[:SHOWN_EXAMPLES]
    values = {
        "count": int((counts > 0).sum()),
        "texts": len(shared),
        "share": len(shared) / len(validation),
        "groups": [held_out.names[code] for code in most.tolist() if counts[code]],
    }
    examples = (
        subject.example(
            int(np.flatnonzero(held_out.codes == code)[0]),
            validation=True,
            group=held_out.names[code],
            texts=int(counts[code]),
        )
        for code in most.tolist()
        if counts[code]
    )
    yield Finding(KIND, Severity.warning, values, tuple(examples))


SHARED_GROUPS = Check(
    (KIND,),
    _run,
    what="groups of texts, such as those of one author, that occur in both data sets",
    threshold="warning from 1 group on",
    why="the model may recognize the group instead of the class, so its score is too high compared with new groups",
    source="Roberts et al. 2017, cross-validation for structured data",
    needs=frozenset({Need.groups}),
)
