"""Character tokenizer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from malmoi import _core
from malmoi.tokenizers.base import Tokenizer

__all__ = ["Characters"]


@dataclass(frozen=True, repr=False)
class Characters(Tokenizer):
    """Tokenizer that splits texts into characters, white space included.

    Emoji are not normalised: U+2764 and U+2764 U+FE0F are different tokens.

    Args:
        graphemes: whether a token is a grapheme cluster (user-perceived character), such as a letter with its accent, a
            flag or a Hangul syllable in any form; otherwise a code point.
        inside_words: whether to add a space on both sides of every word and form no n-grams across words.
        alphabet: characters that get an id, in this order; all others are unknown. `None`: the characters of the
            training texts.
        lowercase: whether to convert the text to lower case first.
        squeeze_spaces: whether to replace runs of white space by one space.
        strip_accents, normalization, drop_html: see `Words`.

    Raises:
        ValueError: `alphabet` is empty, has a repeated character, or has capitals although `lowercase` is set.

    Example:
        >>> Characters()("Ab!")
        ['a', 'b', '!']
        >>> Characters(inside_words=True)("so so")
        [' ', 's', 'o', ' ', ' ', 's', 'o', ' ']
        >>> Characters()("👍🏽🇰🇷"), Characters(graphemes=False)("👍🏽🇰🇷")
        (['👍🏽', '🇰🇷'], ['👍', '🏽', '🇰', '🇷'])
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
        characters = self.known_tokens or []
        counts = Counter(characters)
        if len(counts) < len(characters):
            raise ValueError(f"alphabet must contain every character once, got {counts.most_common(1)[0][0]!r} twice")
        if self.lowercase and (capital := next((token for token in characters if token != token.lower()), None)):
            cure = "pass lowercase=False"
            raise ValueError(f"alphabet must be in lower case, as texts are lowercased, got {capital!r}; {cure}")
        if not characters:
            raise ValueError("alphabet must have 1 character or more, got ''; None uses those of the training texts")

    @property
    def known_tokens(self) -> list[str] | None:
        """The characters of the alphabet; `None` if there is no alphabet.

        :meta private:
        """
        if self.alphabet is None:
            return None
        plain = Characters(graphemes=self.graphemes, lowercase=False)
        return plain(self.alphabet)

    @cached_property
    def splitter(self) -> _core.Splitter:
        """The core's implementation of this tokenizer.

        :meta private:
        """
        return _core.Splitter.characters(
            graphemes=self.graphemes,
            inside_words=self.inside_words,
            squeeze=self.squeeze_spaces,
            html=self.drop_html,
            form=self.normalization,
            accents=self.strip_accents,
            lowercase=self.lowercase,
        )
