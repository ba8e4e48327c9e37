"""Rules for the methods that train and evaluate models: `fit_generator`, `fit`, `compile`."""

from __future__ import annotations

import ast

from malmoi.keras.migration.context import Context, keyword_of, literal
from malmoi.keras.migration.edits import Edit
from malmoi.keras.old_names import FIT_ARGUMENTS, GENERATOR_METHODS, WORKER_ARGUMENTS

__all__ = ["rewrite_training"]

SAMPLES = {
    "nb_val_samples": "validation_steps",
    "samples_per_epoch": "steps_per_epoch",
    "val_samples": "steps",
}
"""Arguments of Keras 1 that count samples, and those of Keras 3, which count batches."""
POSITIONS = ("x", "steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data", "validation_steps")
"""Arguments of `fit_generator` of Keras 2 by position; those of Keras 1 were others."""
KERAS_2 = {"epochs", "max_queue_size", "steps_per_epoch", "use_multiprocessing", "validation_steps", "workers"}
"""Arguments of `fit_generator` that Keras 1 did not have."""
METHODS = ("fit", "evaluate", "predict", "train_on_batch", "test_on_batch")


def rewrite_training(context: Context) -> None:
    """Rewrite methods that were merged into others, and arguments that were renamed or removed."""
    if not context.uses_keras:
        return
    for call, function in context.method_calls(*GENERATOR_METHODS):
        _rewrite_method(context, call, function)
    for call, function in context.method_calls(*METHODS, *GENERATOR_METHODS):
        if function.attr in METHODS or _names(context, call, function.attr) is not None:
            _rewrite_arguments(context, call, function.attr)
    for call, _ in context.method_calls("compile"):
        _rewrite_compile(context, call)


def _rewrite_compile(context: Context, call: ast.Call) -> None:
    mode = keyword_of(call, "class_mode")
    if mode is not None and keyword_of(call, "loss") is not None:
        context.change(call, "class_mode of compile is removed", *context.remove_arguments(call, [mode]))
    weights = keyword_of(call, "sample_weight_mode")
    if weights is not None and literal(weights.value) in (None, "temporal"):  # Keras 3 takes weights of steps as such
        context.change(call, "sample_weight_mode of compile is removed", *context.remove_arguments(call, [weights]))
    elif weights is not None:
        reason = "compile has no argument sample_weight_mode in Keras 3"
        context.find(weights.value, "removed-argument", reason, "leave it out; weights may be of samples or of steps")
    if len(call.args) > 2 and not _is_numbers(call.args[2]):
        _name_metrics(context, call)


def _is_numbers(node: ast.expr) -> bool:
    """Return whether an expression is a list of numbers, which are weights of losses and no metrics."""
    return isinstance(node, ast.List) and bool(node.elts) and all(_is_number(one) for one in node.elts)


def _is_number(node: ast.expr) -> bool:
    return isinstance(literal(node), int | float)


def _name_metrics(context: Context, call: ast.Call) -> None:
    """Name the third and fourth argument of `compile`, which have changed their places."""
    named = list(zip(call.args[2:], ("metrics", "loss_weights"), strict=False))
    starts = [context.source.span(argument)[0] for argument, _ in named]
    before = [context.source.token_before(start) for start in starts]
    is_certain = len(call.args) <= 4 and not any(isinstance(one, ast.Starred) for one in call.args)
    is_certain &= all(one is not None and one.text == "," for one in before)
    is_certain &= not any(keyword_of(call, name) for _, name in named)
    if is_certain:
        edits = [Edit(start, start, f"{name}=") for start, (_, name) in zip(starts, named, strict=True)]
        context.change(call, "metrics of compile are named, because their place is another one", *edits)
        return
    context.find(
        call,
        "positional-arguments",
        "the arguments of compile after the loss have other places in Keras 3",
        "name them: metrics=, loss_weights=",
    )


def _rewrite_method(context: Context, call: ast.Call, function: ast.Attribute) -> None:
    """Rewrite `fit_generator` and its like, unless positional arguments have another meaning in the new method."""
    names = _names(context, call, function.attr)
    if names is None:
        new = GENERATOR_METHODS[function.attr]
        context.find(
            call,
            "positional-arguments",
            f"the arguments of {function.attr} after the generator have other places in {new}",
            "name them: steps_per_epoch (batches, not samples), epochs, steps",
        )
        return
    end = context.source.span(function)[1]
    edit = Edit(end - len(function.attr), end, GENERATOR_METHODS[function.attr])
    context.change(call, f"{function.attr} is {GENERATOR_METHODS[function.attr]}", edit, *names)


def _names(context: Context, call: ast.Call, method: str) -> list[Edit] | None:
    """Return the edits that name the arguments after the generator; None if it is not certain which they are."""
    later = call.args[1:]
    if not later:
        return [] if not any(isinstance(one, ast.Starred) for one in call.args) else None
    is_certain = method == "fit_generator" and any(keyword.arg in KERAS_2 for keyword in call.keywords)
    edits = []
    for argument, name in zip(later, POSITIONS[1:], strict=False):
        start = context.source.span(argument)[0]
        before = context.source.token_before(start)
        is_certain &= before is not None and before.text == "," and not isinstance(argument, ast.Starred)
        edits.append(Edit(start, start, f"{name}="))
    return edits if is_certain and len(edits) == len(later) else None


def _rewrite_arguments(context: Context, call: ast.Call, method: str) -> None:
    for keyword in call.keywords:
        new = FIT_ARGUMENTS.get(keyword.arg or "")
        if new is not None and keyword_of(call, new) is None:
            edit = context.rename_keyword(keyword, new)
            context.change(keyword.value, f"{keyword.arg} of {method} is {new}", edit)
        _find_argument(context, keyword, method)
    dropped = [keyword for keyword in call.keywords if keyword.arg in WORKER_ARGUMENTS]
    if dropped:
        words = ", ".join(keyword.arg or "" for keyword in dropped)
        context.change(call, f"{words} of {method} are removed", *context.remove_arguments(call, dropped))


def _find_argument(context: Context, keyword: ast.keyword, method: str) -> None:
    new = SAMPLES.get(keyword.arg or "")
    if new is not None:
        context.find(
            keyword.value,
            "samples-per-epoch",
            f"{keyword.arg} of {method} counts samples, and Keras 3 counts batches",
            f"write {new}=samples // batch_size",
        )
    elif keyword.arg == "show_accuracy":
        context.find(
            keyword.value,
            "removed-argument",
            f"{method} has no argument show_accuracy in Keras 3",
            "leave it out and pass metrics=['accuracy'] to compile",
        )
    elif keyword.arg == "class_weight" and isinstance(keyword.value, ast.Constant) and keyword.value.value is not None:
        context.find(
            keyword.value,
            "class-weight",
            f"class_weight must be a dict from class number to weight, not {keyword.value.value!r}",
            "pass dict(enumerate(weights)), with weights of sklearn.utils.class_weight.compute_class_weight",
        )
    elif keyword.arg == "class_weight" and _is_weight_array(context, keyword.value):
        context.find(
            keyword.value,
            "class-weight",
            "class_weight must be a dict from class number to weight, not an array",
            "pass dict(enumerate(weights))",
        )


def _is_weight_array(context: Context, node: ast.expr) -> bool:
    values = context.assigned(node.id) if isinstance(node, ast.Name) else [node]
    return bool(values) and all(
        isinstance(value, ast.Call) and ast.unparse(value.func).endswith("compute_class_weight") for value in values
    )
