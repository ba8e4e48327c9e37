"""Regular expression tokenizer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from malmoi import _core
from malmoi.foundation.limits import most
from malmoi.foundation.validation import shorten
from malmoi.tokenizers.base import Tokenizer

__all__ = ["Pattern"]


@dataclass(frozen=True, repr=False)
class Pattern(Tokenizer):
    r"""Tokenizer whose tokens are the matches of a regular expression, or of its group if it has one.

    Emoji are tokens if the pattern matches them; `\w`, as in the default, does not.

    Args:
        pattern: a regular expression in the syntax of Rust's `regex`, which is Python's without look-around and
            back-references, so that matching takes linear time.
        lowercase: whether to convert the text to lower case first.
        strip_accents, normalization, drop_html: see `Words`.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: the pattern can match the empty string, has more than one group, or is invalid; or `normalization`
            is unknown.

    Example:
        >>> Pattern(r"#(\w+)")("a #big #day")
        ['big', 'day']
        >>> Pattern()("a big cat")  # the default drops words of one character
        ['big', 'cat']
    """

    pattern: str = r"\w\w+"
    lowercase: bool = True
    strip_accents: bool = False
    normalization: str | None = None
    drop_html: bool = False

    longest_setting = "pattern characters"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.splitter  # noqa: B018 -- an invalid pattern is refused at once

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's implementation of this tokenizer.

        :meta private:
        """
        # Word boundaries around words are redundant, and slow in texts that are not ASCII.
        pattern = r"\w\w+" if self.pattern in (r"(?u)\b\w\w+\b", r"\b\w\w+\b") else self.pattern
        try:
            return _compiled(pattern, self.drop_html, self.normalization, self.strip_accents, self.lowercase)
        except ValueError as error:
            rule = "pattern must be a regular expression that matches 1 character or more"
            raise ValueError(f"{rule}, got {shorten(self.pattern)}: {error}") from None


@lru_cache(most("patterns"))
def _compiled(pattern: str, html: bool, form: str | None, accents: bool, lowercase: bool) -> _core.Splitter:
    """Return the compiled pattern, cached: compiling a large one takes a fifth of a second."""
    return _core.Splitter.pattern(pattern, html=html, form=form, accents=accents, lowercase=lowercase)
