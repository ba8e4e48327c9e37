"""Text of other people as a page may show it: as text, with what cannot be seen made visible."""

from __future__ import annotations

import json
import re
import unicodedata
from html import escape

__all__ = ["Html", "fit", "parts", "plain", "raw_attribute", "shown", "width_of"]

UNSEEN = re.compile(
    "([\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef"
    "\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]|\r(?!\n))"
)
"""Control characters other than tab and line feed, bidirectional controls, fillers, tags, halves of characters. Joiners
stay as they are, because scripts and emoji need them."""

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
"""Letters of scripts that are written from right to left."""

WIDE, NARROW = 1.0, 0.6
"""Estimated widths of characters, in parts of the font size."""


class Html(str):
    """Text that is HTML already; templates do not escape it."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return it as it is."""
        return self


def parts(text: str) -> list[str]:
    """Return a text in parts: in turns plain text, and the name of a character that cannot be seen.

    Example:
        >>> parts("a\\u202eb")
        ['a', 'U+202E', 'b']
        >>> parts("plain")
        ['plain']
    """
    found = UNSEEN.split(text.replace("\r\n", "\n"))
    return [_name(part) if place % 2 else part for place, part in enumerate(found)]


def plain(text: str) -> str:
    """Return a text in which what cannot be seen has its name in brackets, for attributes and SVG.

    Example:
        >>> plain("a\\x1b[31m")
        'a[U+001B][31m'
    """
    return "".join(f"[{part}]" if place % 2 else part for place, part in enumerate(parts(text)))


def shown(text: object) -> Html:
    """Return a text as HTML, with what cannot be seen in small boxes.

    A text that can change the direction of its neighbours, or is not what is shown, is isolated in an element.

    Example:
        >>> shown("<b>"), shown("\u05d0")
        ('&lt;b&gt;', '<bdi dir="auto">\u05d0</bdi>')
    """
    found = parts(str(text))
    raw = raw_attribute(str(text))
    inner = "".join(
        f'<span class="unseen">{part}</span>' if place % 2 else escape(part) for place, part in enumerate(found)
    )
    is_isolated = raw or RIGHT_TO_LEFT.search(inner)
    return Html(f'<bdi dir="auto"{raw}>{inner}</bdi>' if is_isolated else inner)


def raw_attribute(text: str) -> str:
    """Return an attribute with the exact text as JSON; "" where what is shown is the text."""
    return f' data-raw="{escape(json.dumps(text))}"' if UNSEEN.search(text) or "\r" in text else ""


def width_of(text: str) -> float:
    """Return the estimated width of a text, in parts of the font size."""
    return sum(_width(character) for character in text)


def fit(text: str, width: float, size: float) -> str:
    """Return a text in one line for SVG, cut with an ellipsis where it is wider than a number of pixels.

    Args:
        text: any text.
        width: pixels that there are.
        size: of the font, in pixels.
    """
    line = " ".join(plain(text).split())
    if width_of(line) * size <= width:
        return line
    left, kept = width / size - NARROW, 0
    for character in line:
        left -= _width(character)
        if left < 0:
            break
        kept += 1
    return line[:kept].rstrip() + "…"


def _name(character: str) -> str:
    return f"U+{ord(character):04X}"


def _width(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    return WIDE if unicodedata.east_asian_width(character) in "WF" else NARROW
