"""What is wrong with a source that is not Python 3, in one sentence."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping

from malmoi.foundation.validation import surrogate_at

__all__ = ["explained", "syntax_error"]

MESSAGES: Mapping[str, str] = {
    "Missing parentheses in call to 'print'": "print without parentheses",
    "Missing parentheses in call to 'exec'": "exec without parentheses",
    "multiple exception types must be parenthesized": "except with a comma instead of as",
    "leading zeros in decimal integer literals": "an octal number that begins with 0",
}
"""Messages of the parser for code of Python 2."""
PATTERNS: Mapping[str, str] = {
    r"^\s*print\s+[^(=\s]": "print without parentheses",
    r"^\s*exec\s+['\"\w]": "exec without parentheses",
    r"^\s*except\s+[\w.()\s,]+,\s*\w+\s*:": "except with a comma instead of as",
    r"^\s*raise\s+[\w.]+\s*,": "raise with a comma",
    r"<>": "the operator <>",
    r"`[^`]+`": "backquotes",
    r"\b\d+[lL]\b": "a long number that ends in L",
    r"\bur['\"]": "a string that begins with ur",
    r"\blambda\s*\(": "a lambda whose argument is a tuple",
    r"^\s*def\s+\w+\s*\([^)]*\(": "a function whose argument is a tuple",
}
"""Code of Python 2 for which the parser has no message of its own."""
CONVERT = "convert it first, for example with 2to3"


def explained(error: SyntaxError, text: str) -> str:
    """Return what is wrong and what to do.

    Args:
        error: the error of the parser.
        text: the source.
    """
    message = error.msg or "invalid syntax"
    if isinstance(error, IndentationError) and "tabs" in message:
        return "indented with tabs and with spaces; use one of them"
    lines = text.split("\n")
    number = (error.lineno or 1) - 1
    line = lines[number] if 0 <= number < len(lines) else ""
    found = next((what for start, what in MESSAGES.items() if message.startswith(start)), None)
    if found is None:
        found = next((what for pattern, what in PATTERNS.items() if re.search(pattern, line)), None)
    if found is not None:
        return f"Python 2 code: {found}; {CONVERT}"
    return f"not Python 3: {message}; correct it first"


def syntax_error(text: str) -> SyntaxError | None:
    """Return why a cell of a notebook is not Python; None if it is."""
    if "\r" in text.replace("\r\n", "") or "\0" in text or surrogate_at(text) is not None:
        return SyntaxError("it has single carriage returns or characters that are no text")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return error
    except (RecursionError, MemoryError):
        return SyntaxError("it is nested too deeply")
    return None
