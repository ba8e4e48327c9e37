"""Escaping of names and texts for Markdown, HTML, YAML and Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from malmoi.report.unseen import plain

__all__ = ["code", "in_markdown", "in_python", "in_yaml", "named", "percent", "spaced", "table", "visible"]

LONGEST = 200
LONGEST_NAME = 60
MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~$]|:(?=\S))")
LINKS = re.compile(r"www\.", re.IGNORECASE)


def visible(text: object, most: int = LONGEST) -> str:
    r"""Return a text as one line, truncated with an ellipsis, with invisible characters replaced by their codes.

    Example:
        >>> visible("a\nb\u202ec")
        'a[U+000A]b[U+202E]c'
    """
    line = plain(str(text), is_name=True)
    return line if len(line) <= most else line[: most - 1] + "…"


def in_markdown(text: object, most: int = LONGEST) -> str:
    r"""Return a text escaped for Markdown (also in tables) and HTML.

    Example:
        >>> in_markdown("<b>|*")
        '&lt;b&gt;\\|\\*'
    """
    escaped = MARKDOWN.sub(r"\\\1", visible(text, most))
    return LINKS.sub(lambda found: found[0].replace(".", "\\."), escape(escaped, quote=False))


def named(name: object) -> str:
    """Return a name escaped for Markdown, truncated to 60 characters; an empty name becomes quotes."""
    return in_markdown(name, LONGEST_NAME) or "&quot;&quot;"


def percent(share: float) -> str:
    """Return a proportion in percent.

    Example:
        >>> percent(0.5)
        '50.0 %'
    """
    return f"{100 * share:.1f} %"


def spaced(sentence: str) -> str:
    """Return a sentence of a finding with a space before percent signs, except in quoted data.

    Example:
        >>> spaced("87.1% of '100% wool'")
        "87.1 % of '100% wool'"
    """
    return re.sub(r"""('[^']*'|"[^"]*")|(?<=\d)%""", lambda found: found[1] or " %", sentence)


def in_yaml(text: object) -> str:
    r"""Return a text as a quoted YAML string.

    Example:
        >>> print(in_yaml('a "b": \u202e'))
        "a \"b\": [U+202E]"
    """
    quoted = visible(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_without_markup(quoted)}"'


def in_python(text: str) -> str:
    r"""Return a text as a Python string literal, without characters special in HTML or Markdown code blocks.

    Example:
        >>> print(in_python("<a>`"))
        '\x3ca\x3e\x60'
    """
    return _without_markup(repr(text))


def _without_markup(quoted: str) -> str:
    """Return a Python or YAML string with escapes for characters special in HTML or Markdown code blocks."""
    return "".join(f"\\x{ord(one):02x}" if one in "<>`&" else one for one in quoted)


def code(text: str) -> str:
    """Return a line as an HTML code element."""
    return f"<code>{in_markdown(text, 10 * LONGEST)}</code>"


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table with Markdown cells; empty if there are no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}", *lines, ""] if lines else []
