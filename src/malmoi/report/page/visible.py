"""Text of other people as a page may show it: as text, with what cannot be seen made visible."""

from __future__ import annotations

import json
import re
import unicodedata
from html import escape

__all__ = ["Html", "cut", "fit", "in_line", "named", "parts", "plain", "shown", "spaced", "width_of"]

HIDDEN = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef"
    "\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters other than tab and line feed, bidirectional controls, fillers, tags, halves of characters. Joiners
stay as they are, because scripts and emoji need them."""

UNSEEN = re.compile(f"({HIDDEN}|\r(?!\n))")
UNSEEN_IN_NAMES = re.compile(f"({HIDDEN}|[\t\n\r])")
"""Of names, which are in one line, tab and line feed too."""
LONGEST_NAME = 60

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


def parts(text: str, *, is_name: bool = False) -> list[str]:
    """Return a text in parts: in turns plain text, and the name of a character that cannot be seen.

    Args:
        text: any text.
        is_name: whether it is a name, such as that of a class, in which tab and line feed are named too.

    Example:
        >>> parts("a\\u202eb")
        ['a', 'U+202E', 'b']
        >>> parts("plain")
        ['plain']
    """
    found = UNSEEN_IN_NAMES.split(text) if is_name else UNSEEN.split(text.replace("\r\n", "\n"))
    return [_name(part) if place % 2 else part for place, part in enumerate(found)]


def plain(text: str, *, is_name: bool = False) -> str:
    """Return a text in which what cannot be seen has its name in brackets, for attributes and SVG.

    Example:
        >>> plain("a\\x1b[31m")
        'a[U+001B][31m'
    """
    return "".join(f"[{part}]" if place % 2 else part for place, part in enumerate(parts(text, is_name=is_name)))


def cut(name: object) -> str:
    """Return a name, of more than 60 characters the beginning with an ellipsis.

    Example:
        >>> cut("good"), len(cut("good" * 90))
        ('good', 60)
    """
    text = str(name)
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1].rstrip() + "…"


def in_line(text: object) -> Html:
    """Return a title or a sentence as HTML, as `shown`, with tab and line feed in boxes too; `Html` stays as it is."""
    return text if isinstance(text, Html) else _boxed(str(text), parts(str(text), is_name=True))


def named(name: object) -> Html:
    """Return a name of a class, a column or a recipe as HTML, in one line, cut; the whole of a cut name is its title.

    Example:
        >>> named("a\\tb")
        '<bdi dir="auto" data-raw="&quot;a\\\\tb&quot;">a<span class="unseen">U+0009</span>b</bdi>'
    """
    text = str(name)
    if isinstance(name, Html):
        return name
    return _boxed(text, parts(cut(text), is_name=True), is_cut=cut(text) != text)


def shown(text: object) -> Html:
    """Return a text as HTML, with what cannot be seen in small boxes; line breaks stay.

    A text that can change the direction of its neighbours, or is not what is shown, is isolated in an element.

    Example:
        >>> shown("<b>"), shown("\u05d0")
        ('&lt;b&gt;', '<bdi dir="auto">\u05d0</bdi>')
    """
    return _boxed(str(text), parts(str(text)))


def spaced(sentence: str) -> str:
    """Return a sentence of a finding with a space before percent signs, as the page has them, but not in quotes.

    Example:
        >>> spaced('87.1% of "100% wool", 2%p')
        '87.1 % of "100% wool", 2%p'
    """
    return re.sub(r'("[^"]*")|(?<=\d)%(?![A-Za-z0-9])', lambda found: found[1] or " %", sentence)


def _boxed(text: str, found: list[str], *, is_cut: bool = False) -> Html:
    """Parts of a text with boxes; what is not the text itself, or can change directions, is in an element."""
    is_exact = not is_cut and len(found) == 1 and "\r" not in text
    raw = "" if is_exact else f' data-raw="{escape(json.dumps(text))}"'
    title = f' title="{escape(plain(text, is_name=True))}"' if is_cut else ""
    inner = "".join(
        f'<span class="unseen">{part}</span>' if place % 2 else escape(part) for place, part in enumerate(found)
    )
    is_isolated = raw or RIGHT_TO_LEFT.search(inner)
    return Html(f'<bdi dir="auto"{raw}{title}>{inner}</bdi>' if is_isolated else inner)


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
    line = " ".join(plain(text, is_name=True).split())
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
