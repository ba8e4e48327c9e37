"""Findings: what a person should know before trusting data or a model, as a code with values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, get_args

from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.printable import printable

__all__ = ["LANGUAGES", "Example", "Finding", "FindingKind", "Language", "Sentence", "Severity", "Values", "cut"]

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
"""The languages of the sentences."""
LONGEST_SHOWN = 40

Values = Mapping[str, Any]
Sentence = str | Callable[[Values], str]
"""A template of `str.format` whose fields are values of the finding, or a function of them.

A number may be asked for with its noun: "{count:text is|texts are} empty".
"""


class Severity(StrEnum):
    """How much a finding matters."""

    note = "note"
    warning = "warning"


@dataclass(frozen=True)
class FindingKind:
    """What all findings of one code have in common: their sentences.

    Args:
        code: what they are about, such as "majority-class".
        english: what was found, one sentence without a full stop.
        korean: the same in Korean.
        cure: what to do about it, in English; "" where there is nothing to do.
        korean_cure: the same in Korean.
    """

    code: str
    english: Sentence
    korean: Sentence
    cure: Sentence = ""
    korean_cure: Sentence = ""

    def sentence(self, values: Values, language: Language) -> str:
        """Return what was found."""
        return _said({"en": self.english, "ko": self.korean}[language], values)

    def advice(self, values: Values, language: Language) -> str:
        """Return what to do about it."""
        return _said({"en": self.cure, "ko": self.korean_cure}[language], values)


@dataclass(frozen=True)
class Example:
    """One text, label or word in which something was found.

    Args:
        text: what it is, shortened.
        place: where it stands, such as "reviews.csv:381" or "texts[17]"; "" where it has no place.
        values: what is to be known of it besides, by name, as JSON holds it.
    """

    text: str
    place: str = ""
    values: Values = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        """Return it as JSON holds it."""
        return {"place": self.place, "text": self.text, **self.values}

    def __str__(self) -> str:
        more = ", ".join(f"{name}: {_printable(value)}" for name, value in self.values.items())
        return "  ".join(part for part in (self.place, self.text, f"({more})" if more else "") if part)


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know before trusting data or a model.

    Args:
        kind: what it is about.
        severity: a warning is a reason for doubt; a note is only good to know.
        values: figures and labels by name, as JSON holds them.
        examples: some of what it was found in.

    Example:
        >>> empty = FindingKind("empty-texts", "{count:text is|texts are} empty", "빈 텍스트: {count:,}개", "fill them")
        >>> finding = Finding(empty, Severity.warning, {"count": 2})
        >>> print(finding)
        warning: 2 texts are empty; fill them [empty-texts]
        >>> finding.sentence("ko")
        '빈 텍스트: 2개'
    """

    kind: FindingKind
    severity: Severity
    values: Values = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    @property
    def code(self) -> str:
        """What it is about, the same word every time."""
        return self.kind.code

    @property
    def is_warning(self) -> bool:
        """Whether it is a reason for doubt."""
        return self.severity is Severity.warning

    @property
    def message(self) -> str:
        """The English sentence."""
        return self.sentence()

    def sentence(self, language: Language = "en") -> str:
        """Return what was found, in one line for people.

        Raises:
            ValueError: there are no sentences of that language.
        """
        return self.kind.sentence(self.values, _checked(language))

    def cure(self, language: Language = "en") -> str:
        """Return what to do about it, in one line for people; "" where there is nothing to do.

        Raises:
            ValueError: there are no sentences of that language.
        """
        return self.kind.advice(self.values, _checked(language))

    def to_json(self, language: Language = "en") -> JsonObject:
        """Return it as JSON holds it, with its sentences in a language."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.sentence(language),
            "cure": self.cure(language),
            "values": dict(self.values),
            "examples": [example.to_json() for example in self.examples],
        }

    def __str__(self) -> str:
        said = "; ".join(filter(None, (self.message, self.cure())))
        return f"{self.severity}: {said} [{self.code}]"


def _printable(value: object) -> str:
    """A value for people: three digits; control characters escaped, since a terminal would obey them."""
    return printable(f"{value:.3g}" if isinstance(value, float) else value)


def cut(label: object) -> str:
    """Return a label for a sentence, 40 characters at most."""
    text = _printable(label)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


class Count(int):
    """A number that a template may ask for with its noun: "{count:text is|texts are} empty"."""

    def __format__(self, spec: str) -> str:
        """Return the number and the noun for one, or for several."""
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
