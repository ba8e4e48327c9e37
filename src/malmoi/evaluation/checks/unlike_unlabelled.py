"""Whether a model knows much less of the labelled texts than of the unlabelled ones that it learned from."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.checks.base import Check, Need, Subject
from malmoi.evaluation.findings import Finding, FindingKind, Severity

__all__ = ["UNLIKE_UNLABELLED"]

LEAST_KNOWN = 0.6
"""Labelled texts of which a smaller part is known, beside the unlabelled ones, are of another kind."""

KIND = FindingKind(
    "unlike-unlabelled",
    "the unlabelled texts may be of another kind or language: the model knows {unlabelled:.0%} of their n-grams, but "
    "{labelled:.0%} of those of the labelled texts",
    "라벨 없는 텍스트의 종류나 언어가 다를 수 있습니다. 모델이 그 n-gram의 {unlabelled:.0%}를 알지만, 라벨 있는 "
    "텍스트의 n-gram은 {labelled:.0%}만 압니다",
    "give unlabelled texts of the same source",
    "같은 출처의 라벨 없는 텍스트를 주세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    shares = None if subject.model is None else subject.model.known_shares
    if shares is not None and shares[0] < LEAST_KNOWN * shares[1]:
        yield Finding(KIND, Severity.warning, {"labelled": shares[0], "unlabelled": shares[1]})


UNLIKE_UNLABELLED = Check(
    (KIND,),
    _run,
    what="the share of the n-grams of labelled and of unlabelled texts that the model knows",
    threshold="warning where that of labelled texts is below 0.6 of the other",
    why="vectors of texts that were learned from other texts help little",
    source="-",
    needs=frozenset({Need.model}),
)
