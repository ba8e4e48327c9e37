"""The rule for pickled tokenizers, whose module does not exist in Keras 3."""

from __future__ import annotations

import ast

from malmoi.keras.migration.context import Context, literal

__all__ = ["rewrite_pickles"]

LOADERS = {"_pickle.load", "cPickle.load", "joblib.load", "pickle.load"}
METHODS = ("sequences_to_texts", "texts_to_matrix", "texts_to_sequences")
"""Methods that only a tokenizer of Keras has."""
NEW = "load_tokenizer"
MODULE = "malmoi.keras.preprocessing.text"


def rewrite_pickles(context: Context) -> None:
    """Read tokenizers with `load_tokenizer` if the file shows the path; find the others."""
    if not context.uses_keras:
        return
    used = {function.value.id for _, function in context.method_calls(*METHODS) if isinstance(function.value, ast.Name)}
    for node in context.source.nodes:
        if isinstance(node, ast.Call) and context.names.paths(node.func)[0] & LOADERS:
            parent = context.source.parent(node)
            target = parent.targets[0] if isinstance(parent, ast.Assign) else None
            if isinstance(target, ast.Name) and (target.id in used or "token" in target.id.lower()):
                _rewrite(context, node, target.id, is_certain=target.id in used)


def _rewrite(context: Context, call: ast.Call, name: str, *, is_certain: bool) -> None:
    path = _path(context, call)
    if is_certain and path is not None and not context.names.is_bound(NEW):
        context.needed[f"from {MODULE} import {NEW}"] = None
        context.change(
            call,
            f"the pickled tokenizer is read by {NEW}",
            context.replace(call, f"{NEW}({context.source.segment(path)})"),
        )
        return
    context.find(
        call,
        "pickled-tokenizer",
        f"{name} was pickled with the tokenizer of old Keras, whose module does not exist in Keras 3",
        f"read it with {MODULE}.{NEW}(path)",
    )


def _path(context: Context, call: ast.Call) -> ast.expr | None:
    """Return the path of the file that is read: `load(open(path, 'rb'))`, or in `with open(path, 'rb') as file`."""
    if len(call.args) != 1 or call.keywords:
        return None
    file = call.args[0]
    if isinstance(literal(file), str):
        return file  # of joblib
    if not isinstance(file, ast.Name):
        return _opened(file)
    node: ast.AST | None = call
    while node is not None:
        if isinstance(node, ast.With):
            for item in node.items:
                if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == file.id:
                    return _opened(item.context_expr)
        node = context.source.parent(node)
    return None


def _opened(node: ast.expr) -> ast.expr | None:
    is_open = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    return node.args[0] if isinstance(node, ast.Call) and is_open and node.args else None
