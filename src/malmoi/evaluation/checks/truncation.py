"""How many tokens of the training texts were truncated."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.checks.base import Check, Need, Subject, severity
from malmoi.evaluation.findings import Finding, FindingKind, Values

__all__ = ["TRUNCATION"]

MUCH_TRUNCATED_SHARE = 0.1


def _cure(values: Values) -> str:
    return "a larger max_length (--max-length) keeps them" if values["much"] else ""


def _korean_cure(values: Values) -> str:
    return "max_length(--max-length)를 늘리면 남습니다" if values["much"] else ""


KIND = FindingKind(
    "truncation",
    "{share:.1%} of the training tokens are truncated",
    "학습 토큰의 {share:.1%}가 잘려 나갔습니다",
    _cure,
    _korean_cure,
)


def _run(subject: Subject) -> Iterator[Finding]:
    facts = None if subject.model is None else subject.model.training_facts
    if facts is not None:
        much = facts.cut_share > MUCH_TRUNCATED_SHARE
        yield Finding(KIND, severity(warning=much), {"share": facts.cut_share, "much": much})


TRUNCATION = Check(
    (KIND,),
    _run,
    what="the share of the training tokens beyond `max_length`, of models that truncate",
    threshold="a note; warning above 10 %",
    why="the model does not see them",
    source="-",
    needs=frozenset({Need.model}),
)
