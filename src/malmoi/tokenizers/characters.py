"""Tokenizers that cut between characters, syllables and letters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from malmoi import _core
from malmoi.tokenizers.base import Tokenizer

__all__ = ["Characters"]


@dataclass(frozen=True, repr=False)
class Characters(Tokenizer):
    """Characters, white space too.

    Emoji are characters as they are written: U+2764 and U+2764 U+FE0F differ.

    Args:
        graphemes: user-perceived characters, such as a letter with its accent, a flag, a Hangul syllable in any form;
            off: code points.
        inside_words: a space on both sides of every word, and no n-gram from word to word.
        alphabet: characters that have an id, in this order; every other one is unknown. `None`: those that are seen.
        lowercase: write the text in lower case first.
        squeeze_spaces: one space for two white-space characters or more in a row.
        strip_accents, normalization, drop_html: as in `Words`.

    Raises:
        ValueError: `alphabet` holds a character twice, is empty, or holds capitals that `lowercase` takes away.

    Example:
        >>> Characters()("Ab!")
        ['a', 'b', '!']
        >>> Characters(inside_words=True)("so so")
        [' ', 's', 'o', ' ', ' ', 's', 'o', ' ']
    """

    graphemes: bool = True
    inside_words: bool = False
    alphabet: str | None = None
    lowercase: bool = True
    squeeze_spaces: bool = False
    strip_accents: bool = False
    normalization: str | None = None
    drop_html: bool = False
    joiner = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.alphabet is None:
            return
        known = self.known_tokens or []
        counts = Counter(known)
        if len(counts) < len(known):
            raise ValueError(f"alphabet must hold every character once, got {counts.most_common(1)[0][0]!r} again")
        if self.lowercase and (capital := next((token for token in known if token != token.lower()), None)):
            cure = "pass lowercase=False"
            raise ValueError(f"alphabet must be in lower case as the text will be, got {capital!r}; {cure}")
        if not known:
            raise ValueError("alphabet must hold 1 character or more, got ''; None takes those that are seen")

    @property
    def known_tokens(self) -> list[str] | None:
        """The alphabet's characters; `None` where there is none."""
        if self.alphabet is None:
            return None
        plain = Characters(graphemes=self.graphemes, lowercase=False)
        return plain(self.alphabet)

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's form of this rule."""
        return _core.Splitter.characters(
            graphemes=self.graphemes,
            inside_words=self.inside_words,
            squeeze=self.squeeze_spaces,
            html=self.drop_html,
            form=self.normalization,
            accents=self.strip_accents,
            lowercase=self.lowercase,
        )
