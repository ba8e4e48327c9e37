"""Texts among the arguments of a command, which are UTF-8 whatever the locale is."""

from __future__ import annotations

import os

from malmoi.foundation.validation import surrogate_at

__all__ = ["decoded_text"]


def decoded_text(word: str) -> str:
    """Return an argument that is a text, and no path, as text.

    Where the locale has another encoding, Python keeps the bytes of an argument as lone surrogates; paths must stay so.

    Args:
        word: as `sys.argv` holds it; returned unchanged where its bytes are not UTF-8.
    """
    if surrogate_at(word) is None:
        return word
    try:
        return os.fsencode(word).decode("utf-8")
    except UnicodeError:
        return word
