"""Decoding of text arguments as UTF-8, whatever the locale."""

from __future__ import annotations

import os

from malmoi.foundation.validation import surrogate_at

__all__ = ["decoded_text"]


def decoded_text(word: str) -> str:
    """Decode a text argument as UTF-8.

    If the locale has another encoding, Python stores the bytes of an argument as lone surrogates. Paths must keep them.

    Args:
        word: the argument from `sys.argv`; returned unchanged if its bytes are not UTF-8.
    """
    if surrogate_at(word) is None:
        return word
    try:
        return os.fsencode(word).decode("utf-8")
    except UnicodeError:
        return word
