"""The words of the page in one language."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from malmoi.evaluation.findings import LANGUAGES, Count, Language
from malmoi.report.page.missing import MISSING
from malmoi.report.page.visible import Html, in_line
from malmoi.report.page.words import WORDS

__all__ = ["Speech"]

SCRIPT = "script/"
"""Words with this key are used by the scripts of the page."""


class Speech:
    """The sentences of the page in one language.

    Args:
        language: "en" or "ko".
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self._place = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return a sentence with its values filled in; whole numbers may be asked for with their noun."""
        return WORDS[key][self._place].format(**{name: _counted(value) for name, value in values.items()})

    def html(self, key: str, **values: object) -> Html:
        """Return a sentence whose values are other people's texts, isolated and escaped; `Html` stays as it is."""
        filled = {name: _counted(value) if type(value) is int else in_line(value) for name, value in values.items()}
        return Html(escape(WORDS[key][self._place], quote=False).format(**filled))

    def known(self, key: str, otherwise: str) -> str:
        """Return the word of a key, or another text where there is none."""
        return WORDS[key][self._place] if key in WORDS else otherwise

    def missing(self, section: str, reason: str, values: Mapping[str, object]) -> str:
        """Return why a section has nothing to show and how to get it: its own sentence, or that of the reason."""
        for key in (f"{section}/{reason}", reason):
            if key in MISSING:
                return MISSING[key][self._place].format(**values)
        return MISSING["other"][self._place]

    def script(self) -> dict[str, str]:
        """Return the words that scripts need, by their names there."""
        return {key.removeprefix(SCRIPT): word[self._place] for key, word in WORDS.items() if key.startswith(SCRIPT)}


def _counted(value: object) -> object:
    """A whole number as a sentence may ask for it: "{count:text is|texts are} empty"."""
    return Count(value) if type(value) is int else value
