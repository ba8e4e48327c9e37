"""Invisible characters of user-supplied text, replaced by their codes on pages and cards."""

from __future__ import annotations

import re

from malmoi.foundation.printable import HIDDEN, LINE_CHARACTERS

__all__ = ["parts", "plain"]

UNSEEN = re.compile(f"([{HIDDEN}]|\r(?!\n))")
UNSEEN_IN_NAMES = re.compile(f"([{HIDDEN}{LINE_CHARACTERS}])")
"""In names, which are one line, also tab and line feed."""


def parts(text: str, *, is_name: bool = False) -> list[str]:
    """Return a text as alternating parts: plain text, and codes of invisible characters.

    Args:
        text: any text.
        is_name: whether it is a name, such as a class name, in which tab and line feed are replaced too.

    Example:
        >>> parts("a\\u202eb")
        ['a', 'U+202E', 'b']
        >>> parts("plain")
        ['plain']
    """
    found = UNSEEN_IN_NAMES.split(text) if is_name else UNSEEN.split(text.replace("\r\n", "\n"))
    return [f"U+{ord(part):04X}" if place % 2 else part for place, part in enumerate(found)]


def plain(text: str, *, is_name: bool = False) -> str:
    """Return a text with invisible characters replaced by their codes in brackets.

    Args:
        text: any text.
        is_name: whether tab and line feed are replaced too.

    Example:
        >>> plain("a\\x1b[31m"), plain("two\\nlines", is_name=True)
        ('a[U+001B][31m', 'two[U+000A]lines')
    """
    return "".join(f"[{part}]" if place % 2 else part for place, part in enumerate(parts(text, is_name=is_name)))
