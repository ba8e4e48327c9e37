"""Rules for functions of the old `keras.backend`."""

from __future__ import annotations

import ast

from malmoi.keras.migration.context import Context, keyword_of
from malmoi.keras.migration.edits import Edit
from malmoi.keras.migration.places import KEPT_BACKEND, new_path, parts
from malmoi.keras.migration.scopes import chain_of
from malmoi.keras.old_backend import (
    ADDED,
    ALLOWED_KEYWORDS,
    CURES,
    LARGEST_COUNTS,
    OPS,
    RENAMED_KEYWORDS,
    SHAPES,
    is_plain,
)

__all__ = ["rewrite_backend"]

CODE = "backend-function"
SIMPLE = (ast.Attribute, ast.Call, ast.Name, ast.Subscript)


def rewrite_backend(context: Context) -> None:
    """Replace functions of `keras.backend` by those of `keras.ops`; find those that have no replacement."""
    for node in context.source.nodes:
        if isinstance(node, ast.Attribute) and (found := _function(context, node)) is not None:
            root, name = found
            _rewrite(context, node, root, name)
        elif isinstance(node, ast.ImportFrom) and node.module and new_path(node.module) == "keras.backend":
            _find_imported(context, node)


def _function(context: Context, node: ast.Attribute) -> tuple[str, str] | None:
    """Return the first name of `K.mean`, and the name of the function; None for other attributes."""
    chain = chain_of(node)
    if chain is None or not isinstance(node.ctx, ast.Load):
        return None
    found = {_in_backend(path) for path in context.names.paths(node)[0]}
    name = found.pop() if len(found) == 1 else None
    return None if name is None else (chain[0].id, name)


def _in_backend(path: str) -> str | None:
    """Return the name of a function of the backend; None for other paths."""
    found = parts(path)
    if found is None or len(found[1]) != 1 or new_path(found[0]) != "keras.backend":
        return None
    return found[1][0]


def _find_imported(context: Context, node: ast.ImportFrom) -> None:
    for alias in node.names:
        if alias.name == "*":
            context.find(
                node, CODE, "names of keras.backend are imported with *", "import them by name, from keras.ops"
            )
        elif alias.name not in KEPT_BACKEND and not (alias.name in OPS and is_plain(alias.name)):
            _find(context, node, alias.name)


def _find(context: Context, node: ast.AST, name: str) -> None:
    cure = CURES.get(name)
    if cure is None and name in OPS:
        cure = f"use keras.ops.{OPS[name]}, which has other arguments"
    context.find(node, CODE, f"keras.backend.{name} does not exist in Keras 3", cure or "use a function of keras.ops")


def _rewrite(context: Context, node: ast.Attribute, root: str, name: str) -> None:
    if name in KEPT_BACKEND:
        return
    call = context.source.parent(node)
    is_call = isinstance(call, ast.Call) and call.func is node
    if isinstance(call, ast.Call) and is_call and _rewrite_shape(context, call, root, name):
        return
    edits = _call_edits(context, call, name) if isinstance(call, ast.Call) and is_call else _reference_edits(name)
    if name not in OPS or edits is None:
        _find(context, node, name)
        return
    new = OPS[name]
    context.replaced.add(root)
    edit = context.replace(node, f"{_ops(context)}.{new}")
    context.change(node, f"keras.backend.{name} is keras.ops.{new}", edit, *edits)


def _rewrite_shape(context: Context, call: ast.Call, root: str, name: str) -> bool:
    """Rewrite `K.int_shape(x)`, `K.ndim(x)` and `K.set_value(x, value)`; returns whether it was done."""
    if call.keywords or not call.args or not isinstance(call.args[0], SIMPLE):
        return False
    start, end = context.source.span(call.args[0])
    if name in SHAPES and len(call.args) == 1:
        edits = [context.replace(call.func, SHAPES[name]), Edit(end, end, ".shape")]
    elif name == "set_value" and len(call.args) == 2:
        second = context.source.span(call.args[1])[0]
        if context.source.text[end:second].strip() != ",":
            return False
        edits = [Edit(context.source.span(call)[0], start, ""), Edit(end, second, ".assign(")]
    else:
        return False
    context.replaced.add(root)
    context.change(call, f"keras.backend.{name} is {SHAPES.get(name, 'assign')}", *edits)
    return True


def _reference_edits(name: str) -> list[Edit] | None:
    return [] if is_plain(name) else None


def _ops(context: Context) -> str:
    """Return the name of `keras.ops` in the file, and note its import if it is a new one."""
    known = context.names.module_names("keras.ops")
    if known:
        return known[0]
    name = "keras_ops" if context.names.is_bound("ops") else "ops"
    context.needed["from keras import ops" if name == "ops" else f"from keras import ops as {name}"] = None
    return name


def _call_edits(context: Context, call: ast.Call, name: str) -> list[Edit] | None:
    """Return the edits of the arguments; None if the call has arguments that `keras.ops` does not have."""
    renamed = RENAMED_KEYWORDS.get(name, {})
    is_spread = any(isinstance(one, ast.Starred) for one in call.args)
    allowed = ALLOWED_KEYWORDS - ({"shape"} if name == "constant" else set())
    keywords = {keyword.arg for keyword in call.keywords}
    if is_spread or len(call.args) > LARGEST_COUNTS.get(name, 9) or not keywords <= {*allowed, *renamed}:
        return None
    edits = [context.rename_keyword(one, renamed[one.arg]) for one in call.keywords if one.arg and one.arg in renamed]
    if name in ADDED:
        count, argument, value = ADDED[name]
        if len(call.args) < count and keyword_of(call, argument) is None:
            edits.append(context.add_argument(call, f"{argument}={value}"))
    if name == "sqrt":  # the old function takes negative numbers as 0
        if len(call.args) != 1:
            return None
        last = context.source.token_before(context.source.span(call)[1] - 1)
        start = context.source.span(call.func)[1]
        opening = context.source.token_after(start)
        if last is None or opening is None or last.text == ",":
            return None
        edits += [
            Edit(opening.end, opening.end, f"{_ops(context)}.maximum("),
            Edit(last.end, last.end, ", 0.0)"),
        ]
    return edits
