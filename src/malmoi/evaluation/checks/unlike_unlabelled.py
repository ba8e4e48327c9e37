"""Whether the labelled texts differ from the unlabelled ones of a model."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.checks.base import Check, Need, Subject
from malmoi.evaluation.findings import Finding, FindingKind, Severity

__all__ = ["UNLIKE_UNLABELLED"]

LEAST_KNOWN = 0.6
"""Minimum ratio of the known shares of labelled and unlabelled texts; below it they differ in type."""

KIND = FindingKind(
    "unlike-unlabelled",
    "the unlabelled texts may be of another type or language: the model covers {unlabelled:.0%} of their n-grams, but "
    "only {labelled:.0%} of those of the labelled texts",
    "라벨이 없는 텍스트의 종류나 언어가 다를 수 있습니다. 모델이 그 n-gram의 {unlabelled:.0%}를 포함하지만, 라벨이 "
    "있는 텍스트의 n-gram은 {labelled:.0%}만 포함합니다",
    "use unlabelled texts from the same source",
    "라벨이 없는 텍스트도 라벨이 있는 텍스트와 같은 출처의 것을 사용하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    shares = None if subject.model is None else subject.model.known_shares
    if shares is not None and shares[0] < LEAST_KNOWN * shares[1]:
        yield Finding(KIND, Severity.warning, {"labelled": shares[0], "unlabelled": shares[1]})


UNLIKE_UNLABELLED = Check(
    (KIND,),
    _run,
    what="the shares of the n-grams of labelled and of unlabelled texts that the model covers",
    threshold="warning if that of labelled texts is below 0.6 times the other",
    why="vectors learned from different texts are of little use",
    source="-",
    needs=frozenset({Need.model}),
)
