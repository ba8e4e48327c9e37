"""Tokens between white space."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from malmoi import _core
from malmoi.tokenizers.base import Tokenizer

__all__ = ["Whitespace"]


@dataclass(frozen=True, repr=False)
class Whitespace(Tokenizer):
    """What stands between white space, as `str.split` has it; emoji belong to the word they touch.

    Args:
        lowercase: write the text in lower case first.
        strip_accents, normalization, drop_html: as in `Words`.

    Example:
        >>> Whitespace()("The cat sat.")
        ['The', 'cat', 'sat.']
    """

    lowercase: bool = False
    strip_accents: bool = False
    normalization: str | None = None
    drop_html: bool = False

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's form of this rule."""
        return _core.Splitter.whitespace(
            html=self.drop_html, form=self.normalization, accents=self.strip_accents, lowercase=self.lowercase
        )
