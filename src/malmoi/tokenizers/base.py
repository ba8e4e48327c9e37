"""Base class of the tokenizers."""

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
    """Base class of the tokenizers."""

    joiner = " "
    """Separator between the tokens in the name of an n-gram."""
    in_core: ClassVar[bool] = True
    """Whether the core tokenizes; otherwise `prepared` returns joined tokens, which the core splits.

    :meta private:
    """
    longest_setting: ClassVar[str] = "alphabet characters"
    """Name of the limit for the length of a str setting.

    :meta private:
    """
    older_values: ClassVar[Mapping[str, object]] = MappingProxyType({})
    """Values of newer fields for files and pickles without them, if they differ from the defaults.

    :meta private:
    """

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's implementation of this tokenizer.

        :meta private:
        """
        raise NotImplementedError

    def __call__(self, text: str) -> list[str]:
        """Tokenize one text."""
        return self.splitter.tokens(one_text(text))

    def spans(self, text: str) -> list[Span]:
        """Return the offsets of each token, which was made from `text[start:end]`; slower than tokenizing.

        Args:
            text: a str.

        Returns:
            (start, end) of each token, in characters, in the order of the tokens.

        Raises:
            TypeError: `text` is not a str.
            ValueError: it contains a lone surrogate.

        Example:
            >>> from malmoi import Words
            >>> Words().spans("Ça va?")
            [(0, 2), (3, 5)]
        """
        return self.splitter.spans(one_text(text))

    def coverage(self, texts: Sequence[str], *, n_jobs: int | None = None) -> TokenCoverage:
        """Count the characters that are in no token, and the texts without tokens.

        Args:
            texts: one str per sample.
            n_jobs: number of threads; all cores if not given.

        Returns:
            Counts over all texts; two results can be added.

        Raises:
            TypeError: a text is not a str.
            ValueError: a text contains a lone surrogate.

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
        """Return texts in the form that `splitter` expects: unchanged.

        :meta private:
        """
        return texts

    def recorded(self) -> Tokenizer:
        """Return the tokenizer as a model file stores it: with the versions of its dependencies.

        :meta private:
        """
        return self

    def __post_init__(self) -> None:
        """Validate the settings.

        Raises:
            TypeError: a setting is not a str or not a bool.
            ValueError: the normalization form is unknown, or a setting contains a lone surrogate.
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
                    raise ValueError(f"{field.name} must not contain a lone surrogate, got {shorten(value)}")
        form = getattr(self, "normalization", None)
        if form not in FORMS:
            raise ValueError(f"normalization must be None, 'NFC' or 'NFKC', got {shorten(form)}")

    def __repr__(self) -> str:
        """Return the constructor call with the settings that differ from their defaults."""
        shown = [f for f in fields(self) if f.repr and getattr(self, f.name) != f.default]
        changed = [f"{f.name}={getattr(self, f.name)!r}" for f in shown]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __getstate__(self) -> dict[str, object]:
        """Return the fields; the core's object is rebuilt from them."""
        return {name: value for name, value in self.__dict__.items() if name != "splitter"}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Restore the fields, also from older versions with fewer fields."""
        self.__dict__.update({**self.older_values, **state})


def one_text(text: object) -> str:
    """Return a text after checking that it is a str without lone surrogates.

    Raises:
        TypeError: it is not a str.
        ValueError: it contains a lone surrogate.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, got {shorten(text)}")
    if (position := surrogate_at(text)) is not None:
        raise ValueError(f"text must not contain a lone surrogate, got one at character {position}; remove it")
    return text
