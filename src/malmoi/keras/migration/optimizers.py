"""Rules for optimizers: the decay of the learning rate, and defaults that changed."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from malmoi.keras.migration.context import Context, dotted, keyword_of, literal
from malmoi.keras.migration.edits import Edit
from malmoi.keras.old_names import OPTIMIZERS

__all__ = ["rewrite_optimizers"]

DEFAULT_RATES: Mapping[str, str] = {"Adam": "0.001", "RMSprop": "0.001", "SGD": "0.01"}
"""Learning rates that every version had; those of other optimizers differ between versions."""
OTHER_RATES: Mapping[str, str] = {"adadelta": "1.0", "adagrad": "0.01", "adamax": "0.002", "nadam": "0.002"}
"""Default learning rates of Keras 1 and 2; tf.keras and Keras 3 have 0.001."""
SHARED_PLACES: Mapping[str, int] = {
    "Adadelta": 3,
    "Adagrad": 1,
    "Adam": 4,
    "Adamax": 4,
    "Nadam": 4,
    "RMSprop": 2,
    "SGD": 2,
}
"""How many positional arguments have the same meaning in Keras 1, Keras 2, tf.keras and Keras 3."""
RATES = ("learning_rate", "lr")
RATE_CALLBACKS = ("LearningRateScheduler", "ReduceLROnPlateau")
SCHEDULE = "keras.optimizers.schedules.InverseTimeDecay"


def rewrite_optimizers(context: Context) -> None:
    """Replace `decay` by a schedule, drop `epsilon=None`, and find defaults that changed."""
    found = list(context.keras_calls())
    changes_rate = any(name in RATE_CALLBACKS for _, _, name in found) or _sets_rate(context)
    for call, _, name in found:
        if name not in OPTIMIZERS:
            continue
        if len(call.args) > SHARED_PLACES[name]:
            _find_places(context, call, name)
        dropped = [one for one in call.keywords if one.arg == "epsilon" and literal(one.value) is None]
        dropped += [one for one in call.keywords if one.arg == "decay" and literal(one.value) in (0, 0.0, None)]
        if dropped:
            words = " and ".join(one.arg or "" for one in dropped)
            context.change(call, f"{words} of {name} is the default", *context.remove_arguments(call, dropped))
        decay = keyword_of(call, "decay")
        if decay is not None and decay not in dropped:
            _rewrite_decay(context, call, name, decay, changes_rate=changes_rate)
        if not call.args and not any(one.arg in ("lr", "learning_rate", None) for one in call.keywords):
            _find_default(context, call, name.lower())
    for call, _ in context.method_calls("compile"):
        value = keyword_of(call, "optimizer")
        given = literal(value.value if value is not None else call.args[0] if call.args else None)
        if isinstance(given, str):
            _find_default(context, call, given.lower())


def _find_places(context: Context, call: ast.Call, name: str) -> None:
    context.find(
        call,
        "positional-arguments",
        f"the positional arguments of {name} after the first {SHARED_PLACES[name]} have other places in Keras 3",
        "name them, such as momentum=, epsilon= and nesterov=",
    )


def _sets_rate(context: Context) -> bool:
    """Return whether the file sets the learning rate of an optimizer that exists; a schedule cannot be set."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in RATES
        and _is_optimizer(context, node.value)
        and _is_set(context, node)
        for node in context.source.nodes
    )


def _is_optimizer(context: Context, node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        built = [context.function(value) for value in context.assigned(node.id) if isinstance(value, ast.Call)]
        return node.id.startswith("opt") or any(one is not None and one[1] in OPTIMIZERS for one in built)
    return isinstance(node, ast.Attribute) and node.attr.startswith("opt")


def _is_set(context: Context, node: ast.Attribute) -> bool:
    parent = context.source.parent(node)
    if isinstance(parent, ast.Attribute):
        return parent.attr == "assign"
    is_argument = isinstance(parent, ast.Call) and dotted(parent.func).endswith("set_value") and node in parent.args
    return is_argument or isinstance(node.ctx, ast.Store)


def _find_default(context: Context, call: ast.Call, name: str) -> None:
    if name in OTHER_RATES and not context.is_tensorflow:
        context.find(
            call,
            "default-learning-rate",
            f"the default learning rate of {name} was {OTHER_RATES[name]} in Keras 1 and 2, and is 0.001 now",
            f"pass learning_rate={OTHER_RATES[name]} for the results of before",
        )


def _rewrite_decay(context: Context, call: ast.Call, name: str, decay: ast.keyword, *, changes_rate: bool) -> None:
    rate = keyword_of(call, "lr") or keyword_of(call, "learning_rate")
    value = call.args[0] if call.args else None if rate is None else rate.value
    if changes_rate or (value is None and name not in DEFAULT_RATES) or isinstance(value, ast.Starred):
        context.find(
            decay.value,
            "learning-rate-decay",
            f"{name} ignores decay in Keras 3",
            f"pass learning_rate={SCHEDULE}(initial rate, 1, decay)",
        )
        return
    schedule = context.keras_name() + SCHEDULE.removeprefix("keras")
    words = context.source.segment(decay.value)
    if value is None:
        start, end = context.source.span(decay)
        edits = [Edit(start, end, f"learning_rate={schedule}({DEFAULT_RATES[name]}, 1, {words})")]
    else:
        start, end = context.source.span(value)
        edits = [Edit(start, start, f"{schedule}("), Edit(end, end, f", 1, {words})")]
        edits += context.remove_arguments(call, [decay])
    context.change(decay.value, f"decay of {name} is a schedule of its learning rate", *edits)
