"""Rules for the name of the accuracy: `acc` was in the history for `metrics=['accuracy']`, and is `accuracy` now."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from malmoi.keras.migration.context import Context, keyword_of, literal
from malmoi.keras.migration.edits import Edit

__all__ = ["rewrite_metric_names"]

OLD = {"acc": "accuracy", "val_acc": "val_accuracy"}
CODE = "metric-name"


def rewrite_metric_names(context: Context) -> None:
    """Rename the accuracy where the file compiles its models with `metrics=['accuracy']`."""
    compiled = {name for call, _ in context.method_calls("compile") for name in _metrics(call)}
    if not context.uses_keras or "accuracy" not in compiled:
        return
    for node, name in [*_monitors(context), *_history_keys(context)]:
        if "acc" in compiled:
            reason = f"models are compiled with 'acc' and with 'accuracy'; {name!r} is right for one of them only"
            context.find(node, CODE, reason, "use one name in metrics, and the same name here")
        else:
            edit = _in_string(context, node, name, OLD[name])
            if edit is not None:
                context.change(node, f"{name!r} is {OLD[name]!r}", edit)
    if "acc" not in compiled:
        _rewrite_patterns(context)


def _in_string(context: Context, node: ast.expr, old: str, new: str) -> Edit | None:
    """Return the edit of a string literal that keeps its quotes."""
    start, end = context.source.span(node)
    text = context.source.text[start:end]
    return Edit(start, end, text.replace(old, new, 1)) if text.count(old) == 1 else None


def _metrics(call: ast.Call) -> Iterator[str]:
    value = keyword_of(call, "metrics")
    if value is not None:
        for node in ast.walk(value.value):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def _monitors(context: Context) -> Iterator[tuple[ast.expr, str]]:
    """Yield the monitored metric of callbacks, by name or by position."""
    for call, module, name in context.keras_calls():
        if not module.endswith("callbacks"):
            continue
        place = 1 if name == "ModelCheckpoint" else 0
        keyword = keyword_of(call, "monitor")
        value = keyword.value if keyword else call.args[place] if len(call.args) > place else None
        if isinstance(given := literal(value), str) and given in OLD and value is not None:
            yield value, given


def _history_keys(context: Context) -> Iterator[tuple[ast.expr, str]]:
    """Yield the keys of `history.history['acc']`, of names for such a history, and of the `logs` of a callback."""
    for node in context.source.nodes:
        owner: ast.expr | None = None
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript):
            owner, key = node.value, node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            owner, key = node.func.value, node.args[0] if node.args else None
        given = literal(key)
        if owner is None or key is None or not isinstance(given, str) or given not in OLD:
            continue
        if _is_history(context, owner):
            yield key, given


def _is_history(context: Context, node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "history"
    if not isinstance(node, ast.Name):
        return False
    values = [value for value in context.assigned(node.id) if isinstance(value, ast.Attribute)]
    return node.id == "logs" or any(value.attr == "history" for value in values)


def _rewrite_patterns(context: Context) -> None:
    """Rename the accuracy in file names of checkpoints such as `weights-{val_acc:.2f}.h5`."""
    for node in context.source.nodes:
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and "{" in node.value):
            continue
        if isinstance(context.source.parent(node), ast.JoinedStr | ast.Expr):
            continue
        start, end = context.source.span(node)
        text = new = context.source.text[start:end]
        for old, name in OLD.items():
            for ending in (":", "}"):
                new = new.replace(f"{{{old}{ending}", f"{{{name}{ending}")
        if new != text and _is_file_name(context, node):
            context.change(node, "the accuracy in the file name is called accuracy", Edit(start, end, new))


def _is_file_name(context: Context, node: ast.expr) -> bool:
    """Return whether a string is the file name of a checkpoint, or assigned to a name of one."""
    paths: list[ast.expr] = []
    for call, _, name in context.keras_calls():
        keyword = keyword_of(call, "filepath")
        if name == "ModelCheckpoint" and (keyword or call.args):
            paths.append(keyword.value if keyword else call.args[0])
    names = {path.id for path in paths if isinstance(path, ast.Name)}
    inside = {id(part) for path in paths for part in ast.walk(path)}
    inside |= {id(part) for name in names for value in context.assigned(name) if value for part in ast.walk(value)}
    return id(node) in inside
