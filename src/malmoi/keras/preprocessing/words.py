"""Splitting of texts into words and hashing of words, as in `keras.preprocessing.text`, which has these functions.

The signatures are those of Keras, hence the many positional arguments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from malmoi.foundation.validation import shorten

__all__ = ["FILTERS", "Analyzer", "Text", "check_split", "hashing_trick", "one_hot", "text_to_word_sequence"]

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

Text: TypeAlias = str | list[Any]  # a list holds the tokens of a text
Analyzer: TypeAlias = Callable[[Text], Iterable[str]]


def text_to_word_sequence(
    input_text: str, filters: Iterable[str] = FILTERS, lower: bool = True, split: str | None = " "
) -> list[str]:
    """Split a text into words: characters of `filters` are replaced by `split`, and empty words are removed.

    Args:
        input_text: a str.
        filters: characters that separate words and are removed; by default ASCII punctuation except ', tab and line
            feed.
        lower: whether to convert the text to lower case first.
        split: separator between words; 1 character or more. None splits at white space, and removes the characters of
            `filters` without splitting there.

    Returns:
        The words, in order.

    Raises:
        TypeError: `input_text` is not a str.
        ValueError: `split` is empty.

    Example:
        >>> text_to_word_sequence("The cat sat on the mat.")
        ['the', 'cat', 'sat', 'on', 'the', 'mat']
    """
    if not isinstance(input_text, str):
        raise TypeError(f"input_text must be a str, got {shorten(input_text)}")
    check_split(split)
    lowered = input_text.lower() if lower else input_text
    separators: dict[str, str | int | None] = dict.fromkeys(filters, split)
    return [word for word in lowered.translate(str.maketrans(separators)).split(split) if word]


def one_hot(
    input_text: str,
    n: int,
    filters: Iterable[str] = FILTERS,
    lower: bool = True,
    split: str | None = " ",
    analyzer: Analyzer | None = None,
) -> list[int]:
    """Hash every word of a text to an id from 1 to n - 1; `hashing_trick` with the default hash.

    The result is a list of ids, despite the name of the function in Keras.

    Args:
        input_text: a str, or an input of `analyzer`.
        n: size of the hash space; 2 or more. Small spaces cause collisions.
        filters, lower, split: see `text_to_word_sequence`.
        analyzer: function that splits the text instead.

    Returns:
        One id per word, from 1 to n - 1.

    Raises:
        TypeError: `input_text` is not a str, and there is no `analyzer`.
        ValueError: `n` is below 2, or `split` is empty.

    Example:
        >>> one_hot("The cat, the hat", 1000)
        [132, 759, 132, 897]
    """
    return hashing_trick(input_text, n, filters=filters, lower=lower, split=split, analyzer=analyzer)


def hashing_trick(
    text: str,
    n: int,
    hash_function: Callable[[str], int] | str | None = None,
    filters: Iterable[str] = FILTERS,
    lower: bool = True,
    split: str | None = " ",
    analyzer: Analyzer | None = None,
) -> list[int]:
    """Hash every word of a text to an id from 1 to n - 1.

    Args:
        text: a str, or an input of `analyzer`.
        n: size of the hash space; 2 or more. Small spaces cause collisions.
        hash_function: a function from a word to an int, or "md5". None is "md5", which is the same in every process;
            in Keras it is Python's salted `hash`, which differs between processes.
        filters, lower, split: see `text_to_word_sequence`.
        analyzer: function that splits the text instead.

    Returns:
        One id per word, from 1 to n - 1.

    Raises:
        TypeError: `text` is not a str, and there is no `analyzer`.
        ValueError: `n` is below 2, `split` is empty, or `hash_function` is a name other than "md5".

    Example:
        >>> hashing_trick("The cat, the hat", 1000)
        [132, 759, 132, 897]
        >>> hashing_trick("The cat, the hat", 1000, hash_function=len)
        [4, 4, 4, 4]
    """
    if n < 2:
        raise ValueError(f"n must be 2 or more, got {n}")
    if hash_function is None or hash_function == "md5":
        hash_function = _md5
    if not callable(hash_function):
        raise ValueError(f"hash_function must be None, 'md5' or a function, got {shorten(hash_function)}")
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    """Return the MD5 of a word as an int; lone surrogates, which UTF-8 cannot encode, are allowed."""
    digest = hashlib.md5(word.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return int.from_bytes(digest, "big")


def check_split(split: str | None) -> str | None:
    """Return the separator between words; None stands for white space.

    Raises:
        ValueError: it is not a str of 1 character or more.
    """
    if split is not None and (not isinstance(split, str) or not split):
        raise ValueError(f"split must be None or a str of 1 character or more, got {shorten(split)}")
    return split
