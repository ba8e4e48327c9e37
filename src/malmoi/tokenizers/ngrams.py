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
        raise ValueError(f"{rule}, got {shorten((shortest, longest) if shortest != longest else longest)}{cure}")
    return shortest, longest


def _is_whole(number: object) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def chosen_ngrams(orders: object, tokens: Tokenizer) -> tuple[int, int]:
    """The orders that were asked for; for "auto" 1 to 2 of words, 1 to 5 of characters."""
    if orders != "auto":
        return check_ngrams(orders)
    return (1, 5) if isinstance(tokens, Characters | Hangul) else (1, 2)
