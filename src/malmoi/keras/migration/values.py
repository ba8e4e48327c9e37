"""Rules and findings about values: lists, ragged arrays, arrays taken as numbers."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterator, Mapping

from malmoi.keras.migration.context import Context, dotted, keyword_of, literal, place_of
from malmoi.keras.migration.edits import Edit

__all__ = ["find_values", "rewrite_values"]

NUMPY_ALIASES: Mapping[str, str] = {
    "complex": "complex",
    "float": "float",
    "int": "int",
    "object": "object",
    "str": "str",
}
"""Names of NumPy for types of Python, removed in NumPy 1.24."""
NUMPY_RENAMED: Mapping[str, str] = {"Inf": "inf", "NaN": "nan", "float_": "float64", "unicode_": "str_"}
"""Names of NumPy that were removed in NumPy 2."""
MODELS = ("Model", "Sequential", "load_model", "model_from_json")
HASHING = ("hashing_trick", "one_hot")


def rewrite_values(context: Context) -> None:
    """Rewrite what NumPy and Keras 3 refuse and what has one certain replacement."""
    if not context.uses_keras:
        return
    for node in context.source.nodes:
        if isinstance(node, ast.Attribute):
            _rewrite_attribute(context, node)
        elif isinstance(node, ast.Call):
            _rewrite_number(context, node)


def _rewrite_attribute(context: Context, node: ast.Attribute) -> None:
    end = context.source.span(node)[1]
    if node.attr == "lr" and isinstance(node.value, ast.Attribute) and node.value.attr == "optimizer":
        context.change(node, "lr of an optimizer is learning_rate", Edit(end - 2, end, "learning_rate"))
    elif context.names.paths(node.value) == (frozenset({"numpy"}), True):
        if node.attr in NUMPY_ALIASES:
            new = NUMPY_ALIASES[node.attr]
            context.change(node, f"numpy.{node.attr} is {new}", context.replace(node, new))
        elif node.attr in NUMPY_RENAMED:
            new = NUMPY_RENAMED[node.attr]
            context.change(node, f"numpy.{node.attr} is numpy.{new}", Edit(end - len(node.attr), end, new))


def _last_value(context: Context, node: ast.expr) -> ast.expr | None:
    """Return the value of an expression; for a name, what was assigned to it last before it in the file."""
    if not isinstance(node, ast.Name):
        return node
    stores = context.stores.get(node.id, [])
    place = bisect_left(stores, place_of(node), key=place_of)
    parent = context.source.parent(stores[place - 1]) if place else None
    found = parent.value if isinstance(parent, ast.Assign) and stores[place - 1] in parent.targets else None
    return None if found is not None and any(part is node for part in ast.walk(found)) else found


def _predicting(context: Context, node: ast.expr) -> ast.Attribute | None:
    """Return the method if an expression is a call of `predict`, or one row of its result."""
    value = _last_value(context, node)
    if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant):
        value = _last_value(context, value.value)
    function = value.func if isinstance(value, ast.Call) else None
    return function if isinstance(function, ast.Attribute) and function.attr == "predict" else None


def _is_model(context: Context, node: ast.expr) -> bool:
    value = _last_value(context, node) if isinstance(node, ast.Name) else None
    found = context.function(value) if isinstance(value, ast.Call) else None
    return found is not None and found[1] in MODELS


def _rewrite_number(context: Context, node: ast.Call) -> None:
    """Rewrite `float(model.predict(x))`: NumPy takes only arrays without dimensions as numbers."""
    if not (isinstance(node.func, ast.Name) and node.func.id in ("float", "int") and len(node.args) == 1):
        return
    argument = node.args[0]
    function = _predicting(context, argument)
    if function is None:
        return
    if _is_model(context, function.value):
        end = context.source.span(argument)[1]
        context.change(node, f"{node.func.id} of an array takes its item", Edit(end, end, ".item()"))
    else:
        context.find(
            node,
            "array-as-number",
            f"{node.func.id}() of the array of predict fails: NumPy takes only arrays without dimensions as numbers",
            "take the number by index, or with .item()",
        )


def find_values(context: Context) -> None:
    """Find values that NumPy or Keras 3 refuse."""
    for call, function in context.method_calls("fit", "evaluate", "train_on_batch", "test_on_batch"):
        _find_labels(context, call, function)
    for node in context.source.nodes:
        if isinstance(node, ast.Call):
            _find_ragged(context, node)
            _find_hashing(context, node)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            _find_attribute(context, node)


def _is_table(context: Context, node: ast.Name) -> bool:
    """Return whether a name is a list of lists or of numbers, and not one of several inputs."""
    value = _last_value(context, node)
    return isinstance(value, ast.List) and all(
        isinstance(one, ast.List | ast.Tuple | ast.Constant) for one in value.elts
    )


def _labels(context: Context, call: ast.Call) -> Iterator[ast.expr]:
    keyword, validation = keyword_of(call, "y"), keyword_of(call, "validation_data")
    if call.args and isinstance(call.args[0], ast.Name) and _is_table(context, call.args[0]):
        yield call.args[0]
    if keyword is not None:
        yield keyword.value
    elif len(call.args) > 1:
        yield call.args[1]
    if validation is not None and isinstance(validation.value, ast.Tuple | ast.List):
        yield from validation.value.elts[1:2]


def _is_list(context: Context, node: ast.expr) -> bool:
    value = _last_value(context, node)
    if isinstance(value, ast.Call):
        return (isinstance(value.func, ast.Name) and value.func.id == "list") or _is_written_list(value)
    return isinstance(value, ast.List | ast.ListComp)


def _find_labels(context: Context, call: ast.Call, function: ast.Attribute) -> None:
    if not _is_model(context, function.value) and context.imports("sklearn", "xgboost", "lightgbm"):
        return
    for labels in _labels(context, call):
        words = context.source.segment(labels)
        words = words if len(words) < 60 else "..."
        if _is_list(context, labels) if isinstance(labels, ast.Name) else _is_written_list(labels):
            reason = f"{words} is a list, and Keras 3 takes arrays"
            context.find(labels, "list-as-data", reason, f"write np.array({words})")


def _is_written_list(node: ast.expr) -> bool:
    """Return whether an expression is a list of numbers or of lists, and not of several outputs."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "tolist"
    if isinstance(node, ast.ListComp):
        return not isinstance(node.elt, ast.Subscript)
    if not isinstance(node, ast.List) or not node.elts:
        return False
    return all(isinstance(one, ast.List | ast.Tuple) or literal(one) is not ... for one in node.elts)


def _is_ragged(context: Context, node: ast.expr) -> bool:
    value = _last_value(context, node)
    if isinstance(value, ast.List) and all(isinstance(one, ast.List | ast.Tuple) for one in value.elts):
        return len({len(one.elts) for one in value.elts if isinstance(one, ast.List | ast.Tuple)}) > 1
    return isinstance(value, ast.Call) and dotted(value.func).endswith(".texts_to_sequences")


def _find_ragged(context: Context, call: ast.Call) -> None:
    paths = context.names.paths(call.func)[0]
    if not paths & {"numpy.array", "numpy.asarray", "numpy.delete"} or not call.args or keyword_of(call, "dtype"):
        return
    first = call.args[0]
    is_delete = "numpy.delete" in paths
    if _is_ragged(context, first) or (is_delete and isinstance(first, ast.Name) and _is_list(context, first)):
        reason = "sequences of different lengths are no array: NumPy refuses them since 1.24"
        cure = (
            "use a list comprehension that leaves elements out" if is_delete else "pad them first, with pad_sequences"
        )
        context.find(call, "ragged-array", reason, cure)


def _find_hashing(context: Context, call: ast.Call) -> None:
    found = context.function(call)
    is_hashing = found is not None and found[1] in HASHING and found[0] == "malmoi.keras.preprocessing.text"
    if found is not None and is_hashing and keyword_of(call, "hash_function") is None:
        context.find(
            call,
            "hashed-ids",
            f"ids of {found[1]} came from Python's hash, which differs from run to run; malmoi's come from MD5",
            "train models of old ids again",
        )


ATTRIBUTES: Mapping[str, tuple[str, str]] = {
    "to_yaml": ("models have no method to_yaml in Keras 3", "use to_json"),
    "metrics_names": (
        "metrics_names is ['loss', 'compile_metrics'] in Keras 3",
        "use model.evaluate(..., return_dict=True), which has the names",
    ),
}


def _find_attribute(context: Context, node: ast.Attribute) -> None:
    if node.attr in ATTRIBUTES:
        context.find(node, "removed-attribute", *ATTRIBUTES[node.attr])
    elif node.attr in ("input_shape", "output_shape") and _is_layer(node.value):
        word = node.attr.removesuffix("_shape")
        reason = f"layers have no attribute {node.attr} in Keras 3"
        context.find(node, "removed-attribute", reason, f"use layer.{word}.shape")


def _is_layer(node: ast.expr) -> bool:
    """Return whether an expression is a layer: `layer`, `model.layers[0]` or `model.get_layer(...)`."""
    if isinstance(node, ast.Name):
        return node.id == "layer"
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "layers"
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get_layer"
