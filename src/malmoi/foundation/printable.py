"""Words of others for a terminal."""

from __future__ import annotations

__all__ = ["printable"]


def printable(value: object, longest: int | None = None) -> str:
    """Return a value as text without characters that could move a terminal's cursor or turn its direction.

    Args:
        value: what is shown.
        longest: characters at most; the rest is "...".

    Example:
        >>> printable("a\\x1b[31mb")
        'a\\\\x1b[31mb'
    """
    text = str(value)
    if longest is not None and len(text) > longest:
        text = text[: longest - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
