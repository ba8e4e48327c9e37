"""Share of truncated tokens in the training texts, and in evaluated texts."""

from __future__ import annotations

from collections.abc import Iterator

from malmoi.evaluation.checks.base import SHOWN_EXAMPLES, Check, Need, Subject, severity
from malmoi.evaluation.findings import Example, Finding, FindingKind, Severity, Values

__all__ = ["TRUNCATION"]

MUCH_TRUNCATED_SHARE = 0.1
LEAST_RISE = 0.05
"""Minimum difference from the share in training."""


def _side(values: Values) -> str:
    return {True: ", at the beginning of the texts", False: ", at the end of the texts", None: ""}[values["beginning"]]


def _korean_side(values: Values) -> str:
    return {True: "텍스트 앞부분에서 ", False: "텍스트 뒷부분에서 ", None: ""}[values["beginning"]]


def _english(values: Values) -> str:
    return f"{values['share']:.1%} of the training tokens are truncated{_side(values)}"


def _korean(values: Values) -> str:
    return f"{_korean_side(values)}학습 토큰의 {values['share']:.1%}가 잘렸습니다"


def _cure(values: Values) -> str:
    return "increase max_length (--max-length) to keep them" if values["much"] else ""


def _korean_cure(values: Values) -> str:
    return "토큰을 유지하려면 max_length(--max-length)를 늘리세요" if values["much"] else ""


def _english_more(values: Values) -> str:
    of = f"{values['share']:.1%} of the tokens of the evaluated texts are truncated{_side(values)}"
    return f"{of}; {values['training']:.1%} of the training tokens are"


def _korean_more(values: Values) -> str:
    of = f"{_korean_side(values)}평가 텍스트 토큰의 {values['share']:.1%}가 잘립니다"
    return f"{of}. 학습 토큰에서는 {values['training']:.1%}입니다"


KIND = FindingKind("truncation", _english, _korean, _cure, _korean_cure)
MORE = FindingKind(
    "more-truncation",
    _english_more,
    _korean_more,
    "train with a larger max_length (--max-length), or shorten the texts like the training texts",
    "max_length(--max-length)를 늘려 학습하거나, 텍스트를 학습 텍스트와 같은 방식으로 줄이세요",
)


def _run(subject: Subject) -> Iterator[Finding]:
    model = subject.model
    facts = None if model is None else model.training_facts
    if model is None or facts is None:
        return
    much = facts.cut_share > MUCH_TRUNCATED_SHARE
    beginning = model.truncates_beginning
    training = {"share": facts.cut_share, "much": much, "beginning": beginning}
    yield Finding(KIND, severity(warning=much), training)
    new = subject.new_token_shares
    if new is None or new.truncated is None:
        return
    if new.truncated > MUCH_TRUNCATED_SHARE and new.truncated > facts.cut_share + LEAST_RISE:
        values = {"share": new.truncated, "training": facts.cut_share, "beginning": beginning}
        yield Finding(MORE, Severity.warning, values, _longest(subject))


def _longest(subject: Subject) -> tuple[Example, ...]:
    texts = subject.measured_corpus.texts
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    return tuple(map(subject.measured_example, order[:SHOWN_EXAMPLES]))


TRUNCATION = Check(
    (KIND, MORE),
    _run,
    what="the share of tokens beyond `max_length`, for models that truncate, and the side that is truncated; in "
    "training, and in at most 500 evaluated texts",
    threshold="note; warning above 10 %; for evaluated texts a warning above 10 % that is 5 points above that in "
    "training",
    why="the model does not use them",
    source="-",
    needs=frozenset({Need.model}),
)
