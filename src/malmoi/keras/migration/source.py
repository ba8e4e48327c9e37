"""A parsed source: its tree, its tokens, and the offsets of both in the text."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from malmoi.keras.migration.edits import Edit, line_starts

__all__ = ["Source", "Token", "calls"]

HIDDEN_TOKENS = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT}


class Token(NamedTuple):
    """A token of Python with its place in the text."""

    start: int
    end: int
    text: str
    is_comment: bool


class Source:
    """A text that was parsed as Python.

    Args:
        text: the text, with line ends `\\n` or `\\r\\n`, without a byte order mark.

    Raises:
        SyntaxError: it is not Python 3.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self.starts = line_starts(text)
        self.nodes = list(self._placed_nodes())
        self.parents = {id(child): node for node in self.nodes for child in ast.iter_child_nodes(node)}
        self._formatted = self._outer_formatted()
        self._tokens: tuple[list[Token], list[Token]] | None = None

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a place that `ast` names.

        Args:
            line: line; 1 or more.
            column: bytes of UTF-8 before the place in its line.
        """
        start = self.starts[line - 1]
        end = self.starts[line] if line < len(self.starts) else len(self.text)
        text = self.text[start:end]
        return start + (column if text.isascii() else len(text.encode()[:column].decode(errors="replace")))

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return the offsets of a node's first character and after its last one."""
        line, column, end_line, end_column = (
            getattr(node, name) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset")
        )
        return self.offset(line, column), self.offset(end_line, end_column)

    def _placed_nodes(self) -> Iterator[ast.AST]:
        """Yield the nodes whose places are known; before Python 3.12, some inside formatted strings have wrong ones."""
        waiting: list[ast.AST] = [self.tree]
        for node in waiting:  # the list grows
            yield node
            inside = isinstance(node, ast.FormattedValue) and sys.version_info < (3, 12)
            if not inside or self._is_placed(node.value):  # type: ignore[attr-defined]  # of a FormattedValue
                waiting.extend(ast.iter_child_nodes(node))

    def _is_placed(self, node: ast.expr) -> bool:
        """Return whether the text at the place of an expression is the expression."""
        if node.end_lineno is None or node.end_lineno > len(self.starts):
            return False
        try:
            return ast.dump(ast.parse(self.segment(node), mode="eval").body) == ast.dump(node)
        except (SyntaxError, ValueError):
            return False

    def segment(self, node: ast.AST) -> str:
        """Return the text of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def _outer_formatted(self) -> list[tuple[int, int]]:
        """Return the places of the formatted strings with double quotes that are in no other one, in order."""
        found: list[tuple[int, int]] = []
        for start, end in sorted(self.span(node) for node in self.nodes if isinstance(node, ast.JoinedStr)):
            if '"' in self.text[start : start + 4] and (not found or start >= found[-1][1]):
                found.append((start, end))
        return found

    def quoted(self, edit: Edit) -> Edit:
        """Return an edit whose quotes do not end the formatted string around it."""
        place = bisect_left(self._formatted, (edit.start,)) - 1
        if place >= 0 and edit.start < self._formatted[place][1] and '"' in edit.text:
            return edit._replace(text=edit.text.replace('"', "'"))
        return edit

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node that a node is part of."""
        return self.parents.get(id(node))

    def _all_tokens(self) -> tuple[list[Token], list[Token]]:
        """Return the tokens that are seen by the parser, and the comments."""
        if self._tokens is None:
            seen: list[Token] = []
            comments: list[Token] = []
            for kind, text, start, end, _ in tokenize.generate_tokens(io.StringIO(self.text, newline="").readline):
                if kind in HIDDEN_TOKENS - {tokenize.COMMENT} or not text:
                    continue
                first = self.starts[start[0] - 1] + start[1]
                last = self.starts[end[0] - 1] + end[1]
                is_comment = kind == tokenize.COMMENT
                (comments if is_comment else seen).append(Token(first, last, text, is_comment))
            self._tokens = seen, comments
        return self._tokens

    def token_before(self, offset: int) -> Token | None:
        """Return the last token that begins before an offset, comments aside; in a string, its last character."""
        tokens = self._all_tokens()[0]
        place = bisect_left(tokens, (offset,)) - 1
        if place < 0 or tokens[place].end <= offset:
            return tokens[place] if place >= 0 else None
        end = offset
        while end and self.text[end - 1].isspace():
            end -= 1
        return Token(end - 1, end, self.text[end - 1 : end], is_comment=False)

    def token_after(self, offset: int) -> Token | None:
        """Return the first token that begins at an offset or after it, comments aside; in a string, a character."""
        tokens = self._all_tokens()[0]
        place = bisect_left(tokens, (offset,))
        if place == 0 or tokens[place - 1].end <= offset:
            return tokens[place] if place < len(tokens) else None
        start = offset
        while start < len(self.text) and self.text[start].isspace():
            start += 1
        return Token(start, start + 1, self.text[start : start + 1], is_comment=False)

    def comments(self, start: int, end: int) -> list[Token]:
        """Return the comments within a part of the text."""
        comments = self._all_tokens()[1]
        return comments[bisect_left(comments, (start,)) : bisect_left(comments, (end,))]

    def indentation(self, offset: int) -> str | None:
        """Return the white space before a place in its line; None if there is something else."""
        line = self.text[max(self.text.rfind("\n", 0, offset) + 1, 0) : offset]
        return None if line.strip(" \t\f") else line

    def ends_line(self, offset: int) -> bool:
        """Return whether nothing but a comment follows a place in its line."""
        end = self.text.find("\n", offset)
        rest = self.text[offset : len(self.text) if end < 0 else end].strip()
        return not rest or rest.startswith("#")


def calls(source: Source) -> Iterator[ast.Call]:
    """Yield every call, in the order of the text."""
    found = (node for node in source.nodes if isinstance(node, ast.Call))
    yield from sorted(found, key=lambda call: (call.lineno, call.col_offset))
