"""Escaping of untrusted text for output: characters that are invisible or control a terminal."""

from __future__ import annotations

import re

__all__ = ["HIDDEN", "LINE_CHARACTERS", "encodable", "printable", "printable_json", "printable_lines"]

HIDDEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef"
    "\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
"""Members of a character class of a regular expression: control characters except tab, line feed and carriage return,
bidirectional controls, other format characters, fillers, tags, lone surrogates. Not included: the joiners U+200C and
U+200D, which scripts and emoji need, variation selectors, the visible number signs of Arabic, Syriac and Kaithi, and
private use characters."""
LINE_CHARACTERS = "\t\n\r"

_IN_VALUES = re.compile(f"[{HIDDEN}{LINE_CHARACTERS}]")
_IN_LINES = re.compile(f"[{HIDDEN}\t\r]")


def printable(value: object, longest: int | None = None) -> str:
    """Return a value as one line of text in which invisible characters and terminal controls are escaped.

    Args:
        value: the value to show.
        longest: largest number of characters; longer text ends with "...".

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
    """Return several lines, escaped like `printable`; line feeds are kept."""
    return _IN_LINES.sub(_escaped, text)


def printable_json(text: str) -> str:
    r"""Return equivalent JSON in which invisible characters are written as JSON escapes.

    Example:
        >>> printable_json('["\x9b2J"]')
        '["\\u009b2J"]'
    """
    return _IN_LINES.sub(_json_escaped, text)


def encodable(text: str, encoding: str) -> str:
    r"""Return a text in which characters that an encoding cannot represent are escaped.

    Example:
        >>> encodable("긍정 ok", "ascii")
        '\\uae0d\\uc815 ok'
    """
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _json_escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[start : start + 2].hex()}" for start in range(0, len(units), 2))
