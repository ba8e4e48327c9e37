"""Findings: what a person should know before trusting data or a model, as a code with values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from malmoi.evaluation.english import ENGLISH
from malmoi.evaluation.korean import KOREAN

__all__ = ["LANGUAGES", "Finding", "Language", "Severity"]

Language = Literal["en", "ko"]
LANGUAGES = {"en": ENGLISH, "ko": KOREAN}
"""The sentences of every language, by code."""


class Severity(StrEnum):
    """How much a finding matters."""

    note = "note"
    warning = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know before trusting data or a model.

    Args:
        code: what it is about, the same word every time, such as "majority-class".
        severity: a warning is a reason for doubt; a note is only good to know.
        values: figures and labels by name, as JSON holds them.
        examples: what it was found in, some of it.

    Example:
        >>> finding = Finding("empty-texts", Severity.warning, {"count": 2})
        >>> print(finding)
        warning: 2 training texts are empty; they are kept, as rows of padding
        >>> finding.sentence("ko")
        '학습 텍스트 2개가 비어 있습니다. 그대로 두며, 패딩만 있는 행이 됩니다'
    """

    code: str
    severity: Severity
    values: Mapping[str, Any] = field(default_factory=dict)
    examples: tuple[str, ...] = ()

    @property
    def is_warning(self) -> bool:
        """Whether it is a reason for doubt."""
        return self.severity is Severity.warning

    @property
    def message(self) -> str:
        """The English sentence."""
        return self.sentence()

    def sentence(self, language: Language = "en") -> str:
        """Return one line for people.

        Raises:
            ValueError: there are no sentences of that language.
        """
        if language not in LANGUAGES:
            raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, got {language!r}")
        return LANGUAGES[language][self.code](self.values)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "values": dict(self.values),
            "examples": list(self.examples),
        }

    def __str__(self) -> str:
        return f"{self.severity}: {self.message}"
