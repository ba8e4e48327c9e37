"""N-grams of tokens, and which tokens suit which script."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from malmoi import _core
from malmoi.arrays import thread_count
from malmoi.errors import shorten
from malmoi.tokens import Characters, Hangul, Tokenizer, Whitespace, Words
from malmoi.tokens.base import one_text

__all__ = [
    "LONGEST",
    "TokensOrAuto",
    "check_ngrams",
    "check_tokenizer",
    "check_tokens",
    "chosen_ngrams",
    "chosen_tokens",
    "ngrams",
]

LONGEST = 255
SHARE_OF_LETTERS = 0.3  # a syllable or an ideograph says as much as two or three letters of an alphabet
LOOKED_AT = 2_000

TokensOrAuto: TypeAlias = Tokenizer | Literal["auto"]


def ngrams(text: str, shortest: int, longest: int, tokens: Tokenizer = Whitespace()) -> set[str]:  # noqa: B008
    """The n-grams of one text, as the set that a bag holds: no order, every one once.

    Args:
        text: a str.
        shortest: tokens of the shortest n-gram; 1 or more.
        longest: tokens of the longest one; `shortest` to 255.
        tokens: how the text becomes tokens.

    Raises:
        TypeError: `text` is no str, or `tokens` no tokenizer.
        ValueError: the range is upside down, or out of its bounds.

    Example:
        >>> sorted(ngrams("The cat sat on the mat", 1, 2))
        ['The', 'The cat', 'cat', 'cat sat', 'mat', 'on', 'on the', 'sat', 'sat on', 'the', 'the mat']
    """
    check_ngrams((shortest, longest))
    check_tokenizer(tokens)
    text = one_text(text)
    tally = _core.GramTally(tokens.splitter, threads=1, shortest=shortest, longest=longest, stop_words=[])
    tally.add(tokens.prepared([text]), keep=False)
    columns = tally.columns(least_count=1, least_texts=1, most_texts=1, most=None)
    return set(tally.names(columns, tokens.joiner, 0, len(columns)))


def check_ngrams(orders: object) -> tuple[int, int]:
    """Refuse what is no range of orders.

    Raises:
        TypeError: it is no pair of whole numbers.
        ValueError: it is upside down, or out of its bounds.
    """
    if not isinstance(orders, tuple | list) or len(orders) != 2 or not all(map(_is_whole, orders)):
        raise TypeError(f"ngrams must be two whole numbers, such as (1, 2), got {shorten(orders)}")
    shortest, longest = map(int, orders)
    if not 1 <= shortest <= longest <= LONGEST:
        rule = f"ngrams must be the shortest and the longest order, from 1 to {LONGEST}"
        cure = f"; turn it round: ({longest}, {shortest})" if 1 <= longest < shortest <= LONGEST else ""
        raise ValueError(f"{rule}, got {(shortest, longest)}{cure}")
    return shortest, longest


def _is_whole(number: object) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def check_tokenizer(tokens: object) -> None:
    """Refuse what is no tokenizer, "auto" too, where there are no texts to look at.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(tokens, Tokenizer):
        raise TypeError(f"tokens must be a tokenizer such as Words(), got {shorten(tokens)}")


def check_tokens(tokens: object) -> None:
    """Refuse what is neither a tokenizer nor "auto".

    Raises:
        TypeError: it is something else.
    """
    if tokens != "auto" and not isinstance(tokens, Tokenizer):
        raise TypeError(f'tokens must be "auto" or a tokenizer such as Words(), got {shorten(tokens)}')


def chosen_tokens(tokens: TokensOrAuto, texts: list[str], *, bag: bool) -> tuple[Tokenizer, str]:
    """The tokenizer that suits the texts' scripts, and why.

    Words for alphabetic scripts. Where 30 % of the letters or more are Korean, Japanese, Chinese, Thai, Lao, Khmer or
    Burmese: for a bag, characters inside words, whose n-grams find words without spaces and stems with endings; for
    sequences, syllables of Korean, and characters of the others.

    Args:
        tokens: "auto", or what the user chose, which stays.
        texts: training texts; 2,000 of them, evenly spread, are looked at.
        bag: whether n-grams are counted, or texts become sequences.
    """
    if tokens != "auto":
        return tokens, f"{tokens!r}, as asked"
    hangul, ideographs, unspaced, spaced = _core.letters(texts[:: -(-len(texts) // LOOKED_AT) or 1], thread_count())
    others = {"Korean": hangul, "Japanese or Chinese": ideographs, "Thai, Lao, Khmer or Burmese": unspaced}
    script = max(others, key=others.__getitem__)
    total = sum(others.values()) + spaced
    if not total or sum(others.values()) / total < SHARE_OF_LETTERS:
        return Words(), "Words(), because the script separates words by spaces"
    chosen: Tokenizer = Characters(inside_words=True) if bag else Hangul() if script == "Korean" else Characters()
    return chosen, f"{chosen!r}, because {others[script] / total:.0%} of the letters are {script}"


def chosen_ngrams(orders: object, tokens: Tokenizer) -> tuple[int, int]:
    """The orders that were asked for; for "auto" 1 to 2 of words, 1 to 5 of characters."""
    if orders != "auto":
        return check_ngrams(orders)
    return (1, 5) if isinstance(tokens, Characters | Hangul) else (1, 2)
