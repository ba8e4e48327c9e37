"""Findings about data or a model: a code with values, from which sentences are generated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, get_args

from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.names import Deprecated
from malmoi.foundation.printable import printable

__all__ = ["LANGUAGES", "Example", "Finding", "FindingKind", "Language", "Sentence", "Severity", "Values", "cut"]

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
"""The languages of the sentences."""
LONGEST_SHOWN = 40

Values = Mapping[str, Any]
Sentence = str | Callable[[Values], str]
"""A template of `str.format` whose fields are values of the finding, or a function of the values.

A count may be combined with its noun: "{count:text is|texts are} empty".
"""


class Severity(StrEnum):
    """The severity of a finding."""

    note = "note"
    warning = "warning"


@dataclass(frozen=True)
class FindingKind:
    """The common properties of all findings with one code: their sentences.

    Args:
        code: identifier, such as "majority-class".
        english: the finding, one sentence without a full stop.
        korean: the same in Korean.
        cure: the recommendation in English; "" if there is none.
        korean_cure: the same in Korean.
    """

    code: str
    english: Sentence
    korean: Sentence
    cure: Sentence = ""
    korean_cure: Sentence = ""

    def sentence(self, values: Values, language: Language) -> str:
        """Return the sentence of the finding."""
        return _said({"en": self.english, "ko": self.korean}[language], values)

    def advice(self, values: Values, language: Language) -> str:
        """Return the recommendation."""
        return _said({"en": self.cure, "ko": self.korean_cure}[language], values)


@dataclass(frozen=True)
class Example:
    """A text, label or word with the finding.

    Args:
        text: the text, shortened.
        place: its position, such as "reviews.csv:381" or "texts[17]"; "" if it has none.
        values: further values by name, for JSON.

    Example:
        >>> example = Example("so good", "reviews.csv:381", {"label": "neg"})
        >>> print(example)
        reviews.csv:381  so good  (label: neg)
        >>> example.to_json()
        {'place': 'reviews.csv:381', 'text': 'so good', 'label': 'neg'}
    """

    text: str
    place: str = ""
    values: Values = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        """Return place, text and values as a JSON object."""
        return {"place": self.place, "text": self.text, **self.values}

    def __str__(self) -> str:
        more = ", ".join(f"{name}: {_printable(value)}" for name, value in self.values.items())
        return "  ".join(part for part in (self.place, self.text, f"({more})" if more else "") if part)


@dataclass(frozen=True)
class Finding:
    """A result of a check, to be known before using data or a model.

    Args:
        kind: type of the finding: its code and its sentences.
        severity: severity: "warning" or "note".
        values: figures and labels by name, for JSON.
        examples: some texts, labels or words with the finding.

    Example:
        >>> empty = FindingKind("empty-texts", "{count:text is|texts are} empty", "빈 텍스트: {count:,}개", "fill them")
        >>> finding = Finding(empty, Severity.warning, {"count": 2}, (Example("", "texts[17]"),))
        >>> print(finding)
        warning: 2 texts are empty; fill them [empty-texts]
        >>> finding.code, finding.is_warning, finding.message, finding.recommendation()
        ('empty-texts', True, '2 texts are empty', 'fill them')
        >>> finding.sentence("ko")
        '빈 텍스트: 2개'
        >>> finding.to_json()["examples"]
        [{'place': 'texts[17]', 'text': ''}]
    """

    kind: FindingKind
    severity: Severity
    values: Values = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    @property
    def code(self) -> str:
        """The code, such as "imbalance", which is stable across versions."""
        return self.kind.code

    @property
    def is_warning(self) -> bool:
        """Whether the severity is "warning", not "note"."""
        return self.severity is Severity.warning

    @property
    def message(self) -> str:
        """The sentence in English."""
        return self.sentence()

    def sentence(self, language: Language = "en") -> str:
        """Return the sentence of the finding in one line, without a full stop.

        Args:
            language: language of the sentence: "en" or "ko".

        Raises:
            ValueError: the language is not supported.
        """
        return self.kind.sentence(self.values, _checked(language))

    cure = Deprecated("recommendation")

    def recommendation(self, language: Language = "en") -> str:
        """Return what to do about the finding, in one line; "" if there is no recommendation.

        Args:
            language: language of the recommendation: "en" or "ko".

        Raises:
            ValueError: the language is not supported.
        """
        return self.kind.advice(self.values, _checked(language))

    def to_json(self, language: Language = "en") -> JsonObject:
        """Return code, severity, sentences, values and examples as a JSON object.

        Args:
            language: language of the sentences: "en" or "ko".
        """
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.sentence(language),
            "cure": self.recommendation(language),
            "values": dict(self.values),
            "examples": [example.to_json() for example in self.examples],
        }

    def __str__(self) -> str:
        said = "; ".join(filter(None, (self.message, self.recommendation())))
        return f"{self.severity}: {said} [{self.code}]"


def _printable(value: object) -> str:
    """Return a value for display: three digits, and control characters escaped for terminals."""
    return printable(f"{value:.3g}" if isinstance(value, float) else value)


def cut(label: object) -> str:
    """Return a label for a sentence, at most 40 characters."""
    text = _printable(label)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


class Count(int):
    """A number that can be formatted with its noun: "{count:text is|texts are} empty"."""

    def __format__(self, spec: str) -> str:
        """Return the number with the noun in singular or plural."""
        one, bar, several = spec.partition("|")
        return f"{int(self):,} {one if self == 1 else several}" if bar else format(int(self), spec)


def _said(sentence: Sentence, values: Values) -> str:
    if not isinstance(sentence, str):
        return sentence(values)
    return sentence.format_map({name: Count(one) if type(one) is int else one for name, one in values.items()})


def _checked(language: Language) -> Language:
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, got {language!r}")
    return language
