"""Text of others, shown: which characters cannot be seen or steer a terminal, and how they are written instead."""

from __future__ import annotations

import re

__all__ = ["HIDDEN", "LINE_CHARACTERS", "encodable", "printable", "printable_json", "printable_lines"]

HIDDEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef"
    "\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
"""Members of a class of a regular expression: control characters other than tab, line feed and carriage return,
bidirectional controls, other format characters, fillers, tags, halves of characters. Not among them: the joiners
U+200C and U+200D, which scripts and emoji need, variation selectors, the visible signs of Arabic, Syriac and Kaithi
numbers, and characters of private use."""
LINE_CHARACTERS = "\t\n\r"

_IN_VALUES = re.compile(f"[{HIDDEN}{LINE_CHARACTERS}]")
_IN_LINES = re.compile(f"[{HIDDEN}\t\r]")


def printable(value: object, longest: int | None = None) -> str:
    """Return a value as one line of text without characters that are hidden, or that steer a terminal.

    Args:
        value: what is shown.
        longest: characters at most; the rest is "...".

    Example:
        >>> printable("a\\x1b[31mb\\n")
        'a\\\\x1b[31mb\\\\n'
        >>> printable("\\u202egood")
        '\\\\u202egood'
    """
    text = str(value)
    if longest is not None and len(text) > longest:
        text = text[: longest - 3] + "..."
    return text if text.isascii() and text.isprintable() else _IN_VALUES.sub(_escaped, text)


def printable_lines(text: str) -> str:
    """Return several lines as `printable` returns one; line feeds stay."""
    return _IN_LINES.sub(_escaped, text)


def printable_json(text: str) -> str:
    r"""Return JSON in which hidden characters within texts have the escapes of JSON; it is equal JSON.

    Example:
        >>> printable_json('["\x9b2J"]')
        '["\\u009b2J"]'
    """
    return _IN_LINES.sub(_json_escaped, text)


def encodable(text: str, encoding: str) -> str:
    r"""Return a text in which characters that an encoding lacks are escaped.

    Example:
        >>> encodable("긍정 ok", "ascii")
        '\\uae0d\\uc815 ok'
    """
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _json_escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))
