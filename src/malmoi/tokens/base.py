"""What all tokenizers share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TypeAlias

from malmoi import _core
from malmoi.errors import shorten

__all__ = ["CompiledTokenizer", "Span", "check_form", "one_text"]

FORMS = (None, "NFC", "NFKC")

Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, repr=False)
class CompiledTokenizer:
    """What every tokenizer of the core can do."""

    joiner = " "
    """What stands between the tokens of an n-gram's name."""

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's form of this rule."""
        raise NotImplementedError

    def __call__(self, text: str) -> list[str]:
        """Split one text."""
        return self.splitter.tokens(one_text(text))

    def spans(self, text: str) -> list[Span]:
        """Where each token stands: `text[start:end]` is what it was made of. Slower than the tokens alone."""
        return self.splitter.spans(one_text(text))

    def prepared(self, texts: list[str]) -> list[str]:
        """Texts as the core's rule takes them: as they are."""
        return texts

    def __repr__(self) -> str:
        """Return the call that makes it, without the settings that have their defaults."""
        changed = [f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if getattr(self, f.name) != f.default]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __getstate__(self) -> dict[str, object]:
        """Copies hold the fields; the core's form is made again."""
        return {name: value for name, value in self.__dict__.items() if name != "splitter"}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Take the fields of a copy."""
        self.__dict__.update(state)


def one_text(text: str) -> str:
    """Refuse what is no str."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, got {shorten(text)}")
    return text


def check_form(form: str | None) -> None:
    """Refuse what is no normalization form."""
    if form not in FORMS:
        raise ValueError(f"normalization must be None, 'NFC' or 'NFKC', got {shorten(form)}")
