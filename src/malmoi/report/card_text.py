"""Data as text of Markdown, HTML, YAML and Python: names and texts never become markup."""

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
    r"""Return a text in one line, cut with an ellipsis, in which characters that are not seen have their codes.

    Example:
        >>> visible("a\nb\u202ec")
        'a[U+000A]b[U+202E]c'
    """
    line = plain(str(text), is_name=True)
    return line if len(line) <= most else line[: most - 1] + "…"


def in_markdown(text: object, most: int = LONGEST) -> str:
    r"""Return a text as Markdown shows it, also inside a table; it is no HTML either.

    Example:
        >>> in_markdown("<b>|*")
        '&lt;b&gt;\\|\\*'
    """
    escaped = MARKDOWN.sub(r"\\\1", visible(text, most))
    return LINKS.sub(lambda found: found[0].replace(".", "\\."), escape(escaped, quote=False))


def named(name: object) -> str:
    """Return the name of a class, a column or a value as Markdown shows it, of 60 characters at most; "" in quotes."""
    return in_markdown(name, LONGEST_NAME) or "&quot;&quot;"


def percent(share: float) -> str:
    """Return a share in percent.

    Example:
        >>> percent(0.5)
        '50.0 %'
    """
    return f"{100 * share:.1f} %"


def spaced(sentence: str) -> str:
    """Return a sentence of a finding with a space before percent signs, but not in quoted data.

    Example:
        >>> spaced("87.1% of '100% wool'")
        "87.1 % of '100% wool'"
    """
    return re.sub(r"""('[^']*'|"[^"]*")|(?<=\d)%""", lambda found: found[1] or " %", sentence)


def in_yaml(text: object) -> str:
    r"""Return a text as a quoted string of YAML.

    Example:
        >>> print(in_yaml('a "b": \u202e'))
        "a \"b\": [U+202E]"
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
