"""User-supplied text as safe HTML, with invisible characters made visible."""

from __future__ import annotations

import json
import re
import unicodedata
from html import escape

from malmoi.report.unseen import parts, plain

__all__ = ["Html", "cut", "fit", "in_line", "named", "shown", "width_of"]

LONGEST_NAME = 60

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
"""Letters of right-to-left scripts."""

WIDE, NARROW = 1.0, 0.6
"""Estimated widths of characters, as fractions of the font size."""


class Html(str):
    """A str that is HTML; templates do not escape it."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return the HTML unchanged."""
        return self


def cut(name: object) -> str:
    """Return a name, truncated to 60 characters with an ellipsis.

    Example:
        >>> cut("good"), len(cut("good" * 90))
        ('good', 60)
    """
    text = str(name)
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1].rstrip() + "…"


def in_line(text: object) -> Html:
    """Return a title or a sentence as HTML like `shown`, also with tab and line feed in boxes; keep `Html`."""
    return text if isinstance(text, Html) else _boxed(str(text), parts(str(text), is_name=True))


def named(name: object) -> Html:
    """Return a name of a class, column or recipe as one line of HTML, truncated, with the full name as its title.

    Example:
        >>> named("a\\tb")
        '<bdi dir="auto" data-raw="&quot;a\\\\tb&quot;">a<span class="unseen">U+0009</span>b</bdi>'
    """
    text = str(name)
    if isinstance(name, Html):
        return name
    return _boxed(text, parts(cut(text), is_name=True), is_cut=cut(text) != text)


def shown(text: object) -> Html:
    """Return a text as HTML with invisible characters in small boxes; line breaks are kept.

    A text with right-to-left characters, or one that differs from what is shown, is isolated in an element.

    Example:
        >>> shown("<b>"), shown("\u05d0")
        ('&lt;b&gt;', '<bdi dir="auto">\u05d0</bdi>')
    """
    return _boxed(str(text), parts(str(text)))


def _boxed(text: str, found: list[str], *, is_cut: bool = False) -> Html:
    """Return parts of a text with boxes; isolate it in an element if it differs or has right-to-left characters."""
    is_exact = not is_cut and len(found) == 1 and "\r" not in text
    raw = "" if is_exact else f' data-raw="{escape(json.dumps(text))}"'
    title = f' title="{escape(plain(text, is_name=True))}"' if is_cut else ""
    inner = "".join(
        f'<span class="unseen">{part}</span>' if place % 2 else escape(part) for place, part in enumerate(found)
    )
    is_isolated = raw or RIGHT_TO_LEFT.search(inner)
    return Html(f'<bdi dir="auto"{raw}{title}>{inner}</bdi>' if is_isolated else inner)


def width_of(text: str) -> float:
    """Return the estimated width of a text, as a multiple of the font size."""
    return sum(_width(character) for character in text)


def fit(text: str, width: float, size: float) -> str:
    """Return a text as one line for SVG, truncated with an ellipsis to a width.

    Args:
        text: any text.
        width: available width in pixels.
        size: font size in pixels.
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


def _width(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    return WIDE if unicodedata.east_asian_width(character) in "WF" else NARROW
