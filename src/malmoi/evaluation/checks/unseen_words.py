"""Whether the share of new words in the second data set is higher than expected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject, severity
from malmoi.evaluation.findings import Example, Finding, FindingKind, Values
from malmoi.foundation.validation import shorten

if TYPE_CHECKING:
    from malmoi.vectorizers import SequenceVectorizer

__all__ = ["UNSEEN_WORDS"]

MOST_TEXTS = 10_000
"""Maximum number of texts of each data set; larger ones are sampled randomly."""
HELD_OUT = 0.2
LEAST_RISE, LEAST_RATIO = 0.02, 1.25
LARGE_RISE = 0.05
"""In random splits of seven data sets the share is within 0.013 of the expected one (0.05 with 500 texts)."""
FEWEST = 100

Texts: TypeAlias = list[str]


def _english(values: Values) -> str:
    return (
        f"{values['share']:.1%} of the tokens of the second data set do not occur in the first; for held-out texts of "
        f"the first it is {values['expected']:.1%}; the most frequent: {', '.join(map(repr, values['frequent']))}"
    )


def _korean(values: Values) -> str:
    return (
        f"두 번째 데이터 토큰의 {values['share']:.1%}가 첫 번째 데이터에 없습니다. 첫 번째 데이터의 홀드아웃 "
        f"텍스트에서는 "
        f"{values['expected']:.1%}입니다. 가장 자주 나온 토큰: {', '.join(map(repr, values['frequent']))}"
    )


KIND = FindingKind(
    "unseen-words",
    _english,
    _korean,
    "the texts may be of another type, time or language; add similar texts to the training set",
    "텍스트의 종류, 시기, 언어가 다를 수 있습니다. 비슷한 텍스트를 학습 데이터에 추가하세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    if subject.validation is None or min(len(subject.data), len(subject.validation)) < FEWEST:
        return
    from malmoi.vectorizers import SequenceVectorizer  # which imports scikit-learn

    random = np.random.default_rng(subject.seed)
    training, new = _sample(subject.data.texts, random), _sample(subject.validation.texts, random)
    held_out = int(HELD_OUT * len(training))
    vectorizer = SequenceVectorizer(max_length=1).fit(training[held_out:])
    expected = vectorizer.encode(training[:held_out]).unknown_share
    found = vectorizer.encode(new)
    rise = found.unknown_share - expected
    if rise <= LEAST_RISE or found.unknown_share < LEAST_RATIO * expected:
        return
    unseen = _unseen(vectorizer, new)
    values = {"share": found.unknown_share, "expected": expected, "tokens": found.tokens, "frequent": unseen}
    yield Finding(KIND, severity(warning=rise > LARGE_RISE), values, tuple(map(Example, map(shorten, unseen))))


def _unseen(vectorizer: SequenceVectorizer, texts: Texts) -> list[str]:
    """Return the most frequent tokens of texts that are out of a vectorizer's vocabulary."""
    from malmoi.vectorizers import SequenceVectorizer

    known = set(vectorizer.vocabulary_.words)
    words = SequenceVectorizer(vectorizer.tokens_, max_length=1).fit(texts).vocabulary_.words
    return [word for word in words if word not in known][:SHOWN_EXAMPLES]


def _sample(texts: Texts, random: np.random.Generator) -> Texts:
    return [texts[place] for place in random.permutation(len(texts))[:MOST_TEXTS].tolist()]


UNSEEN_WORDS = Check(
    (KIND,),
    _run,
    what="the share of the tokens of the second data set that do not occur in the first (OOV rate), compared with "
    "that of a held-out random fifth of the first; on at most 10,000 texts of each, at least 100",
    threshold="note if it is 2 points above the expected share and at least 1.25 times that, warning from 5 points",
    why="a model has learned nothing about such words",
    source="-",
    needs=frozenset({Need.validation}),
    thorough=True,
)
