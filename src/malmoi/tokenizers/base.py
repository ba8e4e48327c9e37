"""What all tokenizers share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar, TypeAlias

from malmoi import _core
from malmoi.data.texts import Texts, as_texts
from malmoi.foundation.limits import check_limit
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import shorten, surrogate_at
from malmoi.tokenizers.coverage import TokenCoverage

__all__ = ["Span", "Tokenizer", "one_text"]

FORMS = (None, "NFC", "NFKC")

Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, repr=False)
class Tokenizer:
    """What every tokenizer of the core can do."""

    joiner = " "
    """What stands between the tokens of an n-gram's name."""
    in_core: ClassVar[bool] = True
    """Whether the core finds the tokens itself; otherwise `prepared` gives them, and the core cuts between them."""
    longest_setting: ClassVar[str] = "alphabet characters"
    """The limit of the characters of a setting."""
    older_values: ClassVar[Mapping[str, object]] = MappingProxyType({})
    """Fields that came later, with the values that files and pickles without them imply, where that is no default."""

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

    def coverage(self, texts: Sequence[str], *, n_jobs: int | None = None) -> TokenCoverage:
        """Count which characters of texts are in no token, and which texts have none.

        Args:
            texts: one str a sample.
            n_jobs: threads; all cores if not given.

        Raises:
            TypeError: a text is not a str.

        Example:
            >>> from malmoi import Words
            >>> found = Words().coverage(["so good ★", "!!", ""])
            >>> found.texts_without_tokens, found.characters, found.punctuation, found.others
            (2, 9, 2, (('★', 1),))
        """
        items = as_texts(texts)
        none, blank, places, characters, punctuation, others = self.splitter.coverage(items, thread_count(n_jobs))
        return TokenCoverage(len(items), none, blank, tuple(places), characters, punctuation, tuple(others))

    def prepared(self, texts: Texts) -> Texts:
        """Texts as the core's rule takes them: as they are."""
        return texts

    def recorded(self) -> Tokenizer:
        """Return what a model file keeps: the tokenizer, with the versions of what it needs."""
        return self

    def __post_init__(self) -> None:
        """Refuse settings of the wrong kind.

        Raises:
            TypeError: a setting is no str, or no bool.
            ValueError: the normalization form is unknown, or a setting holds half a character.
        """
        for field in fields(self):
            value, is_flag = getattr(self, field.name), isinstance(field.default, bool)
            if is_flag and not isinstance(value, bool):
                raise TypeError(f"{field.name} must be True or False, got {shorten(value)}")
            if isinstance(field.default, str | None) and not (value is None and field.default is None):
                if not isinstance(value, str):
                    raise TypeError(f"{field.name} must be a str, got {shorten(value)}")
                check_limit(self.longest_setting, field.name, len(value), of="characters")
                if surrogate_at(value) is not None:
                    raise ValueError(f"{field.name} must be whole characters, got {shorten(value)}")
        form = getattr(self, "normalization", None)
        if form not in FORMS:
            raise ValueError(f"normalization must be None, 'NFC' or 'NFKC', got {shorten(form)}")

    def __repr__(self) -> str:
        """Return the call that makes it, without the settings that have their defaults."""
        shown = [f for f in fields(self) if f.repr and getattr(self, f.name) != f.default]
        changed = [f"{f.name}={getattr(self, f.name)!r}" for f in shown]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __getstate__(self) -> dict[str, object]:
        """Copies hold the fields; the core's form is made again."""
        return {name: value for name, value in self.__dict__.items() if name != "splitter"}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Take the fields of a copy, which may be of a version that had fewer."""
        self.__dict__.update({**self.older_values, **state})


def one_text(text: object) -> str:
    """Refuse what is no str, and a str that UTF-8 cannot hold.

    Raises:
        TypeError: it is no str.
        ValueError: it holds half a character.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, got {shorten(text)}")
    if (position := surrogate_at(text)) is not None:
        raise ValueError(f"text must be whole characters, got a lone surrogate at character {position}; clean it")
    return text
