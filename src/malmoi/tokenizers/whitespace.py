"""White space tokenizer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from malmoi import _core
from malmoi.tokenizers.base import Tokenizer

__all__ = ["Whitespace"]


@dataclass(frozen=True, repr=False)
class Whitespace(Tokenizer):
    """Tokenizer that splits at white space, as `str.split` does; emoji belong to the word that they touch.

    Args:
        lowercase: whether to convert the text to lower case first.
        strip_accents, normalization, drop_html: see `Words`.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: `normalization` is unknown.

    Example:
        >>> Whitespace()("The cat sat.")
        ['The', 'cat', 'sat.']
        >>> Whitespace(lowercase=True, drop_html=True)("<b>So</b> good!")
        ['so', 'good!']
    """

    lowercase: bool = False
    strip_accents: bool = False
    normalization: str | None = None
    drop_html: bool = False

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's implementation of this tokenizer.

        :meta private:
        """
        return _core.Splitter.whitespace(
            html=self.drop_html, form=self.normalization, accents=self.strip_accents, lowercase=self.lowercase
        )
