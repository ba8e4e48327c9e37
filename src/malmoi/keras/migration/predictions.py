"""Rules for `predict_classes` and `predict_proba`, which Keras 3 does not have."""

from __future__ import annotations

import ast

from malmoi.keras.migration.context import Context, keyword_of, literal
from malmoi.keras.migration.edits import Edit

__all__ = ["rewrite_predictions"]

OTHER_ESTIMATORS = ("catboost", "lightgbm", "malmoi", "sklearn", "xgboost")
"""Packages whose estimators have a method `predict_proba`."""
BOTH = (
    'for a sigmoid write (model.predict(x) > 0.5).astype("int32"), for a softmax model.predict(x).argmax(axis=-1); '
    "if the model ends in both, choose by its last layer"
)


def rewrite_predictions(context: Context) -> None:
    """Rewrite `predict_proba`, and `predict_classes` where the file has the last layer of the model."""
    if not context.uses_keras:
        return
    for call, function in context.method_calls("predict_proba"):
        is_network = isinstance(function.value, ast.Name) and _last_layer(context, function.value.id) is not None
        if is_network or not context.imports(*OTHER_ESTIMATORS):
            context.change(call, "predict_proba is predict", _method(context, function, "predict"))
        else:
            context.find(
                call,
                "predict-proba",
                "models of Keras 3 have no method predict_proba; it is not clear whether this one is of Keras",
                "use predict if it is",
            )
    for call, function in context.method_calls("predict_classes"):
        _rewrite_classes(context, call, function)


def _method(context: Context, function: ast.Attribute, name: str) -> Edit:
    end = context.source.span(function)[1]
    return Edit(end - len(function.attr), end, name)


def _rewrite_classes(context: Context, call: ast.Call, function: ast.Attribute) -> None:
    last = _last_layer(context, function.value.id) if isinstance(function.value, ast.Name) else None
    if last is None:
        context.find(call, "predict-classes", "models of Keras 3 have no method predict_classes", BOTH)
        return
    start, end = context.source.span(call)
    edits = [_method(context, function, "predict")]
    if last == "softmax":
        edits.append(Edit(end, end, ".argmax(axis=-1)"))
    else:
        edits += [Edit(start, start, "("), Edit(end, end, ' > 0.5).astype("int32")')]
    context.change(call, f"predict_classes is predict, for the {last} of the last layer", *edits)


def _last_layer(context: Context, name: str) -> str | None:
    """Return `sigmoid` or `softmax` if the name is of one Sequential model whose last layer the file has.

    A sigmoid is only taken with one unit.
    """
    values = context.assigned(name)
    if len(values) != 1 or not isinstance(values[0], ast.Call):
        return None
    built = context.function(values[0])
    if built is None or built[1] != "Sequential":
        return None
    layers: list[ast.expr] = []
    if values[0].args and isinstance(values[0].args[0], ast.List):
        layers += values[0].args[0].elts
    for call, function in context.method_calls("add", "pop"):
        if isinstance(function.value, ast.Name) and function.value.id == name:
            if function.attr == "pop" or _is_conditional(context, call):
                return None
            layers += call.args[:1]
    return _activation(context, layers)


def _is_conditional(context: Context, node: ast.AST) -> bool:
    """Return whether a statement may run several times or not at all."""
    parent = context.source.parent(node)
    while parent is not None:
        if isinstance(parent, ast.If | ast.For | ast.While | ast.Try | ast.IfExp):
            return True
        parent = context.source.parent(parent)
    return False


def _activation(context: Context, layers: list[ast.expr]) -> str | None:
    """Return the activation of the last layer, which may be a layer of its own."""
    named = [(layer, context.function(layer)) for layer in layers if isinstance(layer, ast.Call)]
    if len(named) != len(layers) or not named:
        return None
    layer, found = named[-1]
    activation: object = None
    if found is not None and found[1] == "Activation" and len(named) > 1:
        activation = literal(layer.args[0] if layer.args else None)
        layer, found = named[-2]
    else:
        keyword = keyword_of(layer, "activation")
        activation = literal(keyword.value) if keyword is not None else None
    if found is None or found[1] != "Dense":
        return None
    units = keyword_of(layer, "units") or keyword_of(layer, "output_dim")
    count = literal(units.value if units is not None else layer.args[0] if layer.args else None)
    is_known = activation == "softmax" or (activation == "sigmoid" and count == 1)
    return str(activation) if is_known else None
