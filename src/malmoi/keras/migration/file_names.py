"""The names of files of weights that a source has, and which of them may mean the same file."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from malmoi.keras.migration.context import Context, dotted
from malmoi.keras.migration.edits import Edit

__all__ = ["OLD_SUFFIX", "FileName", "file_names", "is_same_name", "last_string", "suffix_edits"]

OLD_SUFFIX = re.compile(r"(?<!\.weights)\.(hdf5|h5|hdf)$")
FOLDERS = re.compile(r".*[/\\]", re.DOTALL)
WILDCARD = re.compile(r"[{*?%\[]")


class FileName(NamedTuple):
    """A string literal that ends in an old suffix.

    Args:
        node: the literal.
        text: its value.
        pattern: the expression that it ends, with `{}` for what is no literal: `{}/a.h5` of `folder + '/a.h5'`.
        expression: that expression.
    """

    node: ast.Constant
    text: str
    pattern: str
    expression: str


def last_string(node: ast.expr) -> ast.Constant | None:
    """Return the string that ends a file name: of a literal, a sum, a formatted string or `os.path.join`."""
    if isinstance(node, ast.Constant):
        return node if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp):
        return last_string(node.right if isinstance(node.op, ast.Add) else node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "format":
            return last_string(node.func.value)
        if node.func.attr == "join" and dotted(node.func).endswith("path.join") and node.args:
            return last_string(node.args[-1])
    return None


def file_names(context: Context) -> list[FileName]:
    """Return the string literals that end in an old suffix, without docstrings."""
    found = []
    for node in context.source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and OLD_SUFFIX.search(node.value):
            whole = _whole(context, node)
            if not isinstance(context.source.parent(whole), ast.Expr):
                found.append(FileName(node, node.value, _pattern(whole), ast.unparse(whole)))
    return found


def _whole(context: Context, node: ast.expr) -> ast.expr:
    """Return the expression that is a file name and ends in a string."""
    while True:
        parent = context.source.parent(node)
        if isinstance(parent, ast.Attribute) and parent.attr == "format":
            parent = context.source.parent(parent)
        is_last = isinstance(parent, ast.BinOp | ast.Call) and last_string(parent) is last_string(node) is not None
        if not isinstance(parent, ast.JoinedStr) and not is_last:
            return node
        node = parent  # type: ignore[assignment]  # one of the expressions above


def _pattern(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_pattern(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _pattern(node.left) + (_pattern(node.right) if isinstance(node.op, ast.Add) else "")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "format":
            return _pattern(node.func.value)
        if dotted(node.func).endswith("path.join"):
            return "/".join(_pattern(one) for one in node.args)
    return "{}"


def is_same_name(one: FileName, other: FileName) -> bool:
    """Return whether two names may be of the same file, in any folder."""
    if OLD_SUFFIX.findall(one.text) != OLD_SUFFIX.findall(other.text):
        return False
    first, second = (FOLDERS.sub("", name.pattern) for name in (one, other))
    heads = [WILDCARD.split(OLD_SUFFIX.sub("", name), maxsplit=1)[0] for name in (first, second)]
    open_ends = [not head or bool(WILDCARD.search(name)) for head, name in zip(heads, (first, second), strict=True)]
    if not any(open_ends):
        return first == second
    return (open_ends[1] and heads[0].startswith(heads[1])) or (open_ends[0] and heads[1].startswith(heads[0]))


def suffix_edits(context: Context, string: ast.Constant, suffix: str) -> list[Edit]:
    """Return the edit of the suffix in a string literal; empty if the literal is not written as one string."""
    if isinstance(context.source.parent(string), ast.JoinedStr):
        return []
    start, end = context.source.span(string)
    found = OLD_SUFFIX.search(str(string.value))
    text = context.source.text[start:end]
    place = -1 if found is None else text.rfind(found[0])
    if found is None or place < 0 or len(text) - place - len(found[0]) not in (1, 3):
        return []
    return [Edit(start + place, start + place + len(found[0]), suffix)]
