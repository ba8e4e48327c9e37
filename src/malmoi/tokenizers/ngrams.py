"""N-grams of tokens."""

from __future__ import annotations

import numpy as np

from malmoi import _core
from malmoi.foundation.limits import most
from malmoi.foundation.validation import shorten
from malmoi.tokenizers.base import Tokenizer, one_text
from malmoi.tokenizers.characters import Characters
from malmoi.tokenizers.hangul import Hangul
from malmoi.tokenizers.scripts import check_tokenizer
from malmoi.tokenizers.whitespace import Whitespace

__all__ = ["LONGEST", "check_ngrams", "chosen_ngrams", "ngrams"]

LONGEST = most("n-gram size")


def ngrams(text: str, shortest: int, longest: int, tokens: Tokenizer = Whitespace()) -> set[str]:
    """Return the set of distinct n-grams of a text, with their tokens joined by the `joiner` of the tokenizer.

    Args:
        text: a str.
        shortest: smallest n; 1 or more.
        longest: largest n; `shortest` to 255.
        tokens: tokenizer.

    Raises:
        TypeError: `text` is not a str, or `tokens` is not a tokenizer.
        ValueError: the n-gram range is reversed or out of bounds.

    Example:
        >>> sorted(ngrams("The cat sat on the mat", 1, 2))
        ['The', 'The cat', 'cat', 'cat sat', 'mat', 'on', 'on the', 'sat', 'sat on', 'the', 'the mat']
        >>> from malmoi import Characters
        >>> sorted(ngrams("cats", 3, 3, Characters()))
        ['ats', 'cat']
    """
    check_ngrams((shortest, longest))
    check_tokenizer(tokens)
    text = one_text(text)
    tally = _core.GramTally(tokens.splitter, threads=1, shortest=shortest, longest=longest, stop_words=[])
    tally.add(tokens.prepared([text]), keep=False)
    columns = tally.columns(least_count=1, least_texts=1, most_texts=1, most=None)
    return set(tally.names(columns, tokens.joiner, 0, len(columns)))


def check_ngrams(orders: object) -> tuple[int, int]:
    """Check an n-gram range and return it as a tuple.

    Raises:
        TypeError: it is not a pair of whole numbers.
        ValueError: it is reversed or out of bounds.
    """
    if not isinstance(orders, tuple | list) or len(orders) != 2 or not all(map(_is_whole, orders)):
        raise TypeError(f"ngrams must be two whole numbers, such as (1, 2), got {shorten(orders)}")
    shortest, longest = map(int, orders)
    if not 1 <= shortest <= longest <= LONGEST:
        rule = f"ngrams must be the smallest and the largest n, from 1 to {LONGEST}"
        cure = f"; swap them: ({longest}, {shortest})" if 1 <= longest < shortest <= LONGEST else ""
        raise ValueError(f"{rule}, got {shorten((shortest, longest) if shortest != longest else longest)}{cure}")
    return shortest, longest


def _is_whole(number: object) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def chosen_ngrams(orders: object, tokens: Tokenizer) -> tuple[int, int]:
    """Return the requested n-gram range; for "auto" (1, 2) for words, (1, 5) for characters."""
    if orders != "auto":
        return check_ngrams(orders)
    return (1, 5) if isinstance(tokens, Characters | Hangul) else (1, 2)
