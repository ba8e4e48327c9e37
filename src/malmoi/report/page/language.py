"""The texts of the page in one language."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from malmoi.evaluation.findings import LANGUAGES, Count, Language
from malmoi.report.page.missing import MISSING
from malmoi.report.page.visible import Html, in_line
from malmoi.report.page.words import WORDS

__all__ = ["Speech"]

SCRIPT = "script/"
"""Prefix of the keys of texts that the scripts of the page use."""


class Speech:
    """The texts of the page in one language.

    Args:
        language: "en" or "ko".
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self._place = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with values filled in; an int can be formatted with its noun, such as {count:text|texts}."""
        return WORDS[key][self._place].format(**{name: _counted(value) for name, value in values.items()})

    def html(self, key: str, **values: object) -> Html:
        """Return a text as HTML, with user-supplied values escaped and isolated; `Html` values are unchanged."""
        filled = {name: _counted(value) if type(value) is int else in_line(value) for name, value in values.items()}
        return Html(escape(WORDS[key][self._place], quote=False).format(**filled))

    def known(self, key: str, otherwise: str) -> str:
        """Return the text of a key, or the fallback if there is no such key."""
        return WORDS[key][self._place] if key in WORDS else otherwise

    def missing(self, section: str, reason: str, values: Mapping[str, object]) -> str:
        """Return why a section is empty and how to fill it: the section's own sentence, or that of the reason."""
        for key in (f"{section}/{reason}", reason):
            if key in MISSING:
                return MISSING[key][self._place].format(**values)
        return MISSING["other"][self._place]

    def script(self) -> dict[str, str]:
        """Return the texts for the scripts of the page, by name."""
        return {key.removeprefix(SCRIPT): word[self._place] for key, word in WORDS.items() if key.startswith(SCRIPT)}


def _counted(value: object) -> object:
    """Wrap an int so that it can be formatted with a noun: "{count:text is|texts are} empty"."""
    return Count(value) if type(value) is int else value
