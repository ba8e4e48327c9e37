"""Rules for layers that the file defines: how they make their weights."""

from __future__ import annotations

import ast

from malmoi.keras.migration.context import Context, keyword_of
from malmoi.keras.migration.edits import Edit

__all__ = ["rewrite_own_layers"]

POSITIONS = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")
"""Arguments of `add_weight` of Keras 2 by position; in Keras 3 the shape is the first."""
WEIGHTS = ("non_trainable_weights", "trainable_weights")


def rewrite_own_layers(context: Context) -> None:
    """Name the arguments of `add_weight('W', shape)`, and find weights that are set as a list."""
    if not context.uses_keras:
        return
    for call, _ in context.method_calls("add_weight"):
        if call.args and _is_string(call.args[0]):
            _name_arguments(context, call)
    for node in context.source.nodes:
        is_set = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in WEIGHTS
        if is_set and isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
            context.find(
                node,
                "removed-attribute",
                f"{node.attr} of a layer cannot be set in Keras 3",
                "remove it: weights of self.add_weight are tracked by themselves",
            )


def _is_string(node: ast.expr) -> bool:
    """Return whether an expression is a string: a literal, a formatted one, or of its method `format`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        node = node.func.value
    if isinstance(node, ast.BinOp):
        return _is_string(node.left) or _is_string(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _name_arguments(context: Context, call: ast.Call) -> None:
    named = list(zip(call.args, POSITIONS, strict=False))
    starts = [context.source.span(argument)[0] for argument in call.args]
    before = [context.source.token_before(start) for start in starts]
    is_certain = len(named) == len(call.args) and not any(isinstance(one, ast.Starred) for one in call.args)
    is_certain &= all(one is not None and one.text == ("," if place else "(") for place, one in enumerate(before))
    is_certain &= context.source.span(call.func)[1] == getattr(before[0], "start", -1)
    if is_certain and not any(keyword_of(call, name) for _, name in named):
        edits = [Edit(start, start, f"{name}=") for start, (_, name) in zip(starts, named, strict=True)]
        context.change(call, "arguments of add_weight are named, because the shape is the first one", *edits)
        return
    context.find(
        call,
        "positional-arguments",
        "the first argument of add_weight is the shape in Keras 3",
        "name the arguments: name=, shape=, initializer=",
    )
