"""Share of the vocabulary without a pretrained vector, and duplicate words in the vectors file."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject, severity
from malmoi.evaluation.findings import Example, Finding, FindingKind, Severity, Values

__all__ = ["VECTOR_COVERAGE"]

LOW_COVERAGE_SHARE = 0.9
SHOWN_WORDS = 5


def _english(values: Values) -> str:
    without = f"{values['words']:.1%} of the vocabulary and {values['tokens']:.1%} of its tokens have no vector"
    return without + (f"; the most frequent: {', '.join(values['missing'])}" if values["missing"] else "")


def _korean(values: Values) -> str:
    without = f"어휘의 {values['words']:.1%}, 토큰의 {values['tokens']:.1%}에 단어 벡터가 없습니다"
    return without + (f". 가장 자주 나온 단어: {', '.join(values['missing'])}" if values["missing"] else "")


COVERAGE = FindingKind(
    "vector-coverage",
    _english,
    _korean,
    "other vectors, or the tokenizer that was used for the vectors, may cover more",
    "다른 벡터를 사용하거나 그 벡터를 학습할 때 쓴 토크나이저를 사용하면 커버리지가 높아질 수 있습니다",
)
REPEATED = FindingKind(
    "repeated-vectors",
    "the vectors file has {count:word|words} of the vocabulary twice; the first row is used",
    "벡터 파일에 어휘의 단어 {count:,}개가 두 번 나옵니다. 첫 번째 행을 사용합니다",
    "check the file",
    "파일을 확인하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    facts = None if subject.model is None else subject.model.training_facts
    coverage = None if facts is None else facts.coverage
    if coverage is None:
        return
    missing = list(coverage.missing[:SHOWN_WORDS])
    values = {"words": 1 - coverage.vocabulary_share, "tokens": 1 - coverage.token_share, "missing": missing}
    low = coverage.token_share < LOW_COVERAGE_SHARE
    yield Finding(COVERAGE, severity(warning=low), values, tuple(map(Example, missing[:SHOWN_EXAMPLES])))
    if coverage.repeated:
        yield Finding(REPEATED, Severity.warning, {"count": coverage.repeated})


VECTOR_COVERAGE = Check(
    (COVERAGE, REPEATED),
    _run,
    what="the share of the vocabulary and of its tokens without a pretrained vector; duplicate words in the file",
    threshold="note; warning if more than 10 % of the tokens have none, or a word is duplicated",
    why="words without a vector start from random values",
    source="-",
    needs=frozenset({Need.model}),
)
