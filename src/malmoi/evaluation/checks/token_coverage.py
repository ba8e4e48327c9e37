"""Texts without tokens, and characters that are not part of any token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from malmoi.evaluation.checks.base import Check, Need, Subject, severity
from malmoi.evaluation.findings import Example, Finding, FindingKind, Severity, Values
from malmoi.foundation.validation import shorten
from malmoi.tokenizers import External, Tokenizer

__all__ = ["TOKEN_COVERAGE", "token_findings"]

SOME_UNCOVERED_SHARE = 0.01
"""In English and Korean prose (reviews, news, questions, short messages) at most 0.1 % of the characters are not part
of words, except punctuation."""
MUCH_UNCOVERED_SHARE = 0.03
"""The pattern of scikit-learn, which omits words of one letter, omits 1.1 % to 2.8 % of the same texts."""
SHOWN_CHARACTERS = 5


def _lost(values: Values) -> str:
    return f"{values['count']:,} texts ({values['share']:.1%}) have no token, so they all get the same prediction"


def _korean_lost(values: Values) -> str:
    return f"텍스트 {values['count']:,}개({values['share']:.1%})에 토큰이 없어 예측이 모두 같습니다"


def _uncovered(values: Values) -> str:
    lost = f"{values['share']:.1%} of the characters are not part of any token, except punctuation"
    return f"{lost}; the most frequent: {', '.join(map(repr, values['frequent']))}"


def _korean_uncovered(values: Values) -> str:
    lost = f"문장 부호를 제외한 글자의 {values['share']:.1%}가 어느 토큰에도 포함되지 않습니다"
    return f"{lost}. 가장 자주 나온 글자: {', '.join(map(repr, values['frequent']))}"


CURE = "use another tokenizer (--tokens), such as characters"
KOREAN_CURE = "글자(--tokens characters) 등 다른 토크나이저를 사용하세요"
WITHOUT_TOKENS = FindingKind("texts-without-tokens", _lost, _korean_lost, CURE, KOREAN_CURE)
UNCOVERED = FindingKind("uncovered-characters", _uncovered, _korean_uncovered, CURE, KOREAN_CURE)


def token_findings(subject: Subject, tokenizers: Sequence[Tokenizer]) -> Iterator[Finding]:
    """Yield the number of texts without tokens that are not blank, and the characters that are not part of any token.

    Args:
        subject: the checked data.
        tokenizers: tokenizers of the model; of several, the one with the highest coverage is used.
    """
    found = [one.coverage(subject.data.texts) for one in tokenizers if not isinstance(one, External)]
    if not found:
        return
    best = min(found, key=lambda one: (one.texts_without_tokens, one.other_share))
    lost = best.texts_without_tokens - best.blank_texts
    if lost:
        examples = subject.examples(list(best.places))
        yield Finding(WITHOUT_TOKENS, Severity.warning, {"count": lost, "share": lost / best.texts}, examples)
    if best.other_share > SOME_UNCOVERED_SHARE:
        frequent = [character for character, _ in best.others[:SHOWN_CHARACTERS]]
        much = best.other_share > MUCH_UNCOVERED_SHARE
        values = {"share": best.other_share, "frequent": frequent}
        yield Finding(UNCOVERED, severity(warning=much), values, tuple(map(Example, map(shorten, frequent[:3]))))


def _run(subject: Subject) -> Iterator[Finding]:
    if subject.model is not None:
        yield from token_findings(subject, subject.model.tokenizers)


TOKEN_COVERAGE = Check(
    (WITHOUT_TOKENS, UNCOVERED),
    _run,
    what="texts in which the model's tokenizer finds no token; characters that are not part of any token",
    threshold="warning from 1 text on; note above 1 % of the characters, warning above 3 %, punctuation not counted",
    why="the model ignores characters outside tokens",
    source="-",
    needs=frozenset({Need.model}),
)
