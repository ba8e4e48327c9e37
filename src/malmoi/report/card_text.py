"""Data as text of Markdown, HTML, YAML and Python: names and texts never become markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["code", "in_markdown", "in_python", "in_yaml", "table", "visible"]

LONGEST = 200
MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~$]|:(?=\S))")
LINKS = re.compile(r"www\.", re.IGNORECASE)


def visible(text: object, most: int = LONGEST) -> str:
    r"""Return a text in one line, shortened, without characters that are not seen: these are written as escapes.

    Example:
        >>> visible("a\nb\u202ec")
        'a\\nb\\u202ec'
    """
    line = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in str(text))
    return line if len(line) <= most else line[: most - 3] + "..."


def in_markdown(text: object, most: int = LONGEST) -> str:
    r"""Return a text as Markdown shows it, also inside a table; it is no HTML either.

    Example:
        >>> in_markdown("<b>|*")
        '&lt;b&gt;\\|\\*'
    """
    escaped = MARKDOWN.sub(r"\\\1", visible(text, most))
    return LINKS.sub(lambda found: found[0].replace(".", "\\."), escape(escaped, quote=False))


def in_yaml(text: object) -> str:
    r"""Return a text as a quoted string of YAML.

    Example:
        >>> print(in_yaml('a "b": \u202e'))
        "a \"b\": \\u202e"
    """
    quoted = visible(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_without_markup(quoted)}"'


def in_python(text: str) -> str:
    r"""Return a text as a string of Python, without characters of HTML and of Markdown's code blocks.

    Example:
        >>> print(in_python("<a>`"))
        '\x3ca\x3e\x60'
    """
    return _without_markup(repr(text))


def _without_markup(quoted: str) -> str:
    """A string of Python or YAML, with escapes for what HTML or Markdown's code blocks might read."""
    return "".join(f"\\x{ord(one):02x}" if one in "<>`&" else one for one in quoted)


def code(text: str) -> str:
    """Return a line as code of HTML, which Markdown leaves as it is."""
    return f"<code>{in_markdown(text, 10 * LONGEST)}</code>"


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; cells are Markdown already. Nothing where there are no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}", *lines, ""] if lines else []
